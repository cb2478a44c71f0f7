"""From image files to a network's stored features: torchvision and a DataLoader, and timm, beside radiograph-backbone's extraction.

    cargo xtask bench --peers extract

The same gray files on both sides (336 pixels), decoded, resized to 224 pixels and normalised, in batches of 8, with as many loading
workers as cores; the network in evaluation mode without gradients, channels last, and each batch of features appended to a file. The
others' network is torchvision's, and timm's `FeatureListNet` of the same architecture, which has weights of its own and whose values
are therefore not compared; radiograph's features must be torchvision's.
"""

import os
import tempfile

import safetensors.torch
import timm
import torch
from PIL import Image
from torchvision.transforms import v2

import measure
import networks

#: Largest difference of two maps, relative to the largest value.
TOLERANCE = 1e-2
BATCH = 8
SIDE = 336


class Files(torch.utils.data.Dataset):
    def __init__(self, paths):
        self.paths = paths
        self.steps = v2.Compose(
            [
                v2.Grayscale(3),
                v2.Resize((224, 224), antialias=True),
                v2.ToImage(),
                v2.ToDtype(torch.float32, scale=True),
                v2.Normalize(networks.MEAN, networks.DEVIATION),
            ]
        )

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return self.steps(Image.open(self.paths[index]))


def stored(network, paths):
    """Writes the features of these files to a file, and returns the first batch."""
    first = None
    loader = torch.utils.data.DataLoader(Files(paths), batch_size=BATCH, num_workers=measure.CORES)
    with tempfile.TemporaryFile() as out, torch.inference_mode():
        for batch in loader:
            maps = network(batch.contiguous(memory_format=torch.channels_last))
            maps = maps[-1] if isinstance(maps, (list, tuple)) else maps
            maps = maps.contiguous()
            out.write(maps.numpy().tobytes())
            first = maps if first is None else first
        out.flush()
        os.fsync(out.fileno())
    return first


def compare(comparison, name: str, count: int):
    network = networks.random_network(name)
    networks.save(network, comparison.path / "weights.safetensors")
    drawn = comparison.path / f"films-{name}"
    comparison.draw(drawn, count, SIDE)
    paths = sorted(drawn.rglob("*.png"))
    (comparison.path / "files.txt").write_text("\n".join(map(str, paths)))
    comparison.start(name)
    maps = safetensors.torch.load_file(comparison.path / "maps.safetensors")["maps"]
    network = network.to(memory_format=torch.channels_last)

    def of_timm():
        other = timm.create_model(networks.IN_TIMM[name], pretrained=False, features_only=True, out_indices=(-1,))
        other = other.eval().to(memory_format=torch.channels_last)
        return lambda: stored(other, paths)

    def same(peer, value):
        if peer != "torchvision, DataLoader":
            return
        difference = (value - maps[: len(value)]).abs().max() / maps.abs().max()
        measure.agree(peer, difference.item(), TOLERANCE)

    def floor():
        images = torch.zeros([len(paths), 3, 224, 224])
        _, least = networks.products(network, images)
        disk = maps[0].numel() * 4 * len(paths) / comparison.rate("disk-write")
        return 2 * least / comparison.rate("matrix") + disk, "least multiplications of the network, and its features written to the disk"

    peers = {"torchvision, DataLoader": lambda: lambda: stored(network, paths), "timm FeatureListNet": of_timm}
    what = f"{name}, {count} files of {SIDE} pixels to stored features"
    comparison.work(what, {"extraction": "store"}, peers, floor, same, unit=(count, "images"))


def main():
    settings = measure.options(__doc__)
    torch.set_num_threads(measure.CORES)
    comparison = measure.Comparison("features", settings, ["torch", "torchvision", "timm", "pillow"])
    listed = {"densenet121": 16} if settings.tiny else {"vgg19": 64, "densenet121": 192, "inception_v3": 240, "inception_resnet_v2": 96}
    for name, count in listed.items():
        comparison.attempt(name, lambda: compare(comparison, name, count))
    comparison.finish()


if __name__ == "__main__":
    main()
