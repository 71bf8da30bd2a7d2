"""Reads and writes the flat weight file: one memory-mapped file is one model.

    0-7        ASCII DEMIFLAT
    8-11       u32 version = 2
    12-15      u32 CRC-32 of the header's H bytes
    16-23      u64 H, the header's length, the spaces at its end included; 24 + H is a multiple of 64
    24..24+H   UTF-8 JSON: config, tokenizer, labels, metadata, tensors
    then       tensors, row-major, each at a multiple of 64 from the file's start, zeros between

All numbers are little-endian. Version 1, which is still read, has zeros in bytes 12-15 and its header's CRC-32 in the
header itself.
"""

import mmap
import re
import struct
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Tuple

import numpy as np

from dtypes import NUMPY
from model_files import ModelError, as_array, check_replaceable, is_count, json_text, parse_json_object, whole_file

MAGIC = b"DEMIFLAT"
VERSION = 2
ALIGNMENT = 64
PREFIX = struct.Struct("<8sIIQ")
KEYS = ("config", "tokenizer", "labels", "sentence_transformers", "metadata", "tensors")
OPTIONAL_KEYS = ("sentence_transformers",)
DTYPES = ("F32", "F16", "BF16", "I8", "U8")
HEADER_CRC = "header_crc32"
ZERO_CRC = "00000000"
LARGEST_CRC = 2 ** 32 - 1


@dataclass(frozen=True)
class TensorInfo:
    """One row of the tensor table; for I8, ``scales`` names the F32 tensor with one scale a row."""

    name: str
    dtype: str
    shape: Tuple[int, ...]
    scales: Optional[str] = None

    @property
    def bytes(self) -> int:
        return prod(self.shape) * np.dtype(NUMPY[self.dtype]).itemsize


@dataclass(frozen=True)
class FlatFile:
    """A file that was read and verified. ``tensors`` are views of the mapped file; BF16 is carried as its 16 bits."""

    version: int
    header: dict
    tensors: Dict[str, np.ndarray]


def write_flat(path: Path, header: dict, infos: List[TensorInfo], arrays: Iterable[np.ndarray]) -> int:
    """Writes a flat file and returns its length in bytes.

    ``header`` holds all but ``tensors``. ``arrays`` gives each tensor of ``infos`` in that order, one at a time, so
    that no more than one need be in memory. The file appears at ``path`` only when it is whole and on the disk.
    """
    path = Path(path)
    metadata = {key: value for key, value in header["metadata"].items() if key != HEADER_CRC}
    header = {**header, "metadata": metadata}
    check_replaceable(path, MAGIC)
    offsets = _offsets(path, header, infos)
    with whole_file(path, MAGIC) as file:
        return _write(file, path, header, infos, offsets, arrays)


def _write(file, path, header, infos, offsets, arrays):
    crcs = []
    for info, offset, array in zip(infos, offsets, arrays):
        array = np.ascontiguousarray(array)
        if array.shape != info.shape or array.dtype != np.dtype(NUMPY[info.dtype]):
            raise ModelError(f"{path}: tensor {info.name}: expected {info.dtype} of shape {list(info.shape)}, found"
                             f" {array.dtype} of shape {list(array.shape)}")
        # Seeking past the end leaves zeros, which is the padding.
        file.seek(offset)
        content = array.reshape(-1).view(np.uint8).data
        crcs.append(zlib.crc32(content))
        file.write(content)
    if len(crcs) != len(infos):
        raise ModelError(f"{path}: expected {len(infos)} tensors, found {len(crcs)}")
    start = offsets[0] if offsets else _aligned(PREFIX.size + len(_encoded(path, header, infos, offsets, crcs)))
    text = _encoded(path, header, infos, offsets, crcs).ljust(start - PREFIX.size)
    file.seek(0)
    file.write(PREFIX.pack(MAGIC, VERSION, zlib.crc32(text), len(text)) + text)
    # An empty tensor at the end writes nothing, yet the file must reach to where it stands.
    return file.truncate(max([file.seek(0, 2)] + offsets[-1:]))


def _offsets(path, header, infos):
    """Where each tensor starts. The header's length depends on the offsets' digits and they on its length, so this
    repeats until both agree. The CRCs are not known yet: each gets the room of the largest."""
    start = 0
    while True:
        offsets, position = [], start
        for info in infos:
            offsets.append(position)
            position = _aligned(position + info.bytes)
        crcs = [LARGEST_CRC] * len(infos)
        needed = _aligned(PREFIX.size + len(_encoded(path, header, infos, offsets, crcs)))
        if needed <= start:
            return offsets
        start = needed


def _encoded(path, header, infos, offsets, crcs):
    table = {}
    for info, offset, crc in zip(infos, offsets, crcs):
        table[info.name] = {"dtype": info.dtype, "shape": list(info.shape), "offset": offset, "bytes": info.bytes,
                            "crc32": crc}
        if info.scales is not None:
            table[info.name]["scales"] = info.scales
    whole = {**header, "tensors": table}
    try:
        return json_text({key: whole[key] for key in KEYS if key in whole}).encode("utf-8")
    except ValueError as e:
        raise ModelError(f"{path}: the header cannot be written as UTF-8 JSON: {e}") from e


