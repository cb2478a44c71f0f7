"""Films that show the same picture, from files to pairs: imagededup and cleanvision beside radiograph-same-picture.

    cargo xtask bench --peers duplicates

Drawn films of different patients, of which one in twenty has a copy: saved again as JPEG, and made smaller by a tenth. All look for
equal and near films, without crops and negatives. Each must find nine tenths of the copies, and ours all of them; drawn films look more
alike than people do, so further pairs are no fault of a peer. Ours also measures the whole search: turned films, crops, negatives.
"""

import logging
import pathlib

from PIL import Image

import measure

SIDE = 256
EACH = 20
#: Bits of 64 in which hashes may differ, on all sides.
BITS = 6


def films(comparison, folder: pathlib.Path, count: int) -> list[tuple[str, str]]:
    """Draws films and copies into one folder, and returns the pairs of names."""
    copies = count // EACH
    drawn = comparison.path / f"drawn-{count}"
    comparison.draw(drawn, count - copies, SIDE)
    folder.mkdir()
    paths = sorted(drawn.rglob("*.png"), key=lambda path: path.name)
    for path in paths:
        path.rename(folder / path.name)
    pairs = []
    for path in paths[:copies]:
        copy = f"copy-of-{path.stem}.jpg"
        smaller = Image.open(folder / path.name).convert("L").resize((SIDE * 9 // 10,) * 2, Image.Resampling.BICUBIC)
        smaller.save(folder / copy, quality=90)
        pairs.append((path.name, copy))
    return pairs


def of_imagededup(folder):
    from imagededup.methods import PHash

    logging.disable(logging.INFO)
    method = PHash(verbose=False)

    def work():
        found = method.find_duplicates(image_dir=str(folder), max_distance_threshold=BITS, num_enc_workers=measure.CORES)
        return {frozenset((name, other)) for name, others in found.items() for other in others}

    return work


def of_cleanvision(folder):
    from cleanvision import Imagelab

    def work():
        lab = Imagelab(data_path=str(folder), verbose=False)
        lab.find_issues({"exact_duplicates": {}, "near_duplicates": {}}, n_jobs=measure.CORES, verbose=False)
        sets = lab.info["near_duplicates"]["sets"] + lab.info["exact_duplicates"]["sets"]
        names = [[pathlib.Path(path).name for path in group] for group in sets]
        return {frozenset((one, other)) for group in names for one in group for other in group if one != other}

    return work


def compare(comparison, count: int, rounds: int):
    folder = comparison.path / f"films-{count}"
    pairs = films(comparison, folder, count)
    paths = sorted(folder.iterdir())
    (comparison.path / "files.txt").write_text("\n".join(map(str, paths)))
    comparison.start()
    lines = (comparison.path / "pairs.txt").read_text().splitlines()
    own = {frozenset(paths[int(place)].name for place in line.split()) for line in lines}
    planted = {frozenset(pair) for pair in pairs}
    measure.agree("our share of missed copies", len(planted - own) / len(planted), 0)
    size = sum(path.stat().st_size for path in paths)

    def same(peer, found):
        measure.agree(f"{peer}'s share of missed copies", len(planted - found) / len(planted), 0.1)

    floor = lambda: (size / comparison.rate("disk-read"), "the files' bytes read once from the disk")
    peers = {"imagededup": lambda: of_imagededup(folder), "cleanvision": lambda: of_cleanvision(folder)}
    comparison.work(f"copies among {count:,} films", {"equal or near": "equal-or-near"}, peers, floor, same, rounds, (count, "films"))
    comparison.work(f"the whole search among {count:,} films", {"whole search": "whole-search"}, {}, floor, None, 1, (count, "films"))


def main():
    settings = measure.options(__doc__)
    comparison = measure.Comparison("duplicates", settings, ["imagededup", "cleanvision"])
    for count, rounds in [(100, 1)] if settings.tiny else [(2000, 3), (20_000, 1)]:
        comparison.attempt(f"{count} films", lambda: compare(comparison, count, rounds))
    comparison.finish()


if __name__ == "__main__":
    main()
