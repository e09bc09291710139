"""Checks models that hypersphere wrote with the reference tools: onnx's checker and onnxruntime for Python.

    python check_models.py DIRECTORY

DIRECTORY holds NAME.onnx and NAME.json for each model; the latter holds the inputs to run it on, the outputs that
hypersphere's own runtime gave, and the metadata. Needs onnx, onnxruntime and numpy. Prints one line per model and ends
with status 1 if any of them fails.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

NUMPY_TYPES = {
    "float32": np.float32,
    "float64": np.float64,
    "int32": np.int32,
    "int64": np.int64,
    "bool": np.bool_,
    "string": object,
}


def array(value):
    """Numbers travel as text, so that NaN, infinities and 64-bit integers survive JSON."""
    dtype, texts = value["dtype"], value["data"]
    if dtype == "string":
        items = texts
    elif dtype.startswith("float"):
        items = [float(text) for text in texts]
    else:
        items = [int(text) for text in texts]
    return np.array(items, dtype=NUMPY_TYPES[dtype]).reshape(value["shape"])


def check(path):
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    model = onnx.load(path)
    # With shape inference, whose results have to agree with the types that the model declares.
    onnx.checker.check_model(model, full_check=True)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata == expected["metadata"], f"metadata {metadata}"
    assert onnx.load_from_string(model.SerializeToString()) == model

    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    inputs = {name: array(value) for name, value in expected["inputs"].items()}
    names = [output.name for output in session.get_outputs()]
    assert names == list(expected["outputs"]), f"outputs {names}"
    for name, found in zip(names, session.run(names, inputs)):
        wanted = array(expected["outputs"][name])
        found = np.asarray(found)
        assert found.shape == wanted.shape, f"{name}: shape {found.shape} instead of {wanted.shape}"
        if wanted.dtype == object:
            assert found.tolist() == wanted.tolist(), f"{name}: {found.tolist()} instead of {wanted.tolist()}"
        else:
            assert found.dtype == wanted.dtype, f"{name}: {found.dtype} instead of {wanted.dtype}"
            np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7, err_msg=name)
    return len(names)


def main():
    failures = 0
    for path in sorted(Path(sys.argv[1]).glob("*.onnx")):
        try:
            print(f"ok {path.stem}: {check(path)} outputs")
        except Exception as error:
            failures += 1
            print(f"FAILED {path.stem}: {error}")
    sys.exit(1 if failures else 0)


main()
