"""Writes small films as devices and archives really write them, and what a viewer shows of each (`films.json`).

    python -m venv VENV && VENV/bin/pip install numpy pillow pydicom pyjpegls pylibjpeg pylibjpeg-openjpeg
    VENV/bin/python crates/image/tests/films/generate.py

Every kind comes from a public report: dcm4che #1521, dicom-rs #83 and PR 825, pydicom #109, #796, #1799,
#1943 and #2238, vtk-dicom #158 and #201, jpeg-decoder #286, DCMTK PR 118. What is shown is computed from the drawn film.
"""

import io
import json
import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "pydicom"))
import jpeg_ls  # noqa: E402
import openjpeg.utils  # noqa: E402
from compare import jpeg_lossless  # noqa: E402

ROWS, COLUMNS = 40, 48
y, x = np.mgrid[0:ROWS, 0:COLUMNS]
noise = np.random.default_rng(19).normal(0, 30, (ROWS, COLUMNS))
FILM = np.clip(x * 70 + y * 20 + 400 * (x > 30) + noise, 0, 4095).astype(np.int64)
FILM[0, 0], FILM[0, 1], FILM[-1, -1] = 0, 5, 4095

PICTURES, CASES, REFUSED, PHOTOS = {}, [], [], []


def picture(name, shown):
    PICTURES[name] = np.round(shown).astype(int).ravel().tolist()


def ramp(values, low, high):
    return np.clip((values - low) / (high - low), 0, 1) * 65535


def put(name, content, shown, *notes, tolerance=1):
    (HERE / name).write_bytes(content)
    CASES.append({"file": name, "picture": shown, "notes": list(notes), "tolerance": tolerance})


def refuse(name, content, *words):
    (HERE / name).write_bytes(content)
    REFUSED.append({"file": name, "words": ["DICOM", *words]})


def element(group, number, kind, value, explicit=True, big=False):
    value += b"\0" * (len(value) % 2) if kind in (b"UI", b"OB", b"OW") else b" " * (len(value) % 2)
    return exact(group, number, kind, value, explicit, big)


def exact(group, number, kind, value, explicit=True, big=False, length=None):
    order = ">" if big else "<"
    tag = struct.pack(order + "HH", group, number)
    length = len(value) if length is None else length
    if not explicit:
        return tag + struct.pack(order + "I", length) + value
    if kind in (b"OB", b"OW", b"SQ", b"UN", b"UT"):
        return tag + kind + b"\0\0" + struct.pack(order + "I", length) + value
    return tag + kind + struct.pack(order + "H", length) + value


def meta(syntax=b"1.2.840.10008.1.2.1", length=None, without_length=False):
    body = (element(2, 1, b"OB", b"\0\1") + element(2, 2, b"UI", b"1.2.840.10008.5.1.4.1.1.1")
            + element(2, 3, b"UI", b"1.2.3.4") + (element(2, 0x10, b"UI", syntax) if syntax else b"")
            + element(2, 0x12, b"UI", b"1.2.3"))
    if without_length:
        return body
    return element(2, 0, b"UL", struct.pack("<I", len(body) if length is None else length(len(body)))) + body


PREAMBLE = b"\0" * 128 + b"DICM"


def data_set(pixels=None, explicit=True, big=False, kind=b"OW", stored=12, signed=0, extra=(), meaning=b"MONOCHROME2",
             window=(b"2048", b"4096"), allocated=16, frames=None, samples=1, end=b"", before=(), fragments=None, high=None,
             planar=None):
    order = ">" if big else "<"
    number = lambda tag, value: (0x28, tag, b"US", struct.pack(order + "H", value))
    elements = [(8, 5, b"CS", b"ISO_IR 100"), (8, 0x16, b"UI", b"1.2.840.10008.5.1.4.1.1.1"), (8, 0x60, b"CS", b"CR"),
                (0x10, 0x20, b"LO", b"P1"), number(2, samples), (0x28, 4, b"CS", meaning)]
    if planar is not None:
        elements.append(number(6, planar))
    if frames is not None:
        elements.append((0x28, 8, b"IS", frames))
    elements += [number(0x10, ROWS), number(0x11, COLUMNS), number(0x100, allocated), number(0x101, stored),
                 number(0x102, stored - 1 if high is None else high), number(0x103, signed)]
    if window:
        elements += [(0x28, 0x1050, b"DS", window[0]), (0x28, 0x1051, b"DS", window[1])]
    elements += list(extra)
    elements.sort(key=lambda entry: entry[:2])
    body = b"".join(before) + b"".join(element(*entry, explicit=explicit, big=big) for entry in elements)
    if fragments is not None:
        return body + fragments
    if pixels is None:
        pixels = FILM.astype(order + "u2").tobytes()
    return body + exact(0x7FE0, 0x10, kind, pixels, explicit, big) + end


def file(body, syntax=b"1.2.840.10008.1.2.1", **options):
    return PREAMBLE + meta(syntax, **options) + body


def items(*pieces, end=struct.pack("<HHI", 0xFFFE, 0xE0DD, 0), table=b""):
    item = lambda value: struct.pack("<HHI", 0xFFFE, 0xE000, len(value)) + value
    return exact(0x7FE0, 0x10, b"OB", b"", length=0xFFFFFFFF) + item(table) + b"".join(map(item, pieces)) + end


def sequence(group, number, *entries, explicit=True):
    body = b"".join(element(*entry, explicit=explicit) for entry in entries)
    return (group, number, b"SQ", struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body)


