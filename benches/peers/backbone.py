"""16 images of 224 pixels through the four backbones: PyTorch beside radiograph-backbone, as ratios.

    python -m venv venv && venv/bin/pip install torch==2.13.0 torchvision==0.28.0 timm==1.0.31
    venv/bin/python benches/peers/backbone.py [ROUNDS]

Three of PyTorch's ways: eager, eager with channels last, and `torch.jit.freeze` with `optimize_for_inference` (channels last
too). In turns with our bench, on the same machine, with as many threads. Ratios above 1 say how many times faster we are than
PyTorch's best in that round. The floor is what the published layers' products would take at the rate of the best matrix
product measured in this run; layers that are arranged otherwise may need fewer.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time
import warnings

import timm
import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
SHAPE = [16, 3, 224, 224]


class InceptionFeatures(torch.nn.Module):
    """torchvision's InceptionV3 up to its last map."""

    def __init__(self):
        super().__init__()
        network = torchvision.models.inception_v3(weights=None, init_weights=False)
        unused = ("AuxLogits", "avgpool", "dropout", "fc")
        self.layers = torch.nn.Sequential(*(layer for name, layer in network.named_children() if name not in unused))

    def forward(self, images):
        return self.layers(images)


class DenseFeatures(torch.nn.Module):
    """torchvision's DenseNet121 up to its last map, whose ReLU stands outside `features`."""

    def __init__(self):
        super().__init__()
        self.features = torchvision.models.densenet121(weights=None).features

    def forward(self, images):
        return torch.nn.functional.relu(self.features(images), inplace=True)


class ResidualFeatures(torch.nn.Module):
    """timm's Inception-ResNetV2 up to its last map."""

    def __init__(self):
        super().__init__()
        network = timm.create_model("inception_resnet_v2", pretrained=False)
        unused = ("global_pool", "head_drop", "classif")
        self.layers = torch.nn.Sequential(*(layer for name, layer in network.named_children() if name not in unused))

    def forward(self, images):
        return self.layers(images)


NETWORKS = {
    "vgg19": lambda: torchvision.models.vgg19(weights=None).features,
    "densenet121": DenseFeatures,
    "inception_v3": InceptionFeatures,
    "inception_resnet_v2": ResidualFeatures,
}


def ours(backbone: str) -> float:
    """Seconds for 16 images, the median that criterion found."""
    name = f"backbone/{backbone}/batch-16/folded"
    bench = ["cargo", "bench", "-q", "-p", "radiograph-benches", "--bench", "backbone"]
    options = ["--warm-up-time", "2", "--measurement-time", "20", "--sample-size", "10", "--exact", name]
    subprocess.run([*bench, "--", *options], cwd=ROOT, check=True, capture_output=True)
    folder = target() / "criterion" / f"backbone_{backbone}_batch-16" / "folded"
    return json.loads((folder / "new" / "estimates.json").read_text())["median"]["point_estimate"] / 1e9


def target() -> pathlib.Path:
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    return pathlib.Path(json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["target_directory"])


def median(work, runs: int) -> float:
    work()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def theirs(build) -> dict:
    """PyTorch's ways, ready to run."""
    images = torch.arange(torch.Size(SHAPE).numel(), dtype=torch.float32).sin().view(SHAPE)
    last = images.to(memory_format=torch.channels_last)
    torch.manual_seed(1)
    plain = build().eval()
    nested = build().eval().to(memory_format=torch.channels_last)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(build().eval().to(memory_format=torch.channels_last), last)
        frozen = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
        for _ in range(2):
            frozen(last)
    return {"eager": lambda: plain(images), "channels last": lambda: nested(last), "frozen": lambda: frozen(last)}


def operations(build) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        build().eval()(torch.zeros(SHAPE))
    return counter.get_total_flops()


def main():
    left, right = torch.randn(2048, 2048), torch.randn(2048, 2048)
    rate = 2 * 2048**3 / min(median(lambda: left @ right, 5) for _ in range(3))
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, matrix products at {rate / 1e9:.0f} GFLOP/s")
    subprocess.run(
        ["cargo", "bench", "-q", "-p", "radiograph-benches", "--bench", "backbone", "--no-run"], cwd=ROOT, check=True
    )
    for backbone, build in NETWORKS.items():
        floor = operations(build) / rate
        ways = theirs(build)
        ratios = []
        for _ in range(ROUNDS):
            with torch.inference_mode():
                seconds = {name: median(work, 5) for name, work in ways.items()}
            own = ours(backbone)
            best = min(seconds, key=seconds.get)
            ratios.append(seconds[best] / own)
            words = "  ".join(f"{name} {1e3 * value:6.0f} ms" for name, value in seconds.items())
            print(
                f"{backbone:<20} {words}  radiograph {1e3 * own:6.0f} ms  floor {1e3 * floor:6.0f} ms  "
                f"{ratios[-1]:.2f} of {best}",
                flush=True,
            )
        print(f"{backbone:<20} ratio {min(ratios):.2f} to {max(ratios):.2f}", flush=True)


if __name__ == "__main__":
    main()
