"""Writes ONNX models without the onnx package: the few messages of onnx.proto that a graph of tensors needs."""

import struct

import numpy as np

IR_VERSION = 8
OPSETS = {"": 17, "com.microsoft": 1}
FLOAT, UINT8, INT8, INT32, INT64 = 1, 2, 3, 6, 7
_ELEMENTS = {np.dtype(np.float32): FLOAT, np.dtype(np.uint8): UINT8, np.dtype(np.int8): INT8,
             np.dtype(np.int32): INT32, np.dtype(np.int64): INT64}


def _varint(value):
    value &= (1 << 64) - 1
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, value):
    if isinstance(value, str):
        value = value.encode("utf-8")
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _attribute(name, value):
    if isinstance(value, float):
        return _bytes(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    return _bytes(1, name) + _number(3, value) + _number(20, 2)


def _tensor(name, array):
    dims = b"".join(_number(1, d) for d in array.shape)
    return dims + _number(2, _ELEMENTS[array.dtype]) + _bytes(8, name) + _bytes(9, array.tobytes())


def _value(name, element, shape):
    """A graph's input or output; a dimension is a number or, if it may vary, a name."""
    dims = b"".join(_bytes(1, _number(1, d) if isinstance(d, int) else _bytes(2, d)) for d in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, element) + _bytes(2, dims)))


class Graph:
    """A graph under construction. Methods return the names of the values they add."""

    def __init__(self, name):
        self._name = name
        self._nodes = []
        self._constants = {}
        self._inputs = []
        self._outputs = []

    def input(self, name, element, shape):
        self._inputs.append(_value(name, element, shape))
        return name

    def output(self, name, element, shape):
        self._outputs.append(_value(name, element, shape))

    def constant(self, name, array):
        self._constants[name] = _tensor(name, array)
        return name

    def node(self, operator, inputs, outputs, domain="", **attributes):
        """Adds a node; an input that is left out is an empty name."""
        outputs = [outputs] if isinstance(outputs, str) else outputs
        self._nodes.append(b"".join(_bytes(1, i) for i in inputs) + b"".join(_bytes(2, o) for o in outputs)
                           + _bytes(3, f"{operator}_{len(self._nodes)}") + _bytes(4, operator)
                           + b"".join(_bytes(5, _attribute(n, v)) for n, v in attributes.items()) + _bytes(7, domain))
        return outputs[0]

    def write(self, path):
        graph = (b"".join(_bytes(1, n) for n in self._nodes) + _bytes(2, self._name)
                 + b"".join(_bytes(5, c) for c in self._constants.values())
                 + b"".join(_bytes(11, i) for i in self._inputs) + b"".join(_bytes(12, o) for o in self._outputs))
        opsets = b"".join(_bytes(8, _bytes(1, domain) + _number(2, version)) for domain, version in OPSETS.items())
        with open(path, "wb") as file:
            file.write(_number(1, IR_VERSION) + _bytes(2, "demitasse") + opsets + _bytes(7, graph))
