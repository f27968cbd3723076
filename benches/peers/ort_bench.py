"""usage: ort_bench.py WORKLOAD THREADS | ort_bench.py --write WORKLOAD FILE

ONNX Runtime on W6, and the ONNX file that tract is given: the same network
(Gemm and Relu, batch size fixed), random weights.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import common as c


def model(spec):
    rng, layers = np.random.default_rng(0), spec["layers"]
    nodes, weights, last = [], [], "x"
    for i, (fan_in, fan_out) in enumerate(zip(layers, layers[1:])):
        bound = fan_in**-0.5
        for name, shape in ((f"w{i}", (fan_out, fan_in)), (f"b{i}", (fan_out,))):
            weights.append(numpy_helper.from_array(rng.uniform(-bound, bound, shape).astype(np.float32), name))
        nodes.append(helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"z{i}"], transB=1))
        last = f"z{i}"
        if i + 2 < len(layers):
            nodes.append(helper.make_node("Relu", [last], [f"h{i}"]))
            last = f"h{i}"
    value = lambda name, width: helper.make_tensor_value_info(name, TensorProto.FLOAT, [spec["batch"], width])
    graph = helper.make_graph(nodes, "mlp", [value("x", layers[0])], [value(last, layers[-1])], weights)
    # Old enough a version for every reader.
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    made.ir_version = 7
    onnx.checker.check_model(made)
    return made.SerializeToString()


if sys.argv[1] == "--write":
    with open(sys.argv[3], "wb") as file:
        file.write(model(c.SPECS[sys.argv[2]]))
    sys.exit()

import onnxruntime

workload, threads = sys.argv[1], int(sys.argv[2])
spec = c.SPECS[workload]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads
options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(model(spec), options, providers=["CPUExecutionProvider"])
parts = [x for x, _ in c.batches(spec)]
last = [0.0]


def step(_, i):
    last[0] = session.run(None, {"x": parts[i]})[0]


secs, loss = c.bench(spec, lambda: None, step, lambda _: float(last[0][0, 0]))
c.report(workload, "onnxruntime", threads, secs, loss)
