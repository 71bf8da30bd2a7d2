"""Models that the flat file cannot hold, or that contradict themselves: one line each."""

import json
import os
import unittest

import numpy as np

from support import (BERT_CONFIG, DIM, DISTILBERT_CONFIG, LAYERS, VOCABULARY, ConverterTest, bert_weights,
                     distilbert_weights, write_safetensors)


class ConfigTest(ConverterTest):

    def assert_config_refused(self, config, *words):
        self.write_json("config.json", config)
        self.assert_refused("config.json", *words)

    def test_other_model_types(self):
        for model_type in ("roberta", None, ["bert"]):
            self.assert_config_refused({**DISTILBERT_CONFIG, "model_type": model_type}, "model_type", "bert")

    def test_other_activations(self):
        for value in ("mish", "xielu", "GELU", None, 1, ["gelu"]):
            self.assert_config_refused({**DISTILBERT_CONFIG, "activation": value}, "activation", "gelu, ",
                                       json.dumps(value))
        self.assert_config_refused({**BERT_CONFIG, "hidden_act": "hardtanh"}, "hidden_act", "hardtanh")
        for value in ("relu", "gelu_new", "silu"):
            self.write_json("config.json", {**DISTILBERT_CONFIG, "activation": value})
            self.converted()

    def test_other_positions(self):
        self.assert_config_refused({**BERT_CONFIG, "position_embedding_type": "relative_key"},
                                   "position_embedding_type", "absolute", "relative_key")

    def test_decoders(self):
        self.assert_config_refused({**BERT_CONFIG, "is_decoder": True}, "is_decoder", "true")

    def test_sizes(self):
        for key in ("dim", "n_layers", "n_heads", "hidden_dim", "vocab_size", "max_position_embeddings"):
            for value in (0, -1, 2.0, True, "8", None, 2 ** 24 + 1):
                self.assert_config_refused({**DISTILBERT_CONFIG, key: value}, key, json.dumps(value))
        self.assert_config_refused({**DISTILBERT_CONFIG, "n_heads": 3}, "dim", "multiple of n_heads (3)",
                                   f"found {DIM}")

    def test_labels(self):
        for id2label in ({"0": "A", "2": "B"}, {"1": "A", "2": "B"}, {"zero": "A"}, {"0": True}, {"0": None}, {}, ["A", "B"],
                         {"0": "A", "00": "B"}, {"0": "A", " 1": "B"}, {"0": "A", "+1": "B"}):
            self.assert_config_refused({**DISTILBERT_CONFIG, "id2label": id2label}, "id2label",
                                       json.dumps(id2label, separators=(",", ":")))

    def test_number_of_labels(self):
        self.write_json("config.json", {**DISTILBERT_CONFIG, "id2label": {"0": "A", "1": "B", "2": "C"}})
        self.assert_refused("model.safetensors", "classifier.weight", f"[3, {DIM}]", f"[2, {DIM}]")

    def test_token_types(self):
        self.write_model(bert_weights(distilbert_weights()), BERT_CONFIG)
        for value in (0, "2", True):
            self.assert_config_refused({**BERT_CONFIG, "type_vocab_size": value}, "type_vocab_size", json.dumps(value))
        config = {key: value for key, value in BERT_CONFIG.items() if key != "type_vocab_size"}
        weights = bert_weights(distilbert_weights())
        weights["bert.embeddings.token_type_embeddings.weight"] = np.ones((1, DIM), np.float32)
        self.write_model(weights, config)
        self.assert_refused("model.safetensors", "token_type_embeddings", f"expected shape [2, {DIM}]",
                            "type_vocab_size", f"found [1, {DIM}]")

    def test_broken_json(self):
        path = self.model / "config.json"
        for content, word in ((b"{", "not valid JSON"), (b"[1]", "list"), (b"\xff", "not valid JSON"),
                              (b'{"a": nan}', "not valid JSON"), (b'{"a": 1, "a": 2}', "'a' stands twice"),
                              (b"", "not valid JSON")):
            path.write_bytes(content)
            self.assert_refused(str(path), word)

    def test_missing(self):
        path = self.model / "config.json"
        path.unlink()
        self.assert_refused(str(path), "No such file")
        path.mkdir()
        self.assert_refused(str(path), "directory")

    def test_what_would_change_the_numbers(self):
        for key, value in (("add_cross_attention", True), ("is_encoder_decoder", True), ("pruned_heads", {"0": [1]}),
                           ("quantization_config", {"bits": 8}), ("auto_map", {"AutoModel": "custom.Model"}),
                           ("tie_word_embeddings", None), ("problem_type", "ranking"), ("hidden_size", DIM + 1),
                           ("dropout", 1), ("initializer_range", "0.02"), ("pad_token_id", VOCABULARY),
                           ("num_labels", 0)):
            config = {name: entry for name, entry in DISTILBERT_CONFIG.items() if name != "id2label"}
            self.assert_config_refused({**config, key: value}, key, json.dumps(value, separators=(",", ":")))

    def test_other_architectures(self):
        for name in ("BertForSequenceClassification", "DistilBertForNextSentencePrediction", "DistilBert", "Model"):
            self.assert_config_refused({**DISTILBERT_CONFIG, "architectures": [name]}, "architectures", f'"{name}"',
                                       "DistilBertForMaskedLM")
        for value in ("DistilBertModel", [1], {}):
            self.assert_config_refused({**DISTILBERT_CONFIG, "architectures": value}, "architectures",
                                       json.dumps(value))


