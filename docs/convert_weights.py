#!/usr/bin/env python3
"""Converts weights of Keras (.h5), torchvision (.pth) or other safetensors files to the files that radiograph reads.

    python3 docs/convert_weights.py IN OUT.safetensors --architecture NAME [--lineage FAMILY] [--trained-on WORDS] …
    radiograph weights install NAME.WHOSE OUT.safetensors

Needs numpy and safetensors; for .h5 also h5py (Keras itself is not needed); for .pth also torch, which reads the file with
`weights_only=True` and so runs no code from it. torchxrayvision publishes pickled modules, whose reading runs code from the file: they
need --run-pickled-code, torch and torchxrayvision, and should be read in an environment of their own. What is not needed: any of this for published safetensors files, which
`radiograph weights fetch` installs.

The result holds every tensor of the network under torchvision's name (Inception-ResNetV2: timm's), float32, and texts that
say how the network computes (docs/weights.md). It is checked against the lists in tests/golden/reference: missing,
unknown or misshapen tensors are one error, and nothing is written.

Keras gives the layers of its Inceptions automatic names (conv2d_17), so they are matched by their numbers, in the order in
which keras.applications builds them. Keras' kernels are [height, width, in, out] and become [out, in, height, width]; batch
normalisation without gamma gets weights of 1; dense kernels are transposed, and that of VGG19's first dense layer also goes
from [height, width, channel] to [channel, height, width]."""

import argparse
import hashlib
import json
import os
import pathlib
import pickle
import re
import sys

import numpy as np
import safetensors.numpy

ARCHITECTURES = (
    "vgg19", "densenet121", "inception_v3", "inception_resnet_v2",
    "densenet121_xrv", "resnet50", "convnext_tiny", "vit_base_patch14_dinov2",
)
# What torchvision, timm and torchxrayvision list for their own networks.
LISTS = pathlib.Path(__file__).resolve().parents[1] / "tests/golden/reference"
KERAS = "https://storage.googleapis.com/tensorflow/keras-applications"
TORCH = "https://download.pytorch.org/models"

# MD5 of the files that keras.applications of Keras 3.15.1 fetches, without and with top.
KERAS_FILES = {
    "253f8cb515780f3b799900260a226db6": "vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "30ee3e1110167f948a6b9946edeeb738": "densenet/densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "bcbd6486424b2319ff4ef7d526e38f63": "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "d19885ff4a710c122648d3b5c3b684e4": "inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "cbe5617147190e668d6c5d5026f83318": "vgg19/vgg19_weights_tf_dim_ordering_tf_kernels.h5",
    "9d60b8095a5708f2dcce2bca79d332c7": "densenet/densenet121_weights_tf_dim_ordering_tf_kernels.h5",
    "9a0d58056eeedaa3f26cb7ebd46da564": "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels.h5",
    "e693bd0210a403b3192acc6073ad2e96": "inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels.h5",
}
# torchvision's names hold the first digits of the SHA-256.
TORCH_FILES = {
    "dcbb9e9d": "vgg19-dcbb9e9d.pth",
    "a639ec97": "densenet121-a639ec97.pth",
    "0cc3c7bd": "inception_v3_google-0cc3c7bd.pth",
}


class Unusable(Exception):
    """The input cannot become weights of the network; the text says why."""


def expected_shapes(architecture):
    """Every tensor of a network: name → shape."""
    listed = {}
    for file in ("backbones.json", "backbones_more.json"):
        listed |= json.loads((LISTS / file).read_text())["parameters"]
    theirs = "densenet121.xrv" if architecture == "densenet121_xrv" else architecture
    return {name: tuple(shape) for name, shape in listed[theirs]}


def is_head(name):
    return name.startswith(("AuxLogits.", "classifier.", "fc.", "classif.", "head."))


# What the layers of keras.applications are called in torchvision. ----------------------------------------------------


def vgg19_layers():
    """Keras' layer → our layer."""
    places = iter([0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34])
    layers = {
        f"block{block}_conv{conv}": f"features.{next(places)}"
        for block, convs in enumerate([2, 2, 4, 4, 4], 1)
        for conv in range(1, convs + 1)
    }
    return layers | {"fc1": "classifier.0", "fc2": "classifier.3", "predictions": "classifier.6"}


def densenet121_layers():
    layers = {"conv1_conv": "features.conv0", "conv1_bn": "features.norm0", "bn": "features.norm5"}
    for block, count in enumerate([6, 12, 24, 16], 1):
        for layer in range(1, count + 1):
            theirs, ours = f"conv{block + 1}_block{layer}", f"features.denseblock{block}.denselayer{layer}"
            layers |= {
                f"{theirs}_0_bn": f"{ours}.norm1",
                f"{theirs}_1_conv": f"{ours}.conv1",
                f"{theirs}_1_bn": f"{ours}.norm2",
                f"{theirs}_2_conv": f"{ours}.conv2",
            }
        if block < 4:
            layers[f"pool{block + 1}_bn"] = f"features.transition{block}.norm"
            layers[f"pool{block + 1}_conv"] = f"features.transition{block}.conv"
    return layers | {"fc1000": "classifier", "predictions": "classifier"}


