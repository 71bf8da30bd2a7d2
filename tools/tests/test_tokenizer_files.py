import json
import sys
import tempfile
import unittest
from pathlib import Path

from support import POSITIONS, ROOT, TOKENS, VOCABULARY, ConverterTest

sys.path.insert(0, str(ROOT / "tools/reference"))

from tokenizer_readings import reading  # noqa: E402  (needs the path above)

BERT_NORMALIZER = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
                   "lowercase": True}
DEFAULTS = {"lowercase": True, "strip_accents": None, "tokenize_chinese_chars": True, "max_length": POSITIONS}


def tokenizer_json(normalizer=None, truncation=None, tokens=TOKENS, **model):
    return {"version": "1.0", "truncation": truncation, "padding": None, "added_tokens": [],
            "normalizer": BERT_NORMALIZER if normalizer is None else normalizer,
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 100, "vocab": {t: n for n, t in enumerate(tokens)}, **model}}


def template():
    def piece(kind, name, number):
        return {kind: {"id": name, "type_id": number}}
    single = [piece("SpecialToken", "[CLS]", 0), piece("Sequence", "A", 0), piece("SpecialToken", "[SEP]", 0)]
    return {"type": "TemplateProcessing", "single": single,
            "pair": [*single, piece("Sequence", "B", 1), piece("SpecialToken", "[SEP]", 1)],
            "special_tokens": {name: {"id": name, "ids": [number], "tokens": [name]}
                               for name, number in (("[CLS]", 2), ("[SEP]", 3))}}


