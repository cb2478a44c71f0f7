"""Decodes one film of 1024² pixels in each coding with pydicom and with radiograph-image, and prints how many times faster ours is.

    python -m venv VENV
    VENV/bin/pip install pydicom pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg pylibjpeg-rle pyjpegls numpy pillow
    VENV/bin/python benches/peers/films.py

Both start from the file's bytes and end with what is shown, after modality and VOI transforms, on one thread, one after the
other on the same machine. pydicom uses the plugin that it prefers for the coding.
"""

import io
import pathlib
import subprocess
import sys
import time
import warnings

import numpy as np
import pydicom
from PIL import Image
from pydicom.pixels import apply_modality_lut, apply_voi_lut

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "crates/image/tests/pydicom"))
from compare import ENCODERS, film, wrapped  # noqa: E402

warnings.simplefilter("ignore")
NAMES = {"57": "JPEG Lossless, predictor 7, restarts", "70": "JPEG Lossless", "80": "JPEG-LS", "90": "JPEG 2000, lossless", "5": "RLE"}

folder = ROOT / "target" / "bench-images"
folder.mkdir(parents=True, exist_ok=True)
pixels = film((1024, 1024), 12, False, 3)
files = {}


def keep(name, data):
    path = folder / f"film-{len(files)}.dcm"
    data.save_as(path, enforce_file_format=True)
    files[name] = path


plain = wrapped("1.2.840.10008.1.2.1", pixels, 12, False, b"\0")
plain["PixelData"].is_undefined_length = False
plain.PixelData, plain["PixelData"].VR = pixels.tobytes(), "OW"
keep("uncompressed", plain)
stream = io.BytesIO()
eight = (pixels >> 4).astype(np.uint8)
Image.fromarray(eight).save(stream, "JPEG", quality=92)
keep("JPEG Baseline, 8 bits", wrapped("1.2.840.10008.1.2.4.50", eight, 8, False, stream.getvalue()))
for syntax, encode in ENCODERS.items():
    keep(NAMES[syntax.rsplit(".", 1)[1]], wrapped(syntax, pixels, 12, False, encode(pixels, 12, False)))

command = ["cargo", "run", "--quiet", "--release", "-p", "radiograph-image", "--example", "decode_times", "--"]
printed = subprocess.run([*command, *map(str, files.values())], cwd=ROOT, check=True, capture_output=True, text=True).stdout
for (name, path), ours in zip(files.items(), map(float, printed.split())):
    theirs = float("inf")
    for _ in range(9):
        start = time.perf_counter()
        data = pydicom.dcmread(path)
        apply_voi_lut(apply_modality_lut(data.pixel_array, data), data)
        theirs = min(theirs, (time.perf_counter() - start) * 1e3)
    print(f"{name:36} ours {ours:6.1f} ms  pydicom {theirs:6.1f} ms  {theirs / ours:.2f} times its speed")
