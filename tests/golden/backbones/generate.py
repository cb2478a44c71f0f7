"""Writes classifiers.json: the logits of torchvision's and timm's whole networks, filled by the formula of tests/fill.rs.

    python -m venv venv && venv/bin/pip install torch==2.13.0 torchvision==0.28.0 timm==1.0.31
    venv/bin/python tests/golden/backbones/generate.py
"""

import json
import math
import pathlib

import numpy
import timm
import torch
import torchvision

CASES = {
    "vgg19": (lambda: torchvision.models.vgg19(weights=None), [2, 3, 64, 64]),
    "densenet121": (lambda: torchvision.models.densenet121(weights=None), [2, 3, 96, 96]),
    "inception_v3": (
        lambda: torchvision.models.inception_v3(weights=None, init_weights=False, transform_input=False),
        [2, 3, 107, 107],
    ),
    "inception_resnet_v2": (lambda: timm.create_model("inception_resnet_v2", pretrained=False), [2, 3, 107, 107]),
}


def values(name, shape):
    """v_i of the formula, in [-1, 1), row-major."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    count = math.prod(shape)
    with numpy.errstate(over="ignore"):
        z = numpy.uint64(state) + numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        z ^= z >> numpy.uint64(31)
    u = (z >> numpy.uint64(40)).astype(numpy.float32) / numpy.float32(2**24)
    return torch.from_numpy(2 * u - 1).view(shape)


def parameter(name, shape):
    v = values(name, list(shape))
    part = name.rsplit(".", 1)[-1]
    if part == "weight" and len(shape) > 1:
        return v * math.sqrt(6 / math.prod(shape[1:]))
    return {"weight": 1 + 0.1 * v, "running_var": 1 + 0.25 * (v + 1)}.get(part, 0.1 * v)


def main():
    cases = []
    for backbone, (build, shape) in CASES.items():
        network = build().eval()
        state = network.state_dict()
        filled = {
            name: tensor if name.endswith("num_batches_tracked") else parameter(name, tensor.shape)
            for name, tensor in state.items()
        }
        network.load_state_dict(filled)
        with torch.inference_mode():
            logits = network(values("input", shape))
        index = list(range(0, logits.numel(), 31))
        sample = {"shape": list(logits.shape), "index": index, "value": logits.flatten()[index].double().tolist()}
        cases.append({"backbone": backbone, "input": shape, "logits": sample})
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__, "timm": timm.__version__}
    path = pathlib.Path(__file__).parent / "classifiers.json"
    path.write_text(json.dumps({"versions": versions, "cases": cases}, indent=1) + "\n")


main()
