"""Writes tiny.onnx, a network that this project did not export, and expected.json, what ONNX Runtime computes from it.

The weights and the images follow the fill formula in tests/fill.rs, so only the values of some tensors are kept.
Run: python3 generate.py (numpy, onnx and onnxruntime; written with onnx 1.23.2 and onnxruntime 1.32.0)
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

MASK = (1 << 64) - 1
HERE = Path(__file__).parent
COMPARED = ["scores", "map", "stem", "tokens"]


def fill(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """v of the fill formula in tests/fill.rs, in [-1, 1)."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    values = []
    for i in range(int(np.prod(shape))):
        z = (state + (i + 1) * 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
        values.append(2.0 * ((z >> 40) / (1 << 24)) - 1.0)
    return np.array(values, dtype=np.float32).reshape(shape)


def network() -> onnx.ModelProto:
    weights = {"w1": (4, 3, 3, 3), "b1": (4,), "w2": (6, 4, 3, 3), "b2": (6,), "w3": (5, 6), "b3": (5,)}
    constants = [numpy_helper.from_array(fill(name, shape), name) for name, shape in weights.items()]
    constants.append(numpy_helper.from_array(np.array([0, 6, -1], dtype=np.int64), "sides"))
    pads = {"pads": [1, 1, 1, 1], "strides": [2, 2]}
    nodes = [
        helper.make_node("Conv", ["pixel_values", "w1", "b1"], ["conv"], kernel_shape=[3, 3], **pads),
        helper.make_node("Relu", ["conv"], ["stem"]),
        helper.make_node("MaxPool", ["stem"], ["pooled"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["pooled", "w2", "b2"], ["linear"], kernel_shape=[3, 3], **pads),
        helper.make_node("Sigmoid", ["linear"], ["gate"]),
        helper.make_node("Mul", ["linear", "gate"], ["map"]),
        helper.make_node("Reshape", ["map", "sides"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["tokens"], perm=[0, 2, 1]),
        helper.make_node("GlobalAveragePool", ["map"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["vector"]),
        helper.make_node("Gemm", ["vector", "w3", "b3"], ["scores"], transB=1),
    ]
    image = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, 32, 32])
    scores = helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 5])
    graph = helper.make_graph(nodes, "tiny", [image], [scores], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    model = network()
    onnx.save(model, HERE / "tiny.onnx")
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in COMPARED[1:])
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found = session.run(COMPARED, {"pixel_values": fill("input", (2, 3, 32, 32))})
    expected = {
        name: {"shape": list(values.shape), "value": [float(f"{value:.8g}") for value in values.ravel()[:100]]}
        for name, values in zip(COMPARED, found)
    }
    for sample in expected.values():
        sample["index"] = list(range(len(sample["value"])))
    (HERE / "expected.json").write_text(json.dumps(expected) + "\n")


main()
