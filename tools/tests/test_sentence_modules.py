"""What sentence-transformers write beside a model: obeyed, or refused by file, key and value."""

import json
import shutil
import unittest

import numpy as np

from support import RESOURCES, ConverterTest, write_safetensors

from sentence_modules import CROSS_ENCODER_ACTIVATIONS

HEADS = RESOURCES / "heads"
CASES = RESOURCES / "cases"


class SentenceModulesTest(ConverterTest):

    def copy(self, name="st-bert-cls"):
        shutil.rmtree(self.model)
        shutil.copytree(HEADS / name, self.model)

    def test_header(self):
        header = self.converted(model=HEADS / "st-bert-cls").header
        self.assertEqual(list(header), ["config", "tokenizer", "labels", "sentence_transformers", "metadata", "tensors"])
        self.assertEqual(header["sentence_transformers"], {
            "pooling": "cls", "normalize": True, "dense": [],
            "prompts": {"query": "query: ", "document": "passage: "}, "default_prompt_name": None,
            "similarity_fn_name": "cosine", "include_prompt": True})
        self.assertEqual(header["tokenizer"]["max_length"], 24)
        for name, pooling in (("st-distilbert-mean", "mean"), ("st-bert-max", "max")):
            modules = self.converted(model=HEADS / name).header["sentence_transformers"]
            self.assertEqual(modules["pooling"], pooling)
        self.assertNotIn("sentence_transformers", self.converted(model=HEADS / "bert-nli").header)

    def test_lower_case_and_length(self):
        header = self.converted(model=CASES / "7" / "sbert").header
        self.assertEqual(header["tokenizer"]["max_length"], 8)
        # The tokenizer's own lowercase is false, so accents stay.
        self.assertEqual((header["tokenizer"]["lowercase"], header["tokenizer"]["strip_accents"]), (True, False))
        self.copy()
        for length, expected in ((8, 8), (512, 64), (None, 64)):
            self.write_json("sentence_bert_config.json", {"max_seq_length": length, "do_lower_case": True})
            tokenizer = self.converted().header["tokenizer"]
            self.assertEqual((tokenizer["max_length"], tokenizer["lowercase"], tokenizer["strip_accents"]),
                             (expected, True, None))
        for value in (0, "8", True, 8.5):
            self.write_json("sentence_bert_config.json", {"max_seq_length": value})
            self.out.unlink(missing_ok=True)
            self.assert_refused("sentence_bert_config.json", "max_seq_length", json.dumps(value))

    def test_the_length_is_not_the_tokenizers(self):
        self.copy()
        self.write_json("tokenizer_config.json", {"do_lower_case": True, "model_max_length": 16})
        self.write_json("sentence_bert_config.json", {"max_seq_length": 32})
        self.assertEqual(self.converted().header["tokenizer"]["max_length"], 32)

    def test_poolings_old_and_new(self):
        self.copy()
        config = self.model / "1_Pooling" / "config.json"
        for pooling, expected in (({"pooling_mode": "mean_sqrt_len_tokens"}, "mean_sqrt_len"),
                                  ({"pooling_mode": ["max"]}, "max"), ({}, "mean"),
                                  ({"pooling_mode_mean_sqrt_len_tokens": True}, "mean_sqrt_len"),
                                  ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean")):
            config.write_text(json.dumps({"embedding_dimension": 32, **pooling}))
            self.assertEqual(self.converted().header["sentence_transformers"]["pooling"], expected)
        self.out.unlink()
        for pooling, words in (({"pooling_mode": "weightedmean"}, "weightedmean"), ({"pooling_mode": 1}, "1"),
                               ({"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True},
                                '["pooling_mode_cls_token","pooling_mode_max_tokens"]'),
                               ({"pooling_mode_lasttoken": True}, "lasttoken"),
                               ({"pooling_mode_cls_token": 1}, "pooling_mode_cls_token"),
                               ({"include_prompt": "no"}, "include_prompt")):
            config.write_text(json.dumps(pooling))
            self.assert_refused("1_Pooling/config.json", words)
        config.write_text(json.dumps({"word_embedding_dimension": 33}))
        self.assert_refused("1_Pooling/config.json", "word_embedding_dimension", "32", "33")

    def test_dense_layers_there_and_back(self):
        self.copy()
        weights = self.add_dense(bias=True, activation_function="torch.nn.modules.activation.Tanh")
        flat = self.converted()
        self.assertEqual(flat.header["sentence_transformers"]["dense"],
                         [{"in_features": 32, "out_features": 5, "bias": True, "activation": "tanh"}])
        np.testing.assert_array_equal(flat.tensors["dense.0.weight"], weights["linear.weight"])
        np.testing.assert_array_equal(flat.tensors["dense.0.bias"], weights["linear.bias"])
        first = self.out.read_bytes()
        folder = self.folder / "back" / "toy"
        self.assertEqual(self.run_converter("--to-safetensors", model=self.out, out=folder)[0], 0)
        self.converted(model=folder)
        self.assertEqual(self.out.read_bytes(), first)

    def add_dense(self, **config):
        place = self.model / "2_Dense"
        place.mkdir(exist_ok=True)
        self.write_json("2_Dense/config.json", {"in_features": 32, "out_features": 5, **config})
        weights = {"linear.weight": np.arange(160, dtype=np.float32).reshape(5, 32)}
        if config.get("bias", True):
            weights["linear.bias"] = np.ones(5, np.float32)
        write_safetensors(place / "model.safetensors", weights)
        self.write_modules("Transformer", "Pooling", "Dense", "Normalize")
        return weights

    def write_modules(self, *kinds, package="sentence_transformers.models"):
        self.write_json("modules.json", [{"idx": n, "name": str(n), "path": f"{n}_{kind}" if n else "",
                                          "type": f"{package}.{kind}"} for n, kind in enumerate(kinds)])

    def test_dense_refusals(self):
        self.copy()
        for config, word in (({"activation_function": "torch.nn.modules.activation.Mish"}, "activation_function"),
                             ({"activation_function": "mine.Tanh"}, "activation_function"),
                             ({"use_residual": True}, "use_residual"), ({"out_features": 6}, "linear.weight"),
                             ({"module_input_name": "token_embeddings"}, "module_input_name"),
                             ({"in_features": 0}, "in_features"), ({"bias": None}, "bias")):
            self.add_dense(**config)
            self.assert_refused("2_Dense", word)
        self.add_dense()
        self.write_json("2_Dense/config.json", {"in_features": 32, "out_features": 5, "bias": False})
        self.assert_refused("2_Dense/model.safetensors", "linear.bias", "bias is false")
        self.add_dense(bias=False)
        self.assertEqual(self.converted().header["sentence_transformers"]["dense"][0],
                         {"in_features": 32, "out_features": 5, "bias": False, "activation": "tanh"})

    def test_other_modules(self):
        self.copy()
        for kinds in (("Transformer",), ("Pooling", "Transformer"), ("Transformer", "Pooling", "Normalize", "Dense"),
                      ("Transformer", "Pooling", "Pooling"), ("Transformer", "Dense", "Normalize"),
                      ("Transformer", "Pooling", "Normalize", "Normalize")):
            self.write_modules(*kinds)
            self.assert_refused("modules.json", "type", ", ".join(kinds))
        for kinds, package in ((("Transformer", "Pooling", "LayerNorm"), "sentence_transformers.models"),
                               (("Transformer", "Pooling"), "my_models")):
            self.write_modules(*kinds, package=package)
            self.assert_refused("modules.json", "type of module")
        self.write_modules("Transformer", "Pooling", package="sentence_transformers.base.modules.any")
        (self.model / "1_Pooling" / "config.json").write_text("{}")
        self.converted()

    def test_an_older_layout_with_the_model_in_a_folder(self):
        expected = self.converted(model=HEADS / "st-bert-cls")
        self.copy()
        place = self.model / "0_Transformer"
        place.mkdir()
        for name in ("config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json",
                     "sentence_bert_config.json"):
            (self.model / name).rename(place / name)
        modules = json.loads((self.model / "modules.json").read_text())
        modules[0]["path"] = "0_Transformer"
        self.write_json("modules.json", modules)
        flat = self.converted()
        self.assert_same_tensors(flat.tensors, expected.tensors)
        self.assertEqual(flat.header["sentence_transformers"], expected.header["sentence_transformers"])
        modules[0]["path"] = "../elsewhere"
        self.write_json("modules.json", modules)
        self.out.unlink()
        self.assert_refused("modules.json", "path", "../elsewhere")

    def test_prompts(self):
        self.copy()
        name = "config_sentence_transformers.json"
        self.write_json(name, {"prompts": {"query": "q: ", "document": None}, "default_prompt_name": "query",
                               "similarity_fn_name": None, "__version__": {"pytorch": "2"}})
        modules = self.converted().header["sentence_transformers"]
        self.assertEqual((modules["prompts"], modules["default_prompt_name"], modules["similarity_fn_name"]),
                         ({"query": "q: ", "document": ""}, "query", None))
        self.out.unlink()
        for config, word in (({"prompts": ["q"]}, "prompts"), ({"default_prompt_name": "query"}, "default_prompt_name"),
                             ({"similarity_fn_name": "maxsim"}, "maxsim"), ({"truncate_dim": 8}, "truncate_dim"),
                             ({"model_type": "SparseEncoder"}, "SparseEncoder")):
            self.write_json(name, config)
            self.assert_refused(name, word)

    def test_what_would_change_the_transformer(self):
        self.copy()
        for key, value in (("transformer_task", "fill-mask"), ("model_args", {"attn": 1}), ("query_length", 32),
                           ("module_output_name", "other"), ("modality_config", {"image": {}}),
                           ("do_lower_case", 1)):
            self.write_json("sentence_bert_config.json", {key: value})
            self.assert_refused("sentence_bert_config.json", key, json.dumps(value, separators=(",", ":")))

    def test_cross_encoders_of_today(self):
        for name, activation in CROSS_ENCODER_ACTIVATIONS.items():
            self.copy("bert-cross-sigmoid")
            config = json.loads((self.model / "config.json").read_text())
            config.pop("sentence_transformers", None)
            self.write_json("config.json", config)
            self.write_modules("Transformer")
            self.write_json("config_sentence_transformers.json",
                            {"activation_fn": activation, "model_type": "CrossEncoder", "prompts": {}})
            header = self.converted().header
            self.assertEqual(header["config"]["sentence_transformers"], {"activation_fn": activation}, name)
            self.assertEqual(header["config"]["architectures"], ["BertForSequenceClassification"])
            self.assertNotIn("sentence_transformers", header)
        self.out.unlink()
        self.write_json("config_sentence_transformers.json", {"activation_fn": "torch.nn.modules.activation.Tanh",
                                                              "model_type": "CrossEncoder"})
        self.assert_refused("config_sentence_transformers.json", "activation_fn", "Tanh")


if __name__ == "__main__":
    unittest.main()