def inception_v3_order():
    """Our names of the convolutions in the order in which Keras builds them."""

    def branches(block, *names):
        return [f"{block}.{name}" for name in names]

    order = ["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"]
    double = ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")
    for letter in "bcd":
        order += branches(f"Mixed_5{letter}", "branch1x1", "branch5x5_1", "branch5x5_2", *double, "branch_pool")
    order += branches("Mixed_6a", "branch3x3", *double)
    seven = [f"branch7x7_{k}" for k in (1, 2, 3)] + [f"branch7x7dbl_{k}" for k in (1, 2, 3, 4, 5)]
    for letter in "bcde":
        order += branches(f"Mixed_6{letter}", "branch1x1", *seven, "branch_pool")
    order += branches("Mixed_7a", "branch3x3_1", "branch3x3_2", *(f"branch7x7x3_{k}" for k in (1, 2, 3, 4)))
    split = ["branch3x3_1", "branch3x3_2a", "branch3x3_2b", *double[:2], "branch3x3dbl_3a", "branch3x3dbl_3b"]
    for letter in "bc":
        order += branches(f"Mixed_7{letter}", "branch1x1", *split, "branch_pool")
    return order


def inception_resnet_v2_order():
    def block(name, *counts):
        """Branches of so many convolutions each; a branch of one has no number."""
        return [
            f"{name}.branch{branch}" if count == 1 else f"{name}.branch{branch}.{k}"
            for branch, count in enumerate(counts)
            for k in range(count)
        ]

    order = ["conv2d_1a", "conv2d_2a", "conv2d_2b", "conv2d_3b", "conv2d_4a"]
    # The last branch pools first, and its convolution is number 1 of it.
    order += block("mixed_5b", 1, 2, 3) + ["mixed_5b.branch3.1"]
    for k in range(10):
        order += block(f"repeat.{k}", 1, 2, 3)
    order += block("mixed_6a", 1, 3)
    for k in range(20):
        order += block(f"repeat_1.{k}", 1, 3)
    order += block("mixed_7a", 2, 2, 3)
    for name in [f"repeat_2.{k}" for k in range(9)] + ["block8"]:
        order += block(name, 1, 3)
    return order


def inception_resnet_v2_named():
    """The convolutions that Keras gives names of their own."""
    named = {f"block35_{k + 1}_conv": f"repeat.{k}.conv2d" for k in range(10)}
    named |= {f"block17_{k + 1}_conv": f"repeat_1.{k}.conv2d" for k in range(20)}
    named |= {f"block8_{k + 1}_conv": f"repeat_2.{k}.conv2d" for k in range(9)}
    named |= {"block8_10_conv": "block8.conv2d", "predictions": "classif"}
    return named | {"conv_7b": "conv2d_7b.conv", "conv_7b_bn": "conv2d_7b.bn"}


def keras_layers(architecture, present):
    """Keras' layer → our layer, for the layer names that a file has."""
    if architecture == "vgg19":
        return vgg19_layers()
    if architecture == "densenet121":
        return densenet121_layers()
    order = inception_v3_order() if architecture == "inception_v3" else inception_resnet_v2_order()
    layers = {"predictions": "fc"} if architecture == "inception_v3" else inception_resnet_v2_named()
    for kind, part in (("conv2d", "conv"), ("batch_normalization", "bn")):
        # The numbers go on from model to model within one session, so only their order counts.
        numbered = {int(name[len(kind) + 1 :] or 0): name for name in present if re.fullmatch(rf"{kind}(_\d+)?", name)}
        if len(numbered) != len(order):
            raise Unusable(f"{len(numbered)} layers are called {kind}…; {architecture} has {len(order)}")
        layers |= {numbered[number]: f"{ours}.{part}" for number, ours in zip(sorted(numbered), order)}
    return layers


# Reading. ------------------------------------------------------------------------------------------------------------


