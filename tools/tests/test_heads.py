"""Models of every head as Hugging Face saves them, and folders from other people's trouble."""

import json
import shutil
import unittest

import numpy as np

from support import RESOURCES, ConverterTest, write_safetensors

from flat_file import read_flat
from safetensors_io import read_model

HEADS = RESOURCES / "heads"
CASES = RESOURCES / "cases"

# The tensors behind the encoder's, by the part of a folder's name that tells its head: DistilBERT's, then BERT's.
CLASSIFIER = {"classifier.weight": "classifier.weight", "classifier.bias": "classifier.bias"}
DISTILBERT_POOLED = {"pre_classifier.weight": "pre_classifier.weight", "pre_classifier.bias": "pre_classifier.bias",
                     **CLASSIFIER}
BERT_POOLED = {"pre_classifier.weight": "bert.pooler.dense.weight", "pre_classifier.bias": "bert.pooler.dense.bias",
               **CLASSIFIER}
QA = {"qa_outputs.weight": "qa_outputs.weight", "qa_outputs.bias": "qa_outputs.bias"}
DISTILBERT_MLM = {name: name for name in
                  ("vocab_transform.weight", "vocab_transform.bias", "vocab_layer_norm.weight", "vocab_layer_norm.bias",
                   "vocab_projector.bias")}
BERT_MLM = {"vocab_transform.weight": "cls.predictions.transform.dense.weight",
            "vocab_transform.bias": "cls.predictions.transform.dense.bias",
            "vocab_layer_norm.weight": "cls.predictions.transform.LayerNorm.weight",
            "vocab_layer_norm.bias": "cls.predictions.transform.LayerNorm.bias",
            "vocab_projector.bias": "cls.predictions.bias"}
BERT_BASE = {"pre_classifier.weight": "pooler.dense.weight", "pre_classifier.bias": "pooler.dense.bias"}


def expected_head(name):
    bert = name.startswith(("bert", "st-bert"))
    if name.startswith("st-"):
        return BERT_BASE if bert else {}
    kind = name.partition("-")[2]
    if kind == "ner":
        return CLASSIFIER
    if kind == "qa":
        return QA
    if kind == "mlm":
        return BERT_MLM if bert else DISTILBERT_MLM
    return BERT_POOLED if bert else DISTILBERT_POOLED


class HeadsTest(ConverterTest):

    def test_every_head_keeps_its_tensors(self):
        names = sorted(path.name for path in HEADS.iterdir() if path.is_dir())
        self.assertEqual(len(names), 21)
        for name in names:
            with self.subTest(name):
                flat = self.converted(model=HEADS / name)
                _, stored = read_model(HEADS / name)
                stored = {key: tensor.floats() for key, tensor in stored.items()}
                head = {key: values for key, values in flat.tensors.items()
                        if not key.startswith("distilbert.") and key != "vocabulary"}
                self.assert_same_tensors(head, {ours: stored[theirs] for ours, theirs in expected_head(name).items()})
                self.assertEqual(len(flat.tensors) - 1, len(stored))
                if name.startswith("bert"):
                    types = "embeddings.token_type_embeddings.weight"
                    np.testing.assert_array_equal(flat.tensors["distilbert." + types], stored["bert." + types])

    def test_there_and_back_gives_the_same_tensors(self):
        for path in sorted(path for path in HEADS.iterdir() if path.is_dir()):
            with self.subTest(path.name):
                self.converted(model=path)
                flat = self.out.read_bytes()
                folder = self.folder / "back" / path.name
                status, _, stderr = self.run_converter("--to-safetensors", model=self.out, out=folder)
                self.assertEqual((status, stderr), (0, ""))
                _, before = read_model(path)
                _, after = read_model(folder)
                self.assertEqual(set(after), set(before))
                for name, tensor in before.items():
                    self.assertEqual((after[name].dtype, after[name].shape, bytes(after[name].data)),
                                     (tensor.dtype, tensor.shape, bytes(tensor.data)), name)
                config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
                self.assertEqual(config, json.loads((path / "config.json").read_text(encoding="utf-8")))
                self.assertEqual((folder / "vocab.txt").read_bytes(), (path / "vocab.txt").read_bytes())
                self.converted(model=folder)
                self.assertEqual(self.out.read_bytes(), flat)

    def test_labels_are_a_classifiers(self):
        for name, expected in (("bert-nli", ["contradiction", "neutral", "entailment"]),
                               ("distilbert-cross-identity", ["LABEL_0"]), ("bert-qa", []), ("bert-choice", []),
                               ("distilbert-mlm", []), ("st-bert-max", [])):
            self.assertEqual(self.converted(model=HEADS / name).header["labels"], expected, name)
        self.assertEqual(len(self.converted(model=HEADS / "bert-ner").header["labels"]), 5)


