import json
import struct
import unittest

import numpy as np

from support import ConverterTest, distilbert_weights, write_raw, write_safetensors

from model_files import ModelError
from safetensors_io import read_model, read_safetensors


class SafetensorsTest(ConverterTest):

    def setUp(self):
        super().setUp()
        self.path = self.model / "model.safetensors"

    def assert_broken(self, header, content, *words):
        write_raw(self.path, header, content)
        self.assert_refused(str(self.path), *words)

    @staticmethod
    def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
        return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}

    def test_reads_what_was_written(self):
        weights = distilbert_weights()
        for dtype in ("F32", "F16", "BF16"):
            write_safetensors(self.path, weights, dtype)
            tensors = read_safetensors(self.path)
            self.assertEqual(set(tensors), set(weights))
            for name, values in weights.items():
                self.assertEqual((tensors[name].dtype, tensors[name].shape), (dtype, values.shape))
                np.testing.assert_array_equal(tensors[name].floats(), values)

    def test_empty_file(self):
        self.path.write_bytes(b"")
        self.assert_refused(str(self.path), "0 bytes")

    def test_shorter_than_the_length(self):
        self.path.write_bytes(b"12345")
        self.assert_refused(str(self.path), "5 bytes")

    def test_header_length_beyond_the_file(self):
        for length in (3, 100, 2 ** 63, 2 ** 64 - 1):
            self.path.write_bytes(struct.pack("<Q", length) + b"{}")
            self.assert_refused(str(self.path), str(length), "only 2 bytes")

    def test_the_message_is_one_line_whatever_a_tensor_is_called(self):
        write_raw(self.path, {"a\nb\u001b[2J\u2028\ud800": 1}, b"")
        with self.assertRaises(ModelError) as raised:
            read_safetensors(self.path)
        self.assertIn("tensor a\\u000ab\\u001b[2J\\u2028\\ud800: expected an object", str(raised.exception))

    def test_an_empty_tensor_of_a_shape_beyond_all_bounds(self):
        for shape in ((0, 10 ** 30), (0,) * 70, (0, 2 ** 62, 2 ** 62)):
            write_raw(self.path, {"w": self.entry(shape=shape, offsets=(0, 0))}, b"")
            with self.assertRaises(ModelError) as raised:
                read_safetensors(self.path)["w"].floats()
            self.assertIn("tensor w: its shape [0,", str(raised.exception))

    def test_truncated(self):
        whole = self.path.read_bytes()
        self.path.write_bytes(whole[:-1])
        self.assert_refused(str(self.path), "tensor classifier.bias", "truncated")

    def test_header_is_not_json(self):
        for text in (b"not json", b'{"a":', b"\xff\xfe", b"[" * 100_000):
            self.assert_broken(text, b"", "not valid JSON")
        self.assert_broken(b"[]", b"", "expected a JSON object", "list")

    def test_tensor_twice_in_a_header(self):
        entry = json.dumps(self.entry())
        self.assert_broken(f'{{"x":{entry},"x":{entry}}}'.encode(), b"\0" * 8, "'x' stands twice")

    def test_malformed_entries(self):
        for entry, word in ((3, "found 3"),
                            (self.entry(dtype="F31"), "F31"),
                            (self.entry(dtype=["F32"]), "['F32']"),
                            (self.entry(shape=(-2,)), "[-2]"),
                            (self.entry(shape=(2.0,)), "[2.0]"),
                            (self.entry(shape=(True, 2)), "[True, 2]"),
                            ({"dtype": "F32", "shape": [2]}, "two data_offsets, found None"),
                            (self.entry(offsets=(0, 4, 8)), "[0, 4, 8]")):
            self.assert_broken({"x": entry}, b"\0" * 8, "tensor x", word)

    def test_offsets_outside_the_file(self):
        for offsets in ((0, 16), (8, 0), (2 ** 64, 2 ** 64 + 8)):
            self.assert_broken({"x": self.entry(offsets=offsets)}, b"\0" * 8, "tensor x", str(list(offsets)), "8 bytes")
        self.assert_broken({"x": self.entry(offsets=(-8, 0))}, b"\0" * 8, "tensor x", "[-8, 0]")

    def test_size_does_not_match_the_shape(self):
        self.assert_broken({"x": self.entry(shape=(3,))}, b"\0" * 8, "tensor x", "12 bytes", "hold 8")
        self.assert_broken({"x": self.entry(shape=(2 ** 40, 2 ** 40))}, b"\0" * 8, "tensor x", "hold 8")

    def test_overlap(self):
        self.assert_broken({"x": self.entry(), "y": self.entry(offsets=(4, 12))}, b"\0" * 12,
                           "tensor y", "begins at 4", "overlaps x", "ends at 8")

    def test_bytes_of_no_tensor(self):
        self.assert_broken({"x": self.entry(offsets=(4, 12))}, b"\0" * 12, "tensor x", "begins at 4", "expected 0")
        self.assert_broken({"x": self.entry()}, b"\0" * 12, "end at 8", "12 bytes")

    def test_folder_in_place_of_the_file(self):
        self.path.unlink()
        self.path.mkdir()
        self.assert_refused(str(self.path), "directory")

    def test_no_weights(self):
        self.path.unlink()
        self.assert_refused(str(self.model), "neither model.safetensors nor model.safetensors.index.json")


