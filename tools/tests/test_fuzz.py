"""Damaged files are read or refused with a ModelError of one line. FUZZ_INPUTS and FUZZ_SEED make it longer, or other."""

import os
import random
import struct
import unittest
import zlib

import numpy as np

from support import ConverterTest, write_safetensors

from flat_file import TensorInfo, read_flat, write_flat
from model_files import ModelError
from safetensors_io import FLOATS, read_safetensors

INPUTS = int(os.environ.get("FUZZ_INPUTS", "1000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))

NASTY = [b"0", b"-1", b"1", b"1e9", b"1e999", b"0.5", b"2147483648", b"18446744073709551616", b"9" * 40, b"null", b"true",
         b'""', b'"1"', b"{}", b"[]", b"[" * 50, b'{"a":', b"}", b"]", b",", b":", b'"', b"\\", b"\\ud800", b"\\n", b"NaN",
         b"\x00", b"\xff", b"\n", b"F32", b"F16", b"BF16", b"I8", b"F64", b"dtype", b"shape", b"data_offsets", b"offset",
         b"scales", b"__metadata__"]


def mutate(content, first, last, rng):
    """A copy with a few places between ``first`` and ``last`` changed, cut, doubled, or with something nasty in them."""
    content = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        end = min(last, len(content))
        if end <= first:
            break
        at = rng.randrange(first, end)
        length = min(end - at, rng.randint(1, 8))
        kind = rng.randrange(6)
        if kind == 0:
            content[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            content[at] = rng.randrange(256)
        elif kind == 2:
            del content[at:at + length]
        elif kind == 3:
            content[at:at] = content[at:at + length]
        elif kind == 4:
            content[at:at + rng.randint(0, length)] = rng.choice(NASTY)
        else:
            start = at
            while start < end and not 48 <= content[start] < 58:
                start += 1
            stop = start
            while stop < end and 48 <= content[stop] < 58:
                stop += 1
            content[start:stop] = rng.choice(NASTY) if rng.random() < 0.5 else str(rng.randrange(300)).encode()
    return bytes(content)


class FuzzTest(ConverterTest):

    def fuzz(self, content, header, read, seal=lambda content, header: content):
        """``header`` is where the header stands, which is mutated mostly, and mostly keeps its length or gets it right;
        ``seal`` puts its checksum right."""
        refused = 0
        path = self.folder / "fuzzed"
        for i in range(INPUTS):
            rng = random.Random(SEED * 1_000_003 + i)
            start = header.start if rng.random() < 0.9 else 0
            fuzzed = mutate(content, start, header.stop, rng)
            if start and rng.random() < 0.9:
                stop = header.stop + len(fuzzed) - len(content)
                text = fuzzed[start:stop].rstrip(b" ").ljust(len(header))
                fuzzed = fuzzed[:start - 8] + struct.pack("<Q", len(text)) + text + fuzzed[stop:]
                fuzzed = seal(fuzzed, text)
            path.write_bytes(fuzzed)
            try:
                read(path)
            except ModelError as e:
                refused += 1
                self.assertEqual(len(str(e).splitlines()), 1, repr(str(e)))
                str(e).encode("utf-8")
            except Exception as e:
                raise AssertionError(f"input {i} of seed {SEED}: {fuzzed[:3000]!r}") from e
        self.assertGreater(refused, INPUTS // 50)

    def test_safetensors(self):
        path = self.model / "model.safetensors"
        write_safetensors(path, {"w": np.ones((2, 3), np.float32), "b": np.ones(3, np.float32),
                                 "none": np.ones((0, 4), np.float32)}, "F32")
        content = path.read_bytes()
        header = range(8, 8 + struct.unpack("<Q", content[:8])[0])

        def read(path):
            for tensor in read_safetensors(path).values():
                if tensor.dtype in FLOATS:
                    tensor.floats()

        self.fuzz(content, header, read)

    def test_flat_file(self):
        infos = [TensorInfo("vocabulary", "U8", (4,)), TensorInfo("w", "I8", (2, 3), "s"), TensorInfo("s", "F32", (2,)),
                 TensorInfo("none", "F16", (0, 4))]
        arrays = [np.frombuffer(b"a\nb\n", np.uint8), np.ones((2, 3), np.int8), np.ones(2, np.float32),
                  np.ones((0, 4), np.float16)]
        write_flat(self.out, {"config": {"dim": 3}, "tokenizer": {}, "labels": ["A"], "metadata": {}}, infos, arrays)
        content = self.out.read_bytes()
        header = range(24, 24 + struct.unpack("<Q", content[16:24])[0])
        self.fuzz(content, header, read_flat,
                  lambda content, header: content[:12] + struct.pack("<I", zlib.crc32(header)) + content[16:])
        self.fuzz(content[:8] + struct.pack("<II", 1, 0) + content[16:], header, read_flat)


if __name__ == "__main__":
    unittest.main()
