"""16 images of 224 pixels through the four backbones: other software beside radiograph-backbone, as ratios.

    python -m venv venv
    venv/bin/pip install torch==2.13.0 torchvision==0.28.0 timm==1.0.31 onnx onnxruntime openvino onnxscript
    venv/bin/python benches/peers/backbone.py [ROUNDS]

PyTorch eager, eager with channels last, and `torch.jit.freeze` with `optimize_for_inference` (channels last too); ONNX Runtime with
all its optimisations; OpenVINO for f32 with one stream, and with one stream a core, each of which has its part of the images. Ours is
the faster of two ways: all cores on one batch, and one part of the images a core, which is how extraction computes. In turns, on
the same machine, with as many threads. Ratios above 1 say how many times faster we are than the best of them in that round.
"""

import io
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import time
import warnings

import onnxruntime
import openvino
import timm
import torch
import torchvision

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
SHAPE = [16, 3, 224, 224]
CORES = len(os.sched_getaffinity(0))


class InceptionFeatures(torch.nn.Module):
    """torchvision's InceptionV3 up to its last map."""

    def __init__(self):
        super().__init__()
        network = torchvision.models.inception_v3(weights=None, init_weights=False)
        unused = ("AuxLogits", "avgpool", "dropout", "fc")
        self.layers = torch.nn.Sequential(*(layer for name, layer in network.named_children() if name not in unused))

    def forward(self, images):
        return self.layers(images)


class DenseFeatures(torch.nn.Module):
    """torchvision's DenseNet121 up to its last map, whose ReLU stands outside `features`."""

    def __init__(self):
        super().__init__()
        self.features = torchvision.models.densenet121(weights=None).features

    def forward(self, images):
        return torch.nn.functional.relu(self.features(images), inplace=True)


class ResidualFeatures(torch.nn.Module):
    """timm's Inception-ResNetV2 up to its last map."""

    def __init__(self):
        super().__init__()
        network = timm.create_model("inception_resnet_v2", pretrained=False)
        unused = ("global_pool", "head_drop", "classif")
        self.layers = torch.nn.Sequential(*(layer for name, layer in network.named_children() if name not in unused))

    def forward(self, images):
        return self.layers(images)


NETWORKS = {
    "vgg19": lambda: torchvision.models.vgg19(weights=None).features,
    "densenet121": DenseFeatures,
    "inception_v3": InceptionFeatures,
    "inception_resnet_v2": ResidualFeatures,
}


def ours(backbone: str) -> dict[str, float]:
    """Seconds for 16 images, the medians that criterion found."""
    bench = ["cargo", "bench", "-q", "-p", "radiograph-benches", "--bench", "backbone"]
    options = ["--warm-up-time", "2", "--measurement-time", "10", "--sample-size", "10", "--exact"]
    seconds = {}
    for way in ("folded", "side-by-side"):
        name = f"backbone/{backbone}/batch-16/{way}"
        subprocess.run([*bench, "--", *options, name], cwd=ROOT, check=True, capture_output=True)
        estimates = target() / "criterion" / f"backbone_{backbone}_batch-16" / way / "new" / "estimates.json"
        seconds[way] = json.loads(estimates.read_text())["median"]["point_estimate"] / 1e9
    return seconds


def target() -> pathlib.Path:
    command = ["cargo", "metadata", "--format-version", "1", "--no-deps"]
    return pathlib.Path(json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["target_directory"])


def median(work, runs: int) -> float:
    work()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def theirs(build) -> dict:
    """The ways of others, ready to run, each after it computed the same map as the first."""
    images = torch.arange(torch.Size(SHAPE).numel(), dtype=torch.float32).sin().view(SHAPE)
    last = images.to(memory_format=torch.channels_last)
    torch.manual_seed(1)
    network = build().eval()
    state = network.state_dict()

    def same() -> torch.nn.Module:
        other = build().eval()
        other.load_state_dict(state)
        return other

    nested = same().to(memory_format=torch.channels_last)
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(same().to(memory_format=torch.channels_last), last)
        frozen = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
    ways = {"eager": lambda: network(images), "channels last": lambda: nested(last), "frozen": lambda: frozen(last)}
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(same(), (images,), file, input_names=["images"], dynamo=False)
    ways["ONNX Runtime"] = with_onnx_runtime(file.getvalue(), images.numpy())
    ways["OpenVINO"] = with_openvino(file.getvalue(), images.numpy(), 1)
    ways["OpenVINO, streams"] = with_openvino(file.getvalue(), images.numpy(), CORES)
    with torch.inference_mode():
        expected = ways["eager"]()
        for name, work in ways.items():
            difference = (torch.as_tensor(work()) - expected).abs().max() / expected.abs().max()
            assert difference < 1e-3, f"{name} computes another map: {difference}"
    return ways


def with_onnx_runtime(model: bytes, images):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = CORES
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"images": images})[0]


def with_openvino(model: bytes, images, streams: int):
    core = openvino.Core()
    network = core.read_model(model)
    network.reshape([len(images) // streams, *images.shape[1:]])
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": CORES, "NUM_STREAMS": streams}
    compiled = core.compile_model(network, "CPU", settings)
    requests = [compiled.create_infer_request() for _ in range(streams)]
    parts = [images[start::streams].copy() for start in range(streams)]

    def work():
        for request, part in zip(requests, parts):
            request.start_async({0: part}, share_inputs=True)
        for request in requests:
            request.wait()
        maps = [request.get_output_tensor(0).data for request in requests]
        together = torch.empty([len(images), *maps[0].shape[1:]])
        for start, values in enumerate(maps):
            together[start::streams] = torch.as_tensor(values)
        return together

    return work


def main():
    print(
        f"PyTorch {torch.__version__}, ONNX Runtime {onnxruntime.__version__}, OpenVINO {openvino.__version__.split('-')[0]}, "
        f"{CORES} threads, {torch.backends.cpu.get_cpu_capability()}"
    )
    torch.set_num_threads(CORES)
    subprocess.run(
        ["cargo", "bench", "-q", "-p", "radiograph-benches", "--bench", "backbone", "--no-run"], cwd=ROOT, check=True
    )
    medians = []
    for backbone, build in NETWORKS.items():
        ways = theirs(build)
        ratios = []
        for _ in range(ROUNDS):
            with torch.inference_mode():
                seconds = {name: median(work, 5) for name, work in ways.items()}
            own = ours(backbone)
            best = min(seconds, key=seconds.get)
            fastest = min(own, key=own.get)
            ratios.append(seconds[best] / own[fastest])
            words = "  ".join(f"{name} {1e3 * value:.0f}" for name, value in (seconds | own).items())
            print(f"{backbone}: {words} ms; {fastest} at {ratios[-1]:.2f} of {best}", flush=True)
        medians.append(statistics.median(ratios))
        print(f"{backbone}: ratio {min(ratios):.2f} to {max(ratios):.2f}", flush=True)
    print(f"geometric mean {math.exp(statistics.fmean(map(math.log, medians))):.2f}")


if __name__ == "__main__":
    main()
