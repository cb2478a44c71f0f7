"""Grad-CAM of a network with an LSTM head: the packages grad-cam and captum beside radiograph-gradcam on stored features.

    cargo xtask bench --peers gradcam

The packages run images through the CNN forward and back, as they are made to; we have the CNN's output on the disk and go through the
head alone. So both are also timed on the head alone, with the feature map as its input: what is left of the ratio then is not the CNN.
Random weights, which are the same on both sides. captum's maps must be ours, and grad-cam's as well after it cuts and scales them.
"""

import safetensors.torch
import torch
from torch import nn

import heads
import measure
import networks

#: Largest difference of two maps, relative to the largest value.
TOLERANCE = 1e-3
MANY = 1000


class Whole(nn.Module):
    def __init__(self, cnn, head):
        super().__init__()
        self.cnn, self.head = cnn, head
        self.last = nn.Identity()

    def forward(self, images):
        return self.head(self.last(self.cnn(images)))


def compare(comparison, name: str, tiny: bool):
    from captum.attr import LayerGradCam
    from pytorch_grad_cam import GradCAM

    comparison.start(name)
    head = heads.Head(comparison.path / "head.safetensors").eval()
    features = safetensors.torch.load_file(comparison.path / "batch.safetensors")["features"]
    expected = safetensors.torch.load_file(comparison.path / "maps.safetensors")["maps"]
    batch = len(features)
    features.requires_grad_()  # else grad-cam finds no gradient at the head's input
    predicted = head(features).argmax(1).detach()

    def scaled(maps):
        cut = maps.clamp(min=0)
        low, high = cut.amin((1, 2), keepdim=True), cut.amax((1, 2), keepdim=True)
        return (cut - low) / (high - low + 1e-7)

    def same(peer, value):
        if peer.startswith("captum"):
            difference = (value.detach()[:, 0] - expected).abs().max() / expected.abs().max()
        else:
            own = scaled(expected)
            some = expected.amax((1, 2)) > expected.abs().amax() * 1e-3  # a map of almost nothing is noise when it is scaled
            difference = (torch.as_tensor(value) - own)[some].abs().max() if some.any() else torch.tensor(0.0)
        measure.agree(peer, difference.item(), TOLERANCE)

    def on_features(kind):
        if kind == "captum":
            explain = LayerGradCam(head, head.input)
            return lambda: explain.attribute(features, target=predicted, relu_attributions=False)
        explain = GradCAM(model=head, target_layers=[head.input])
        return lambda: explain(input_tensor=features, targets=None)

    peers = {f"{kind} on the head alone": lambda kind=kind: on_features(kind) for kind in ("grad-cam", "captum")}
    comparison.work(f"{name}, {batch} images from features", {"from features": "batch"}, peers, check=same, unit=(batch, "images"))

    whole = Whole(networks.random_network(name), head).eval()
    images = torch.rand(2 if tiny else batch, 3, 224, 224)
    with torch.no_grad():
        chosen = whole(images).argmax(1)

    def from_images(kind, count):
        """`count` images in batches."""
        if kind == "captum":
            explain = LayerGradCam(whole, whole.last)
            once = lambda part, of: explain.attribute(part, target=of, relu_attributions=True)
        else:
            explain = GradCAM(model=whole, target_layers=[whole.last])
            once = lambda part, of: explain(input_tensor=part, targets=None)

        def work():
            for start in range(0, count, len(images)):
                size = min(len(images), count - start)
                once(images[:size], chosen[:size])

        return work

    peers = {f"{kind}, end to end": lambda kind=kind: from_images(kind, batch) for kind in ("grad-cam", "captum")}
    comparison.work(f"{name}, {batch} images end to end", {"from features": "batch"}, peers, rounds=3, unit=(batch, "images"))
    if name == "densenet121" and not tiny:  # VGG19 would take an hour
        peers = {f"{kind}, end to end": lambda kind=kind: from_images(kind, MANY) for kind in ("grad-cam", "captum")}
        comparison.work(f"{name}, {MANY} images end to end", {"from features": "thousand"}, peers, rounds=1, unit=(MANY, "images"))


def main():
    settings = measure.options(__doc__)
    torch.set_num_threads(measure.CORES)
    comparison = measure.Comparison("gradcam", settings, ["torch", "grad-cam", "captum"])
    for name in ("densenet121",) if settings.tiny else ("vgg19", "densenet121"):
        comparison.attempt(name, lambda: compare(comparison, name, settings.tiny))
    comparison.finish()


if __name__ == "__main__":
    main()
