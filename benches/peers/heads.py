"""The paper's heads in PyTorch, with the weights that radiograph wrote."""

import safetensors.torch
import torch
from torch import nn


class Head(nn.Module):
    """An LSTM over the cells of a map, row by row, and dense layers; sizes are those of the file's tensors."""

    def __init__(self, path, dropout: float = 0.5):
        super().__init__()
        tensors = safetensors.torch.load_file(path)
        self.input = nn.Identity()
        rows, channels = tensors["lstm.weight_ih_l0"].shape
        self.lstm = nn.LSTM(channels, rows // 4, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        layers = [name.removesuffix(".weight") for name in tensors if name.startswith("fc_") and name.endswith(".weight")]
        layers = sorted(layers, key=lambda name: int(name.removeprefix("fc_"))) + ["output"]
        self.dense = nn.ModuleDict({name: nn.Linear(*reversed(tensors[f"{name}.weight"].shape)) for name in layers})
        self.last_state_alone = tensors[f"{layers[0]}.weight"].shape[1] == rows // 4
        own = {f"dense.{name}" if name.split(".")[0] in layers else name: value for name, value in tensors.items()}
        self.load_state_dict(own)

    def forward(self, features):
        states, _ = self.lstm(self.input(features).flatten(2).transpose(1, 2).contiguous())
        values = self.dropout(states[:, -1] if self.last_state_alone else states.flatten(1))
        for name, layer in self.dense.items():
            values = layer(values)
            if name != "output":
                values = values.relu()
        return values

    def name_in_file(self, parameter: str) -> str:
        return parameter.removeprefix("dense.")


def least_operations(head: Head, batch: int, cells: int) -> int:
    """Operations of a training step: each weight matrix takes part in three products (forward, and the gradients of values and weights)."""
    recurrent = sum(value.numel() for name, value in head.lstm.named_parameters() if "weight" in name) * cells
    dense = sum(layer.weight.numel() for layer in head.dense.values())
    return 3 * 2 * batch * (recurrent + dense)


def bytes_of_a_step(head: Head) -> int:
    """Bytes that RMSprop moves: it reads weight, gradient and mean square, and writes weight and mean square."""
    return 5 * 4 * sum(value.numel() for value in head.parameters())