class ArchitecturesTest(ConverterTest):

    def copy(self, name, **changes):
        """A head's folder with other words in its config.json; None takes a word away."""
        shutil.rmtree(self.model)
        shutil.copytree(HEADS / name, self.model)
        config = json.loads((self.model / "config.json").read_text(encoding="utf-8"))
        config.update(changes)
        self.write_json("config.json", {key: value for key, value in config.items() if value is not None})

    def test_tensors_decide_where_no_architecture_is_named(self):
        for path in sorted(path for path in HEADS.iterdir() if path.is_dir()):
            if "choice" in path.name:
                # Its tensors are those of a classifier with one label.
                continue
            expected = self.converted(model=path)
            for architectures in (None, []):
                self.copy(path.name, architectures=architectures)
                flat = self.converted()
                self.assertEqual(flat.header["config"]["architectures"], expected.header["config"]["architectures"])
                self.assert_same_tensors(flat.tensors, expected.tensors)

    def test_the_first_architecture_counts(self):
        self.copy("bert-ner", architectures=["BertForTokenClassification", "BertForMaskedLM"])
        self.assertEqual(self.converted().header["config"]["architectures"], ["BertForTokenClassification"])

    def test_a_token_classifier_with_a_pooler(self):
        status, _, stderr = self.run_converter(model=CASES / "3" / "ner")
        self.assertEqual((status, stderr), (0, "convert.py: left out, as no part of BertForTokenClassification:"
                                               " bert.pooler.dense\n"))
        flat = read_flat(self.out)
        self.assertNotIn("pre_classifier.weight", flat.tensors)
        self.assertEqual(len(flat.header["labels"]), 4)

    def test_pretraining_is_a_masked_language_model(self):
        self.copy("bert-mlm", architectures=["BertForPreTraining"])
        expected = self.converted(model=HEADS / "bert-mlm")
        flat = self.converted()
        self.assertEqual(flat.header["config"]["architectures"], ["BertForMaskedLM"])
        self.assert_same_tensors(flat.tensors, expected.tensors)

    def test_words_are_tied_unless_the_config_says_otherwise(self):
        _, stored = read_model(HEADS / "bert-mlm")
        weights = {name: tensor.floats() for name, tensor in stored.items()}
        decoder = np.ones((805, 32), np.float32)
        weights["cls.predictions.decoder.weight"] = decoder
        weights["cls.predictions.decoder.bias"] = weights["cls.predictions.bias"]
        expected = self.converted(model=HEADS / "bert-mlm").tensors
        for ties in (None, True):
            self.copy("bert-mlm", tie_word_embeddings=ties)
            write_safetensors(self.model / "model.safetensors", weights)
            self.assert_same_tensors(self.converted().tensors, expected)
        self.copy("bert-mlm", tie_word_embeddings=False)
        write_safetensors(self.model / "model.safetensors", weights)
        untied = self.converted().tensors
        np.testing.assert_array_equal(untied["vocab_projector.weight"], decoder)
        # The bias under its other name alone, and under both with other numbers.
        bias = weights.pop("cls.predictions.bias")
        write_safetensors(self.model / "model.safetensors", weights)
        self.assert_same_tensors(self.converted().tensors, untied)
        weights["cls.predictions.bias"] = bias + 1
        write_safetensors(self.model / "model.safetensors", weights)
        self.out.unlink()
        self.assert_refused("cls.predictions.decoder.bias", "the same numbers as in cls.predictions.bias")

    def test_number_of_labels_without_names(self):
        self.copy("bert-nli", id2label=None, label2id=None)
        self.assertEqual(self.converted().header["labels"], ["LABEL_0", "LABEL_1", "LABEL_2"])
        self.copy("bert-nli", id2label=None, label2id=None, num_labels=3)
        self.assertEqual(self.converted().header["labels"], ["LABEL_0", "LABEL_1", "LABEL_2"])
        self.out.unlink()
        self.copy("bert-nli", id2label=None, label2id=None, num_labels=2)
        self.assert_refused("classifier.weight", "expected shape [2, 32]", "found [3, 32]")


