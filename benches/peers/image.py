"""Decodes and resizes the images of `benches/image.rs` with Pillow, and prints how many times faster ours is.

    cargo bench -p radiograph-benches --no-default-features --bench image
    python -m venv VENV && VENV/bin/pip install pillow
    VENV/bin/python benches/peers/image.py

Both run on one thread, one after the other on the same machine; the numbers are ratios, not speeds.
"""

import io
import json
import pathlib
import statistics
import time

from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]
IMAGES = ROOT / "target" / "bench-images"
CRITERION = ROOT / "target" / "criterion" / "image"
BILINEAR = Image.Resampling.BILINEAR

CASES = {
    "png-1024-gray-to-224": ("large.png", "L", 2.0),
    "jpeg-2373-gray-to-224": ("large.jpg", "L", 1.0),
    "jpeg-2373-rgb-to-224": ("large.jpg", "RGB", 1.0),
}


def median_seconds(work, runs=40):
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


failed = False
for name, (file, mode, wanted) in CASES.items():
    path, estimates = IMAGES / file, CRITERION / name / "new" / "estimates.json"
    if not path.exists() or not estimates.exists():
        print(f"{name:24} skipped: run the bench first (the JPEG needs RADIOGRAPH_DATA)")
        continue
    content = path.read_bytes()
    theirs = median_seconds(lambda: Image.open(io.BytesIO(content)).convert(mode).resize((224, 224), BILINEAR))
    ours = json.loads(estimates.read_text())["median"]["point_estimate"] * 1e-9
    failed |= theirs / ours < wanted
    print(f"{name:24} ours {ours * 1e3:6.2f} ms  Pillow {theirs * 1e3:6.2f} ms  {theirs / ours:.2f} times Pillow's speed (wanted {wanted})")
raise SystemExit(failed)
