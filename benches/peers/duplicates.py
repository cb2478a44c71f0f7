"""Films that show the same picture, from files to pairs: imagededup and cleanvision beside radiograph-same-picture.

    cargo xtask bench --peers duplicates

Real films if `RADIOGRAPH_DATA` names a folder of them, and drawn films of different patients. One in twenty has a copy: saved again as
JPEG, and made smaller by a tenth. All look for equal and near films, without crops and negatives. Each must find nine tenths of the
copies, and ours 98 of 100. Drawn films look more alike than people do: peers report thousands of pairs of different films, and ours lays
each such pair over each other before it says no. Further pairs are no fault of a peer here. Ours also measures the whole search: turned
films, crops, negatives.
"""

import logging
import os
import pathlib

from PIL import Image

import measure

SIDE = 256
EACH = 20
#: Bits of 64 in which hashes may differ, on all sides.
BITS = 6


def drawn(comparison, folder: pathlib.Path, count: int) -> list[pathlib.Path]:
    """Draws films into one folder."""
    place = comparison.path / f"drawn-{count}"
    comparison.draw(place, count, SIDE)
    paths = sorted(place.rglob("*.png"), key=lambda path: path.name)
    return [path.rename(folder / path.name) for path in paths]


def real(folder: pathlib.Path, count: int) -> list[pathlib.Path]:
    """Puts links to films into one folder, under names of their own."""
    found = pathlib.Path(os.environ["RADIOGRAPH_DATA"]).rglob("*")
    wanted = [path for path in sorted(found) if path.suffix.lower() in (".png", ".jpg", ".jpeg") and "annotations" not in path.parts]
    links = [folder / f"{place:05}{path.suffix.lower()}" for place, path in enumerate(wanted[:count])]
    for link, path in zip(links, wanted):
        link.symlink_to(path.resolve())
    return links


def copied(paths: list[pathlib.Path]) -> list[tuple[str, str]]:
    """Adds copies of one in twenty films to their folder, and returns the pairs of names."""
    pairs = []
    for path in paths[:: EACH - 1]:
        copy = path.with_name(f"copy-of-{path.stem}.jpg")
        film = Image.open(path).convert("L")
        smaller = film.resize((film.width * 9 // 10, film.height * 9 // 10), Image.Resampling.BICUBIC)
        smaller.save(copy, quality=90)
        pairs.append((path.name, copy.name))
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


def missed(planted: list[tuple[str, str]], found: set[frozenset]) -> float:
    """Share of planted pairs that no chain of found pairs connects: a real film may have other copies in between."""
    roots = {}

    def root(name):
        while roots.setdefault(name, name) != name:
            name = roots[name]
        return name

    for one, other in map(tuple, found):
        roots[root(one)] = root(other)
    return sum(root(one) != root(other) for one, other in planted) / len(planted)


def compare(comparison, kind: str, count: int, rounds: int):
    folder = comparison.path / f"{kind}-films-{count}"
    folder.mkdir()
    originals = count - count // EACH
    pairs = copied(real(folder, originals) if kind == "real" else drawn(comparison, folder, originals))
    paths = sorted(folder.iterdir())
    (comparison.path / "files.txt").write_text("\n".join(map(str, paths)))
    comparison.start()
    lines = (comparison.path / "pairs.txt").read_text().splitlines()
    own = {frozenset(paths[int(place)].name for place in line.split()) for line in lines}
    measure.agree("our share of missed copies", missed(pairs, own), 0.02)
    size = sum(path.stat().st_size for path in paths)

    def same(peer, found):
        print(f"{peer}: {len(found)} pairs; ours {len(own)}; {len(pairs)} copies", flush=True)
        measure.agree(f"{peer}'s share of missed copies", missed(pairs, found), 0.1)

    floor = lambda: (size / comparison.rate("disk-read"), "the files' bytes read once from the disk")
    peers = {"imagededup": lambda: of_imagededup(folder), "cleanvision": lambda: of_cleanvision(folder)}
    what, unit = f"{len(paths):,} {kind} films", (len(paths), "films")
    comparison.work(f"copies among {what}", {"equal or near": "equal-or-near"}, peers, floor, same, rounds, unit)
    if count <= 2000:
        comparison.work(f"the whole search among {what}", {"whole search": "whole-search"}, {}, floor, None, 1, unit)


def main():
    settings = measure.options(__doc__)
    comparison = measure.Comparison("duplicates", settings, ["imagededup", "cleanvision"])
    kinds = ["real", "drawn"] if os.environ.get("RADIOGRAPH_DATA") else ["drawn"]
    parts = [(kind, count, rounds) for kind in kinds for count, rounds in ([(100, 1)] if settings.tiny else [(2000, 3)])]
    if not settings.tiny:
        parts.append(("drawn", 20_000, 1))
    for kind, count, rounds in parts:
        comparison.attempt(f"{count} {kind} films", lambda: compare(comparison, kind, count, rounds))
    comparison.finish()


if __name__ == "__main__":
    main()