class CasesTest(ConverterTest):

    def test_labels(self):
        self.assertEqual(self.converted(model=CASES / "8" / "ints").header["labels"], ["0", "1", "2"])
        self.assertEqual(self.converted(model=CASES / "8" / "dups").header["labels"], ["neg", "other", "other"])
        config = json.loads((CASES / "8" / "ints" / "config.json").read_text())
        config["id2label"] = {"0": 1.50, "1": -3, "2": "line\nend"}
        shutil.rmtree(self.model)
        shutil.copytree(CASES / "8" / "ints", self.model)
        (self.model / "config.json").write_text(json.dumps(config).replace("1.5", "1.50"))
        self.assertEqual(self.converted().header["labels"], ["1.50", "-3", "line\nend"])

    def test_float64(self):
        flat = self.converted(model=CASES / "12" / "f64")
        self.assertEqual({values.dtype for name, values in flat.tensors.items() if name != "vocabulary"},
                         {np.dtype(np.float32)})
        _, stored = read_model(CASES / "12" / "f64")
        self.assertEqual(stored["classifier.weight"].dtype, "F64")
        np.testing.assert_array_equal(flat.tensors["classifier.weight"],
                                      stored["classifier.weight"].values().astype(np.float32))

    def test_infinity(self):
        config = self.converted(model=CASES / "12" / "infcfg").header["config"]
        self.assertEqual((config["x"], config["big"], config["y"]), ("Infinity", "Infinity", "NaN"))

    def test_git_lfs_pointers(self):
        status, _, stderr = self.run_converter(model=CASES / "12" / "lfs")
        self.assertEqual((status, stderr.count("\n")), (1, 1))
        self.assertIn("model.safetensors: a Git LFS pointer", stderr)
        pointer = (CASES / "12" / "lfs" / "model.safetensors").read_bytes()
        for name in ("config.json", "tokenizer_config.json"):
            shutil.rmtree(self.model)
            shutil.copytree(HEADS / "bert-nli", self.model)
            (self.model / name).write_bytes(pointer)
            self.assert_refused(name, "Git LFS")

    def test_tokenizers_there_and_back(self):
        for name in ("1/b", "1/c", "1/e", "6/trail", "7/noclean", "7/prefix", "7/sbert", "12/sideleft", "13/both",
                     "13/angle"):
            with self.subTest(name):
                self.assertEqual(self.run_converter(model=CASES / name)[0], 0)
                flat = read_flat(self.out)
                folder = self.folder / name
                folder.parent.mkdir(exist_ok=True)
                self.assertEqual(self.run_converter("--to-safetensors", model=self.out, out=folder)[0], 0)
                self.assertEqual(self.run_converter(model=folder)[0], 0)
                again = read_flat(self.out)
                self.assertEqual(again.header["tokenizer"], flat.header["tokenizer"])
                self.assert_same_tensors(again.tensors, flat.tensors)

    def test_other_files_than_safetensors(self):
        (self.model / "model.safetensors").rename(self.model / "pytorch_model.bin")
        self.assert_refused("holds neither model.safetensors", "only pytorch_model.bin")


if __name__ == "__main__":
    unittest.main()