class ShardsTest(ConverterTest):

    def setUp(self):
        super().setUp()
        self.whole = self.model / "model.safetensors"
        weights = distilbert_weights()
        names = list(weights)
        self.shards = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
        self.weights = weights

    def split(self):
        self.whole.unlink()
        weight_map = {}
        for shard, names in self.shards.items():
            write_safetensors(self.model / shard, {name: self.weights[name] for name in names})
            weight_map.update(dict.fromkeys(names, shard))
        self.write_index(weight_map)
        return weight_map

    def write_index(self, weight_map):
        self.write_json("model.safetensors.index.json", {"metadata": {}, "weight_map": weight_map})

    def test_sharded_equals_whole(self):
        self.write_vocabulary()
        for dtype in ("keep", "f16", "int8"):
            if not self.whole.exists():
                write_safetensors(self.whole, self.weights)
            self.converted("--dtype", dtype)
            whole = self.out.read_bytes()
            self.split()
            self.converted("--dtype", dtype)
            self.assertEqual(self.out.read_bytes(), whole)

    def test_shard_missing(self):
        self.split()
        missing = self.model / "model-00002-of-00002.safetensors"
        missing.unlink()
        self.assert_refused(str(missing), "missing")

    def test_tensor_in_two_shards(self):
        second = self.shards["model-00002-of-00002.safetensors"]
        second.append(self.shards["model-00001-of-00002.safetensors"][3])
        self.split()
        self.assert_refused("model-00002-of-00002.safetensors", second[-1], "model-00001-of-00002.safetensors")

    def test_tensor_is_not_where_the_index_says(self):
        weight_map = self.split()
        weight_map["classifier.bias"] = "model-00001-of-00002.safetensors"
        self.write_index(weight_map)
        self.assert_refused("model-00001-of-00002.safetensors", "classifier.bias", "missing")

    def test_malformed_index(self):
        self.split()
        for weight_map, word in (([], "[]"), ({"x": 3}, "found 3"), ({"x": "../elsewhere"}, "../elsewhere")):
            self.write_index(weight_map)
            self.assert_refused("model.safetensors.index.json", word)

    def test_whole_file_is_preferred(self):
        self.split()
        write_safetensors(self.whole, self.weights)
        self.assertEqual(read_model(self.model)[0], self.whole)


class FiniteTest(ConverterTest):

    def test_nan_and_infinity_name_the_tensor(self):
        for value in (np.nan, np.inf, -np.inf):
            for dtype in ("F32", "F16", "BF16"):
                weights = distilbert_weights()
                weights["distilbert.transformer.layer.1.ffn.lin2.bias"][3] = value
                self.write_model(weights, {"model_type": "distilbert"}, dtype)
                tensor = read_safetensors(self.model / "model.safetensors")
                with self.assertRaisesRegex(ModelError, r"layer\.1\.ffn\.lin2\.bias holds NaN or infinity"):
                    tensor["distilbert.transformer.layer.1.ffn.lin2.bias"].floats()


if __name__ == "__main__":
    unittest.main()
