"""Writes what pydicom makes of its own bundled test files, for the test `pydicoms_files_are_read_alike`.

    python -m venv VENV
    VENV/bin/pip install pydicom pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg pylibjpeg-rle pyjpegls numpy pillow
    VENV/bin/python crates/image/tests/pydicom/compare.py OUT
    RADIOGRAPH_PYDICOM=OUT cargo test -p radiograph-image pydicom

For every file with pixels, and every frame of it: the values after modality LUT and VOI LUT or window, scaled to what a
viewer shows by the rules of docs/films.md, in 16 bits. The files themselves stay where pydicom installed them.
`generated/` receives lossless streams of 8, 10, 12 and 16 bits, signed and unsigned, with odd sizes.
"""

import json
import pathlib
import sys
import warnings

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi_lut, pixel_array

warnings.simplefilter("ignore")


def robust_range(values):
    """Without the outermost thousandths."""
    ascending = np.sort(values, axis=None)
    left_out = int(ascending.size * 0.001)
    low, high = ascending[left_out], ascending[ascending.size - 1 - left_out]
    return (low, high) if low < high else (ascending[0], ascending[-1])


def take_groups(data, number):
    """Puts what the functional groups of an enhanced object say of a frame where a plain object says it."""
    own = list(data.get("PerFrameFunctionalGroupsSequence", []))[number:number + 1]
    groups = own + list(data.get("SharedFunctionalGroupsSequence", []))[:1]
    for macro, names in (("FrameVOILUTSequence", ("WindowCenter", "WindowWidth")),
                         ("PixelValueTransformationSequence", ("RescaleIntercept", "RescaleSlope"))):
        found = next((group[macro].value[0] for group in groups if group.get(macro)), None)
        for name in names:
            if found is not None and name in found:
                setattr(data, name, found[name].value)