def read_h5(path, architecture):
    """The tensors of a Keras file, under our names."""
    import h5py

    with h5py.File(path, "r") as file:
        group = file["model_weights"] if "model_weights" in file else file
        if "layer_names" not in group.attrs:
            raise Unusable(
                "it has no layer_names: only the formats that model.save('….h5') and keras.applications use keep the "
                "names of layers (Keras 3's .weights.h5 does not); load it in Keras and save it so"
            )
        text = lambda name: name.decode() if isinstance(name, bytes) else str(name)
        stored = {}
        for layer in map(text, group.attrs["layer_names"]):
            variables = {text(name): group[layer][text(name)][()] for name in group[layer].attrs.get("weight_names", ())}
            if variables:
                # conv1/conv in old files is conv1_conv in new ones.
                stored[layer.replace("/", "_")] = {kind_of(name): value for name, value in variables.items()}
    layers = keras_layers(architecture, stored)
    unknown = sorted(set(stored) - set(layers))
    if unknown:
        raise Unusable(f"it has layers that {architecture} has not: {', '.join(unknown[:5])}")
    tensors = {}
    for theirs, variables in stored.items():
        tensors |= from_keras(architecture, layers[theirs], variables)
    return tensors


def kind_of(name):
    """`kernel` for kernel:0 of Keras 2, kernel of Keras 3 and block1_conv1_W_1:0 of Keras 1, which wrote VGG19's files."""
    name = name.rsplit("/", 1)[-1].split(":")[0]
    old = re.fullmatch(r".*_(W|b)(_\d+)?", name)
    return {"W": "kernel", "b": "bias"}[old[1]] if old else name


def from_keras(architecture, ours, variables):
    """One layer of Keras as tensors of ours."""
    if "moving_mean" in variables:
        mean = variables["moving_mean"]
        return {
            f"{ours}.weight": variables.get("gamma", np.ones_like(mean)),
            f"{ours}.bias": variables["beta"],
            f"{ours}.running_mean": mean,
            f"{ours}.running_var": variables["moving_variance"],
        }
    kernel = variables["kernel"]
    if kernel.ndim == 4:
        kernel = kernel.transpose(3, 2, 0, 1)
    elif architecture == "vgg19" and ours == "classifier.0":
        kernel = kernel.reshape(7, 7, 512, -1).transpose(3, 2, 0, 1).reshape(-1, 25088)
    else:
        kernel = kernel.T
    tensors = {f"{ours}.weight": kernel}
    if "bias" in variables:
        tensors[f"{ours}.bias"] = variables["bias"]
    return tensors


def read_pth(path):
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise Unusable(f"it holds a {type(state).__name__} and no dictionary of tensors")
    for key in ("state_dict", "model"):
        if isinstance(state.get(key), dict):
            state = state[key]
    return {name: value.float().numpy() for name, value in state.items() if not counts_batches(name)}


def read_pickled_module(path):
    """The tensors of a whole module. Reading it runs code from the file."""
    import torch

    module = torch.load(path, map_location="cpu", weights_only=False)
    if not hasattr(module, "state_dict"):
        raise Unusable(f"it holds a {type(module).__name__} and no module")
    # torchxrayvision keeps thresholds of its findings beside the tensors.
    state = {name: value for name, value in module.state_dict().items() if not name.endswith("op_threshs")}
    return {name: value.float().numpy() for name, value in state.items() if not counts_batches(name)}


def counts_batches(name):
    return name.endswith(".num_batches_tracked")


def read_safetensors(path):
    return {name: value for name, value in safetensors.numpy.load_file(path).items() if not counts_batches(name)}


def renamed(tensors, known):
    """Names of timm, of torchvision's first DenseNet files and of wrapped models as torchvision's own."""
    prefix = common_prefix(tensors, known)
    result = {}
    for name, value in tensors.items():
        name = name.removeprefix(prefix)
        name = re.sub(r"(\.denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", name)
        for theirs, ours in (("pre_logits.fc1", "classifier.0"), ("pre_logits.fc2", "classifier.3"), ("head.fc", "classifier.6")):
            if name.startswith(f"{theirs}.") and name.replace(theirs, ours) in known:
                name = name.replace(theirs, ours)
                value = value.reshape(value.shape[0], -1) if value.ndim == 4 else value
        result[name] = value
    return result


def common_prefix(tensors, known):
    """What stands in front of every name, such as `module.`."""
    if any(name in known for name in tensors):
        return ""
    first = next((name for name in sorted(known) if not is_head(name)), "")
    found = {name.removesuffix(first) for name in tensors if name.endswith(f".{first}")}
    return found.pop() if len(found) == 1 else ""


# Checking and writing. -----------------------------------------------------------------------------------------------


def check(tensors, shapes):
    """Refuses tensors that are not those of the network, all faults at once."""
    begun = {head_of(name) for name in tensors if is_head(name)}
    faults = [f"missing: {name}" for name in shapes if name not in tensors and (not is_head(name) or head_of(name) in begun)]
    for name, value in tensors.items():
        if name not in shapes:
            faults.append(f"unknown: {name} {value.shape}")
        elif value.shape != shapes[name]:
            faults.append(f"misshapen: {name} is {value.shape}, not {shapes[name]}")
        elif not np.isfinite(value).all():
            faults.append(f"not finite: {name}")
    if faults:
        raise Unusable(f"{len(faults)} faults: " + "; ".join(faults[:10]) + ("; …" if len(faults) > 10 else ""))