def _aligned(position):
    return -(-position // ALIGNMENT) * ALIGNMENT


def _with_crc(text: bytes, old: str, new: str) -> bytes:
    """The header with its own CRC changed. The last such text is the one: ``config`` stands before ``metadata``, and
    in ``tensors`` every value is an object."""
    before, key, after = text.rpartition(f'"{HEADER_CRC}":"{old}"'.encode())
    return before + key.replace(old.encode(), new.encode()) + after


def read_flat(path: Path) -> FlatFile:
    """Maps a flat file and verifies magic, version, bounds, overlaps, sizes and every CRC-32."""
    path = Path(path)
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        if size < PREFIX.size:
            raise ModelError(f"{path}: {size} bytes, expected at least {PREFIX.size}")
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    magic, version, crc, length = PREFIX.unpack(content[:PREFIX.size])
    if magic != MAGIC:
        raise ModelError(f"{path}: magic: expected {MAGIC!r}, found {magic!r}")
    if version not in (1, VERSION):
        raise ModelError(f"{path}: version: expected 1 or {VERSION}, found {version}")
    if version == 1 and crc != 0:
        raise ModelError(f"{path}: reserved bytes 12-15: expected 0, found {crc}")
    start = PREFIX.size + length
    if start > size or start % ALIGNMENT:
        raise ModelError(f"{path}: the header's length is {length}: expected 24 + length to be a multiple of"
                         f" {ALIGNMENT} and at most the file's {size} bytes")
    text = bytes(content[PREFIX.size:start])
    if version == VERSION and crc != zlib.crc32(text):
        raise ModelError(f"{path}: the header's crc32: expected {crc}, found {zlib.crc32(text)}")
    header = _read_header(path, text, version)
    tensors = {}
    end, previous = start, "the header"
    for name, entry in sorted(header["tensors"].items(), key=lambda item: _offset_of(path, *item)):
        info = _checked(path, name, entry, header["tensors"])
        offset = entry["offset"]
        if offset % ALIGNMENT or offset < end or offset + info.bytes > size:
            raise ModelError(f"{path}: tensor {name}: offset {offset} and bytes {info.bytes}: expected a multiple of"
                             f" {ALIGNMENT}, from {end} (the end of {previous}) and within the file's {size} bytes")
        end, previous = offset + info.bytes, name
        data = content[offset:end]
        if zlib.crc32(data) != entry.get("crc32"):
            raise ModelError(f"{path}: tensor {name}: crc32: expected {entry.get('crc32')}, found {zlib.crc32(data)}")
        tensors[name] = as_array(data, NUMPY[info.dtype], info.shape, f"{path}: tensor {name}")
    return FlatFile(version, header, {name: tensors[name] for name in header["tensors"]})


def _read_header(path, text, version):
    header = parse_json_object(text, f"{path}: header")
    for key in KEYS:
        if key in OPTIONAL_KEYS and key not in header:
            continue
        expected = list if key == "labels" else dict
        if not isinstance(header.get(key), expected):
            raise ModelError(f"{path}: header: {key}: expected {expected.__name__}, found {header.get(key)!r}")
    stated = header["metadata"].get(HEADER_CRC)
    if version == 1 and stated is not None:
        found = None
        if isinstance(stated, str) and re.fullmatch("[0-9a-f]{8}", stated):
            found = f"{zlib.crc32(_with_crc(text, stated, ZERO_CRC)):08x}"
        if stated != found:
            raise ModelError(f"{path}: {HEADER_CRC}: expected {stated}, found {found}")
    return header


def _offset_of(path, name, entry):
    if not isinstance(entry, dict) or not is_count(entry.get("offset")):
        raise ModelError(f"{path}: tensor {name}: expected an object with an offset, found {entry!r}")
    return entry["offset"]


def _checked(path, name, entry, entries):
    where = f"{path}: tensor {name}"
    dtype, shape, scales = entry.get("dtype"), entry.get("shape"), entry.get("scales")
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise ModelError(f"{where}: dtype: expected one of {', '.join(DTYPES)}, found {dtype!r}")
    if not isinstance(shape, list) or not all(is_count(n) for n in shape):
        raise ModelError(f"{where}: shape: expected whole numbers, found {shape!r}")
    info = TensorInfo(name, dtype, tuple(shape), scales)
    if entry.get("bytes") != info.bytes:
        raise ModelError(f"{where}: bytes: expected {info.bytes} for {dtype} of shape {shape}, found"
                         f" {entry.get('bytes')!r}")
    if dtype == "I8":
        other = entries.get(scales) if isinstance(scales, str) else None
        if len(shape) != 2 or not isinstance(other, dict) or other.get("dtype") != "F32" \
                or other.get("shape") != shape[:1]:
            raise ModelError(f"{where}: scales: expected the name of an F32 tensor of shape {shape[:1]}, found"
                             f" {scales!r}")
    return info
