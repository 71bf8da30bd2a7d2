import json
import unittest

import numpy as np

from support import (BERT_CONFIG, DISTILBERT_CONFIG, TOKENS, ConverterTest, bert_weights, distilbert_weights)

from dtypes import dequantize_rows
from flat_file import TensorInfo, read_flat, write_flat
from safetensors_io import read_safetensors


class FolderTest(ConverterTest):

    def back(self, source=None):
        """The folder that a flat file becomes."""
        folder = self.folder / "back" / "toy"
        status, stdout, stderr = self.run_converter("--to-safetensors", model=source or self.out, out=folder)
        self.assertEqual((status, stderr), (0, ""))
        self.assertIn(f"{folder}: ", stdout)
        return folder

    def floats(self, folder):
        return {name: tensor.floats() for name, tensor in read_safetensors(folder / "model.safetensors").items()}

    def test_there_and_back_gives_the_same_bytes_in_every_dtype(self):
        self.write_vocabulary()
        self.write_json("tokenizer_config.json", {"do_lower_case": False, "strip_accents": True,
                                                  "tokenize_chinese_chars": False, "model_max_length": 10})
        for dtype in ("F32", "F16", "BF16"):
            self.write_model(distilbert_weights(), {**DISTILBERT_CONFIG, "other": [1, "é"]}, dtype)
            self.converted()
            first = read_flat(self.out)
            folder = self.back()
            self.assertEqual((folder / "vocab.txt").read_bytes(), (self.model / "vocab.txt").read_bytes())
            flat = self.converted(model=folder)
            self.assert_same_tensors(flat.tensors, first.tensors)
            self.assertEqual(flat.header["tokenizer"], first.header["tokenizer"])
            self.assertEqual(flat.header["labels"], first.header["labels"])
            # From here on nothing changes any more.
            again = self.out.read_bytes()
            for path in sorted(self.folder.glob("back/toy/*")):
                path.unlink()
            self.converted(model=self.back())
            self.assertEqual(self.out.read_bytes(), again)
            for path in sorted(self.folder.glob("back/toy/*")):
                path.unlink()

    def test_what_hugging_face_reads(self):
        self.write_vocabulary()
        self.converted()
        folder = self.back()
        self.assertEqual(sorted(path.name for path in folder.iterdir()),
                         ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"])
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.assertEqual(config, {**DISTILBERT_CONFIG, "architectures": ["DistilBertForSequenceClassification"],
                                  "label2id": {"NEGATIVE": 0, "POSITIVE": 1}})
        tokenizer = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        self.assertEqual((tokenizer["do_lower_case"], tokenizer["model_max_length"], tokenizer["tokenizer_class"]),
                         (True, 12, "DistilBertTokenizer"))
        content = (folder / "model.safetensors").read_bytes()
        length = int.from_bytes(content[:8], "little")
        self.assertEqual(length % 8, 0)
        self.assertEqual(json.loads(content[8:8 + length])["__metadata__"], {"format": "pt"})
        self.assert_same_tensors(self.floats(folder), distilbert_weights())

    def test_an_encoder_without_head_and_vocabulary(self):
        self.write_model(distilbert_weights(classifier=False), DISTILBERT_CONFIG)
        self.converted()
        folder = self.back()
        self.assertEqual(sorted(path.name for path in folder.iterdir()), ["config.json", "model.safetensors"])
        self.assertEqual(json.loads((folder / "config.json").read_text())["architectures"], ["DistilBertModel"])
        self.assert_same_tensors(self.floats(folder), distilbert_weights(prefix="", classifier=False))

    def test_int8_becomes_the_numbers_it_stands_for(self):
        weights = distilbert_weights(vocabulary=10_000)
        self.write_model(weights, {**DISTILBERT_CONFIG, "vocab_size": 10_000})
        flat = self.converted("--dtype", "int8")
        name = "distilbert.embeddings.word_embeddings.weight"
        expected = {**weights, name: dequantize_rows(flat.tensors[name], flat.tensors[f"{name}.scales"])}
        self.assert_same_tensors(self.floats(self.back()), expected)

    def test_bert_gets_its_own_names_back(self):
        weights = bert_weights(distilbert_weights())
        self.write_model(weights, BERT_CONFIG)
        first = self.converted().tensors
        folder = self.back()
        floats = self.floats(folder)
        self.assertEqual(set(floats), set(weights))
        for name, values in weights.items():
            np.testing.assert_array_equal(floats[name], values, err_msg=name)
        self.assert_same_tensors(self.converted(model=folder).tensors, first)

    def test_a_checkpoints_moments_are_left_out(self):
        self.converted()
        flat = read_flat(self.out)
        infos = [TensorInfo(name, "F32", array.shape) for name, array in flat.tensors.items()]
        moment = TensorInfo("optimizer.first_moment.classifier.bias", "F32", (2,))
        checkpoint = self.folder / "checkpoint.flat"
        write_flat(checkpoint, flat.header, [*infos, moment], [*flat.tensors.values(), np.ones(2, np.float32)])
        self.assert_same_tensors(self.floats(self.back(checkpoint)), distilbert_weights())

    def test_refusals(self):
        self.converted()
        for folder in (self.model, self.out):
            before = sorted(self.folder.rglob("*"))
            status, stdout, stderr = self.run_converter("--to-safetensors", model=self.out, out=folder)
            self.assertEqual((status, stdout, stderr),
                             (1, "", f"convert.py: {folder}: exists and is not an empty folder\n"))
            self.assertEqual(sorted(self.folder.rglob("*")), before)
        self.out.write_bytes(b"DEMIFLAT")
        status, _, stderr = self.run_converter("--to-safetensors", model=self.out, out=self.folder / "new")
        self.assertEqual((status, stderr.count("\n")), (1, 1))
        self.assertFalse((self.folder / "new").exists())
        with self.assertRaises(SystemExit) as usage:
            self.run_converter("--to-safetensors", "--dtype", "f16", model=self.out, out=self.folder / "new")
        self.assertEqual(usage.exception.code, 2)


if __name__ == "__main__":
    unittest.main()
