"""One training step of the head on VGG19's features: PyTorch beside radiograph-head, as a ratio.

    python -m venv venv && venv/bin/pip install torch==2.13.0
    venv/bin/python benches/peers/head.py

The same step on both sides: batch 32 of 512 x 7 x 7, LSTM 512, dropout 0.5, dense 4096, 4096, 3, cross-entropy, clipping to a
global norm of 1, RMSprop; PyTorch with `foreach`, gradients set to none. In turns, on the same machine, with as many threads.
Ratios above 1 say how many times faster we are.
"""

import json
import pathlib
import resource
import subprocess
import time

import torch
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parents[2]
BATCH = 32
ROUNDS = 3


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(512, 512, batch_first=True)
        self.dropout = nn.Dropout(0.5)
        self.dense = nn.Sequential(
            nn.Linear(49 * 512, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 3)
        )

    def forward(self, features):
        states, _ = self.lstm(features.flatten(2).transpose(1, 2).contiguous())
        return self.dense(self.dropout(states.flatten(1)))


def ours() -> dict[str, float]:
    """Seconds of each part, the medians that criterion found."""
    bench = ["cargo", "bench", "-q", "-p", "radiograph-benches", "--bench", "head"]
    options = ["--measurement-time", "10", "--sample-size", "10"]
    subprocess.run([*bench, "--", *options], cwd=ROOT, check=True, capture_output=True)
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    target = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["target_directory"]
    folder = pathlib.Path(target) / "criterion" / "head_vgg19_batch-32"
    return {
        part: json.loads((folder / part / "new" / "estimates.json").read_text())["median"]["point_estimate"] / 1e9
        for part in ("step", "gradients", "optimizer")
    }


def median(work, runs=9) -> float:
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[runs // 2]


class Theirs:
    def __init__(self):
        torch.manual_seed(1)
        self.head = Head()
        self.optimizer = torch.optim.RMSprop(self.head.parameters(), lr=1e-5, alpha=0.9, eps=1e-7, foreach=True)
        self.features = torch.arange(BATCH * 512 * 49).sin().abs().view(BATCH, 512, 7, 7)
        self.labels = torch.arange(BATCH) % 3

    def gradients(self):
        self.optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(self.head(self.features), self.labels).backward()

    def optimise(self):
        nn.utils.clip_grad_norm_(self.head.parameters(), 1.0, foreach=True)
        self.optimizer.step()

    def step(self):
        self.gradients()
        self.optimise()

    def measure(self) -> dict[str, float]:
        return {"step": median(self.step), "gradients": median(self.gradients), "optimizer": median(self.optimise)}


def main():
    theirs = Theirs()
    parameters = sum(parameter.numel() for parameter in theirs.head.parameters())
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {parameters:,} parameters")
    for _ in range(ROUNDS):
        peer, own = theirs.measure(), ours()
        for part, seconds in own.items():
            print(
                f"{part:<10} PyTorch {1e3 * peer[part]:7.1f} ms   radiograph {1e3 * seconds:7.1f} ms   "
                f"ratio {peer[part] / seconds:.2f}",
                flush=True,
            )
    print(f"PyTorch's peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
