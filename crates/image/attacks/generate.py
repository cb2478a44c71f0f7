"""Writes the hostile images of this folder. Their names begin with the refusal that they must meet.

    python -m venv VENV && VENV/bin/pip install pillow numpy pydicom
    VENV/bin/python crates/image/attacks/generate.py
"""

import io
import pathlib
import struct
import zlib

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE.parent / "tests" / "golden" / "decode"


def put(name, content):
    (HERE / name).write_bytes(content)


def encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, rows, depth=8, colour=0):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def explicit(group, element, kind, value):
    if kind in (b"OB", b"OW", b"SQ", b"UN"):
        return struct.pack("<HH", group, element) + kind + b"\0\0" + struct.pack("<I", len(value)) + value
    return struct.pack("<HH", group, element) + kind + struct.pack("<H", len(value)) + value


def dicom(body, syntax=b"1.2.840.10008.1.2.1\0"):
    meta = (explicit(2, 1, b"OB", b"\0\1") + explicit(2, 2, b"UI", b"1.2.840.10008.5.1.4.1.1.1\0")
            + explicit(2, 3, b"UI", b"1.2.3.4\0") + explicit(2, 0x10, b"UI", syntax) + explicit(2, 0x12, b"UI", b"1.2.3\0"))
    return b"\0" * 128 + b"DICM" + explicit(2, 0, b"UL", struct.pack("<I", len(meta))) + meta + body


def short(element, value):
    return explicit(0x28, element, b"US", struct.pack("<H", value))


def layout(rows=4, columns=4, frames=None, allocated=8, stored=None, samples=1, meaning=b"MONOCHROME2 "):
    body = short(2, samples) + explicit(0x28, 4, b"CS", meaning)
    if frames is not None:
        body += explicit(0x28, 8, b"IS", frames)
    stored = allocated if stored is None else stored
    return body + short(0x10, rows) + short(0x11, columns) + short(0x100, allocated) + short(0x101, stored) + short(0x102, max(stored, 1) - 1) + short(0x103, 0)


def pixels(value, kind=b"OB"):
    return explicit(0x7FE0, 0x10, kind, value)


def fragments(stream):
    stream += b"\0" * (len(stream) % 2)
    item = lambda value: struct.pack("<HHI", 0xFFFE, 0xE000, len(value)) + value
    return struct.pack("<HH", 0x7FE0, 0x10) + b"OB\0\0\xff\xff\xff\xff" + item(b"") + item(stream) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


BASELINE, LOSSLESS, RLE = b"1.2.840.10008.1.2.4.50", b"1.2.840.10008.1.2.4.70", b"1.2.840.10008.1.2.5\0"
gray = Image.fromarray((np.mgrid[0:40, 0:40].sum(axis=0) * 3).astype(np.uint8))
rgb = gray.convert("RGB")
noise = Image.fromarray(np.random.default_rng(7).integers(0, 256, (40, 40, 3), np.uint8))
frames = [rgb.rotate(90 * turn) for turn in range(3)]

for old in HERE.glob("*--*"):
    old.unlink()

