"""Checks docs/convert_weights.py on checkpoints of torchvision and timm; keras_lineage/generate.py checks it on Keras' files.

    python3 docs/convert_weights_check.py      with torch, torchvision, timm, numpy, safetensors

Networks with random parameters are saved in every way in which their files are published: PyTorch's old container with
DenseNet's old names, a wrapped state dict with a prefix, the new container with an auxiliary classifier and batch counts,
timm's own names. Each is converted, and every tensor must be the network's. A pickle that runs code and a checkpoint of
another network must be refused, and nothing may be written."""

import pathlib
import pickle
import re
import tempfile

import numpy as np
import safetensors.numpy
import safetensors.torch
import timm
import torch
import torchvision

import convert_weights

BATCH_COUNT = ".num_batches_tracked"


class Trap:
    """A pickle that would print when it is read by a careless reader."""

    def __reduce__(self):
        return print, ("the file was executed",)


def check(path, architecture, state, lineage=None):
    out = path.with_name("out.safetensors")
    texts = convert_weights.convert(path, out, architecture, lineage)
    got = safetensors.numpy.load_file(out)
    expected = {name: value.numpy() for name, value in state.items() if not name.endswith(BATCH_COUNT)}
    assert sorted(got) == sorted(expected), path.name
    assert all(np.array_equal(got[name], expected[name]) for name in got), path.name
    out.unlink()
    print(f"{path.name}: {len(got)} tensors of {architecture}, lineage {texts['lineage']}")


def refused(path, architecture, error):
    out = path.with_name("refused.safetensors")
    try:
        convert_weights.convert(path, out, architecture)
    except error as reason:
        print(f"{path.name}: refused ({str(reason).splitlines()[0][:80]} …)")
    else:
        raise AssertionError(f"{path.name} was converted")
    assert not list(path.parent.glob("*refused*"))


def main():
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)

        state = torchvision.models.densenet121(weights=None).state_dict()
        dotted = lambda name: re.sub(r"(denselayer\d+\.(?:norm|conv))([12])\.", r"\1.\2.", name)
        old = {dotted(name): value for name, value in state.items() if not name.endswith(BATCH_COUNT)}
        assert set(old) != set(state)
        torch.save(old, folder / "densenet-2017.pth", _use_new_zipfile_serialization=False)
        check(folder / "densenet-2017.pth", "densenet121", state)
        torch.save({"state_dict": {f"module.{name}": value for name, value in state.items()}}, folder / "wrapped.pth")
        check(folder / "wrapped.pth", "densenet121", state)

        state = torchvision.models.inception_v3(weights=None, init_weights=False).state_dict()
        torch.save(state, folder / "inception.pth")
        check(folder / "inception.pth", "inception_v3", state)

        state = timm.create_model("inception_resnet_v2").state_dict()
        torch.save(state, folder / "timm-resnet.pth")
        check(folder / "timm-resnet.pth", "inception_resnet_v2", state, "timm")

        state = torchvision.models.vgg19(weights=None).state_dict()
        theirs = {"classifier.0": "pre_logits.fc1", "classifier.3": "pre_logits.fc2", "classifier.6": "head.fc"}
        shapes = {name: value.shape for name, value in timm.create_model("vgg19").state_dict().items()}
        renamed = {}
        for name, value in state.items():
            for ours, other in theirs.items():
                name = name.replace(ours, other)
            renamed[name] = value.reshape(shapes[name])
        assert set(renamed) == set(shapes)
        safetensors.torch.save_file(renamed, folder / "timm-vgg.safetensors")
        check(folder / "timm-vgg.safetensors", "vgg19", state, "timm")

        torch.save({"features.0.weight": Trap()}, folder / "trap.pth")
        refused(folder / "trap.pth", "vgg19", pickle.UnpicklingError)
        refused(folder / "inception.pth", "vgg19", convert_weights.Unusable)


if __name__ == "__main__":
    main()
