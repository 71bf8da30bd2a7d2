"""Compares a tokenizer.json with what BERT's tokenizers are: what is the same is taken, everything else refused."""

import json

from model_files import ModelError

LONGEST_SHOWN = 100
LONGEST_WORD = 65536
CONTINUATION = "##"


def shown(value) -> str:
    """A value as JSON has it, in one short piece."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


def flag(path, values: dict, key: str, default, name=None):
    """True or false; null only where the default is, or where that is what it means."""
    value = values.get(key, default)
    if not isinstance(value, bool) and not (value is None and default is None):
        raise ModelError(f"{path}: {name or key}: expected true or false, found {shown(value)}")
    return value


class TokenizerJson:
    """A checked tokenizer.json.

    ``vocab`` is the model's; ``normalizer`` has BertNormalizer's flags, {} if there is none; ``template`` the names of
    the tokens that the post-processor adds, None if there is none; ``truncation`` is {} if there is none.
    """

    def __init__(self, path, content: dict, of_file: bool):
        self.path = path
        self.content = content
        # What is null is filled in by a BERT class, but is nothing where this file alone counts.
        self.required = of_file
        self._model()
        self.normalizer = self._normalizer()
        self._pre_tokenizer()
        self.template = self._post_processor()
        self._decoder()
        truncation = content.get("truncation")
        self.truncation = {} if truncation is None else self._object("truncation", truncation)
        self.added_tokens = self._added_tokens()

    def _refuse(self, key, expected, found):
        raise ModelError(f"{self.path}: {key}: expected {expected}, found {found}")

    def _object(self, key, value):
        if not isinstance(value, dict):
            self._refuse(key, "an object", shown(value))
        return value

    def _model(self):
        model = self.content.get("model")
        kind = model.get("type") if isinstance(model, dict) else None
        # Files of tokenizers before 0.9 name no type; only WordPiece's prefix tells theirs.
        if kind != "WordPiece" and not (isinstance(model, dict) and kind is None
                                        and "continuing_subword_prefix" in model):
            self._refuse("model", "WordPiece", shown(kind))
        prefix = model.get("continuing_subword_prefix", CONTINUATION)
        if prefix != CONTINUATION:
            self._refuse("model.continuing_subword_prefix", shown(CONTINUATION), shown(prefix))
        self.unknown = model.get("unk_token", "[UNK]")
        if not isinstance(self.unknown, str):
            self._refuse("model.unk_token", "a text", shown(self.unknown))
        longest = model.get("max_input_chars_per_word", 100)
        if isinstance(longest, bool) or not isinstance(longest, int) or not 1 <= longest <= LONGEST_WORD:
            self._refuse("model.max_input_chars_per_word", f"a whole number from 1 to {LONGEST_WORD}", shown(longest))
        if longest != 100 and not self.required:
            self._refuse("model.max_input_chars_per_word", "100, which a BertTokenizer has whatever stands here",
                         shown(longest))
        self.longest_word = longest
        self.vocab = model.get("vocab")
        if not isinstance(self.vocab, dict):
            self._refuse("model.vocab", "an object of tokens and their ids", shown(self.vocab))

    def _part(self, key, parts_key, kinds):
        """A part of one of the kinds, or a sequence of just that; None if there is none."""
        part = self.content.get(key)
        if part is None and not self.required:
            return None
        kind = part.get("type") if isinstance(part, dict) else None
        parts = part.get(parts_key) if kind == "Sequence" else None
        if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict):
            part, kind = parts[0], parts[0].get("type")
        elif isinstance(parts, list):
            names = [one.get("type") if isinstance(one, dict) else one for one in parts]
            self._refuse(key, " or ".join(kinds), f"Sequence {shown(names)}")
        if not isinstance(kind, str) or kind not in kinds:
            self._refuse(key, " or ".join(kinds), shown(part if kind is None else kind))
        return part

    def _normalizer(self):
        part = self._part("normalizer", "normalizers", ("BertNormalizer",))
        if part is None:
            return {}
        if flag(self.path, part, "clean_text", True, "normalizer.clean_text") is not True:
            self._refuse("normalizer.clean_text", "true", "false")
        return {key: flag(self.path, part, key, default, f"normalizer.{key}") for key, default in
                (("lowercase", True), ("strip_accents", None), ("handle_chinese_chars", True))}

    def _pre_tokenizer(self):
        self._part("pre_tokenizer", "pretokenizers", ("BertPreTokenizer",))

    def _post_processor(self):
        part = self._part("post_processor", "processors", ("TemplateProcessing", "BertProcessing"))
        if part is None:
            return None
        if part["type"] == "BertProcessing":
            return {"cls": self._pair(part, "cls"), "sep": self._pair(part, "sep")}
        single = part.get("single")
        names = [self._special(piece) for piece in (single[0], single[-1])] \
            if isinstance(single, list) and len(single) == 3 else [None, None]
        cls, sep = names
        a, b = ({"Sequence": {"id": name, "type_id": number}} for number, name in enumerate("AB"))
        first, last, second = ({"SpecialToken": {"id": name, "type_id": number}}
                               for name, number in ((cls, 0), (sep, 0), (sep, 1)))
        for key, template in (("single", [first, a, last]), ("pair", [first, a, last, b, second])):
            if None in names or part.get(key) != template or _has_bool(part[key]):
                self._refuse(f"post_processor.{key}", "[CLS] A [SEP]" if key == "single" else
                             "[CLS] A [SEP] B:1 [SEP]:1", shown(part.get(key)))
        return {"cls": (cls, self._template_id(part, cls)), "sep": (sep, self._template_id(part, sep))}

    @staticmethod
    def _special(piece):
        token = piece.get("SpecialToken") if isinstance(piece, dict) else None
        name = token.get("id") if isinstance(token, dict) else None
        return name if isinstance(name, str) else None

    def _template_id(self, part, name):
        tokens = part.get("special_tokens")
        entry = tokens.get(name) if isinstance(tokens, dict) else None
        ids = entry.get("ids") if isinstance(entry, dict) else None
        if not isinstance(ids, list) or len(ids) != 1 or not isinstance(ids[0], int) or isinstance(ids[0], bool):
            self._refuse(f"post_processor.special_tokens.{name}", "one id", shown(entry))
        return ids[0]

    def _pair(self, part, key):
        pair = part.get(key)
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) and isinstance(pair[1], int)
                and not isinstance(pair[1], bool)):
            self._refuse(f"post_processor.{key}", "a token and its id", shown(pair))
        return pair[0], pair[1]

    def _decoder(self):
        part = self._part("decoder", "decoders", ("WordPiece",))
        if part is None:
            return
        if part.get("prefix", CONTINUATION) != CONTINUATION:
            self._refuse("decoder.prefix", shown(CONTINUATION), shown(part["prefix"]))
        if flag(self.path, part, "cleanup", True, "decoder.cleanup") is not True:
            self._refuse("decoder.cleanup", "true", "false")

    def _added_tokens(self):
        tokens = self.content.get("added_tokens")
        if tokens is None:
            return []
        if not isinstance(tokens, list):
            self._refuse("added_tokens", "an array", shown(tokens))
        return tokens


def _has_bool(value):
    """JSON's true is no number, but Python's is equal to 1."""
    if isinstance(value, list):
        return any(map(_has_bool, value))
    if isinstance(value, dict):
        return any(map(_has_bool, value.values()))
    return isinstance(value, (bool, float))
