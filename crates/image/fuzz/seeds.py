"""Writes seeds for the fuzz targets of single codings: the streams of DICOM files, cut out and sorted by coding.

    python -m venv VENV
    VENV/bin/pip install pydicom pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg pylibjpeg-rle pyjpegls numpy pillow
    VENV/bin/python crates/image/tests/pydicom/compare.py OUT
    VENV/bin/python crates/image/fuzz/seeds.py SEEDS OUT/generated crates/image/tests/films FURTHER_FOLDERS...
    cargo +nightly fuzz run --fuzz-dir crates/image/fuzz jpeg_ls NEW SEEDS/jpeg_ls

pydicom's own test files are read as well. Each stream is written twice, behind the byte that chooses the layout of its samples:
once with 8 stored bits and once with 16. `SEEDS/picture` receives the pictures of all folders. Files above 64 KiB are left out,
because the fuzzer would spend its time on copying them.
"""

import pathlib
import shutil
import sys
import warnings

import pydicom
from pydicom.encaps import generate_frames

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tests/pydicom"))
from compare import ENCODERS, film  # noqa: E402

warnings.simplefilter("ignore")
LARGEST = 64 << 10
# Lossless frames begin with SOF3, JPEG-LS with SOF55, the others are sequential or progressive.
FRAMES = {0xC0: "extended_jpeg", 0xC1: "extended_jpeg", 0xC2: "extended_jpeg", 0xC3: "lossless_jpeg", 0xF7: "jpeg_ls"}
PICTURES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"}


def target(syntax, stream):
    """The fuzz target that reads the stream, or `None`."""
    if syntax == "1.2.840.10008.1.2.5":
        return "run_length"
    if stream.startswith((b"\xFF\x4F\xFF\x51", b"\0\0\0\x0CjP  ")):
        return "jpeg_2000"
    at = 2
    while stream.startswith(b"\xFF\xD8") and at + 4 <= len(stream) and stream[at] == 0xFF:
        if stream[at + 1] in FRAMES:
            return FRAMES[stream[at + 1]]
        at += 2 + int.from_bytes(stream[at + 2:at + 4], "big")
    return None


def streams(path):
    """Transfer syntax and stream of every compressed frame of a file."""
    try:
        data = pydicom.dcmread(path, force=True)
        syntax = str(data.file_meta.TransferSyntaxUID)
        for stream in generate_frames(data.PixelData, number_of_frames=int(data.get("NumberOfFrames", 1) or 1)):
            yield syntax, stream
    except Exception:
        return  # Not compressed, or damaged: no stream to cut out.


def keep(name, stream):
    """Gray of 8 stored bits, and of 16."""
    for layout in (0b0100, 0b0110):
        (seeds / name / f"{counts[name]:04}").write_bytes(bytes([layout]) + stream)
        counts[name] += 1


seeds, folders = pathlib.Path(sys.argv[1]), [pathlib.Path(folder) for folder in sys.argv[2:]]
folders.append(pathlib.Path(pydicom.__file__).parent / "data/test_files")
counts = {}
for name in [*dict.fromkeys(FRAMES.values()), "jpeg_2000", "run_length", "picture"]:
    (seeds / name).mkdir(parents=True, exist_ok=True)
    counts[name] = 0
for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
    if path.suffix.lower() in PICTURES and path.stat().st_size <= LARGEST:
        shutil.copy(path, seeds / "picture" / f"{counts['picture']:04}{path.suffix}")
        counts["picture"] += 1
        continue
    for syntax, stream in streams(path):
        name = target(syntax, stream)
        if name is None or len(stream) > LARGEST:
            continue
        keep(name, stream)
# The target of RLE always says 40 rows of 48 pixels.
for bits in (8, 16):
    keep("run_length", ENCODERS["1.2.840.10008.1.2.5"](film((40, 48), bits, False, bits), bits, False))
print(counts)
