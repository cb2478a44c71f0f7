"""Writes the lists of this folder: every parameter of torchvision's (Inception-ResNetV2: timm's) networks, by name and shape.

    python3 generate.py backbones.json

`backbones.json` is the reference file of tests/golden/reference; it was made by asking the networks themselves. A line is a
name and its sides; `bn` stands for the four tensors of a batch normalisation (weight, bias, running_mean, running_var).
"""

import json
import pathlib
import sys

BATCH_NORM = ("weight", "bias", "running_mean", "running_var")
parameters = json.load(open(sys.argv[1]))["parameters"]
for network, entries in parameters.items():
    shapes = {name: shape for name, shape in entries}
    lines, done = [], set()
    for name in sorted(shapes):
        if name in done:
            continue
        stem = name.rpartition(".")[0]
        norm = [f"{stem}.{part}" for part in BATCH_NORM]
        if f"{stem}.running_mean" in shapes:
            assert all(len(shapes[part]) == 1 and shapes[part] == shapes[name] for part in norm), stem
            done.update(norm)
            lines.append(f"{stem} bn {shapes[name][0]}")
        else:
            lines.append(" ".join([name, *map(str, shapes[name])]))
    pathlib.Path(__file__).with_name(f"{network}.txt").write_text("\n".join(lines) + "\n")
