import unittest

from support import POSITIONS, TOKENS, VOCABULARY, ConverterTest

BERT_NORMALIZER = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                   "lowercase": True}
DEFAULTS = {"lowercase": True, "strip_accents": None, "tokenize_chinese_chars": True, "max_length": POSITIONS}


def tokenizer_json(normalizer=None, truncation=None, tokens=TOKENS, **model):
    return {"version": "1.0", "truncation": truncation, "padding": None, "added_tokens": [],
            "normalizer": BERT_NORMALIZER if normalizer is None else normalizer,
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 100, "vocab": {t: n for n, t in enumerate(tokens)}, **model}}


class SettingsTest(ConverterTest):

    def settings(self):
        return self.converted().header["tokenizer"]

    def test_defaults_are_uncased(self):
        self.write_vocabulary()
        self.assertEqual(self.settings(), DEFAULTS)
        self.assertEqual(list(self.settings()), list(DEFAULTS))

    def test_tokenizer_config(self):
        self.write_vocabulary()
        self.write_json("tokenizer_config.json", {"do_lower_case": False, "strip_accents": False,
                                                  "tokenize_chinese_chars": False, "model_max_length": 7})
        self.assertEqual(self.settings(), {"lowercase": False, "strip_accents": False, "tokenize_chinese_chars": False,
                                           "max_length": 7})

    def test_bert_normalizer(self):
        self.write_json("tokenizer.json", tokenizer_json(
            {"type": "BertNormalizer", "handle_chinese_chars": False, "strip_accents": True, "lowercase": False},
            truncation={"max_length": 9, "strategy": "LongestFirst", "stride": 0}))
        self.assertEqual(self.settings(), {"lowercase": False, "strip_accents": True, "tokenize_chinese_chars": False,
                                           "max_length": 9})

    def test_tokenizer_config_is_heard_first(self):
        self.write_json("tokenizer.json", tokenizer_json({**BERT_NORMALIZER, "lowercase": False, "strip_accents": True},
                                                         truncation={"max_length": 9}))
        self.write_json("tokenizer_config.json", {"do_lower_case": True, "model_max_length": 11})
        self.assertEqual(self.settings(), {**DEFAULTS, "strip_accents": True, "max_length": 11})

    def test_max_length_never_above_the_positions(self):
        self.write_vocabulary()
        for stated in (1e30, int(1e30), POSITIONS + 1, None):
            self.write_json("tokenizer_config.json", {"model_max_length": stated})
            self.assertEqual(self.settings()["max_length"], POSITIONS)
        self.assertIsInstance(self.settings()["max_length"], int)

    def test_malformed_settings(self):
        self.write_vocabulary()
        for key, value, name in (("do_lower_case", "yes", "lowercase"), ("do_lower_case", None, "lowercase"),
                                 ("strip_accents", 1, "strip_accents"), ("tokenize_chinese_chars", [], "chinese"),
                                 ("model_max_length", 0, "max_length"), ("model_max_length", "512", "max_length"),
                                 ("model_max_length", True, "max_length")):
            self.write_json("tokenizer_config.json", {key: value})
            self.assert_refused("tokenizer_config.json", name, repr(value))
        (self.model / "tokenizer_config.json").write_text("{")
        self.assert_refused("tokenizer_config.json", "not valid JSON")

    def test_other_normalizers(self):
        tokenizer = tokenizer_json({"type": "NFC"})
        self.write_json("tokenizer.json", tokenizer)
        self.assert_refused("tokenizer.json", "BertNormalizer", "'NFC'")
        self.write_json("tokenizer.json", {**tokenizer, "normalizer": None})
        self.assert_refused("tokenizer.json", "BertNormalizer", "None")
        self.write_json("tokenizer_config.json", {"do_lower_case": False})
        self.assertEqual(self.settings(), {**DEFAULTS, "lowercase": False})


class VocabularyTest(ConverterTest):

    def test_tokenizer_json_equals_vocab_txt(self):
        self.write_vocabulary()
        self.converted()
        expected = self.out.read_bytes()
        (self.model / "vocab.txt").unlink()
        self.write_json("tokenizer.json", tokenizer_json(tokens=TOKENS))
        self.converted()
        self.assertEqual(self.out.read_bytes(), expected)
        tokenizer = tokenizer_json()
        tokenizer["model"]["vocab"] = dict(reversed(list(tokenizer["model"]["vocab"].items())))
        self.write_json("tokenizer.json", tokenizer)
        self.converted()
        self.assertEqual(self.out.read_bytes(), expected)

    def test_line_ends(self):
        text = "\n".join(TOKENS)
        for written in (text, text + "\n", text.replace("\n", "\r\n") + "\r\n"):
            (self.model / "vocab.txt").write_bytes(written.encode())
            self.assertEqual(self.converted().tensors["vocabulary"].tobytes().decode(), text + "\n")

    def test_size(self):
        for count in (1, VOCABULARY):
            self.write_vocabulary([f"token{n}" for n in range(count)])
            self.assertEqual(self.converted().tensors["vocabulary"].tobytes().count(b"\n"), count)
        self.out.unlink()
        for count in (0, VOCABULARY + 1):
            self.write_vocabulary([f"token{n}" for n in range(count)])
            self.assert_refused("vocab.txt", f"to {VOCABULARY} tokens", f"found {count}")

    def test_vocab_txt_that_is_no_text(self):
        (self.model / "vocab.txt").write_bytes(b"[PAD]\n\xff\n")
        self.assert_refused("vocab.txt", "not UTF-8 at byte 6")
        (self.model / "vocab.txt").write_bytes(b"[PAD]\na\rb\n")
        self.assert_refused("vocab.txt", "token 1", "line ends")

    def test_other_models(self):
        for model in ("BPE", "Unigram", "WordLevel", None):
            self.write_json("tokenizer.json", {**tokenizer_json(), "model": {"type": model, "vocab": {}}})
            self.assert_refused("tokenizer.json", "expected WordPiece", f"found {model!r}")
        self.write_json("tokenizer.json", {"version": "1.0"})
        self.assert_refused("tokenizer.json", "expected WordPiece")

    def test_model_without_a_type(self):
        tokenizer = tokenizer_json()
        del tokenizer["model"]["type"]
        self.write_json("tokenizer.json", tokenizer)
        self.assertEqual(self.converted().tensors["vocabulary"].tobytes().count(b"\n"), len(TOKENS))

    def test_settings_that_a_flat_file_cannot_say(self):
        for key, value in (("continuing_subword_prefix", "@@"), ("unk_token", "<unk>"),
                           ("max_input_chars_per_word", 200)):
            self.write_json("tokenizer.json", tokenizer_json(**{key: value}))
            self.assert_refused("tokenizer.json", key, repr(value))

    def test_malformed_vocab(self):
        for vocab, word in (([], "list"), ({"a": "0"}, "vocab"), ({"a": 0, "b": 2}, "found 2"),
                            ({"a": 0, "b": 0}, "found 0"), ({"a": 0, "b\nc": 1}, "line ends"), ({}, "found 0")):
            self.write_json("tokenizer.json", tokenizer_json(vocab=vocab))
            self.assert_refused("tokenizer.json", word)

    def test_lone_surrogate(self):
        self.write_json("tokenizer.json", tokenizer_json(vocab={"\ud800": 0}))
        self.assert_refused("UTF-8")


if __name__ == "__main__":
    unittest.main()
