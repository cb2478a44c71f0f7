"""Writes hashes.json, the expected perceptual hashes of pictures that it writes too.

Pillow resizes and scipy transforms, nothing of this project does; imagehash's own hash stands beside ours, which leaves
the mean out:

    python -m venv VENV && VENV/bin/pip install pillow numpy scipy imagehash
    VENV/bin/python crates/same-picture/tests/golden/hashes.py
"""

import json
import pathlib

import imagehash
import numpy as np
import PIL
import scipy
from PIL import Image

FOLDER = pathlib.Path(__file__).parent


def bits(gray):
    small = np.asarray(gray.resize((32, 32), Image.LANCZOS), dtype=float)
    low = scipy.fft.dctn(small, type=2)[:8, :8].flatten()[1:]
    return sum(1 << (at + 1) for at, value in enumerate(low) if value > np.median(low))


def case(path):
    gray = Image.open(path).convert("L")
    side = min(gray.size)
    left, top = (gray.width - side) // 2, (gray.height - side) // 2
    peer = imagehash.phash(gray).hash.flatten()
    return {
        "file": str(path.relative_to(FOLDER)),
        # As text: JSON's numbers are floating-point to many readers.
        "whole": f"{bits(gray):016x}",
        "centre": f"{bits(gray.crop((left, top, left + side, top + side))):016x}",
        "mirrored": f"{bits(gray.transpose(Image.Transpose.FLIP_LEFT_RIGHT)):016x}",
        "rotated_90": f"{bits(gray.transpose(Image.Transpose.ROTATE_270)):016x}",
        "imagehash": f"{sum(1 << at for at, bit in enumerate(peer) if bit):016x}",
    }


# Blurred noise: all slow cosines are strong, as in radiographs, so that no hash hangs on a rounded pixel.
names = []
for number, size in enumerate([(160, 120), (96, 128), (120, 120)]):
    grains = np.random.default_rng(number).integers(0, 256, (9, 9), dtype=np.uint8)
    names.append(f"pictures/grains-{number}.png")
    Image.fromarray(grains).resize(size, Image.BICUBIC).save(FOLDER / names[-1], optimize=True)
result = {
    "computed_by": f"Pillow {PIL.__version__}, scipy {scipy.__version__}, imagehash {imagehash.__version__}",
    "cases": [case(FOLDER / name) for name in names],
}
(FOLDER / "hashes.json").write_text(json.dumps(result, indent=1) + "\n")