def head_of(name):
    return "AuxLogits" if name.startswith("AuxLogits.") else "classifier"


def describe(architecture, lineage, source, words):
    """The texts that say how the network computes."""
    inception = architecture.startswith("inception")
    counts = lineage != "keras" and architecture == "inception_v3"
    epsilon = "0.001" if inception else "1.001e-5" if (lineage, architecture) == ("keras", "densenet121") else "1e-5"
    if lineage == "torchxrayvision":
        normalisation = "xrv"
    elif lineage == "keras":
        normalisation = {"vgg19": "caffe", "densenet121": "torch"}.get(architecture, "tf")
    else:
        normalisation = "tf" if inception and (lineage == "timm" or architecture != "inception_v3") else "torch"
    texts = {
        "format": "pt",
        "architecture": architecture,
        "lineage": lineage,
        "avg_pool": f"count_include_pad={str(counts).lower()}",
        "bn_eps": epsilon,
        "transform_input": str(lineage == "torchvision" and architecture == "inception_v3").lower(),
        "normalisation": normalisation,
        "input_size": "299" if inception else "518" if architecture.startswith("vit") else "224",
        "source": source,
    }
    return texts | {key: value for key, value in words.items() if value}


def published(path, content):
    """Address and training of a file that keras.applications or torchvision publish, recognised by its content."""
    name = KERAS_FILES.get(hashlib.md5(content).hexdigest())
    if name:
        return {"source_url": f"{KERAS}/{name}", "trained_on": "ImageNet-1k"}
    name = TORCH_FILES.get(hashlib.sha256(content).hexdigest()[:8])
    return {"source_url": f"{TORCH}/{name}", "trained_on": "ImageNet-1k"} if name else {}


def convert(path, out, architecture, lineage=None, run_pickled_code=False, **words):
    """Converts one file; see above."""
    path, out = pathlib.Path(path), pathlib.Path(out)
    shapes = expected_shapes(architecture)
    if path.suffix in (".h5", ".hdf5"):
        lineage = lineage or "keras"
        tensors = read_h5(path, architecture)
    elif path.suffix in (".pth", ".pt", ".bin"):
        lineage = lineage or {"densenet121_xrv": "torchxrayvision"}.get(architecture, "torchvision")
        tensors = renamed(read_pickled_module(path) if run_pickled_code else read_pth(path), shapes)
    elif path.suffix == ".safetensors":
        if lineage is None:
            raise Unusable("a safetensors file does not say whose it is; add --lineage")
        tensors = renamed(read_safetensors(path), shapes)
    else:
        raise Unusable("its name ends in none of .h5, .pth, .safetensors")
    check(tensors, shapes)
    content = path.read_bytes()
    source = f"converted from {path.name}, SHA-256 {hashlib.sha256(content).hexdigest()}"
    texts = describe(architecture, lineage, source, published(path, content) | {k: v for k, v in words.items() if v})
    tensors = {name: np.ascontiguousarray(tensors[name], dtype="<f4") for name in sorted(tensors)}
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        safetensors.numpy.save_file(tensors, partial, texts)
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    return texts


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("input", help=".h5 of Keras, .pth of torchvision, or a safetensors file to rename")
    parser.add_argument("output", help="the safetensors file to write")
    parser.add_argument("--architecture", required=True, choices=ARCHITECTURES)
    parser.add_argument("--lineage", choices=("keras", "torchvision", "timm", "torchxrayvision"), help="default: by the kind of the input")
    parser.add_argument("--run-pickled-code", action="store_true", help="read a pickled module, which runs code from the file")
    parser.add_argument("--trained-on", help="what they were trained on, in words; known for published files")
    parser.add_argument("--source-url", help="where the input was published; known for published files")
    parser.add_argument("--licence", help="the licence of the weights")
    parser.add_argument("--collections", metavar="NAMES", help="collections of radiographs that they were trained on: nih,brax, or none")
    parser.add_argument("--films", metavar="FILE", help="SHA-256 of the radiographs that they were trained on, one a line")
    arguments = parser.parse_args()
    words = {key: getattr(arguments, key) for key in ("trained_on", "source_url", "licence", "collections")}
    if arguments.films:
        words["films"] = pathlib.Path(arguments.films).read_text()
    try:
        texts = convert(arguments.input, arguments.output, arguments.architecture, arguments.lineage, arguments.run_pickled_code, **words)
    except (Unusable, OSError, pickle.UnpicklingError) as error:
        sys.exit(f"error: {arguments.input}: {str(error).splitlines()[0]}")
    print(f"{arguments.output}:", ", ".join(f"{key} {value}" for key, value in texts.items()))


if __name__ == "__main__":
    main()