def shown(data, frame):
    """The frame in 16 bits: gray `[H, W]` or RGB `[H, W, 3]`, and the least difference that counts."""
    if data.PhotometricInterpretation == "PALETTE COLOR":
        rgb = apply_color_lut(frame, data)
        return rgb.astype(np.float64) * (65535 / 255 if rgb.dtype == np.uint8 else 1)
    if data.SamplesPerPixel == 3:
        return frame.astype(np.float64) * (65535 / (2 ** data.BitsStored - 1))
    measured = apply_modality_lut(frame, data).astype(np.float64)
    padding = np.zeros(frame.shape, bool)
    if "PixelPaddingValue" in data:
        first = data.PixelPaddingValue
        last = data.get("PixelPaddingRangeLimit", first)
        padding = (frame >= min(first, last)) & (frame <= max(first, last))
    if "VOILUTSequence" in data and data.VOILUTSequence:
        table = data.VOILUTSequence[0]
        gray = apply_voi_lut(apply_modality_lut(frame, data), data) / (2 ** table.LUTDescriptor[2] - 1)
    elif "WindowCenter" in data and "WindowWidth" in data:
        # Written out, because pydicom's output range depends on the rescale.
        first = lambda value: float(value[0] if isinstance(value, pydicom.multival.MultiValue) else value)
        centre, width = first(data.WindowCenter), first(data.WindowWidth)
        gray = np.clip((measured - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)
    else:
        low, high = robust_range(measured[~padding])
        gray = np.clip((measured - low) / (high - low), 0, 1) if high > low else np.zeros(frame.shape)
    if data.PhotometricInterpretation == "MONOCHROME1":
        gray = 1 - gray
    return np.where(padding, 0, gray) * 65535


def bundled(out):
    cases = []
    folder = pathlib.Path(pydicom.__file__).parent / "data/test_files"
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        try:
            data = pydicom.dcmread(path, force=True)
        except Exception:
            continue
        if not any(name in data for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
            continue
        meta = getattr(data, "file_meta", {})
        case = {"file": str(path), "syntax": str(meta.get("TransferSyntaxUID", "")), "frames": []}
        cases.append(case)
        try:
            pixels = data.pixel_array
        except Exception as error:
            case["refused"] = str(error).splitlines()[0][:120]
            continue
        frames = int(data.get("NumberOfFrames", 1) or 1)
        for number in range(frames):
            name = f"{len(cases):03}-{number}.npy"
            frame = pixels[number] if frames > 1 else pixels
            take_groups(data, number)
            np.save(out / name, np.round(shown(data, frame)).astype("<u2"))
            case["frames"].append({"values": name, "shape": list(frame.shape)})
        case["lossy"] = case["syntax"] in (
            "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.91",
        ) or "YBR" in data.PhotometricInterpretation
    (out / "bundled.json").write_text(json.dumps(cases, indent=1))
    decoded = sum("refused" not in case for case in cases)
    print(f"{len(cases)} files with pixels, {decoded} decoded by pydicom {pydicom.__version__}")


def film(shape, bits, signed, seed):
    """A slope, an edge and noise over the whole range."""
    noise = np.random.default_rng(seed)
    y, x = np.mgrid[0:shape[0], 0:shape[1]]
    slope = (x / shape[1] + y / shape[0]) / 2 + 0.2 * (x > shape[1] // 2)
    top = 2 ** bits - 1
    values = np.clip(slope * top + noise.normal(0, top / 60, shape), 0, top)
    values[0, 0], values[-1, -1] = 0, top
    values = values.astype(np.int64) - (2 ** (bits - 1) if signed else 0)
    return values.astype({(8, True): "i1", (8, False): "u1"}.get((8 if bits <= 8 else 16, signed), "i2" if signed else "u2"))


def colour_and_near(out, cases):
    """Streams of three components in every order, and near-lossless ones, with what their own library decodes."""
    import jpeg_ls as charls

    folder = out / "generated"
    rgb = np.dstack([film((33, 57), 8, False, seed) for seed in (71, 72, 73)])
    streams = {}
    for mode in (0, 1, 2):
        planes = np.ascontiguousarray(rgb.transpose(2, 0, 1)) if mode == 0 else rgb
        for near in (0, 2):
            stream = bytes(charls.encode_buffer(planes.tobytes(), rows=33, columns=57, samples_per_pixel=3, bits_stored=8,
                                                lossy_error=near, interleave_mode=mode))
            streams[f"81-rgb-interleaved-{mode}-near-{near}"] = ("1.2.840.10008.1.2.4.81", stream, rgb, near)
    for bits in (8, 10, 12, 16):
        for near in (1, 5):
            gray = film((41, 63), bits, False, bits + near)
            stream = bytes(charls.encode_array(gray, lossy_error=near))
            streams[f"81-{bits}-near-{near}"] = ("1.2.840.10008.1.2.4.81", stream, gray, near)
    from openjpeg.utils import encode_array
    for mct in (False, True):
        stream = encode_array(rgb, bits_stored=8, photometric_interpretation=1, use_mct=mct)
        streams[f"90-rgb-mct-{mct}"] = ("1.2.840.10008.1.2.4.90" + ("" if not mct else "+rct"), stream, rgb, 0)
    for name, (syntax, stream, pixels, near) in streams.items():
        bits = {1: 8}.get(pixels.itemsize, int(pixels.max()).bit_length())
        data = wrapped(syntax.split("+")[0], pixels, bits, False, stream)
        if pixels.ndim == 3:
            data.PhotometricInterpretation = "YBR_RCT" if "+rct" in syntax else "RGB"
            data.PlanarConfiguration = 0
        data.save_as(folder / f"{name}.dcm", enforce_file_format=True)
        values = pixel_array(folder / f"{name}.dcm")
        assert abs(values.astype(int) - pixels).max() <= near, name
        np.save(folder / f"{name}.npy", values.astype("<u2"))
        cases.append({"file": f"generated/{name}.dcm", "values": f"generated/{name}.npy", "bits": bits,
                      "shape": list(pixels.shape), "pydicom_reads_it_back": True})


def wrapped(syntax, pixels, bits, signed, stream):
    data = FileDataset(None, {}, file_meta=FileMetaDataset(), preamble=b"\0" * 128)
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"
    data.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    data.SOPClassUID, data.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", "1.2.3.4"
    data.Rows, data.Columns = pixels.shape[:2]
    data.SamplesPerPixel, data.PhotometricInterpretation = pixels.size // (data.Rows * data.Columns), "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit = pixels.itemsize * 8, bits, bits - 1
    data.PixelRepresentation = int(signed)
    # A window over the whole range shows every stored value apart.
    low = -(2 ** (bits - 1)) if signed else 0
    data.WindowCenter, data.WindowWidth = low + 2 ** (bits - 1), 2 ** bits
    data.PixelData = encapsulate([stream])
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = True
    return data


def generated(out):
    folder = out / "generated"
    folder.mkdir(exist_ok=True)
    cases = []
    for number, (bits, signed, shape) in enumerate(
        (bits, signed, shape)
        for bits in (8, 10, 12, 16)
        for signed in (False, True)
        for shape in ((64, 64), (33, 57), (97, 41), (41, 130))
    ):
        pixels = film(shape, bits, signed, number)
        for syntax, encode in ENCODERS.items():
            name = f"{syntax.rsplit('.', 1)[1]}-{bits}-{'signed' if signed else 'unsigned'}-{shape[0]}x{shape[1]}.dcm"
            try:
                stream = encode(pixels, bits, signed)
            except Exception as error:
                print(name, "not encoded:", error)
                continue
            data = wrapped(syntax, pixels, bits, signed, stream)
            low = -(2 ** (bits - 1)) if signed else 0
            data.save_as(folder / name, enforce_file_format=True)
            back = pixel_array(folder / name)
            same = bool((back == pixels).all())
            np.save(folder / name.replace(".dcm", ".npy"), (pixels.astype(np.int64) - low).astype("<u2"))
            cases.append({"file": f"generated/{name}", "values": f"generated/{name.replace('.dcm', '.npy')}",
                          "bits": bits, "shape": list(shape), "pydicom_reads_it_back": same})
    colour_and_near(out, cases)
    (out / "generated.json").write_text(json.dumps(cases, indent=1))
    print(f"{len(cases)} streams, {sum(case['pydicom_reads_it_back'] for case in cases)} read back by pydicom")


def jpeg_ls(pixels, bits, signed):
    import jpeg_ls
    unsigned = pixels.view({1: "u1", 2: "u2"}[pixels.itemsize]) & (2 ** bits - 1)
    return bytes(jpeg_ls.encode_array(np.ascontiguousarray(unsigned), 0))


def jpeg_2000(pixels, bits, signed):
    from openjpeg.utils import encode_array
    return encode_array(pixels, bits_stored=bits, photometric_interpretation=2, use_mct=False)


def run_length(pixels, bits, signed):
    from rle.utils import encode_pixel_data
    return encode_pixel_data(pixels.tobytes(), rows=pixels.shape[0], columns=pixels.shape[1], samples_per_pixel=1,
                             bits_allocated=pixels.itemsize * 8, number_of_frames=1, byteorder="<")


def jpeg_lossless(predictor, rows_each):
    """Lossless JPEG written out from ITU-T T.81, Annex H."""
    def encode(pixels, bits, signed):
        values = (pixels.astype(np.int64) & (2 ** bits - 1)).astype(int)
        height, width = values.shape
        sizes = list(range(17))
        # 17 codes of 5 bits: any complete enough table does.
        counts = [0] * 16
        counts[4] = 17
        out = bytearray(b"\xff\xd8")
        out += b"\xff\xc4" + (2 + 17 + 17).to_bytes(2, "big") + b"\0" + bytes(counts) + bytes(sizes)
        out += b"\xff\xc3\0\x0b" + bytes([bits]) + height.to_bytes(2, "big") + width.to_bytes(2, "big") + b"\1\1\x11\0"
        if rows_each:
            out += b"\xff\xdd\0\4" + (rows_each * width).to_bytes(2, "big")
        out += b"\xff\xda\0\x08\1\1\0" + bytes([predictor]) + b"\0\0"
        text, restart = [], 0

        def flush():
            bits_text = "".join(text)
            bits_text += "1" * (-len(bits_text) % 8)
            data = bytes(int(bits_text[at:at + 8], 2) for at in range(0, len(bits_text), 8))
            out.extend(data.replace(b"\xff", b"\xff\0"))
            text.clear()

        for y in range(height):
            restarts = rows_each and y and y % rows_each == 0
            if restarts:
                flush()
                out.extend(bytes([0xFF, 0xD0 + restart % 8]))
                restart += 1
            for x in range(width):
                left = values[y, x - 1] if x else 0
                above = values[y - 1, x] if y else 0
                corner = values[y - 1, x - 1] if x and y else 0
                if y == 0 or restarts:
                    predicted = left if x else 2 ** (bits - 1)
                elif x == 0:
                    predicted = above
                else:
                    predicted = [0, left, above, corner, left + above - corner, left + ((above - corner) >> 1),
                                 above + ((left - corner) >> 1), (left + above) >> 1][predictor]
                difference = (values[y, x] - predicted + 32768) % 65536 - 32768
                if difference == -32768:
                    size, more = 16, ""
                else:
                    size = int(abs(difference)).bit_length()
                    coded = difference if difference > 0 else difference + 2 ** size - 1
                    more = format(coded, f"0{size}b") if size else ""
                text.append(format(size, "05b") + more)
        flush()
        return bytes(out + b"\xff\xd9")
    return encode


ENCODERS = {
    "1.2.840.10008.1.2.4.57": jpeg_lossless(7, 3),
    "1.2.840.10008.1.2.4.70": jpeg_lossless(1, 0),
    "1.2.840.10008.1.2.4.80": jpeg_ls,
    "1.2.840.10008.1.2.4.90": jpeg_2000,
    "1.2.840.10008.1.2.5": run_length,
}

if __name__ == "__main__":
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    bundled(out)
    generated(out)
