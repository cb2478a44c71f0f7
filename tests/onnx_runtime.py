"""Computes an ONNX file with ONNX Runtime after onnx's checker has accepted it, or resizes a picture with Pillow.

    python3 tests/onnx_runtime.py compute FILE.onnx INPUT SHAPE OUTPUT
    python3 tests/onnx_runtime.py resize FILTER INPUT SHAPE OUTPUT ROWS COLUMNS

INPUT and OUTPUT are raw floats in little-endian order; SHAPE is like 2,3,224,224. `compute` writes all outputs one after the
other and prints their shapes, one a line. Tests in `onnx.rs` run this with numpy, onnx, onnxruntime and Pillow.
"""

import sys

import numpy as np


def compute(path, values):
    import onnx
    import onnxruntime

    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: values})


def resize(name, values, rows, columns):
    from PIL import Image

    picture = Image.fromarray(values.reshape(values.shape[-2:]), mode="F")
    return np.asarray(picture.resize((columns, rows), Image.Resampling[name.upper()]))


what, name, source, shape, target = sys.argv[1:6]
values = np.fromfile(source, dtype="<f4").reshape([int(side) for side in shape.split(",")])
if what == "compute":
    outputs = compute(name, values)
else:
    outputs = [resize(name, values, int(sys.argv[6]), int(sys.argv[7]))]
with open(target, "wb") as file:
    for output in outputs:
        print(",".join(str(side) for side in output.shape))
        file.write(np.ascontiguousarray(output, dtype="<f4").tobytes())
