"""A training step of the paper's heads on stored features: PyTorch beside radiograph-head.

    cargo xtask bench --peers head

The same step on both sides: batch 32, LSTM 512, dropout 0.5, dense layers, cross-entropy, clipping to a global norm of 1, RMSprop;
PyTorch with `foreach`, gradients set to none. Both have the same weights; without dropout their losses and gradients must agree.
"""

import safetensors.torch
import torch
from torch import nn

import heads
import measure

#: Largest difference of a gradient, relative to its largest value.
TOLERANCE = 1e-3


class Training:
    def __init__(self, path):
        self.head = heads.Head(path / "head.safetensors")
        self.optimizer = torch.optim.RMSprop(self.head.parameters(), lr=1e-5, alpha=0.9, eps=1e-7, foreach=True)
        batch = safetensors.torch.load_file(path / "batch.safetensors")
        self.features, self.labels = batch["features"], batch["labels"]

    def gradients(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(self.head(self.features), self.labels)
        loss.backward()
        return loss

    def step(self):
        self.gradients()
        nn.utils.clip_grad_norm_(self.head.parameters(), 1.0, foreach=True)
        self.optimizer.step()


def same_gradients(training: Training, path):
    expected = safetensors.torch.load_file(path / "gradients.safetensors")
    training.head.eval()
    loss = training.gradients()
    measure.agree("the loss", abs(loss.item() - expected["loss"].item()), 1e-4)
    for name, parameter in training.head.named_parameters():
        own = expected.get(training.head.name_in_file(name))
        if own is not None:  # the second bias of an LSTM is not trained in Keras's form
            difference = (parameter.grad - own).abs().max() / own.abs().max()
            measure.agree(f"the gradient of {name}", difference.item(), TOLERANCE)
    training.head.train()


def compare(comparison, name: str):
    comparison.start(name)

    def foreach():
        training = Training(comparison.path)
        same_gradients(training, comparison.path)
        return training.step

    def floor():
        training = Training(comparison.path)
        batch, _, *sides = training.features.shape
        operations = heads.least_operations(training.head, batch, torch.Size(sides).numel())
        moved = heads.bytes_of_a_step(training.head) / comparison.rate("memory")
        return operations / comparison.rate("matrix") + moved, "three products of each weight matrix, and RMSprop's reads and writes"

    what = f"a step of the head of {name}, batch 32"
    comparison.work(what, {"step": "step"}, {"PyTorch, foreach": foreach}, floor, unit=(1, "steps"))


def main():
    settings = measure.options(__doc__)
    torch.set_num_threads(measure.CORES)
    comparison = measure.Comparison("head", settings, ["torch"])
    for name in ("inception_v3",) if settings.tiny else ("vgg19", "densenet121", "inception_v3", "inception_resnet_v2"):
        comparison.attempt(name, lambda: compare(comparison, name))
    comparison.finish()


if __name__ == "__main__":
    main()
