"""The small model that the Java tests read, and the real ones where they are at hand."""

import json
import struct
import unittest

import numpy as np

from support import PARTS, ROOT, SHARED, ConverterTest

from flat_file import read_flat

TINY = ROOT / "src" / "test" / "resources" / "tiny-distilbert"
MODELS = SHARED / "models"


def safetensors(path):
    """Every tensor, as float32; written apart from the converter's own reader."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    tensors = {}
    for name, entry in json.loads(content[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            values = np.frombuffer(content[begin:end], {"F32": "<f4", "F16": "<f2"}[entry["dtype"]])
            tensors[name] = values.reshape(entry["shape"]).astype(np.float32)
    return tensors


class TinyDistilBertTest(ConverterTest):

    def test_conversion_reproduces_the_committed_file(self):
        self.converted("--dtype", "f32", model=TINY)
        self.assertEqual(self.out.read_bytes(), (TINY / "tiny-distilbert.flat").read_bytes(),
                         "if the format was changed on purpose, convert the file anew")

    def test_tensors_are_the_models(self):
        tensors = read_flat(TINY / "tiny-distilbert.flat").tensors
        expected = safetensors(TINY / "model.safetensors")
        self.assertEqual(set(tensors), set(expected))
        for name, values in expected.items():
            np.testing.assert_array_equal(tensors[name], values, err_msg=name)


@unittest.skipUnless((MODELS / "sst2-reference").is_dir(), "needs ../shared/models/sst2-reference")
class Sst2ReferenceTest(ConverterTest):

    def test_int8(self):
        model = MODELS / "sst2-reference"
        flat = self.converted("--dtype", "int8", model=model)
        expected = safetensors(model / "model.safetensors")
        scales = {name for name in flat.tensors if name.endswith(".scales")}
        self.assertEqual(set(flat.tensors) - scales - {"vocabulary"}, set(expected))
        quantized = {name for name in expected if flat.tensors[name].dtype == np.int8}
        # Two embeddings, six matrices in each of six layers, and the pre_classifier; not the classifier's 2 x 768.
        self.assertEqual(len(quantized), 2 + 6 * 6 + 1)
        self.assertEqual(scales, {f"{name}.scales" for name in quantized})
        for name, values in expected.items():
            if name in quantized:
                scale = flat.tensors[f"{name}.scales"][:, None]
                q = flat.tensors[name]
                np.testing.assert_array_equal(scale[:, 0], np.abs(values).max(axis=1) / np.float32(127))
                np.testing.assert_array_equal(q, np.rint(values / scale))
                # Half a scale, and the roundings of w / scale and q * scale.
                error = np.abs(q * scale.astype(np.float64) - values)
                self.assertLessEqual((error / scale).max(), 0.5 + 127 * 2.0 ** -23, name)
            else:
                np.testing.assert_array_equal(flat.tensors[name], values, err_msg=name)
        self.assertEqual(flat.tensors["vocabulary"].tobytes(), (model / "vocab.txt").read_bytes())
        self.assertEqual(flat.header["labels"], ["NEGATIVE", "POSITIVE"])
        self.assertEqual(flat.header["tokenizer"], {"lowercase": True, "strip_accents": None,
                                                    "tokenize_chinese_chars": True, "max_length": 512})


@unittest.skipUnless((MODELS / "minilm-l6").is_dir(), "needs ../shared/models/minilm-l6")
class MiniLmTest(ConverterTest):

    def test_keep(self):
        model = MODELS / "minilm-l6"
        flat = self.converted(model=model)
        stored = safetensors(model / "model.safetensors")
        expected = {f"distilbert.embeddings.{part}": stored[f"embeddings.{part}"]
                    for part in ("word_embeddings.weight", "position_embeddings.weight", "token_type_embeddings.weight",
                                 "LayerNorm.weight", "LayerNorm.bias")}
        for layer in range(6):
            for ours, theirs, _ in PARTS:
                for kind in ("weight", "bias"):
                    expected[f"distilbert.transformer.layer.{layer}.{ours}.{kind}"] = \
                        stored[f"encoder.layer.{layer}.{theirs}.{kind}"]
        self.assertEqual(set(flat.tensors), {"vocabulary", *expected})
        for name, values in expected.items():
            self.assertEqual(flat.tensors[name].dtype, np.float16, name)
            np.testing.assert_array_equal(flat.tensors[name], values, err_msg=name)
        self.assertEqual(flat.header["labels"], [])
        self.assertEqual(flat.header["config"]["architectures"], ["BertModel"])
        self.assertEqual(flat.header["sentence_transformers"]["pooling"], "mean")


if __name__ == "__main__":
    unittest.main()