class TensorsTest(ConverterTest):

    def test_every_tensor_is_needed(self):
        for weights, config in ((distilbert_weights(), DISTILBERT_CONFIG),
                                (bert_weights(distilbert_weights()), BERT_CONFIG)):
            for name in weights:
                self.write_model({key: value for key, value in weights.items() if key != name}, config)
                self.assert_refused("model.safetensors", f"tensor {name} is missing")

    def test_every_shape_is_checked(self):
        for weights, config in ((distilbert_weights(), DISTILBERT_CONFIG),
                                (bert_weights(distilbert_weights()), BERT_CONFIG)):
            for name, values in weights.items():
                for wrong in (np.concatenate([values, values]), values[None], values.reshape(-1)[:0]):
                    self.write_model({**weights, name: wrong}, config)
                    self.assert_refused("model.safetensors", f"tensor {name}", str(list(values.shape)),
                                        str(list(wrong.shape)))

    def test_the_message_names_the_configs_keys(self):
        self.write_json("config.json", {**DISTILBERT_CONFIG, "hidden_dim": 17})
        self.assert_refused("distilbert.transformer.layer.0.ffn.lin1.weight", "expected shape [17, 8]",
                            "[hidden_dim, dim] of config.json", "found [16, 8]")
        self.write_model(bert_weights(distilbert_weights()), {**BERT_CONFIG, "vocab_size": VOCABULARY + 2})
        self.assert_refused("bert.embeddings.word_embeddings.weight", "expected shape [32, 8]",
                            "[vocab_size, hidden_size] of config.json", "found [30, 8]")

    def test_dtype(self):
        weights = distilbert_weights()
        weights["distilbert.embeddings.word_embeddings.weight"] = np.ones((VOCABULARY, DIM), np.int64)
        write_safetensors(self.model / "model.safetensors", weights)
        self.assert_refused("model.safetensors", "word_embeddings.weight", "expected dtype F64, F32, F16, BF16",
                            "found I64")

    def test_more_layers_than_the_config_has(self):
        self.write_json("config.json", {**DISTILBERT_CONFIG, "n_layers": 1})
        self.assert_refused("layer.1.", "expected 1 layers (n_layers of config.json)", "found number 1")

    def test_fewer_layers_than_the_config_has(self):
        self.write_json("config.json", {**DISTILBERT_CONFIG, "n_layers": LAYERS + 1})
        self.assert_refused(f"layer.{LAYERS}.attention.q_lin.weight is missing")

    def test_encoder_tensors_that_nobody_knows(self):
        for name in ("bert.encoder.layer.0.crossattention.self.query.weight", "bert.embeddings.extra.weight"):
            weights = bert_weights(distilbert_weights())
            weights[name] = np.ones((DIM, DIM), np.float32)
            self.write_model(weights, BERT_CONFIG)
            self.assert_refused("model.safetensors", name)

    def test_a_name_old_and_new(self):
        weights = distilbert_weights()
        weights["distilbert.embeddings.LayerNorm.gamma"] = weights["distilbert.embeddings.LayerNorm.weight"]
        self.write_model(weights, DISTILBERT_CONFIG)
        self.assert_refused("LayerNorm.gamma", "LayerNorm.weight", "once")

    def test_the_architecture_says_which_tensors_are_needed(self):
        weights = distilbert_weights()
        del weights["pre_classifier.weight"], weights["pre_classifier.bias"]
        self.write_model(weights, {**DISTILBERT_CONFIG, "architectures": ["DistilBertForSequenceClassification"]})
        self.assert_refused("pre_classifier.weight is missing", "for DistilBertForSequenceClassification (architectures)")

    def test_float64_that_float32_cannot_hold(self):
        weights = distilbert_weights()
        weights["classifier.bias"] = np.array([1e300, 1])
        write_safetensors(self.model / "model.safetensors", weights, "F64")
        self.assert_refused("model.safetensors", "classifier.bias", "fit F32")


