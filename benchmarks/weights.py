"""Reads a sequence classifier's tensors from a Hugging Face safetensors file or a Demitasse flat file, as float32."""

import json
import mmap
from pathlib import Path

import numpy as np

FLAT_MAGIC = b"DEMIFLAT"


class Weights:
    """``config`` is the model's config.json; ``self[name]`` a tensor by its Hugging Face name, float32."""

    def __init__(self, path):
        path = Path(path)
        with open(path, "rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._bytes[:8] == FLAT_MAGIC:
            length = int.from_bytes(self._bytes[16:24], "little")
            header = json.loads(self._bytes[24:24 + length])
            self.config = header["config"]
            self._tensors = {name: (t["dtype"], t["shape"], t["offset"], t["bytes"])
                             for name, t in header["tensors"].items()}
        else:
            length = int.from_bytes(self._bytes[:8], "little")
            header = json.loads(self._bytes[8:8 + length])
            header.pop("__metadata__", None)
            self.config = json.loads((path.parent / "config.json").read_text(encoding="utf-8"))
            start = 8 + length
            self._tensors = {name: (t["dtype"], t["shape"], start + t["data_offsets"][0],
                                    t["data_offsets"][1] - t["data_offsets"][0])
                             for name, t in header.items()}

    def __getitem__(self, name):
        dtype, shape, offset, length = self._tensors[name]
        raw = self._bytes[offset:offset + length]
        if dtype == "F32":
            values = np.frombuffer(raw, "<f4")
        elif dtype == "F16":
            values = np.frombuffer(raw, "<f2").astype(np.float32)
        elif dtype == "BF16":
            values = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            raise ValueError(f"tensor {name} is {dtype}: export from the float weights, not from quantised ones")
        return values.reshape(shape)

    def layer(self, number, name):
        return self[f"distilbert.transformer.layer.{number}.{name}"]
