"""The four networks of torchvision and timm up to their last maps, with weights that radiograph can load."""

import pathlib

import safetensors.torch
import timm
import torch
import torchvision

#: Means and deviations of ImageNet, as torchvision normalises.
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


class InceptionFeatures(torch.nn.Module):
    """torchvision's InceptionV3 up to its last map."""

    def __init__(self):
        super().__init__()
        self.whole = torchvision.models.inception_v3(weights=None, init_weights=False, transform_input=False)
        unused = ("AuxLogits", "avgpool", "dropout", "fc")
        self.layers = torch.nn.Sequential(*(layer for name, layer in self.whole.named_children() if name not in unused))

    def forward(self, images):
        return self.layers(images)


class DenseFeatures(torch.nn.Module):
    """torchvision's DenseNet121 up to its last map, whose ReLU stands outside `features`."""

    def __init__(self):
        super().__init__()
        self.whole = torchvision.models.densenet121(weights=None)

    def forward(self, images):
        return torch.nn.functional.relu(self.whole.features(images), inplace=True)


class PlainFeatures(torch.nn.Module):
    """torchvision's VGG19 up to its last map."""

    def __init__(self):
        super().__init__()
        self.whole = torchvision.models.vgg19(weights=None)

    def forward(self, images):
        return self.whole.features(images)


class ResidualFeatures(torch.nn.Module):
    """timm's Inception-ResNetV2 up to its last map."""

    def __init__(self):
        super().__init__()
        self.whole = timm.create_model("inception_resnet_v2", pretrained=False)

    def forward(self, images):
        return self.whole.forward_features(images)


NETWORKS = {
    "vgg19": PlainFeatures,
    "densenet121": DenseFeatures,
    "inception_v3": InceptionFeatures,
    "inception_resnet_v2": ResidualFeatures,
}
#: Their names in timm, for its `FeatureListNet`.
IN_TIMM = {"vgg19": "vgg19", "densenet121": "densenet121", "inception_v3": "inception_v3", "inception_resnet_v2": "inception_resnet_v2"}


def random_network(name: str) -> torch.nn.Module:
    """The network in evaluation mode, with weights whose maps neither vanish nor overflow."""
    torch.manual_seed(1)
    network = NETWORKS[name]().eval()
    for layer in network.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
    return network


def save(network: torch.nn.Module, path: pathlib.Path):
    """Writes the weights under the names that torchvision or timm gives them."""
    state = network.whole.state_dict()
    safetensors.torch.save_file({name: value.contiguous() for name, value in state.items()}, path)


def products(network: torch.nn.Module, images: torch.Tensor) -> tuple[float, float]:
    """Multiplications of the convolutions for these images: as published, and a number below which no known algorithm goes.

    A convolution of stride 1 whose kernel is larger than 1 can be rearranged by Winograd's method, which in the variants in use needs
    2.25 (a tile of 2 x 2) to 4 times (4 x 4) fewer multiplications; so it counts a quarter. All others count whole.
    """
    published, least = 0, 0

    def count(layer, _inputs, output):
        nonlocal published, least
        height, width = layer.kernel_size
        own = output.numel() * layer.in_channels // layer.groups * height * width
        published += own
        least += own / 4 if height * width > 1 and layer.stride == (1, 1) else own

    hooks = [layer.register_forward_hook(count) for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
    with torch.inference_mode():
        network(images[:1])
    for hook in hooks:
        hook.remove()
    return published * len(images), least * len(images)
