"""From image files to a network's features: torchvision and a DataLoader beside radiograph-backbone's extraction, as a ratio.

    python -m venv venv && venv/bin/pip install torch==2.13.0 torchvision==0.28.0
    venv/bin/python benches/peers/extract.py [BACKBONE [IMAGES [ROUNDS]]]

The same files on both sides, decoded to gray, resized to 224 pixels and normalised, in batches of 8, with two loading workers;
torchvision's network in evaluation mode without gradients, channels last, and each batch of features appended to a file. In
turns with our bench, on the same machine, with as many threads. Ratios above 1 say how many times faster we are. The rest of
what our bench prints is handed on: the share of the bare network's rate, for 336-pixel files and for 1024 x 1024 PNGs, the
speed of reading a store back, and the peak memory.
"""

import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import torchvision
from PIL import Image
from torchvision.transforms import v2

ROOT = pathlib.Path(__file__).resolve().parents[2]
BACKBONE = sys.argv[1] if len(sys.argv) > 1 else "inception_v3"
IMAGES = int(sys.argv[2]) if len(sys.argv) > 2 else 96
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3


def features() -> torch.nn.Module:
    match BACKBONE:
        case "vgg19":
            return torchvision.models.vgg19(weights=None).features
        case "densenet121":
            network = torchvision.models.densenet121(weights=None).features
            return torch.nn.Sequential(network, torch.nn.ReLU())
        case "inception_v3":
            network = torchvision.models.inception_v3(weights=None, init_weights=False)
            unused = ("AuxLogits", "avgpool", "dropout", "fc")
            layers = (layer for name, layer in network.named_children() if name not in unused)
            return torch.nn.Sequential(*layers)
    raise SystemExit(f"torchvision has no {BACKBONE}")


class Files(torch.utils.data.Dataset):
    def __init__(self, paths):
        self.paths = paths
        self.steps = v2.Compose(
            [
                v2.Grayscale(3),
                v2.Resize((224, 224), antialias=True),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
            ]
        )

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return self.steps(Image.open(self.paths[index]))


def theirs(network, paths) -> float:
    """Images a second from files to a file of features."""
    loader = torch.utils.data.DataLoader(Files(paths), batch_size=8, num_workers=2)
    with tempfile.TemporaryFile() as out, torch.inference_mode():
        start = time.perf_counter()
        for batch in loader:
            out.write(network(batch.contiguous(memory_format=torch.channels_last)).contiguous().numpy().tobytes())
        out.flush()
        return len(paths) / (time.perf_counter() - start)


def ours() -> dict[str, float]:
    """What our bench prints last, and the median of its rates from small files."""
    bench = ["cargo", "bench", "-q", "-p", "radiograph-benches", "--bench", "extract"]
    command = [*bench, "--", BACKBONE, str(IMAGES), "3"]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    rates = [float(line.split("336-pixel files ")[1].split(",")[0]) for line in printed if "336-pixel" in line]
    last = dict(line.split() for line in printed if len(line.split()) == 2)
    return {"rate": statistics.median(rates)} | {name: float(value) for name, value in last.items()}


network = features().eval().to(memory_format=torch.channels_last)
ratios, told = [], {}
for _ in range(ROUNDS):
    told = ours()
    paths = (ROOT / "target" / "bench-images" / "extract.txt").read_text().split("\n")
    theirs(network, paths[:8])
    rate = theirs(network, paths)
    ratios.append(told["rate"] / rate)
    print(f"ours {told['rate']:.2f} images/s, torchvision {rate:.2f}: {ratios[-1]:.2f} times as fast")
print(f"{BACKBONE}: {statistics.median(ratios):.2f} times torchvision's speed (wanted 1.2)")
for name, wanted in [("share_of_forward_336", 0.95), ("share_of_forward_1024", None), ("reading_back", 0.5)]:
    print(f"{name} {told[name]:.3f}" + (f" (wanted {wanted})" if wanted else ""))
print(f"peak memory {told['peak_memory_gib']:.2f} GiB (wanted below 2.5 for vgg19)")