put("empty--zero-bytes.png", b"")
put("text-instead--web-page.png", b"<html><body>404 Not Found</body></html>")
put("text-instead--web-page-behind-xml.dcm", b"<?xml version='1.0'?><!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0'><html><body>Log in</body></html>")
put("text-instead--lfs-pointer.dcm", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d7a" * 16 + b"\nsize 401986\n")
put("text-instead--annex-pointer.png", b"/annex/objects/MD5E-s401986--0f343b0931126a20f133d67c2b018a3b.png\n")
put("text-instead--storage-error.jpg", b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code></Error>")
put("text-instead--service-error.dcm", b'{"error": "not found"}')
put("not-an-image--text.dcm", b"Patient;View\nA;PA\n" * 20)
put("not-an-image--random.jpg", bytes((i * 197 + i // 7) % 256 for i in range(600)))
put("not-an-image--png-magic-cut.png", b"\x89PNG\r\n")
put("unsupported-format--gif.png", encoded(rgb, "GIF"))
put("unsupported-format--jpeg2000.jpg", b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0" * 40)
put("damaged--truncated.png", encoded(gray, "PNG")[:-60])
put("damaged--header-only.png", encoded(gray, "PNG")[:33])
put("damaged--bad-checksum.png", encoded(gray, "PNG").replace(b"IHDR", b"IHDR", 1)[:29] + b"\0\0\0\0" + encoded(gray, "PNG")[33:])
put("damaged--bad-zlib.png", png(8, 8, b"not a zlib stream"))
put("damaged--too-few-rows.png", png(64, 64, zlib.compress(b"\0" * 65)))
put("damaged--depth-3.png", png(8, 8, zlib.compress(b"\0" * 72), depth=3))
put("damaged--palette-missing.png", png(8, 8, zlib.compress(b"\0" * 72), colour=3))
put("damaged--truncated.jpg", encoded(gray, "JPEG")[:-100])
put("damaged--truncated-progressive.jpg", encoded(rgb, "JPEG", progressive=True)[:-200])
put("damaged--no-frame.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + b"\0" * 9 + b"\xff\xd9")
put("damaged--two-bytes-more.jpg", b"\xff\xd8\xff")
put("damaged--segment-beyond-end.jpg", b"\xff\xd8\xff\xe1\xff\xffab")
put("damaged--truncated.webp", encoded(rgb, "WEBP")[:-80])
put("damaged--truncated-lossless.webp", encoded(noise, "WEBP", lossless=True)[:-300])
put("damaged--truncated.bmp", encoded(rgb, "BMP")[:-500])
put("damaged--truncated.tif", encoded(gray, "TIFF")[:-300])
put("damaged--directory-beyond-end.tif", b"II*\0\xff\xff\xff\x7f")
put("too-many-pixels--60000.png", png(60_000, 60_000, zlib.compress(b"\0" * 100)))
put("too-many-pixels--4-billion.png", png(0x7FFFFFFF, 0x7FFFFFFF, zlib.compress(b"\0" * 100)))
put("too-many-pixels--60000.jpg", encoded(gray, "JPEG").replace(b"\xff\xc0\x00\x0b\x08\x00\x28\x00\x28", b"\xff\xc0\x00\x0b\x08\xea\x60\xea\x60"))
put("too-many-pixels--60000.bmp", encoded(gray, "BMP")[:18] + struct.pack("<ii", 60_000, 60_000) + encoded(gray, "BMP")[26:])
bomb = zlib.compressobj(9)
body = b"".join(bomb.compress(b"\0" * 16_001) for _ in range(15_000)) + bomb.flush()
put("too-many-pixels--bomb.png", png(16_000, 15_000, body))
put("too-much-memory--rgba16.png", png(7_000, 7_000, zlib.compress(b"\0" * 100), depth=16, colour=6))
put("no-pixels--zero-width.png", png(0, 8, zlib.compress(b"\0" * 8)))
put("several-frames--animated.webp", encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
put("several-frames--animated.png", encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]))
put("several-frames--pages.tif", encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
put("unsupported-variety--floating-point.tif", encoded(Image.fromarray(np.zeros((8, 8), np.float32)), "TIFF"))
put("unsupported-variety--twelve-bits.jpg", encoded(gray, "JPEG").replace(b"\xff\xc0\x00\x0b\x08", b"\xff\xc1\x00\x0b\x0c"))
put("unsupported-variety--finer-chroma.jpg", encoded(rgb, "JPEG", subsampling=0).replace(b"\3\x11\1\xff", b"\3\x22\1\xff"))
put("unsupported-variety--arithmetic.jpg", encoded(gray, "JPEG").replace(b"\xff\xc0\x00\x0b\x08", b"\xff\xc9\x00\x0b\x08"))

whole = layout() + pixels(b"\x10\x20" * 8)
put("several-frames--three.dcm", dicom(layout(frames=b"3 ") + pixels(b"\0" * 48)))
put("no-pixels--no-pixel-data.dcm", dicom(layout()))
put("damaged--zero-frames-without-pixels.dcm", dicom(layout(frames=b"0 ") + pixels(b"")))
put("several-frames--4-billion.dcm", dicom(layout(frames=b"4294967295") + pixels(b"\0" * 16)))
put("no-pixels--zero-rows.dcm", dicom(layout(rows=0) + pixels(b"")))
put("damaged--jpeg2000-cut.dcm", dicom(layout() + fragments(b"\xff\x4f\xff\x51"), b"1.2.840.10008.1.2.4.90"))
put("damaged--deflated-cut.dcm", dicom(zlib.compress(whole)[2:40], b"1.2.840.10008.1.2.1.99"))
put("too-much-memory--deflated.dcm", dicom(zlib.compress(b"\0" * (300 << 20), 9)[2:], b"1.2.840.10008.1.2.1.99"))
put("unsupported-variety--video.dcm", dicom(layout() + fragments(b"\0\0\1"), b"1.2.840.10008.1.2.4.102\0"))
put("unsupported-variety--unknown-syntax.dcm", dicom(whole, b"1.2.3.4.5\0"))
put("unsupported-variety--64-bits.dcm", dicom(layout(allocated=64) + pixels(b"\0" * 128)))
put("damaged--palette-missing.dcm", dicom(layout(meaning=b"PALETTE COLOR ") + pixels(b"\0" * 16)))
put("unsupported-variety--partial-ybr.dcm", dicom(layout(samples=3, meaning=b"YBR_PARTIAL_420 ") + pixels(b"\0" * 48)))
put("damaged--pixels-cut.dcm", dicom(whole)[:-4])
put("damaged--too-few-pixels.dcm", dicom(layout(rows=400, columns=400) + pixels(b"\0" * 16)))
put("damaged--length-4-gib.dcm", dicom(layout() + struct.pack("<HH", 0x7FE0, 0x10) + b"OB\0\0\xf0\xff\xff\xff" + b"\0" * 12))
put("damaged--private-length-4-gib.dcm", dicom(struct.pack("<HH", 0x09, 0x10) + b"UN\0\0\xf0\xff\xff\x7f" + whole))
put("damaged--meta-length-4-gib.dcm", b"\0" * 128 + b"DICM" + explicit(2, 0, b"UL", b"\xf0\xff\xff\xff") + explicit(2, 1, b"OB", b"\0\1"))
put("damaged--meta-value-4-gib.dcm", b"\0" * 128 + b"DICM" + explicit(2, 0, b"UL", b"\x40\0\0\0") + struct.pack("<HH", 2, 1) + b"OB\0\0\xf0\xff\xff\xff")
# A value representation of no name has a length of four bytes.
put("damaged--meta-nameless-kind-2-gib.dcm", b"\0" * 128 + b"DICM" + explicit(2, 0, b"UL", b"\x10\0\0\0") + struct.pack("<HH", 2, 0x10) + b"zz\0\0\xf0\xff\xff\x7f" + b"1.2.")
put("damaged--meta-cut.dcm", dicom(whole)[:140])
put("damaged--only-magic.dcm", b"\0" * 128 + b"DICM")
nested = b"".join(struct.pack("<HH", 0x40, 0xA730) + b"SQ\0\0\xff\xff\xff\xff" + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) for _ in range(20_000))
put("damaged--nested-20000-deep.dcm", dicom(nested))
put("damaged--stored-above-allocated.dcm", dicom(layout(stored=12) + pixels(b"\0" * 16)))
put("damaged--nothing-stored.dcm", dicom(layout(stored=0) + pixels(b"\0" * 16)))
put("damaged--no-meaning.dcm", dicom(layout(meaning=b"") + pixels(b"\0" * 16)))
put("damaged--items-without-sequence.dcm", dicom(struct.pack("<HHI", 0xFFFE, 0xE000, 0) + whole))
put("damaged--fragment-beyond-end.dcm", dicom(layout() + fragments(b"\0" * 16)[:12] + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFF0) + b"\0" * 16, RLE))
sof = b"\xff\xd8\xff\xc3\0\x0b\x08\0\x28\0\x28\1\1\x11\0"
put("damaged--lossless-table-of-too-many-codes.dcm", dicom(layout(40, 40) + fragments(sof + b"\xff\xc4\0\x23\0" + b"\xff" + b"\0" * 32), LOSSLESS))
put("damaged--lossless-without-table.dcm", dicom(layout(40, 40) + fragments(sof + b"\xff\xda\0\x08\1\1\0\1\0\0" + b"\x55" * 40), LOSSLESS))
put("damaged--jpeg-ls-cut.dcm", dicom(layout(40, 40) + fragments(b"\xff\xd8\xff\xf7\0\x0b\x08\0\x28\0\x28\1\1\x11\0\xff\xda\0\x08\1\1\0\0\0\0\x12\x34"), b"1.2.840.10008.1.2.4.80"))
put("damaged--jpeg-larger-than-rows.dcm", dicom(layout() + fragments(encoded(gray, "JPEG")), BASELINE))
put("damaged--jpeg-cut.dcm", dicom(layout(40, 40) + fragments(encoded(gray, "JPEG")[:-100]), BASELINE))
put("damaged--jpeg-is-text.dcm", dicom(layout() + fragments(b"no jpeg at all"), BASELINE))
put("damaged--lossless-is-baseline-cut.dcm", dicom(layout(40, 40) + fragments(encoded(gray, "JPEG")[:200]), LOSSLESS))
put("damaged--fragments-without-compression.dcm", dicom(layout() + fragments(b"\0" * 16)))
put("damaged--run-length-unfragmented.dcm", dicom(layout() + pixels(b"\0" * 16), RLE))
put("damaged--run-length-cut.dcm", dicom(layout(40, 40) + fragments(struct.pack("<16I", 1, 64, *[0] * 14) + b"\x05\x01"), RLE))
put("damaged--run-length-offsets.dcm", dicom(layout(allocated=16) + fragments(struct.pack("<16I", 2, 0xFFFFFFF0, 64, *[0] * 13) + b"\0\0"), RLE))
put("damaged--run-length-segments.dcm", dicom(layout() + fragments(struct.pack("<16I", 9, 64, *[0] * 14) + b"\0\0"), RLE))
put("too-many-pixels--65535.dcm", dicom(layout(65_535, 65_535) + pixels(b"\0" * 16)))
print(len(list(HERE.glob("*--*"))), "hostile images")