# What a tokenizer.json has that counts alone.
OF_FILE = {"post_processor": template(), "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
           "added_tokens": [{"id": number, "content": TOKENS[number], "special": True} for number in range(5)]}


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

    def test_bert_normalizer_counts_where_the_file_does(self):
        self.write_json("tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": True})
        self.write_json("tokenizer.json", {**tokenizer_json(
            {"type": "BertNormalizer", "handle_chinese_chars": False, "strip_accents": True, "lowercase": False},
            truncation={"max_length": 9, "strategy": "LongestFirst", "stride": 0}), **OF_FILE})
        self.assertEqual(self.settings(), {"lowercase": False, "strip_accents": True, "tokenize_chinese_chars": False,
                                           "max_length": 9})

    def test_tokenizer_config_is_heard_first(self):
        self.write_json("tokenizer.json", tokenizer_json({**BERT_NORMALIZER, "lowercase": False, "strip_accents": True},
                                                         truncation={"max_length": 9}))
        self.write_json("tokenizer_config.json", {"do_lower_case": True, "model_max_length": 11})
        self.assertEqual(self.settings(), {**DEFAULTS, "max_length": 11})

    def test_bert_normalizer_at_odds_with_what_tokenizer_config_leaves_open(self):
        for key, value in (("lowercase", False), ("strip_accents", False), ("handle_chinese_chars", False)):
            self.write_json("tokenizer.json", tokenizer_json({**BERT_NORMALIZER, key: value}))
            self.assert_refused("tokenizer.json", f"normalizer.{key}: expected", "tokenizer_config.json", "found false")

    def test_max_length_never_above_the_positions(self):
        self.write_vocabulary()
        for stated in (1e30, int(1e30), POSITIONS + 1, None):
            self.write_json("tokenizer_config.json", {"model_max_length": stated})
            self.assertEqual(self.settings()["max_length"], POSITIONS)
        self.assertIsInstance(self.settings()["max_length"], int)

    def test_malformed_settings(self):
        self.write_vocabulary()
        for key, value in (("do_lower_case", "yes"), ("do_lower_case", None), ("strip_accents", 1),
                           ("tokenize_chinese_chars", []), ("model_max_length", 0), ("model_max_length", "512"),
                           ("model_max_length", True), ("truncation_side", "up"), ("split_special_tokens", 1),
                           ("do_basic_tokenize", False), ("wordpieces_prefix", "@@"), ("never_split", ["a"]),
                           ("clean_up_tokenization_spaces", "no"), ("unk_token", None), ("cls_token", 3),
                           ("tokenizer_class", "BertJapaneseTokenizer"), ("added_tokens_decoder", []),
                           ("extra_special_tokens", "a"), ("additional_special_tokens", [1])):
            self.write_json("tokenizer_config.json", {key: value})
            found = value[0] if key == "additional_special_tokens" else value
            self.assert_refused("tokenizer_config.json", f"{key}: expected", f"found {json.dumps(found)}")
        (self.model / "tokenizer_config.json").write_text("{")
        self.assert_refused("tokenizer_config.json", "not valid JSON")

    def test_other_normalizers(self):
        tokenizer = {**tokenizer_json({"type": "NFC"}), **OF_FILE}
        self.write_json("tokenizer.json", tokenizer)
        self.assert_refused("tokenizer.json", "normalizer: expected BertNormalizer", '"NFC"')
        # A BERT class fills in what is missing; where tokenizer.json counts alone, nothing does.
        self.write_json("tokenizer.json", {**tokenizer, "normalizer": None})
        self.write_json("tokenizer_config.json", {"do_lower_case": False})
        self.assertEqual(self.settings(), {**DEFAULTS, "lowercase": False})
        self.write_json("tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"})
        self.assert_refused("tokenizer.json", "normalizer: expected BertNormalizer", "null")

    def test_parts_that_are_not_berts(self):
        self.write_json("tokenizer_config.json", {"tokenizer_class": "TokenizersBackend"})
        for key, value, found in (
                ("pre_tokenizer", {"type": "Whitespace"}, '"Whitespace"'), ("pre_tokenizer", None, "null"),
                ("normalizer", {"type": "Sequence", "normalizers": [{"type": "Replace"}, BERT_NORMALIZER]},
                 'Sequence ["Replace","BertNormalizer"]'),
                ("normalizer", {**BERT_NORMALIZER, "clean_text": False}, "false"),
                ("post_processor", None, "null"), ("post_processor", {"type": "RobertaProcessing"}, "Roberta"),
                ("post_processor", {**template(), "pair": template()["single"]}, "Sequence"),
                ("post_processor", {**template(), "special_tokens": {}}, "null"),
                ("post_processor", {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 1]}, "found 1"),
                ("decoder", {"type": "WordPiece", "prefix": "@", "cleanup": True}, '"@"'),
                ("added_tokens", [{"id": 9, "content": "[CLS]"}], "found 9"), ("added_tokens", {}, "{}")):
            self.write_json("tokenizer.json", {**tokenizer_json(), **OF_FILE, key: value})
            self.assert_refused("tokenizer.json", key, "expected", found)
        self.write_json("tokenizer.json", {**tokenizer_json(), **OF_FILE, "added_tokens": []})
        self.assert_refused("tokenizer.json", "model.unk_token: expected an added token", '"[UNK]"')


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
        for count in (5, VOCABULARY):
            self.write_vocabulary([*TOKENS[:5], *(f"token{n}" for n in range(5, count))])
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
            self.assert_refused("tokenizer.json", "expected WordPiece", f"found {json.dumps(model)}")
        self.write_json("tokenizer.json", {"version": "1.0"})
        self.assert_refused("tokenizer.json", "expected WordPiece")

    def test_model_without_a_type(self):
        tokenizer = tokenizer_json()
        del tokenizer["model"]["type"]
        self.write_json("tokenizer.json", tokenizer)
        self.assertEqual(self.converted().tensors["vocabulary"].tobytes().count(b"\n"), len(TOKENS))

    def test_settings_that_a_flat_file_cannot_say(self):
        for key, value in (("continuing_subword_prefix", "@@"), ("unk_token", None), ("max_input_chars_per_word", 200)):
            self.write_json("tokenizer.json", tokenizer_json(**{key: value}))
            self.assert_refused("tokenizer.json", key, json.dumps(value))

    def test_names_that_the_vocabulary_has_not(self):
        self.write_vocabulary([f"token{n}" for n in range(VOCABULARY)])
        self.assert_refused("tokenizer_config.json", "unk_token", f"ids below {VOCABULARY}", '"[UNK]"')

    def test_blank_lines_at_the_end(self):
        for blank in ("\n", "\n\n", " \n\u3000\r\n"):
            (self.model / "vocab.txt").write_bytes(("\n".join(TOKENS) + "\n" + blank).encode())
            self.assertEqual(self.converted().tensors["vocabulary"].tobytes().decode(), "\n".join(TOKENS) + "\n")

    def test_files_at_odds(self):
        self.write_vocabulary()
        self.write_json("tokenizer.json", tokenizer_json(tokens=[*TOKENS[:5], "b", *TOKENS[6:]]))
        self.assert_refused("vocab.txt", "token 5", 'expected "b" as in tokenizer.json', 'found "a"')

    def test_malformed_vocab(self):
        for vocab, word in (([], "found []"), ({"a": "0"}, "vocab"), ({"a": 0, "b": 2}, "found 2"),
                            ({"a": 0, "b": 0}, "found 0"), ({"a": 0, "b\nc": 1}, "line ends"), ({}, "found 0"),
                            ({"a": True}, "true"), ({"a": 0.0}, "0.0"), ({"a": -1}, "-1")):
            self.write_json("tokenizer.json", tokenizer_json(vocab=vocab))
            self.assert_refused("tokenizer.json", word)

    def test_lone_surrogate(self):
        self.write_json("tokenizer.json", tokenizer_json(vocab={"\ud800": 0}))
        self.assert_refused("UTF-8")


class ReadingsTest(unittest.TestCase):
    """What the Java reader is held to as well: src/test/resources/tokenizer/readings.jsonl."""

    def test_headers_and_refusals(self):
        resources = ROOT / "src/test/resources/tokenizer"

        def lines(name):
            return [json.loads(line) for line in (resources / name).read_text(encoding="utf-8").split("\n")[:-1]]

        layouts = {layout["name"]: layout for name in ("layouts.jsonl", "cases.jsonl") for layout in lines(name)}
        readings = lines("readings.jsonl")
        self.assertGreater(len(readings), 100)
        for expected in readings:
            record = layouts[expected["layout"]] if "layout" in expected else expected
            with self.subTest(record.get("name", expected)), tempfile.TemporaryDirectory() as folder:
                found = reading(record, Path(folder))
                self.assertEqual(found, {key: expected[key] for key in found})


if __name__ == "__main__":
    unittest.main()
