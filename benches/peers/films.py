"""Decoding of one film of 1024 x 1024 pixels in each coding of DICOM: pydicom and MONAI's reader beside radiograph-image.

    cargo xtask bench --peers films

From the file's bytes to what is shown, after modality and VOI transforms, on one thread. pydicom uses the plugin that it prefers for
the coding. MONAI's reader stops at the stored values. What pydicom's values look like in a viewer must be ours.
"""

import io
import sys
import warnings

import numpy as np
import pydicom
import safetensors.numpy
from PIL import Image
from pydicom.pixels import apply_modality_lut, apply_voi_lut

import measure

sys.path.insert(0, str(measure.ROOT / "crates/image/tests/pydicom"))
from compare import ENCODERS, film, shown, wrapped  # noqa: E402

NAMES = {"57": "JPEG Lossless, predictor 7, restarts", "70": "JPEG Lossless", "80": "JPEG-LS", "90": "JPEG 2000, lossless", "5": "RLE"}
LOSSY = "JPEG Baseline, 8 bits"
#: Largest difference of a value between 0 and 1: rounding, and another inverse cosine transform stretched to the full range.
TOLERANCE, TOLERANCE_LOSSY = 1e-4, 6 / 255


def files(folder, side: int):
    """Paths by coding."""
    pixels = film((side, side), 12, False, 3)
    listed = {}

    def keep(name, data):
        path = folder / f"film-{len(listed)}.dcm"
        data.save_as(path, enforce_file_format=True)
        listed[name] = path

    plain = wrapped("1.2.840.10008.1.2.1", pixels, 12, False, b"\0")
    plain["PixelData"].is_undefined_length = False
    plain.PixelData, plain["PixelData"].VR = pixels.tobytes(), "OW"
    keep("uncompressed", plain)
    stream = io.BytesIO()
    eight = (pixels >> 4).astype(np.uint8)
    Image.fromarray(eight).save(stream, "JPEG", quality=92)
    keep(LOSSY, wrapped("1.2.840.10008.1.2.4.50", eight, 8, False, stream.getvalue()))
    for syntax, encode in ENCODERS.items():
        keep(NAMES[syntax.rsplit(".", 1)[1]], wrapped(syntax, pixels, 12, False, encode(pixels, 12, False)))
    return listed


def compare(comparison, side: int):
    listed = files(comparison.path, side)
    lines = (f"{name}\t{path}\tshown" for name, path in listed.items())
    (comparison.path / "cases.txt").write_text("\n".join(lines))
    comparison.start()
    own = safetensors.numpy.load_file(comparison.path / "pictures.safetensors")
    for name, path in listed.items():

        def of_pydicom():
            def work():
                data = pydicom.dcmread(path)
                return apply_voi_lut(apply_modality_lut(data.pixel_array, data), data)

            return work

        def of_monai():
            from monai.data import PydicomReader

            def work():
                reader = PydicomReader()
                return reader.get_data(reader.read(str(path)))[0]

            return work

        def same(peer, _value):
            if peer == "pydicom":
                data = pydicom.dcmread(path)
                expected = shown(data, data.pixel_array).ravel() / 65535
                difference = float(np.abs(expected - own[name]).max())
                measure.agree(peer, difference, TOLERANCE_LOSSY if name == LOSSY else TOLERANCE)

        floor = lambda: (path.stat().st_size / comparison.rate("memory"), "the file's bytes read once from memory")
        peers = {"pydicom": of_pydicom, "MONAI": of_monai}
        comparison.work(f"DICOM of {side} pixels, {name}", {"ours": name}, peers, floor, same, 3 if side < 1024 else 9)


def main():
    warnings.simplefilter("ignore")
    settings = measure.options(__doc__)
    packages = ["pydicom", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg", "pylibjpeg-rle", "pyjpegls", "monai"]
    comparison = measure.Comparison("images", settings, packages)
    comparison.attempt("films", lambda: compare(comparison, 256 if settings.tiny else 1024))
    comparison.finish()


if __name__ == "__main__":
    main()
