"""Images of 224 pixels through the four backbones: other software beside radiograph-backbone.

    cargo xtask bench --peers backbone

One image (latency) and 16 images (throughput). PyTorch eager, eager with channels last, `torch.jit.freeze` with
`optimize_for_inference` (channels last too), `torch.compile`; ONNX Runtime with all its optimisations; OpenVINO for f32 with one
stream, and with one stream a core, each of which has its part of the images. Ours for 16 images: all cores on one batch, and one part
of the images a core, which is how extraction computes. All have the same weights and must compute the same map.
"""

import io
import warnings

import safetensors.torch
import torch

import measure
import networks

#: Largest difference of two maps, relative to the largest value.
TOLERANCE = 1e-3
IMAGES = 16


def exported(network, images) -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(network, (images,), file, input_names=["images"], dynamo=False)
    return file.getvalue()


def with_onnx_runtime(model: bytes, images):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = measure.CORES
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, {"images": images})[0]


def with_openvino(model: bytes, images, streams: int):
    import openvino

    core = openvino.Core()
    network = core.read_model(model)
    network.reshape([len(images) // streams, *images.shape[1:]])
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": measure.CORES, "NUM_STREAMS": streams}
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


def ways(network, again, images) -> dict:
    """Functions that prepare a call, by name. `again` makes the same network anew."""

    def inferred(call):
        def work():
            with torch.inference_mode():
                return call()

        return work

    last = images.to(memory_format=torch.channels_last)

    def channels_last():
        nested = again().to(memory_format=torch.channels_last)
        return inferred(lambda: nested(last))

    def frozen():
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")
            traced = torch.jit.trace(again().to(memory_format=torch.channels_last), last)
            ready = torch.jit.optimize_for_inference(torch.jit.freeze(traced))
        return inferred(lambda: ready(last))

    def compiled():
        torch.compiler.reset()
        ready = torch.compile(again().to(memory_format=torch.channels_last), dynamic=False)
        return inferred(lambda: ready(last))

    listed = {
        "PyTorch eager": lambda: inferred(lambda: network(images)),
        "PyTorch channels last": channels_last,
        "PyTorch frozen": frozen,
        "torch.compile": compiled,
        "ONNX Runtime": lambda: with_onnx_runtime(exported(again(), images), images.numpy()),
        "OpenVINO, 1 stream": lambda: with_openvino(exported(again(), images), images.numpy(), 1),
    }
    streams = measure.CORES
    if len(images) >= streams > 1 and len(images) % streams == 0:
        listed[f"OpenVINO, {streams} streams"] = lambda: with_openvino(exported(again(), images), images.numpy(), streams)
    return listed


def compare(comparison, name: str):
    network = networks.random_network(name)
    state = network.state_dict()

    def again():
        other = networks.NETWORKS[name]().eval()
        other.load_state_dict(state)
        return other

    networks.save(network, comparison.path / "weights.safetensors")
    shape = [IMAGES, 3, 224, 224]
    images = torch.arange(torch.Size(shape).numel(), dtype=torch.float32).sin().view(shape)
    safetensors.torch.save_file({"images": images}, comparison.path / "images.safetensors")
    comparison.start(name)
    maps = safetensors.torch.load_file(comparison.path / "maps.safetensors")["maps"]

    def floor(part):
        published, least = networks.products(network, part)
        rate = comparison.rate("matrix")
        return 2 * least / rate, f"least multiplications; as published they take {2 * published / rate:.3g} s at the same rate"

    for count, pieces in ((1, {"one image": "one-image"}), (IMAGES, {"one batch": "one-batch", "side by side": "side-by-side"})):
        part = images[:count].contiguous()

        def same(peer, value):
            expected = maps[:count]
            difference = (torch.as_tensor(value) - expected).abs().max() / expected.abs().max()
            measure.agree(peer, difference.item(), TOLERANCE)

        what = f"{name}, {count} image{'s' if count > 1 else ''}"
        comparison.work(what, pieces, ways(network, again, part), lambda: floor(part), same, unit=(count, "images"))


def main():
    settings = measure.options(__doc__)
    torch.set_num_threads(measure.CORES)
    packages = ["torch", "torchvision", "timm", "onnxruntime", "openvino"]
    comparison = measure.Comparison("networks", settings, packages)
    for name in ("densenet121",) if settings.tiny else networks.NETWORKS:
        comparison.attempt(name, lambda: compare(comparison, name))
    comparison.finish()


if __name__ == "__main__":
    main()
