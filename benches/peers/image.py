"""Decoding and resizing of one picture of each format on one thread: Pillow and OpenCV beside radiograph-image.

    cargo xtask bench --peers image

From the bytes of a file to 224 x 224 pixels. Pillow resizes with its bilinear filter, which is ours; OpenCV's bilinear filter skips
pixels when it shrinks, so it resizes with INTER_AREA, and only the mean of its values is compared. The JPEG of 2373 pixels is a real
film of RADIOGRAPH_DATA, and left out without it; the others are drawn.
"""

import io
import os
import pathlib

import numpy
import safetensors.numpy
from PIL import Image

import measure

SIZE = (224, 224)
BILINEAR = Image.Resampling.BILINEAR
#: Largest difference of a value between 0 and 1: Pillow's rounding and its inverse cosine transform; OpenCV's mean with another filter.
TOLERANCES = {"Pillow": 3.01 / 255, "OpenCV": 2.01 / 255}
MODES = {"gray": "L", "colour": "RGB"}


def cases(folder: pathlib.Path, film: Image.Image) -> dict[str, tuple[pathlib.Path, str]]:
    """Files by name, with what is made of them."""
    noise = numpy.random.default_rng(1).normal(0, 3, film.size[::-1])  # drawn films are smoother than real ones
    film = Image.fromarray(numpy.clip(numpy.asarray(film) + noise, 0, 255).astype(numpy.uint8))
    listed = {}
    for name, ending, settings in [
        ("PNG", "png", {}),
        ("JPEG", "jpg", {"quality": 92}),
        ("BMP", "bmp", {}),
        ("TIFF", "tif", {}),
        ("TIFF, LZW", "lzw.tif", {"compression": "tiff_lzw"}),
        ("WebP, lossless", "webp", {"lossless": True}),
    ]:
        path = folder / f"film.{ending}"
        (film.convert("RGB") if ending == "webp" else film).save(path, **settings)
        listed[f"{name} of {film.width} pixels"] = (path, "gray")
    data = os.environ.get("RADIOGRAPH_DATA")
    real = measure.ROOT / data / "originals/covid-19-pneumonia-58-prior.jpg" if data else None
    if real and real.is_file():
        listed["JPEG of 2373 pixels"] = (real, "gray")
        listed["JPEG of 2373 pixels in colour"] = (real, "colour")
    return listed


def compare(comparison, side: int):
    drawn = comparison.path / "drawn"
    comparison.draw(drawn, 1, side)
    listed = cases(comparison.path, Image.open(next(drawn.rglob("*.png"))).convert("L"))
    lines = (f"{name}\t{path}\t{what}" for name, (path, what) in listed.items())
    (comparison.path / "cases.txt").write_text("\n".join(lines))
    comparison.start()
    own = safetensors.numpy.load_file(comparison.path / "pictures.safetensors")
    for name, (path, what) in listed.items():
        content = path.read_bytes()

        def pillow():
            return lambda: Image.open(io.BytesIO(content)).convert(MODES[what]).resize(SIZE, BILINEAR)

        def opencv():
            import cv2

            cv2.setNumThreads(1)
            encoded = numpy.frombuffer(content, numpy.uint8)
            flag = cv2.IMREAD_GRAYSCALE if what == "gray" else cv2.IMREAD_COLOR_RGB
            return lambda: cv2.resize(cv2.imdecode(encoded, flag), SIZE, interpolation=cv2.INTER_AREA)

        def same(peer, value):
            differences = numpy.abs(numpy.asarray(value, numpy.float32).ravel() / 255 - own[name])
            measure.agree(peer, float(differences.max() if peer == "Pillow" else differences.mean()), TOLERANCES[peer])

        floor = lambda: (len(content) / comparison.rate("memory"), "the file's bytes read once from memory")
        rounds = 5 if comparison.settings.tiny else 20
        comparison.work(f"{name} to 224", {"ours": name}, {"Pillow": pillow, "OpenCV": opencv}, floor, same, rounds)


def main():
    settings = measure.options(__doc__)
    comparison = measure.Comparison("images", settings, ["pillow", "opencv-python-headless"])
    comparison.attempt("pictures", lambda: compare(comparison, 256 if settings.tiny else 1024))
    comparison.finish()


if __name__ == "__main__":
    main()