def table(descriptor, kind, data, data_kind=b"OW", tag=0x3010, explicit=True):
    return sequence(0x28, tag, (0x28, 0x3002, kind, descriptor), (0x28, 0x3006, data_kind, data), explicit=explicit)


def extended(values, restart):
    """Sequential JPEG of 12 bits, written out from ITU-T T.81 with steps of 1, so that it is all but exact."""
    rows, columns = (-(-side // 8) * 8 for side in values.shape)
    padded = np.pad(values, ((0, rows - values.shape[0]), (0, columns - values.shape[1])), "edge") - 2048.0
    k, n = np.mgrid[0:8, 0:8]
    basis = np.cos((2 * n + 1) * k * np.pi / 16) / 2 * np.where(k == 0, np.sqrt(0.5), 1)
    zigzag = sorted(((r, c) for r in range(8) for c in range(8)), key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]))
    out = b"\xff\xd8\xff\xdb\0\x43\0" + b"\1" * 64
    out += b"\xff\xc1\0\x0b\x0c" + struct.pack(">HH", *values.shape) + b"\1\1\x11\0"
    sizes = list(range(16))
    out += b"\xff\xc4" + struct.pack(">H", 19 + 16) + b"\0" + bytes([0, 0, 0, 0, 16] + [0] * 11) + bytes(sizes)
    # Codes of 9 bits for all run and size pairs that occur.
    symbols = [run << 4 | size for run in range(16) for size in range(16) if size or run in (0, 15)]
    out += b"\xff\xc4" + struct.pack(">H", 19 + len(symbols)) + b"\x10" + bytes([0] * 8 + [len(symbols)] + [0] * 7) + bytes(symbols)
    if restart:
        out += b"\xff\xdd\0\4" + struct.pack(">H", restart)
    out += b"\xff\xda\0\x08\1\1\0\0\x3f\0"
    text, last, data = "", 0, b""

    def number(value):
        size = int(abs(value)).bit_length()
        return size, format(value if value > 0 else value + 2 ** size - 1, f"0{size}b") if size else ""

    def flushed(text):
        text += "1" * (-len(text) % 8)
        return bytes(int(text[at:at + 8], 2) for at in range(0, len(text), 8)).replace(b"\xff", b"\xff\0")

    blocks = [(r, c) for r in range(0, rows, 8) for c in range(0, columns, 8)]
    for count, (r, c) in enumerate(blocks):
        if restart and count and count % restart == 0:
            data += flushed(text) + bytes([0xFF, 0xD0 + (count // restart - 1) % 8])
            text, last = "", 0
        levels = np.round(basis @ padded[r:r + 8, c:c + 8] @ basis.T).astype(int)
        size, bits = number(levels[0, 0] - last)
        last = levels[0, 0]
        text += format(size, "05b") + bits
        zeros, coded = 0, [levels[at] for at in zigzag[1:]]
        while coded and coded[-1] == 0:
            coded.pop()
        for level in coded:
            if level == 0:
                zeros += 1
                continue
            while zeros > 15:
                text += format(symbols.index(0xF0), "09b")
                zeros -= 16
            size, bits = number(level)
            text += format(symbols.index(zeros << 4 | size), "09b") + bits
            zeros = 0
        if len(coded) < 63:
            text += format(symbols.index(0), "09b")
    return out + data + flushed(text) + b"\xff\xd9"


for old in HERE.iterdir():
    if old.name not in ("generate.py", "films.json"):
        old.unlink()

IMPLICIT, EXPLICIT, BIG = b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2.2"
LOSSLESS, RLE = b"1.2.840.10008.1.2.4.70", b"1.2.840.10008.1.2.5"
picture("film", ramp(FILM, 0, 4095))  # a window of 4096 around 2048 shows 0 to 4095
tail = np.sort(FILM, axis=None)
picture("range", ramp(FILM, tail[1], tail[-2]))  # 1,920 values: one is left out at either end

# The file around the data set.
plain, implicit = data_set(), data_set(explicit=False)
put("plain.dcm", file(plain), "film")
put("bare-implicit.dcm", implicit, "film", "without preamble", "without file meta group")
put("bare-explicit.dcm", plain, "film", "without preamble", "without file meta group")
put("bare-big-endian.dcm", data_set(big=True), "film", "without preamble", "without file meta group")
put("bare-without-group-8.dcm", plain[plain.index(b"\x10\0\x20\0LO"):], "film", "without preamble", "without file meta group")
put("meta-without-preamble.dcm", meta() + plain, "film", "without preamble")
put("magic-without-preamble.dcm", b"DICM" + meta() + plain, "film", "without preamble")
put("preamble-without-meta.dcm", PREAMBLE + implicit, "film", "without file meta group")
put("group-length-too-small.dcm", file(plain, length=lambda right: right - 20), "film", "file meta group says")
put("group-length-too-large.dcm", file(plain, length=lambda right: right + 20), "film", "file meta group says")
put("group-length-zero.dcm", file(plain, length=lambda right: 0), "film", "file meta group says")
put("group-length-4-gib.dcm", file(plain, length=lambda right: 0xFFFFFFF0), "film", "file meta group says")
put("group-length-missing.dcm", file(plain, without_length=True), "film")
refuse("no-transfer-syntax.dcm", file(plain, syntax=None), "transfer syntax")
refuse("unknown-transfer-syntax.dcm", file(plain, syntax=b"1.2.3.4.5"), "1.2.3.4.5")
put("deflated.dcm", file(zlib.compress(plain)[2:-4], b"1.2.840.10008.1.2.1.99"), "film")
put("deflated-as-zlib.dcm", file(zlib.compress(plain), b"1.2.840.10008.1.2.1.99"), "film")
refuse("deflated-cut.dcm", file(zlib.compress(plain)[2:-900], b"1.2.840.10008.1.2.1.99"), "inflated")

# The encoding of elements.
put("implicit.dcm", file(implicit, IMPLICIT), "film")
put("big-endian.dcm", file(data_set(big=True), BIG), "film")
put("says-explicit-is-implicit.dcm", file(implicit, EXPLICIT), "film", "encoded in another way")
put("says-implicit-is-explicit.dcm", file(plain, IMPLICIT), "film", "encoded in another way")
put("says-big-endian-is-little.dcm", file(plain, BIG), "film", "encoded in another way")
put("says-little-is-big-endian.dcm", file(data_set(big=True), EXPLICIT), "film", "encoded in another way")
one_implicit = element(8, 8, b"CS", b"ORIGINAL", explicit=False)
put("one-element-without-type.dcm", file(data_set(before=[one_implicit])), "film")
put("unknown-type.dcm", file(data_set(before=[struct.pack("<HH", 8, 8) + b"ZZ\0\0" + struct.pack("<I", 4) + b"ABCD"])), "film")
put("pixels-as-un.dcm", file(data_set(kind=b"UN")), "film")
put("pixels-as-ob.dcm", file(data_set(kind=b"OB")), "film")
put("odd-length.dcm", file(data_set(before=[exact(8, 8, b"CS", b"ODD")])), "film")
nested = lambda length, *ends: exact(8, 0x1140, b"SQ", struct.pack("<HHI", 0xFFFE, 0xE000, length) + element(8, 0x1150, b"UI", b"1.2") + b"".join(ends), length=0xFFFFFFFF)
item_end, sequence_end = struct.pack("<HHI", 0xFFFE, 0xE00D, 0), struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
put("sequence.dcm", file(data_set(before=[nested(0xFFFFFFFF, item_end, sequence_end)])), "film")
put("sequence-without-item-end.dcm", file(data_set(before=[nested(0xFFFFFFFF, sequence_end)])), "film")
put("sequence-without-end.dcm", file(data_set(before=[nested(0xFFFFFFFF, item_end)])), "film")
put("sequence-in-un.dcm", file(data_set(before=[exact(9, 0x1001, b"UN", struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + element(8, 0x1150, b"UI", b"1.2", explicit=False) + item_end + sequence_end, length=0xFFFFFFFF)])), "film")
put("icon-before-pixels.dcm", file(data_set(before=[exact(0x88, 0x200, b"SQ", struct.pack("<HHI", 0xFFFE, 0xE000, 20) + exact(0x7FE0, 0x10, b"OB", b"\1" * 8))])), "film")

# The end of the data set.
put("zeros-behind.dcm", file(plain + b"\0" * 512), "film")
put("padding-behind.dcm", file(plain + exact(0xFFFC, 0xFFFC, b"OB", b"\0" * 126)), "film")
put("item-end-behind.dcm", file(plain + item_end), "film")
put("item-end-before-pixels.dcm", file(data_set(before=[item_end])), "film")
words = FILM.astype("<u2").tobytes()
put("2-bytes-more.dcm", file(data_set(words + b"\0\0")), "film", "2 bytes behind the pixels")
put("512-bytes-more.dcm", file(data_set(words + b"\7" * 512)), "film", "512 bytes behind the pixels")
refuse("64-bytes-less.dcm", file(data_set(words[:-64])), "cut off")
refuse("file-cut.dcm", file(plain)[:-64], "cut off")
refuse("file-cut-in-header.dcm", file(plain)[:-len(words) - 20], "cut off before its pixels")
refuse("file-cut-in-value.dcm", file(plain)[:-len(words) - 16], "left in the file")

# Compressed pixels.
lossless = jpeg_lossless(1, 0)(FILM, 12, False)
put("lossless.dcm", file(data_set(fragments=items(lossless)), LOSSLESS), "film")
put("lossless-restart-every-row.dcm", file(data_set(fragments=items(jpeg_lossless(1, 1)(FILM, 12, False))), LOSSLESS), "film")
for predictor in range(1, 8):
    put(f"lossless-predictor-{predictor}-restart.dcm", file(data_set(fragments=items(jpeg_lossless(predictor, 7)(FILM, 12, False))), b"1.2.840.10008.1.2.4.57"), "film")
wild = np.where((x + y) % 2, 65535, FILM * 3)
picture("wild", wild)
put("lossless-modulo-65536.dcm", file(data_set(stored=16, window=(b"32768", b"65536"), fragments=items(jpeg_lossless(4, 0)(wild, 16, False))), LOSSLESS), "wild")
within = bytearray(jpeg_lossless(1, 1)(FILM, 12, False))
within[within.index(b"\xff\xdd\0\4") + 4:][:2]
at = within.index(b"\xff\xdd\0\4") + 4
within[at:at + 2] = struct.pack(">H", 50)
refuse("lossless-restart-within-row.dcm", file(data_set(fragments=items(bytes(within))), LOSSLESS), "restarts within rows")
missing = jpeg_lossless(1, 7)(FILM, 12, False).replace(b"\xff\xd1", b"")
refuse("lossless-restart-missing.dcm", file(data_set(fragments=items(missing)), LOSSLESS), "restart marker 1")
refuse("lossless-cut.dcm", file(data_set(fragments=items(lossless[:-500])), LOSSLESS), "cut off")
put("no-sequence-end.dcm", file(data_set(fragments=items(lossless, end=b"")), LOSSLESS), "film", "delimiter")
put("zeros-for-sequence-end.dcm", file(data_set(fragments=items(lossless, end=b"\0" * 8)), LOSSLESS), "film", "delimiter")
put("sequence-end-with-length.dcm", file(data_set(fragments=items(lossless, end=struct.pack("<HHI", 0xFFFE, 0xE0DD, 0xFFFFFFFF))), LOSSLESS), "film")
put("odd-fragment.dcm", file(data_set(fragments=items(lossless + b"\0" * (len(lossless) % 2 == 0))), LOSSLESS), "film")
put("three-fragments.dcm", file(data_set(fragments=items(lossless[:1000], lossless[1000:1500], lossless[1500:])), LOSSLESS), "film")
no_table = exact(0x7FE0, 0x10, b"OB", b"", length=0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, len(lossless)) + lossless + sequence_end
put("no-offset-table.dcm", file(data_set(fragments=no_table), LOSSLESS), "film")
put("says-uncompressed-is-lossless.dcm", file(data_set(fragments=items(lossless))), "film", "against what the transfer syntax says")
put("encapsulated-uncompressed.dcm", file(data_set(fragments=items(words)), b"1.2.840.10008.1.2.1.98"), "film")
put("deflated-frame.dcm", file(data_set(fragments=items(zlib.compress(words)[2:-4])), b"1.2.840.10008.1.2.8.1"), "film")
refuse("jpeg-xl.dcm", file(data_set(fragments=items(b"\xff\x0a" + b"\1" * 40)), b"1.2.840.10008.1.2.4.110"), "JPEG XL")
refuse("video.dcm", file(data_set(fragments=items(b"\0\0\1" * 8)), b"1.2.840.10008.1.2.4.102"), "video")

# Codings of other encoders; what is lossy is compared with what its own library decodes.
film16 = FILM.astype(np.uint16)
LS, NEAR, J2K, J2K_LOSSY = (b"1.2.840.10008.1.2.4." + number for number in (b"80", b"81", b"90", b"91"))
put("jpeg-ls.dcm", file(data_set(fragments=items(bytes(jpeg_ls.encode_array(film16)))), LS), "film")
near = bytes(jpeg_ls.encode_array(film16, lossy_error=3))
picture("near", ramp(jpeg_ls.decode(np.frombuffer(near, np.uint8)).astype(int), 0, 4095))
put("jpeg-ls-near.dcm", file(data_set(fragments=items(near)), NEAR), "near")
put("jpeg-2000.dcm", file(data_set(fragments=items(openjpeg.utils.encode_array(film16, bits_stored=12))), J2K), "film")
boxed = openjpeg.utils.encode_array(film16, bits_stored=12, codec_format=1, photometric_interpretation=2)
put("jpeg-2000-in-boxes.dcm", file(data_set(fragments=items(boxed)), J2K), "film")
lossy = openjpeg.utils.encode_array(film16, bits_stored=12, compression_ratios=[6])
picture("lossy", ramp(openjpeg.utils.decode(lossy).astype(int), 0, 4095))
put("jpeg-2000-lossy.dcm", file(data_set(fragments=items(lossy)), J2K_LOSSY), "lossy", tolerance=33)
twelve = extended(FILM, 7)
put("jpeg-12-bits.dcm", file(data_set(fragments=items(extended(FILM, 0))), b"1.2.840.10008.1.2.4.51"), "film", tolerance=33)
put("jpeg-12-bits-restart.dcm", file(data_set(fragments=items(twelve)), b"1.2.840.10008.1.2.4.51"), "film", tolerance=33)
stream = io.BytesIO()
Image.fromarray((FILM >> 4).astype(np.uint8)).save(stream, "JPEG", quality=100, progressive=True)
picture("eight", np.asarray(Image.open(stream)).astype(int) * 257)
progressive = lambda syntax: file(data_set(stored=8, allocated=8, window=(b"128", b"256"), fragments=items(stream.getvalue())), syntax)
put("jpeg-spectral.dcm", progressive(b"1.2.840.10008.1.2.4.53"), "eight", tolerance=257)
put("jpeg-progressive.dcm", progressive(b"1.2.840.10008.1.2.4.55"), "eight", tolerance=257)
refuse("jpeg-arithmetic.dcm", progressive(b"1.2.840.10008.1.2.4.56").replace(b"\xff\xc2\x00\x0b", b"\xff\xca\x00\x0b"), "arithmetically")
refuse("jpeg-hierarchical.dcm", progressive(b"1.2.840.10008.1.2.4.63").replace(b"\xff\xc2\x00\x0b", b"\xff\xc6\x00\x0b"), "hierarchical")
high_throughput = bytearray(openjpeg.utils.encode_array(film16, bits_stored=12))
high_throughput[6] |= 0x40
refuse("htj2k.dcm", file(data_set(fragments=items(bytes(high_throughput))), b"1.2.840.10008.1.2.4.201"), "High-Throughput")
run = lambda row: b"".join(bytes([min(len(row) - at, 128) - 1]) + row[at:at + 128] for at in range(0, len(row), 128))
planes = [run(bytes(plane)) for plane in ((FILM >> 8).astype(np.uint8).ravel(), (FILM & 255).astype(np.uint8).ravel())]
put("run-length.dcm", file(data_set(fragments=items(struct.pack("<16I", 2, 64, 64 + len(planes[0]), *[0] * 13) + b"".join(planes))), RLE), "film")

# Presentation.
comma = lambda centre, width: (centre, width)
put("window-comma.dcm", file(data_set(window=(b"2047,5", b"4095,0"))), "comma")
picture("comma", np.clip((FILM - 2047) / 4094 + 0.5, 0, 1) * 65535)
put("window-several.dcm", file(data_set(window=(b"2048\\100", b"4096\\50"))), "film")
put("window-second-usable.dcm", file(data_set(window=(b"nan\\2048", b"nan\\4096"))), "film", "Window Center", "Window Width")
put("window-nan.dcm", file(data_set(window=(b"NaN", b"NaN"))), "range", "Window Center", "Window Width")
put("window-words.dcm", file(data_set(window=(b"wide", b"open"))), "range", "Window Center", "Window Width")
put("window-thousands.dcm", file(data_set(window=(b"2.047,5", b"4.095,0"))), "range", "Window Center", "Window Width")
put("window-blank.dcm", file(data_set(window=(b"  ", b""))), "range")
put("window-of-no-width.dcm", file(data_set(window=(b"2048", b"0"))), "range", "Window Width")
put("window-one-number.dcm", file(data_set(window=(b"2048", b"")) ), "range")
put("window-leading-zeros.dcm", file(data_set(window=(b"02048", b"04096"))), "film")
put("no-window.dcm", file(data_set(window=None)), "range")
hot = FILM.copy()
hot[20, 20] = 65535
picture("hot", ramp(hot, np.sort(hot, axis=None)[1], np.sort(hot, axis=None)[-2]))
put("hot-pixel.dcm", file(data_set(hot.astype("<u2").tobytes(), stored=16, window=None)), "hot")
put("sigmoid.dcm", file(data_set(extra=[(0x28, 0x1056, b"CS", b"SIGMOID")])), "sigmoid")
picture("sigmoid", 65535 / (1 + np.exp(-4 * (FILM - 2048) / 4096)))
put("unknown-function.dcm", file(data_set(extra=[(0x28, 0x1056, b"CS", b"CUBIC")])), "film", "VOI LUT Function")
picture("negative", 65535 - np.round(ramp(FILM, 0, 4095)))
put("monochrome1.dcm", file(data_set(meaning=b"MONOCHROME1")), "negative")
put("inverse.dcm", file(data_set(extra=[(0x2050, 0x20, b"CS", b"INVERSE")])), "negative")
put("monochrome1-inverse.dcm", file(data_set(meaning=b"MONOCHROME1", extra=[(0x2050, 0x20, b"CS", b"INVERSE")])), "negative")
put("identity.dcm", file(data_set(extra=[(0x2050, 0x20, b"CS", b"IDENTITY")])), "film")
rescale = lambda slope, intercept: [(0x28, 0x1053, b"DS", slope), (0x28, 0x1052, b"DS", intercept)]
put("rescale-comma.dcm", file(data_set(window=(b"1024", b"2048"), extra=rescale(b"0,5", b"0,0"))), "halved")
picture("halved", np.clip((FILM / 2 - 1023.5) / 2047 + 0.5, 0, 1) * 65535)
put("rescale-nan.dcm", file(data_set(extra=rescale(b"nan", b"nan"))), "film", "Rescale Slope", "Rescale Intercept")
put("rescale-zero.dcm", file(data_set(extra=rescale(b"0", b"0"))), "film", "Rescale Slope")
padded = np.where((x < 8) | (y < 4), 4000 + x, FILM)
tissue = np.sort(padded[~((padded >= 4000) & (padded <= 4095))], axis=None)
left_out = int(tissue.size * 0.001)
picture("padded", np.where((padded >= 4000) & (padded <= 4095), 0, ramp(padded, tissue[left_out], tissue[-1 - left_out])))
number = lambda tag, kind, value: (0x28, tag, kind, struct.pack("<h" if kind == b"SS" else "<H", value))
put("padding-range.dcm", file(data_set(padded.astype("<u2").tobytes(), window=None, extra=[number(0x120, b"US", 4000), number(0x121, b"US", 4095)])), "padded")
put("padding-range-reversed.dcm", file(data_set(padded.astype("<u2").tobytes(), window=None, extra=[number(0x120, b"US", 4095), number(0x121, b"US", 4000)])), "padded")
signed = np.where(x < 8, -2000, FILM - 1000)
inside = np.sort(signed[x >= 8], axis=None)
left_out = int(inside.size * 0.001)
picture("padded-signed", np.where(x < 8, 0, ramp(signed, inside[left_out], inside[-1 - left_out])))
for kind in (b"SS", b"US"):
    value = -2000 if kind == b"SS" else 65536 - 2000
    put(f"padding-signed-as-{kind.decode().lower()}.dcm", file(data_set(signed.astype("<i2").tobytes(), stored=16, signed=1, window=None, extra=[number(0x120, kind, value)])), "padded-signed")

# Look-up tables.
curve = np.round(4068 * (np.arange(4096) / 4095) ** 1.6 + 5).astype(int)
entries = curve.astype("<u2").tobytes()
descriptor = lambda count, first, bits: struct.pack("<HhH", count, first, bits)
picture("curve", curve[FILM] / 4095 * 65535)
picture("curve-to-white", curve[FILM] / curve.max() * 65535)
shift = rescale(b"1", b"-1024")
put("voi-table.dcm", file(data_set(window=None, extra=[table(descriptor(4096, 0, 12), b"US", entries)])), "curve")
put("voi-table-signed.dcm", file(data_set(window=None, extra=[*shift, table(descriptor(4096, -1024, 12), b"SS", entries)])), "curve")
put("voi-table-signed-as-us.dcm", file(data_set(window=None, extra=[*shift, table(descriptor(4096, -1024, 12), b"US", entries)])), "curve")
implicit_table = data_set(window=None, explicit=False, extra=[*shift, table(descriptor(4096, -1024, 12), b"SS", entries, explicit=False)])
put("voi-table-signed-implicit.dcm", file(implicit_table, IMPLICIT), "curve")
put("voi-table-before-window.dcm", file(data_set(extra=[table(descriptor(4096, 0, 12), b"US", entries)])), "curve")
put("voi-table-says-16-bits.dcm", file(data_set(window=None, extra=[table(descriptor(4096, 0, 16), b"US", entries)])), "curve-to-white")
put("voi-table-says-10-bits.dcm", file(data_set(window=None, extra=[table(descriptor(4096, 0, 10), b"US", entries)])), "curve-to-white")
eight = (curve >> 4).astype("u1")
picture("curve-8", eight[FILM].astype(int) * 257)
put("voi-table-8-bits-packed.dcm", file(data_set(window=None, extra=[table(descriptor(4096, 0, 8), b"US", eight.tobytes())])), "curve-8")
put("voi-table-8-bits-in-words.dcm", file(data_set(window=None, extra=[table(descriptor(4096, 0, 8), b"US", eight.astype("<u2").tobytes())])), "curve-8")
put("voi-table-as-us.dcm", file(data_set(window=None, extra=[table(descriptor(4096, 0, 12), b"US", entries, b"US")])), "curve")
empty = sequence(0x28, 0x3010)
put("voi-table-empty.dcm", file(data_set(extra=[empty])), "film", "VOI LUT Sequence")
put("voi-table-no-item.dcm", file(data_set(extra=[(0x28, 0x3010, b"SQ", b"")])), "film", "VOI LUT Sequence")
put("voi-table-no-descriptor.dcm", file(data_set(extra=[table(b"", b"US", entries)])), "film", "VOI LUT Sequence")
put("voi-table-too-short.dcm", file(data_set(extra=[table(descriptor(4096, 0, 12), b"US", entries[:400])])), "film", "VOI LUT Sequence")
put("voi-table-too-short-alone.dcm", file(data_set(window=None, extra=[table(descriptor(4096, 0, 12), b"US", entries[:400])])), "range", "VOI LUT Sequence")
put("modality-table.dcm", file(data_set(window=(b"2048", b"4096"), extra=[table(descriptor(4096, 0, 16), b"US", entries, tag=0x3000)])), "modality")
picture("modality", np.clip((curve[FILM] - 2047.5) / 4095 + 0.5, 0, 1) * 65535)
put("modality-table-empty.dcm", file(data_set(extra=[sequence(0x28, 0x3000)])), "film", "Modality LUT Sequence")
# A presentation table takes the output of the window, whatever its depth (pydicom: `apply_presentation_lut`).
steps = np.round(65535 * (np.arange(256) / 255) ** 0.5).astype(int)
presented = table(descriptor(256, 0, 16), b"US", steps.astype("<u2").tobytes())
shape = lambda entry: (0x2050, 0x10, b"SQ", entry[3])
windowed = np.clip((FILM - 2047.5) / 4095 + 0.5, 0, 1)
picture("presented", steps[np.floor(windowed * 255 + 1e-9).astype(int)])
picture("presented-negative", 65535 - steps[np.floor(windowed * 255 + 1e-9).astype(int)])
put("presentation-table.dcm", file(data_set(extra=[shape(presented)])), "presented")
put("presentation-table-monochrome1.dcm", file(data_set(meaning=b"MONOCHROME1", extra=[shape(presented)])), "presented-negative")
put("presentation-table-empty.dcm", file(data_set(extra=[(0x2050, 0x10, b"SQ", b"")])), "film", "Presentation LUT Sequence")

# Functional groups of enhanced objects: a frame's own, those that all frames share, and unusable ones.
def items_of(*bodies):
    return b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body for body in bodies)


def groups(number, *entries_of_frames):
    def group(entries):
        voi = [entry for entry in entries if entry[1] in (0x1050, 0x1051, 0x1056)]
        pixel = [entry for entry in entries if entry not in voi]
        macro = lambda tag, entries: element(0x28, tag, b"SQ", items_of(b"".join(element(*entry) for entry in entries)))
        return (macro(0x9132, voi) if voi else b"") + (macro(0x9145, pixel) if pixel else b"")
    return (0x5200, number, b"SQ", items_of(*map(group, entries_of_frames)))


window_of = lambda centre, width: [(0x28, 0x1050, b"DS", centre), (0x28, 0x1051, b"DS", width)]
film_window, other_window = window_of(b"2048", b"4096"), window_of(b"2047.5", b"4095")
put("groups-of-frame.dcm", file(data_set(window=None, frames=b"1", extra=[groups(0x9230, film_window)])), "film")
put("groups-shared.dcm", file(data_set(window=None, frames=b"1", extra=[groups(0x9229, other_window)])), "comma")
put("groups-before-data-set.dcm", file(data_set(window=(b"100", b"50"), frames=b"1", extra=[groups(0x9229, film_window)])), "film")
put("groups-unusable.dcm", file(data_set(frames=b"1", extra=[groups(0x9230, window_of(b"wide", b"open"))])), "film", "Window Center", "Window Width")
put("groups-rescale.dcm", file(data_set(frames=b"1", window=(b"1024", b"2048"), extra=[groups(0x9229, rescale(b"0.5", b"0"))])), "halved")
(HERE / "groups-of-two-frames.dcm").write_bytes(file(data_set(
    words + words, window=None, frames=b"2", extra=[groups(0x9229, window_of(b"100", b"50")), groups(0x9230, film_window, other_window)])))

refuse("float-pixels.dcm", file(data_set().replace(b"\xe0\x7f\x10\0OW", b"\xe0\x7f\x08\0OF")), "floating-point")

# What is said and not drawn.
put("overlay.dcm", file(data_set(extra=[(0x6002, 0x10, b"US", struct.pack("<H", ROWS)), (0x6002, 0x11, b"US", struct.pack("<H", COLUMNS)),
                                        (0x6002, 0x3000, b"OW", b"\xff" * (ROWS * COLUMNS // 8))])), "film", "overlay")
put("for-processing.dcm", file(data_set(extra=[(8, 0x68, b"CS", b"FOR PROCESSING")])), "film", "FOR PROCESSING")

# Layout.
put("high-bit.dcm", file(data_set((FILM << 4).astype("<u2").tobytes(), high=15)), "film")
put("high-bit-encapsulated.dcm", file(data_set(high=15, fragments=items((FILM << 4).astype("<u2").tobytes())), b"1.2.840.10008.1.2.1.98"), "film")
put("high-bit-of-lossless.dcm", file(data_set(high=15, fragments=items(lossless)), LOSSLESS), "film", "High Bit")
put("high-bit-wrong.dcm", file(data_set(high=15)), "film", "High Bit")
put("overlay-in-high-bits.dcm", file(data_set((FILM | 0x8000).astype("<u2").tobytes())), "film")
put("no-frames.dcm", file(data_set(frames=b"0")), "film", "Number of Frames")
put("frames-no-number.dcm", file(data_set(frames=b"1A")), "film", "Number of Frames")

# Colour.
gray8 = (FILM >> 4).astype(np.uint8)
rgb = np.dstack([gray8, gray8[::-1], gray8[:, ::-1]])
picture("rgb", rgb.astype(int) * 257)


def colour(pixels=None, meaning=b"RGB", syntax=EXPLICIT, **options):
    return file(data_set(pixels, meaning=meaning, samples=3, allocated=8, stored=8, window=None, kind=b"OB", **options), syntax)


put("rgb.dcm", colour(rgb.tobytes(), planar=0), "rgb")
put("rgb-planes.dcm", colour(rgb.transpose(2, 0, 1).tobytes(), planar=1), "rgb")
ycc = np.asarray(Image.fromarray(rgb).convert("YCbCr"))
picture("ycc", np.asarray(Image.fromarray(ycc, "YCbCr").convert("RGB")).astype(int) * 257)
put("ybr-full.dcm", colour(ycc.tobytes(), b"YBR_FULL", planar=0), "ycc", tolerance=257)
halved = ycc.copy()
halved[:, 1::2, 1:] = halved[:, 0::2, 1:]
pairs = np.stack([halved[:, 0::2, 0], halved[:, 1::2, 0], halved[:, 0::2, 1], halved[:, 0::2, 2]], axis=-1)
picture("ycc-halved", np.asarray(Image.fromarray(halved, "YCbCr").convert("RGB")).astype(int) * 257)
put("ybr-full-422.dcm", colour(pairs.tobytes(), b"YBR_FULL_422", planar=0), "ycc-halved", tolerance=257)
put("ybr-full-422-of-whole-size.dcm", colour(ycc.tobytes(), b"YBR_FULL_422", planar=0), "ycc", tolerance=257)
for mode in (0, 1, 2):
    ordered = rgb if mode else np.ascontiguousarray(rgb.transpose(2, 0, 1))
    stream = bytes(jpeg_ls.encode_buffer(ordered.tobytes(), rows=ROWS, columns=COLUMNS, samples_per_pixel=3, bits_stored=8,
                                         lossy_error=0, interleave_mode=mode))
    put(f"jpeg-ls-rgb-interleaved-{mode}.dcm", colour(syntax=LS, planar=0, fragments=items(stream)), "rgb")
for mct in (False, True):
    stream = openjpeg.utils.encode_array(rgb, bits_stored=8, photometric_interpretation=1, use_mct=mct)
    put(f"jpeg-2000-{'ybr' if mct else 'rgb'}.dcm", colour(meaning=b"YBR_RCT" if mct else b"RGB", syntax=J2K, planar=0, fragments=items(stream)), "rgb")
planes = [run(bytes(plane.ravel())) for plane in rgb.transpose(2, 0, 1)]
starts = [64, 64 + len(planes[0]), 64 + len(planes[0]) + len(planes[1])]
put("run-length-rgb.dcm", colour(syntax=RLE, planar=0, fragments=items(struct.pack("<16I", 3, *starts, *[0] * 12) + b"".join(planes))), "rgb")
levels = np.arange(256)
tables = [levels[::-1], levels // 2, (levels * 7) % 256]
picture("palette", np.dstack([entries[gray8] for entries in tables]) * 257)
descriptors = [(0x28, 0x1101 + channel, b"US", struct.pack("<HHH", 256, 0, 8)) for channel in range(3)]
palette = lambda extra: file(data_set(gray8.tobytes(), meaning=b"PALETTE COLOR", allocated=8, stored=8, window=None, kind=b"OB", extra=extra))
put("palette.dcm", palette(descriptors + [(0x28, 0x1201 + channel, b"OW", entries.astype("u1").tobytes()) for channel, entries in enumerate(tables)]), "palette")
put("palette-in-words.dcm", palette(descriptors + [(0x28, 0x1201 + channel, b"OW", entries.astype("<u2").tobytes()) for channel, entries in enumerate(tables)]), "palette")
deep = [(0x28, 0x1101 + channel, b"US", struct.pack("<HHH", 256, 0, 16)) for channel in range(3)]
put("palette-16-bits.dcm", palette(deep + [(0x28, 0x1201 + channel, b"OW", (entries * 257).astype("<u2").tobytes()) for channel, entries in enumerate(tables)]), "palette")
segments = struct.pack("<8H", 0, 1, 0, 1, 255, 65535, 0, 0)[:12]
picture("ramp", np.dstack([gray8.astype(int)] * 3) * 257)
put("palette-of-segments.dcm", palette(deep + [(0x28, 0x1221 + channel, b"OW", segments) for channel in range(3)]), "ramp")

# Two frames: the film and its negative.
negative = 4095 - FILM
(HERE / "two-frames.dcm").write_bytes(file(data_set(words + negative.astype("<u2").tobytes(), frames=b"2")))
first, second = (jpeg_lossless(1, 0)(values, 12, False) for values in (FILM, negative))
even = lambda piece: piece + b"\0" * (len(piece) % 2)
pieces = [first[:1000], even(first[1000:]), even(second)]
offsets = struct.pack("<2I", 0, 16 + len(pieces[0]) + len(pieces[1]))
(HERE / "two-frames-in-three-fragments.dcm").write_bytes(file(data_set(frames=b"2", fragments=items(*pieces, table=offsets)), LOSSLESS))
(HERE / "two-frames-without-table.dcm").write_bytes(file(data_set(frames=b"2", fragments=items(*pieces)), LOSSLESS))

# Pictures: photographs of films with the mark of a camera, and 12 bits in files of 16.
def photo(name, content, shown, *notes, tolerance=0):
    (HERE / name).write_bytes(content)
    PHOTOS.append({"file": name, "picture": shown, "notes": list(notes), "tolerance": tolerance})


def saved(image, kind, orientation=None, **options):
    if orientation:
        exif = Image.Exif()
        exif[274] = orientation
        options["exif"] = exif
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


gray = (FILM >> 4).astype(np.uint8)
picture("gray", gray.astype(int) * 257)
# What undoes each mark.
turn = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270}
for orientation, method in turn.items():
    turned = Image.fromarray(gray).transpose(method)
    photo(f"turned-{orientation}.png", saved(turned, "PNG", orientation), "gray", f"orientation {orientation}")
turned = Image.fromarray(gray).transpose(turn[6])
photo("turned-6.jpg", saved(turned, "JPEG", 6, quality=100), "gray", "orientation 6", tolerance=514)
photo("turned-6-colour.jpg", saved(turned.convert("RGB"), "JPEG", 6, quality=100), "gray", "orientation 6", tolerance=514)
photo("turned-6.webp", saved(turned.convert("RGB"), "WEBP", 6, lossless=True), "gray", "orientation 6")
photo("turned-6.tif", saved(turned, "TIFF", tiffinfo={274: 6}), "gray", "orientation 6")
photo("upright.jpg", saved(Image.fromarray(gray), "JPEG", 1, quality=100), "gray", tolerance=514)
sixteen = Image.fromarray(FILM.astype(np.uint16))
photo("12-bits.png", saved(sixteen, "PNG"), "range", "were stretched", tolerance=1)
photo("12-bits.tif", saved(sixteen, "TIFF"), "range", "were stretched", tolerance=1)
plain_png = saved(Image.fromarray((FILM // 2 + 900).astype(np.uint16)), "PNG")
chunk = b"sBIT" + bytes([12])
significant = plain_png[:33] + struct.pack(">I", 1) + chunk + struct.pack(">I", zlib.crc32(chunk)) + plain_png[33:]
picture("stated", ramp(FILM // 2 + 900, 0, 4095))
photo("12-significant-bits.png", significant, "stated", "from 0 to 4095", tolerance=1)
photo("12-bits-stated.tif", saved(Image.fromarray((FILM // 2 + 900).astype(np.uint16)), "TIFF", tiffinfo={280: 0, 281: 4095}), "stated", "from 0 to 4095", tolerance=1)
picture("whole", FILM * 16)
photo("16-bits.png", saved(Image.fromarray((FILM * 16).astype(np.uint16)), "PNG"), "whole")
marked = FILM.copy()
marked[5, 5] = 65535
ascending = np.sort(marked, axis=None)
picture("marked", ramp(marked, ascending[1], ascending[-2]))
photo("12-bits-with-white-mark.png", saved(Image.fromarray(marked.astype(np.uint16)), "PNG"), "marked", "were stretched", tolerance=1)

(HERE / "films.json").write_text(json.dumps({"rows": ROWS, "columns": COLUMNS, "pictures": PICTURES, "cases": CASES, "refused": REFUSED, "photos": PHOTOS}))
print(len(CASES), "read,", len(PHOTOS), "pictures,", len(REFUSED), "refused,", sum(path.stat().st_size for path in HERE.iterdir()) // 1024, "KiB")
