import errno
import json
import struct
import unittest
import zlib
from unittest import mock

import numpy as np

from support import ConverterTest

from flat_file import TensorInfo, read_flat, write_flat
from model_files import ModelError, parse_json_object

HEADER = {"config": {"dim": 3, "note": "naïve 中"}, "tokenizer": {}, "labels": ["A"], "metadata": {"source": "test"}}


class FlatFileTest(ConverterTest):

    def setUp(self):
        super().setUp()
        random = np.random.default_rng(5)
        self.infos = [TensorInfo("vocabulary", "U8", (5,)), TensorInfo("w", "I8", (2, 3), "w.scales"),
                      TensorInfo("w.scales", "F32", (2,)), TensorInfo("b", "BF16", (70,)),
                      TensorInfo("h", "F16", (1, 3))]
        self.arrays = [np.frombuffer(b"a\nb\n\n", np.uint8), random.integers(-127, 128, (2, 3)).astype(np.int8),
                       np.array([0.5, 2], np.float32), random.integers(0, 2 ** 14, 70).astype(np.uint16),
                       np.array([[1, 2, 3]], np.float16)]
        self.length = write_flat(self.out, HEADER, self.infos, self.arrays)
        self.content = self.out.read_bytes()
        self.start = 24 + struct.unpack("<Q", self.content[16:24])[0]

    def assert_unreadable(self, content, *words):
        self.out.write_bytes(content)
        with self.assertRaises(ModelError) as raised:
            read_flat(self.out)
        for word in (str(self.out), *words):
            self.assertIn(word, str(raised.exception))

    def with_header(self, old, new):
        """The file with a text of the header replaced by one of the same length, and the header's CRC made right."""
        text = self.content[24:self.start].replace(old, new)
        self.assertEqual(len(text), self.start - 24)
        return self.content[:12] + struct.pack("<IQ", zlib.crc32(text), len(text)) + text + self.content[self.start:]

    def test_round_trip(self):
        flat = read_flat(self.out)
        self.assert_same_tensors(flat.tensors, dict(zip([info.name for info in self.infos], self.arrays)))
        self.assertEqual({key: flat.header[key] for key in ("config", "tokenizer", "labels")},
                         {key: HEADER[key] for key in ("config", "tokenizer", "labels")})

    def test_empty_tensors_may_stand_anywhere(self):
        for shapes in ([(0,)], [(0, 3), (2,)], [(2,), (0,)], [(2,), (0,), (0, 4)], []):
            with self.subTest(shapes=shapes):
                arrays = [np.ones(shape, np.float32) for shape in shapes]
                infos = [TensorInfo(str(i), "F32", shape) for i, shape in enumerate(shapes)]
                length = write_flat(self.out, HEADER, infos, arrays)
                self.assertEqual(length, self.out.stat().st_size)
                self.assert_same_tensors(read_flat(self.out).tensors, dict(zip([info.name for info in infos], arrays)))

    def test_writing_what_was_read_gives_the_same_bytes(self):
        flat = read_flat(self.out)
        again = self.folder / "again.flat"
        write_flat(again, flat.header, self.infos, flat.tensors.values())
        self.assertEqual(again.read_bytes(), self.content)

    def test_layout(self):
        self.assertEqual(self.content[:16], b"DEMIFLAT" + struct.pack("<II", 2, zlib.crc32(self.content[24:self.start])))
        self.assertEqual(self.start % 64, 0)
        text = self.content[24:self.start]
        header = json.loads(text)
        self.assertEqual(list(header), ["config", "tokenizer", "labels", "metadata", "tensors"])
        compact = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        self.assertEqual(text, compact.ljust(len(text)))
        self.assertIn("naïve 中".encode(), text)
        self.assertEqual(list(header["tensors"]), [info.name for info in self.infos])
        position = self.start
        for array, entry in zip(self.arrays, header["tensors"].values()):
            self.assertEqual(entry["offset"], position + -position % 64)
            self.assertEqual(self.content[position:entry["offset"]].strip(b"\0"), b"")
            position = entry["offset"] + entry["bytes"]
            self.assertEqual(self.content[entry["offset"]:position], array.tobytes())
            self.assertEqual(entry["crc32"], zlib.crc32(array.tobytes()))
        self.assertEqual(position, len(self.content))
        self.assertEqual(self.length, len(self.content))
        self.assertEqual(header["tensors"]["w"]["scales"], "w.scales")
        self.assertNotIn("scales", header["tensors"]["h"])

    def version_1(self, metadata):
        """The same file as version 1 had it: zeros in place of the header's CRC."""
        text = self.content[24:self.start].replace(b'"metadata":{"source":"test"}', b'"metadata":' + metadata)
        text = text.rstrip().ljust(self.start - 24)
        self.assertEqual(len(text), self.start - 24)
        return text, self.content[:8] + struct.pack("<IIQ", 1, 0, len(text)) + text + self.content[self.start:]

    def test_version_1_had_its_crc_in_the_metadata(self):
        text, _ = self.version_1(b'{"header_crc32":"00000000"}')
        crc = b"%08x" % zlib.crc32(text)
        self.out.write_bytes(self.version_1(b'{"header_crc32":"' + crc + b'"}')[1])
        flat = read_flat(self.out)
        self.assertEqual((flat.version, flat.header["config"]), (1, HEADER["config"]))
        self.assert_same_tensors(flat.tensors, dict(zip([info.name for info in self.infos], self.arrays)))
        self.assert_unreadable(self.version_1(b'{"header_crc32":"0badf00d"}')[1], "header_crc32", "0badf00d")

    def test_version_1_without_crc_is_read(self):
        self.out.write_bytes(self.version_1(b"{}")[1])
        self.assertEqual(read_flat(self.out).header["metadata"], {})

    def test_version_1_is_written_again_as_version_2(self):
        self.out.write_bytes(self.version_1(b"{}")[1])
        again = self.folder / "again.flat"
        flat = read_flat(self.out)
        write_flat(again, {**flat.header, "metadata": {"source": "test", "header_crc32": "0badf00d"}}, self.infos,
                   flat.tensors.values())
        self.assertEqual(again.read_bytes(), self.content)

    def test_numbers_keep_their_text(self):
        config = parse_json_object(b'{"a":1E-5,"b":0.10,"c":-0,"d":1e22,"e":123456789012345678901234567890}', "test")
        write_flat(self.out, {**HEADER, "config": config}, self.infos, self.arrays)
        self.assertIn(b'{"a":1E-5,"b":0.10,"c":-0,"d":1e22,"e":123456789012345678901234567890}',
                      self.out.read_bytes())

    def test_every_flipped_byte_is_found(self):
        # All but the zeros between tensors.
        padding = set()
        position = self.start
        for entry in json.loads(self.content[24:self.start])["tensors"].values():
            padding.update(range(position, entry["offset"]))
            position = entry["offset"] + entry["bytes"]
        for i in set(range(len(self.content))) - padding:
            damaged = bytearray(self.content)
            damaged[i] ^= 1
            self.assert_unreadable(bytes(damaged))

    def test_unreadable(self):
        self.assert_unreadable(b"", "0 bytes")
        self.assert_unreadable(b"GGUF" + self.content[4:], "magic", "DEMIFLAT")
        self.assert_unreadable(self.content[:8] + struct.pack("<I", 3) + self.content[12:], "version", "found 3")
        self.assert_unreadable(self.content[:8] + struct.pack("<II", 1, 7) + self.content[16:], "reserved", "found 7")
        self.assert_unreadable(self.content[:12] + struct.pack("<I", 7) + self.content[16:], "crc32", "expected 7")
        for length in (self.start - 25, 2 ** 63):
            self.assert_unreadable(self.content[:16] + struct.pack("<Q", length) + self.content[24:], str(length))
        self.assert_unreadable(self.content[:-1], "tensor h", f"{len(self.content) - 1} bytes")
        self.assert_unreadable(self.content.replace(b'"dim":3', b'"dim":4'), "the header's crc32")

    def test_inconsistent_headers(self):
        offset = str(read_flat(self.out).header["tensors"]["b"]["offset"]).encode()
        for old, new, *words in (
                (b'"labels":["A"]', b'"labels":"ABC"', "labels", "expected list"),
                (b'"dtype":"F16"', b'"dtype":"F17"', "tensor h", "F17"),
                (b'"shape":[70]', b'"shape":[71]', "tensor b", "expected 142", "found 140"),
                (b'"shape":[70]', b'"shape":[-7]', "tensor b", "[-7]"),
                (b'"offset":' + offset, b'"offset":' + str(int(offset) - 64).encode().rjust(len(offset)),
                 "tensor b", "the end of w.scales"),
                (b'"offset":' + offset, b'"offset":' + str(int(offset) + 1).encode(), "tensor b", "a multiple of 64"),
                (b'"scales":"w.scales"', b'"scales":"w.scalex"', "tensor w", "w.scalex")):
            self.assert_unreadable(self.with_header(old, new), *words)

    def test_arrays_must_match_the_table(self):
        self.out.unlink()
        before = list(self.folder.iterdir())
        for arrays, word in ((self.arrays[:-1], "found 4"),
                             ([self.arrays[0].reshape(1, 5), *self.arrays[1:]], "vocabulary"),
                             ([*self.arrays[:-1], self.arrays[-1].astype(np.float32)], "tensor h")):
            with self.assertRaisesRegex(ModelError, word):
                write_flat(self.out, HEADER, self.infos, arrays)
            self.assertEqual(list(self.folder.iterdir()), before)

    def test_headers_that_are_no_json(self):
        for config in ({"x": float("nan")}, {"x": "\ud800"}):
            with self.assertRaisesRegex(ModelError, "header cannot be written"):
                write_flat(self.out, {**HEADER, "config": config}, self.infos, self.arrays)

    def test_failed_write_keeps_the_old_file(self):
        for failure, expected in ((OSError(errno.ENOSPC, "No space left on device"), ModelError),
                                  (KeyboardInterrupt(), KeyboardInterrupt)):
            with mock.patch("model_files.os.fsync", side_effect=failure), self.assertRaises(expected):
                write_flat(self.out, HEADER, self.infos[:1], self.arrays[:1])
            self.assertEqual(self.out.read_bytes(), self.content)
            self.assertEqual([path.name for path in self.folder.iterdir() if path.is_file()], [self.out.name])


if __name__ == "__main__":
    unittest.main()