class PlacesTest(ConverterTest):

    def test_model_is_not_a_folder(self):
        for model in (self.folder / "absent", self.model / "config.json"):
            status, _, stderr = self.run_converter(model=model)
            self.assertEqual((status, stderr.count("\n")), (1, 1))
            self.assertIn(f"{model}: not a folder", stderr)

    def test_out_is_a_folder_or_no_file(self):
        self.out.mkdir()
        self.assert_refused(str(self.out), "not a file")
        os.mkfifo(self.folder / "pipe")
        self.assert_refused("pipe", "not a file", out=self.folder / "pipe")

    def test_out_folder_is_missing(self):
        self.assert_refused(str(self.folder / "absent"), "does not exist", out=self.folder / "absent" / "toy.flat")

    def test_out_is_the_models_own_file(self):
        before = (self.model / "model.safetensors").read_bytes()
        self.assert_refused("own file", out=self.model / "model.safetensors")
        self.assertEqual((self.model / "model.safetensors").read_bytes(), before)

    def test_out_is_another_of_the_models_files(self):
        before = (self.model / "config.json").read_bytes()
        self.assert_refused("config.json", "holds something else", out=self.model / "config.json")
        self.assertEqual((self.model / "config.json").read_bytes(), before)

    def test_a_link_is_followed_and_permissions_stay(self):
        self.converted()
        link = self.folder / "link.flat"
        link.symlink_to(self.out.name)
        os.chmod(self.out, 0o600)
        before = self.out.stat().st_ino
        self.assertEqual(self.run_converter(out=link)[0], 0)
        self.assertTrue(link.is_symlink())
        self.assertNotEqual(self.out.stat().st_ino, before)
        self.assertEqual(self.out.stat().st_mode & 0o777, 0o600)

    def test_a_link_to_a_pipe_or_in_a_circle(self):
        os.mkfifo(self.folder / "pipe")
        (self.folder / "link").symlink_to("pipe")
        self.assert_refused("not a file", out=self.folder / "link")
        (self.folder / "circle").symlink_to("circle")
        self.assert_refused("circle", out=self.folder / "circle")

    def test_out_name_too_long(self):
        self.assert_refused("File name too long", out=self.folder / ("x" * 250))

    def test_a_failure_keeps_the_old_file(self):
        self.converted()
        before = self.out.read_bytes()
        weights = distilbert_weights()
        weights["classifier.bias"][0] = np.nan
        self.write_model(weights, DISTILBERT_CONFIG)
        self.assert_refused("classifier.bias")
        self.assertEqual(self.out.read_bytes(), before)


if __name__ == "__main__":
    unittest.main()
