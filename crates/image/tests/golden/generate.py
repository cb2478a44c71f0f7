"""Writes the pictures and expected values of the golden tests of decoding and preprocessing.

Everything expected here is computed by Pillow, OpenCV and pydicom, nothing by this project:

    python -m venv VENV && VENV/bin/pip install pillow numpy opencv-python-headless pydicom pylibjpeg pylibjpeg-libjpeg pylibjpeg-rle
    VENV/bin/python crates/image/tests/golden/generate.py

The pictures are made from a formula: slopes, an edge, a fine grid and hashed noise, so that every filter differs.
"""

import json
import pathlib

import cv2
import numpy as np
import PIL
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
)

HERE = pathlib.Path(__file__).parent


def pattern(width, height, top=255):
    """Gray values 0 to `top` that no filter can leave alone."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    noise = (x * 374761393 + y * 668265263) % 1000003 * 7919 % 101
    values = x * 140 // width + y * 40 // height + 50 * (x + y > (width + height) // 2) + 12 * ((x // 2 + y // 3) % 2)
    fine = (x * 31 + y * 17) % 100 * top // 25500  # between the levels of 8 bits
    return np.clip((values + noise % 14) * top // 255 + (fine if top > 255 else 0), 0, top).astype(np.uint16 if top > 255 else np.uint8)


def write_filters():
    cases = []
    for name, (width, height) in {"wide.png": (150, 97), "whole-step.png": (64, 64), "small.png": (20, 31)}.items():
        gray = pattern(width, height)
        Image.fromarray(gray).save(HERE / "pictures" / name)
        case = {"file": f"pictures/{name}", "mode": "L", "size": [width, height], "gray": {"sum": int(gray.sum())}}
        case["to"] = 28
        for filter_name in ("nearest", "bilinear", "bicubic", "lanczos"):
            small = Image.fromarray(gray).resize((28, 28), getattr(Image.Resampling, filter_name.upper()))
            values = np.asarray(small)
            case[filter_name] = {"mean": float(values.mean()), "value": values.ravel().tolist()}
        cases.append(case)
    colour = []
    for name, mode in {"colour-alpha.png": "RGBA", "gray-alpha.png": "LA"}.items():
        rgba = np.dstack([pattern(40, 30), pattern(40, 30)[::-1], pattern(40, 30)[:, ::-1], pattern(40, 30) // 2 + 90])
        image = Image.fromarray(rgba, "RGBA") if mode == "RGBA" else Image.fromarray(rgba[..., [0, 3]], "LA")
        image.save(HERE / "pictures" / name)
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        gray = np.asarray(Image.alpha_composite(black, image.convert("RGBA")).convert("RGB").convert("L")).ravel()
        colour.append({
            "file": f"pictures/{name}", "mode": mode, "size": [40, 30], "gray_mean": float(gray.mean()),
            "index": list(range(gray.size)), "gray": gray.tolist(),
        })
    clahe = []
    for name in ("wide.png", "whole-step.png"):
        gray = np.asarray(Image.open(HERE / "pictures" / name))
        for bits, image in ((8, gray), (16, gray.astype(np.uint16) * 250)):
            out = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(image)
            clahe.append({"file": f"pictures/{name}", "bits": bits, "times": 1 if bits == 8 else 250,
                          "clip_limit": 2.0, "tiles": 8, "step": 13, "value": out.ravel()[::13].tolist()})
    write("preprocess.json", {
        "computed_by": f"Pillow {PIL.__version__}, OpenCV {cv2.__version__}",
        "note": "every value of the flattened result; file: relative to this folder",
        "cases": cases, "colour": colour,
        "colour_note": "gray by Rec. 601 luma as Pillow does; transparent pixels composited over black first",
        "clahe": clahe,
    })


def write_decode():
    width, height = 24, 18
    gray = Image.fromarray(pattern(width, height))
    deep = pattern(width, height, 65535)
    rgb = Image.fromarray(np.dstack([pattern(width, height), pattern(width, height)[::-1], pattern(width, height)[:, ::-1]]))
    palette = rgb.quantize(16)
    cases = []

    def keep(name, tolerance=0, expected=None, **options):
        image, mode = options.pop("image"), None
        path = HERE / "decode" / name
        image.save(path, **options)
        loaded = Image.open(path)
        mode = loaded.mode
        if expected is None:
            if "transparency" in loaded.info or mode in ("RGBA", "LA", "PA"):
                black = Image.new("RGBA", loaded.size, (0, 0, 0, 255))
                loaded = Image.alpha_composite(black, loaded.convert("RGBA")).convert("RGB")
                tolerance = max(tolerance, 1)
            loaded = loaded.convert("L" if mode in ("1", "L", "LA") else "RGB")
            expected = np.asarray(loaded)
            if mode == "LA":
                expected = np.asarray(loaded)
        cases.append({"file": f"decode/{name}", "mode": mode, "bits": 16 if expected.dtype == np.uint16 else 8,
                      "channels": 1 if expected.ndim == 2 else 3, "size": [expected.shape[1], expected.shape[0]],
                      "tolerance": tolerance, "value": expected.ravel().tolist()})

    keep("gray-1.png", image=gray.convert("1"))
    for bits in (2, 4):
        # Pillow writes few-bit pictures as palettes: exactly the gray ramp here.
        levels = 1 << bits
        few = Image.fromarray(np.asarray(gray) // (256 // levels), "P")
        few.putpalette([value for level in range(levels) for value in [level * 255 // (levels - 1)] * 3])
        keep(f"palette-{bits}.png", image=few, bits=bits)
    keep("gray-8.png", image=gray)
    keep("gray-16.png", image=Image.fromarray(deep), expected=deep)
    keep("gray-alpha-8.png", image=Image.merge("LA", [gray, gray.rotate(180)]))
    keep("rgb-8.png", image=rgb)
    keep("rgba-8.png", image=Image.merge("RGBA", [*rgb.split(), gray]))
    keep("palette-transparent.png", image=palette, transparency=3)
    keep("gray.jpg", image=gray, quality=90, tolerance=1)
    keep("gray-progressive.jpg", image=gray, quality=90, progressive=True, tolerance=1)
    keep("rgb-444.jpg", image=rgb, quality=92, subsampling=0, tolerance=4)
    keep("cmyk.jpg", image=rgb.convert("CMYK"), quality=95, tolerance=4)
    keep("lossless.webp", image=rgb, lossless=True)
    keep("lossless-alpha.webp", image=Image.merge("RGBA", [*rgb.split(), gray]), lossless=True, exact=True)
    keep("lossy.webp", image=gray.convert("RGB"), quality=90, tolerance=3)
    keep("gray-1.bmp", image=gray.convert("1"))
    keep("gray-8.bmp", image=gray, expected=np.asarray(gray.convert("RGB")))
    keep("rgb-24.bmp", image=rgb)
    keep("gray-8.tif", image=gray)
    keep("gray-8-lzw.tif", image=gray, compression="tiff_lzw")
    keep("gray-16.tif", image=Image.fromarray(deep), expected=deep)
    keep("rgb-deflate.tif", image=rgb, compression="tiff_adobe_deflate")
    keep("cmyk.tif", image=rgb.convert("CMYK"), tolerance=2)
    write("decode.json", {"computed_by": f"Pillow {PIL.__version__}", "cases": cases + write_dicom()})


def dicom(name, pixels, syntax=ExplicitVRLittleEndian, photometric="MONOCHROME2", stored=None, **attributes):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    meta.TransferSyntaxUID = syntax
    big = syntax == ExplicitVRBigEndian
    data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    data.set_original_encoding(syntax == ImplicitVRLittleEndian, not big)
    data.SOPClassUID, data.SOPInstanceUID, data.Modality = meta.MediaStorageSOPClassUID, "1.2.3.4", "CR"
    data.Rows, data.Columns = pixels.shape[:2]
    data.SamplesPerPixel = 1 if pixels.ndim == 2 else 3
    if pixels.ndim == 3:
        data.PlanarConfiguration = 0
    data.PhotometricInterpretation = photometric
    data.BitsAllocated = pixels.dtype.itemsize * 8
    data.BitsStored = stored or data.BitsAllocated
    data.HighBit = data.BitsStored - 1
    data.PixelRepresentation = int(pixels.dtype.kind == "i")
    for key, value in attributes.items():
        setattr(data, key, value)
    order = ">" if big else "<"
    data.PixelData = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    data["PixelData"].VR = "OW" if data.BitsAllocated == 16 else "OB"
    if syntax == RLELossless:
        data.compress(RLELossless, pixels)
    path = HERE / "decode" / name
    pydicom.dcmwrite(path, data, enforce_file_format=True)
    return path


def table(first, entries, bits, signed=False):
    item = Dataset()
    item.add_new(0x00283002, "SS" if signed else "US", [len(entries), first, bits])
    item.add_new(0x00283006, "US", list(entries))
    return item


def write_dicom():
    width, height = 24, 18
    eight = pattern(width, height)
    twelve = pattern(width, height, 4095)
    signed = pattern(width, height, 4095).astype(np.int16) - 2048
    rgb = np.dstack([eight, eight[::-1], eight[:, ::-1]])
    ramp = [int((i / 4095) ** 0.5 * 65535) for i in range(4096)]
    varieties = {
        "range-8.dcm": dict(pixels=eight),
        "range-12.dcm": dict(pixels=twelve, stored=12),
        "range-12-monochrome1.dcm": dict(pixels=twelve, stored=12, photometric="MONOCHROME1"),
        "window-12.dcm": dict(pixels=twelve, stored=12, WindowCenter=1800, WindowWidth=1500),
        "window-12-monochrome1.dcm": dict(pixels=twelve, stored=12, photometric="MONOCHROME1", WindowCenter=1800, WindowWidth=1500),
        "window-exact.dcm": dict(pixels=twelve, stored=12, WindowCenter=1800, WindowWidth=1500, VOILUTFunction="LINEAR_EXACT"),
        "window-sigmoid.dcm": dict(pixels=twelve, stored=12, WindowCenter=1800, WindowWidth=1500, VOILUTFunction="SIGMOID"),
        "rescale-signed.dcm": dict(pixels=signed, RescaleSlope="0.5", RescaleIntercept="-100", WindowCenter=["0", "40"], WindowWidth=["900", "400"]),
        "modality-table.dcm": dict(pixels=twelve, stored=12, ModalityLUTSequence=[table(0, ramp, 16)], WindowCenter=40000, WindowWidth=32000),
        "voi-table-monochrome1.dcm": dict(pixels=twelve, stored=12, photometric="MONOCHROME1", VOILUTSequence=[table(100, ramp[:3000], 16)]),
        "implicit.dcm": dict(pixels=twelve, stored=12, syntax=ImplicitVRLittleEndian),
        "big-endian.dcm": dict(pixels=twelve, stored=12, syntax=ExplicitVRBigEndian),
        "run-length-8.dcm": dict(pixels=eight, syntax=RLELossless),
        "run-length-16.dcm": dict(pixels=twelve, stored=12, syntax=RLELossless),
        "rgb.dcm": dict(pixels=rgb, photometric="RGB"),
        "run-length-rgb.dcm": dict(pixels=rgb, photometric="RGB", syntax=RLELossless),
    }
    paths = [dicom(name, **arguments) for name, arguments in varieties.items()]
    paths += encapsulated_jpegs(eight)
    cases = []
    for path in paths:
        data = pydicom.dcmread(path)
        stored = data.pixel_array
        deep = data.BitsStored > 8
        top = 65535 if deep else 255
        if stored.ndim == 3:
            shown = stored.astype(float)
        else:
            measured = apply_modality_lut(stored, data)
            if "VOILUTSequence" in data:
                bits = data.VOILUTSequence[0].LUTDescriptor[2]
                shown = apply_voi_lut(measured, data).astype(float) / (2**bits - 1)
            elif "WindowWidth" in data:
                shown = apply_voi_lut(measured, data)
                # pydicom windows onto the range of the values that can be stored, rescaled.
                low, high = (-(2 ** (data.BitsStored - 1)), 2 ** (data.BitsStored - 1) - 1) if data.PixelRepresentation else (0, 2**data.BitsStored - 1)
                if "ModalityLUTSequence" in data:
                    low, high = 0, 2 ** data.ModalityLUTSequence[0].LUTDescriptor[2] - 1
                elif "RescaleSlope" in data:
                    low, high = (value * float(data.RescaleSlope) + float(data.RescaleIntercept) for value in (low, high))
                shown = (shown - low) / (high - low)
            else:
                measured = measured.astype(float)
                shown = (measured - measured.min()) / (measured.max() - measured.min())
            shown = shown * top
            if data.PhotometricInterpretation == "MONOCHROME1":
                shown = top - shown
        shown = np.floor(shown + 0.5).astype(int)
        lossy = data.file_meta.TransferSyntaxUID == JPEGBaseline8Bit
        cases.append({"file": f"decode/{path.name}", "mode": data.PhotometricInterpretation, "bits": 16 if deep else 8,
                      "channels": 1 if shown.ndim == 2 else 3, "size": [data.Columns, data.Rows],
                      # Windows end in halves that two programs round apart; lossy JPEG differs by decoder.
                      "tolerance": 2 if lossy else 1, "value": shown.ravel().tolist()})
    return cases


def encapsulated_jpegs(eight):
    import io
    paths = []
    stream = io.BytesIO()
    Image.fromarray(eight).save(stream, "JPEG", quality=95)
    lossless = lossless_jpeg(pattern(24, 18, 4095).astype(int), 12)
    for name, syntax, payload, bits in (
        ("jpeg-baseline.dcm", JPEGBaseline8Bit, stream.getvalue(), 8),
        ("jpeg-lossless-12.dcm", JPEGLosslessSV1, lossless, 12),
    ):
        path = dicom(name, eight if bits == 8 else pattern(24, 18, 4095), stored=bits)
        data = pydicom.dcmread(path)
        data.file_meta.TransferSyntaxUID = syntax
        data.PixelData = encapsulate([payload])
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True
        data.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def lossless_jpeg(values, precision):
    """Process 14, selection value 1 (ITU-T T.81 Annex H), one Huffman code of five bits for every difference class."""
    height, width = values.shape
    bits = []
    for y in range(height):
        for x in range(width):
            if x:
                prediction = values[y, x - 1]
            elif y:
                prediction = values[y - 1, 0]
            else:
                prediction = 1 << (precision - 1)
            difference = int(values[y, x]) - int(prediction)
            size = abs(difference).bit_length()
            bits += [size >> shift & 1 for shift in range(4, -1, -1)]
            extra = difference if difference >= 0 else difference + (1 << size) - 1
            bits += [extra >> shift & 1 for shift in range(size - 1, -1, -1)]
    bits += [1] * (-len(bits) % 8)
    packed = bytearray()
    for start in range(0, len(bits), 8):
        byte = int("".join(map(str, bits[start:start + 8])), 2)
        packed += bytes([byte, 0]) if byte == 255 else bytes([byte])
    counts = bytes([0, 0, 0, 0, 17] + [0] * 11)
    segment = lambda marker, body: bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body
    return (b"\xff\xd8" + segment(0xC3, bytes([precision]) + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\x01\x01\x11\x00")
            + segment(0xC4, b"\x00" + counts + bytes(range(17))) + segment(0xDA, b"\x01\x01\x00\x01\x00\x00") + bytes(packed) + b"\xff\xd9")


def write(name, content):
    (HERE / name).write_text(json.dumps(content, separators=(",", ":")).replace('{"file"', '\n{"file"') + "\n")


for folder in ("decode", "pictures"):
    (HERE / folder).mkdir(exist_ok=True)
write_filters()
write_decode()
