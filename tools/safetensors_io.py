"""Reads safetensors: 8 bytes of header length, a JSON header, then the tensors' bytes end to end."""

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Dict, Tuple

import numpy as np

from dtypes import NUMPY, to_float32
from model_files import (POINTER, ModelError, as_array, is_count, parse_json_object, read_json_object,
                         refuse_pointer)

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"

# Bytes a number; those a model's weights do not use still stand in a file as buffers.
ITEM_BYTES = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
              "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1}

FLOATS = ("F64", "F32", "F16", "BF16")


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a memory-mapped file; nothing is read before it is asked for."""

    path: Path
    name: str
    dtype: str
    shape: Tuple[int, ...]
    data: memoryview

    def values(self) -> np.ndarray:
        """As stored; BF16 as its 16 bits."""
        return as_array(self.data, NUMPY[self.dtype], self.shape, f"{self.path}: tensor {self.name}")

    def floats(self) -> np.ndarray:
        """As float32. Refuses NaN and infinity, which no trained model holds, and an F64 that float32 cannot hold."""
        with np.errstate(over="ignore"):
            floats = to_float32(self.values(), self.dtype)
        if not np.isfinite(floats).all():
            raise ModelError(f"{self.path}: tensor {self.name} holds NaN or infinity, expected finite numbers"
                             + (" that fit F32" if self.dtype == "F64" else ""))
        return floats


def read_safetensors(path: Path) -> Dict[str, StoredTensor]:
    """The tensors of one file, every bound checked."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        refuse_pointer(file.read(len(POINTER)), path)
        if size < 8:
            raise ModelError(f"{path}: {size} bytes, expected at least the 8 of the header's length")
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    (length,) = struct.unpack("<Q", content[:8])
    if length > size - 8:
        raise ModelError(f"{path}: the header's length is {length}, but only {size - 8} bytes follow"
                         " (truncated, or not a safetensors file)")
    header = parse_json_object(bytes(content[8:8 + length]), f"{path}: header")
    data = content[8 + length:]
    tensors = {}
    spans = []
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype, shape, begin, end = _checked(path, name, entry, len(data))
        tensors[name] = StoredTensor(path, name, dtype, shape, data[begin:end])
        spans.append((begin, end, name))
    _check_contiguous(path, spans, len(data))
    return tensors


def _checked(path, name, entry, available):
    where = f"{path}: tensor {name}"
    if not isinstance(entry, dict):
        raise ModelError(f"{where}: expected an object with dtype, shape and data_offsets, found {entry!r}")
    dtype = entry.get("dtype")
    if not isinstance(dtype, str) or dtype not in ITEM_BYTES:
        raise ModelError(f"{where}: expected a dtype of {', '.join(ITEM_BYTES)}, found {dtype!r}")
    shape = entry.get("shape")
    if not isinstance(shape, list) or not all(is_count(n) for n in shape):
        raise ModelError(f"{where}: expected a shape of whole numbers, found {shape!r}")
    offsets = entry.get("data_offsets")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(is_count(n) for n in offsets):
        raise ModelError(f"{where}: expected two data_offsets, found {offsets!r}")
    begin, end = offsets
    if not begin <= end <= available:
        raise ModelError(f"{where}: data_offsets are {offsets}, but the file has {available} bytes of tensors"
                         " (truncated?)")
    needed = prod(shape) * ITEM_BYTES[dtype]
    if end - begin != needed:
        raise ModelError(f"{where}: {dtype} of shape {shape} takes {needed} bytes, data_offsets hold {end - begin}")
    return dtype, tuple(shape), begin, end


def _check_contiguous(path, spans, available):
    """The format allows neither overlaps nor holes, so what is in neither was not written as a safetensors file."""
    position, previous = 0, None
    for begin, end, name in sorted(spans):
        if begin < position:
            raise ModelError(f"{path}: tensor {name} begins at {begin} and overlaps {previous}, which ends at"
                             f" {position}")
        if begin > position:
            raise ModelError(f"{path}: tensor {name} begins at {begin}, expected {position}: the bytes between belong"
                             " to no tensor")
        position, previous = end, name
    if position != available:
        raise ModelError(f"{path}: the tensors end at {position}, but the file has {available} bytes of them")


def read_model(folder: Path) -> Tuple[Path, Dict[str, StoredTensor]]:
    """The tensors of a model's folder, and the file that lists them."""
    single = folder / WEIGHTS
    if single.exists():
        return single, read_safetensors(single)
    index = folder / INDEX
    if not index.exists():
        other = next((name for name in ("pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5",
                                        "flax_model.msgpack") if (folder / name).exists()), None)
        raise ModelError(f"{folder}: holds neither {WEIGHTS} nor {INDEX}"
                         + (f", only {other}: save the model again with safe_serialization=True" if other else ""))
    return index, _read_shards(index)


def _read_shards(index: Path) -> Dict[str, StoredTensor]:
    weight_map = read_json_object(index).get("weight_map")
    if not isinstance(weight_map, dict):
        raise ModelError(f"{index}: expected an object weight_map, found {weight_map!r}")
    for name, shard in weight_map.items():
        if not isinstance(shard, str) or Path(shard).name != shard:
            raise ModelError(f"{index}: tensor {name}: expected the name of a file beside the index, found {shard!r}")
    tensors = {}
    for shard in sorted(set(weight_map.values())):
        path = index.parent / shard
        if not path.exists():
            raise ModelError(f"{path}: the shard is missing; {index.name} lists it")
        for name, tensor in read_safetensors(path).items():
            if name in tensors:
                raise ModelError(f"{path}: tensor {name} stands in {tensors[name].path.name} too, expected it once")
            tensors[name] = tensor
    for name, shard in weight_map.items():
        if name not in tensors or tensors[name].path.name != shard:
            raise ModelError(f"{index.parent / shard}: tensor {name} is missing; {index.name} lists it there")
    return tensors
