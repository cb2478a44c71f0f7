"""Grad-CAM of VGG19 with an LSTM head: the `grad-cam` package beside radiograph-gradcam on cached features, as a ratio.

    python -m venv venv && venv/bin/pip install torch==2.13.0 torchvision grad-cam==1.5.7
    venv/bin/python benches/peers/gradcam.py

The package runs images through the CNN forward and back, as it is made to; we have the CNN's output on the disk and go through
the head alone. So the script also times the package on the head alone, with the feature map as its input: what is left of the
ratio then is not the CNN. Random weights: time does not depend on them. Batch 32, in turns, with as many threads.
Ratios above 1 say how many times faster we are.
"""

import json
import pathlib
import subprocess
import time

import torch
import torchvision
from pytorch_grad_cam import GradCAM
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parents[2]
BATCH = 32
ROUNDS = 3


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.input = nn.Identity()
        self.lstm = nn.LSTM(512, 512, batch_first=True)
        self.dense = nn.Sequential(
            nn.Linear(49 * 512, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 3)
        )

    def forward(self, features):
        states, _ = self.lstm(self.input(features).flatten(2).transpose(1, 2).contiguous())
        return self.dense(states.flatten(1))


class Whole(nn.Module):
    def __init__(self, head):
        super().__init__()
        self.cnn = torchvision.models.vgg19(weights=None).features
        self.head = head

    def forward(self, images):
        return self.head(self.cnn(images))


def ours() -> float:
    """Seconds a batch, the median that criterion found."""
    bench = ["cargo", "bench", "-q", "-p", "radiograph-benches", "--bench", "gradcam"]
    subprocess.run([*bench, "--", "/grad-cam", "--measurement-time", "5"], cwd=ROOT, check=True, capture_output=True)
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    target = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["target_directory"]
    path = pathlib.Path(target) / "criterion" / "gradcam_vgg19_batch-32" / "grad-cam" / "new" / "estimates.json"
    return json.loads(path.read_text())["median"]["point_estimate"] / 1e9


def seconds(cam, inputs, runs) -> float:
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        cam(input_tensor=inputs, targets=None)
        took.append(time.perf_counter() - start)
    return sorted(took)[runs // 2]


def main():
    torch.manual_seed(1)
    head = Head().eval()
    whole = Whole(head).eval()
    images = torch.rand(BATCH, 3, 224, 224)
    with torch.no_grad():
        features = whole.cnn(images)
    features.requires_grad_()  # else the package finds no gradient at the head's input
    end_to_end = GradCAM(model=whole, target_layers=[whole.cnn[-1]])
    alone = GradCAM(model=head, target_layers=[head.input])
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, milliseconds an image")
    for _ in range(ROUNDS):
        all_of_it = seconds(end_to_end, images, 1) / BATCH
        of_the_head = seconds(alone, features, 5) / BATCH
        own = ours() / BATCH
        print(
            f"grad-cam {1e3 * all_of_it:8.1f}, of which the CNN {100 * (1 - of_the_head / all_of_it):.0f} %   "
            f"radiograph {1e3 * own:6.2f}   ratio {all_of_it / own:.1f}   on the head alone {of_the_head / own:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
