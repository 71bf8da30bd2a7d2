import json
import resource
import subprocess
import sys
import unittest
from unittest import mock

import numpy as np

from support import (BERT_CONFIG, DIM, DISTILBERT_CONFIG, POSITIONS, ROOT, TOKENS, ConverterTest, bert_weights,
                     distilbert_weights, to_bfloat16)

from dtypes import quantize_rows
from flat_file import read_flat

POSITION = "distilbert.embeddings.position_embeddings.weight"
TOKEN_TYPES = "distilbert.embeddings.token_type_embeddings.weight"
WORDS = "distilbert.embeddings.word_embeddings.weight"


class DtypeTest(ConverterTest):

    def test_every_dtype_in_and_out(self):
        weights = distilbert_weights()
        stored = {"F32": weights,
                  "F16": {name: values.astype(np.float16) for name, values in weights.items()},
                  "BF16": {name: to_bfloat16(values) for name, values in weights.items()}}
        for dtype in ("F32", "F16", "BF16"):
            self.write_model(weights, DISTILBERT_CONFIG, dtype)
            self.assert_same_tensors(self.converted().tensors, stored[dtype])
            self.assert_same_tensors(self.converted("--dtype", "keep").tensors, stored[dtype])
            self.assert_same_tensors(self.converted("--dtype", "f32").tensors, stored["F32"])
            self.assert_same_tensors(self.converted("--dtype", "f16").tensors, stored["F16"])
            # Nothing in the small model has 65,536 numbers.
            self.assert_same_tensors(self.converted("--dtype", "int8").tensors, stored["F32"])
            self.assertEqual({entry["dtype"] for entry in self.converted().header["tensors"].values()}, {dtype})

    def test_int8_from_65536_numbers_up(self):
        for rows, quantized in ((65_536 // DIM - 1, False), (65_536 // DIM, True)):
            weights = distilbert_weights(vocabulary=rows)
            for dtype in ("F32", "F16", "BF16"):
                self.write_model(weights, {**DISTILBERT_CONFIG, "vocab_size": rows}, dtype)
                flat = self.converted("--dtype", "int8")
                expected = dict(weights)
                if quantized:
                    q, scales = quantize_rows(weights[WORDS])
                    expected = {WORDS: q, f"{WORDS}.scales": scales,
                                **{name: values for name, values in weights.items() if name != WORDS}}
                    self.assertEqual(flat.header["tensors"][WORDS]["scales"], f"{WORDS}.scales")
                self.assert_same_tensors(flat.tensors, expected)

    def test_f16_rounds_to_nearest_even_and_refuses_what_does_not_fit(self):
        weights = distilbert_weights()
        weights["classifier.bias"][:] = [65519, 1 + 2.0 ** -11]
        self.write_model(weights, DISTILBERT_CONFIG)
        self.assertEqual(self.converted("--dtype", "f16").tensors["classifier.bias"].tolist(), [65504, 1])
        self.out.unlink()
        weights["classifier.bias"][1] = 65520
        self.write_model(weights, DISTILBERT_CONFIG)
        self.assert_refused("model.safetensors", "classifier.bias", "F16", "65520", options=("--dtype", "f16"))

    def test_nan_and_infinity_are_refused_whatever_the_dtype(self):
        for value in (np.nan, np.inf):
            weights = distilbert_weights()
            weights["distilbert.embeddings.LayerNorm.bias"][2] = value
            for dtype in ("F32", "F16", "BF16"):
                self.write_model(weights, DISTILBERT_CONFIG, dtype)
                for option in ("keep", "f32", "f16", "int8"):
                    self.assert_refused("model.safetensors", "distilbert.embeddings.LayerNorm.bias", "NaN or infinity",
                                        options=("--dtype", option))


class NamesTest(ConverterTest):

    def assert_converts(self, weights, config, expected, *options):
        self.write_model(weights, config)
        self.assert_same_tensors(self.converted(*options).tensors, expected)

    def with_token_types(self, weights, prefix="bert.", **options):
        """The DistilBERT of the same weights, and the token types in their place."""
        expected = {}
        for name, values in distilbert_weights(**options).items():
            expected[name] = values
            if name == POSITION:
                expected[TOKEN_TYPES] = weights[f"{prefix}embeddings.token_type_embeddings.weight"]
        return expected

    def test_bare_distilbert_gets_the_prefix(self):
        self.assert_converts(distilbert_weights(prefix="", classifier=False), DISTILBERT_CONFIG,
                             distilbert_weights(classifier=False))
        self.assertEqual(read_flat(self.out).header["labels"], [])

    def test_bert_is_the_distilbert_of_the_same_weights(self):
        for prefix in ("bert.", ""):
            weights = bert_weights(distilbert_weights(), prefix)
            self.assert_converts(weights, BERT_CONFIG, self.with_token_types(weights, prefix))
        self.assertEqual(read_flat(self.out).header["labels"], ["NEGATIVE", "POSITIVE"])

    def test_order_in_the_file_is_not_the_order_in_the_model(self):
        weights = distilbert_weights()
        self.assert_converts(dict(reversed(list(weights.items()))), DISTILBERT_CONFIG, weights)

    def test_one_token_type(self):
        weights = bert_weights(distilbert_weights())
        name = "bert.embeddings.token_type_embeddings.weight"
        weights[name] = weights[name][:1]
        self.assert_converts(weights, {**BERT_CONFIG, "type_vocab_size": 1}, self.with_token_types(weights))

    def test_tensorflow_names(self):
        for weights, config in ((distilbert_weights(), DISTILBERT_CONFIG),
                                (bert_weights(distilbert_weights()), BERT_CONFIG)):
            self.write_model(weights, config)
            expected = self.converted().tensors
            old = {}
            for name, values in weights.items():
                if "LayerNorm." in name or "layer_norm." in name:
                    name = name.replace(".weight", ".gamma").replace(".bias", ".beta")
                old[name] = values
            self.assertNotEqual(list(old), list(weights))
            self.assert_converts(old, config, expected)

    def test_a_bare_berts_pooler_is_kept(self):
        distilbert = distilbert_weights(classifier=False)
        weights = bert_weights(distilbert, prefix="")
        expected = self.with_token_types(weights, "", classifier=False)
        self.assert_converts(weights, BERT_CONFIG, expected)
        for kind, shape in (("weight", (DIM, DIM)), ("bias", (DIM,))):
            weights[f"pooler.dense.{kind}"] = expected[f"pre_classifier.{kind}"] = np.ones(shape, np.float32)
        self.assert_converts(weights, BERT_CONFIG, expected)
        self.assertEqual(read_flat(self.out).header["labels"], [])

    def test_other_heads_are_left_out_in_one_line(self):
        for weights, config, heads in (
                (distilbert_weights(), DISTILBERT_CONFIG,
                 ("vocab_transform", "vocab_layer_norm", "vocab_projector", "qa_outputs")),
                (bert_weights(distilbert_weights()), BERT_CONFIG,
                 ("cls.predictions.transform.dense", "cls.predictions.decoder", "cls.seq_relationship"))):
            self.write_model(weights, config)
            expected = self.converted().tensors
            for head in heads:
                weights[f"{head}.weight"] = np.ones((3, DIM), np.float32)
                weights[f"{head}.bias"] = np.ones(3, np.float32)
            self.write_model(weights, config)
            status, _, stderr = self.run_converter()
            self.assertEqual((status, stderr.count("\n")), (0, 1))
            for head in heads:
                self.assertEqual(stderr.count(head), 1)
            self.assert_same_tensors(read_flat(self.out).tensors, expected)

    def test_buffers_are_dropped_without_a_word(self):
        for weights, config, prefix in ((distilbert_weights(), DISTILBERT_CONFIG, "distilbert."),
                                        (bert_weights(distilbert_weights()), BERT_CONFIG, "bert.")):
            self.write_model(weights, config)
            expected = self.converted().tensors
            weights[f"{prefix}embeddings.position_ids"] = np.arange(POSITIONS, dtype=np.int64)[None]
            self.assert_converts(weights, config, expected)


class HeaderTest(ConverterTest):

    def test_labels(self):
        config = {key: value for key, value in DISTILBERT_CONFIG.items() if key != "id2label"}
        self.write_model(distilbert_weights(), config)
        self.assertEqual(self.converted().header["labels"], ["LABEL_0", "LABEL_1"])
        weights = distilbert_weights()
        weights["classifier.weight"] = np.ones((11, DIM), np.float32)
        weights["classifier.bias"] = np.ones(11, np.float32)
        numbers = ["10", "2", "0", "1", "9", "8", "7", "6", "5", "4", "3"]
        self.write_model(weights, {**config, "id2label": {number: f"label {number}" for number in numbers}})
        self.assertEqual(self.converted().header["labels"], [f"label {n}" for n in range(11)])

    def test_config_is_kept_as_it_is(self):
        config = {"zebra": 1e-12, **DISTILBERT_CONFIG, "big": 10 ** 30, "nested": {"é": [None, True, 1.0]}}
        self.write_model(distilbert_weights(), config)
        header = self.converted().header
        resolved = {**config, "architectures": ["DistilBertForSequenceClassification"]}
        self.assertEqual(header["config"], resolved)
        self.assertEqual(list(header["config"]), list(resolved))

    def test_numbers_that_json_has_not(self):
        text = '{"x": Infinity, "y": [-Infinity, NaN], "z": {"a": 1e999, "b": "NaN, \\"Infinity", "c": -1E999},'
        (self.model / "config.json").write_text(text + json.dumps(DISTILBERT_CONFIG)[1:])
        config = self.converted().header["config"]
        self.assertEqual((config["x"], config["y"], config["z"]),
                         ("Infinity", ["-Infinity", "NaN"], {"a": "Infinity", "b": 'NaN, "Infinity', "c": "-Infinity"}))

    def test_metadata(self):
        header = self.converted("--dtype", "f16", "--license", "Apache 2.0", "--metadata", "note=a=b", "--metadata",
                                "empty=").header
        self.assertEqual(list(header["metadata"].items()),
                         [("source", "toy"), ("converter", "demitasse convert"), ("dtype", "f16"),
                          ("license", "Apache 2.0"), ("note", "a=b"), ("empty", "")])
        self.assertNotIn("license", self.converted().header["metadata"])

    def test_source_is_the_folders_name_however_it_is_written(self):
        for folder in (f"{self.model}/", self.model / ".." / "toy", self.model / "."):
            self.assertEqual(self.converted(model=folder).header["metadata"]["source"], "toy")

    def test_no_vocabulary(self):
        flat = self.converted()
        self.assertEqual(flat.header["tokenizer"], {})
        self.assertNotIn("vocabulary", flat.tensors)

    def test_report(self):
        self.write_vocabulary()
        status, stdout, stderr = self.run_converter()
        parameters = sum(values.size for values in distilbert_weights().values())
        self.assertEqual((status, stderr), (0, ""))
        self.assertEqual(stdout, f"{self.out}: {len(distilbert_weights()) + 1} tensors, {parameters} parameters,"
                                 f" {self.out.stat().st_size} bytes\n")

    def test_the_same_model_gives_the_same_bytes(self):
        self.write_vocabulary()
        self.converted()
        first = self.out.read_bytes()
        self.converted()
        self.assertEqual(self.out.read_bytes(), first)

    def test_tensors_follow_the_vocabulary(self):
        self.write_vocabulary()
        flat = self.converted()
        self.assertEqual(list(flat.tensors), ["vocabulary", *distilbert_weights()])
        self.assertEqual(flat.tensors["vocabulary"].tobytes().decode(), "".join(token + "\n" for token in TOKENS))


class ProcessTest(ConverterTest):
    """What only a process of its own shows."""

    def process(self, *options, **how):
        command = [sys.executable, str(ROOT / "tools" / "convert.py"), str(self.model), str(self.out), *options]
        return subprocess.run(command, stderr=subprocess.PIPE, text=True, **{"stdout": subprocess.PIPE, **how})

    def test_status_and_streams(self):
        done = self.process("--metadata", "note=naïve", cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(read_flat(self.out).header["metadata"]["note"], "naïve")

    def test_wrong_usage_is_status_2(self):
        for options, word in ((("--dtype", "f8"), "f8"), (("--metadata", "note"), "KEY=VALUE"),
                              (("--metadata", "=x"), "KEY=VALUE"), (("--metadata", "header_crc32=x"), "header_crc32")):
            done = self.process(*options)
            self.assertEqual(done.returncode, 2)
            self.assertIn(word, done.stderr)
        self.assertFalse(self.out.exists())

    def test_closed_and_full_stdout(self):
        with open("/dev/full", "wb") as full:
            done = self.process(stdout=full)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "convert.py: stdout: No space left on device; the file is written\n")
        read_flat(self.out)

    def test_disk_full(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

        done = self.process(preexec_fn=limit)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, f"convert.py: {self.out}: cannot write it: File too large\n")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["toy"])

    def test_debug_shows_the_traceback(self):
        (self.model / "config.json").unlink()
        done = self.process("--debug")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Traceback", done.stderr)
        self.assertEqual(done.stderr.splitlines()[-1],
                         f"convert.py: {self.model / 'config.json'}: No such file or directory")


class InterruptTest(ConverterTest):

    def test_interrupt_is_one_line(self):
        with mock.patch("model_files.os.replace", side_effect=KeyboardInterrupt):
            self.assert_refused("convert.py: interrupted")

    def test_unforeseen_failure_is_one_line(self):
        with mock.patch("convert.read_model", side_effect=MemoryError("no\nmemory")):
            status, _, stderr = self.run_converter()
        self.assertEqual((status, stderr), (1, "convert.py: MemoryError: no memory (--debug shows where)\n"))


if __name__ == "__main__":
    unittest.main()
