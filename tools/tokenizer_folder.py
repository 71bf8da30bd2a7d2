"""Writes a flat file's tokenizer as the files that transformers read."""

from added_tokens import FLAGS, NAMED

CLASSES = {"distilbert": "DistilBertTokenizer", "bert": "BertTokenizer"}
USUAL_LONGEST_WORD = 100
SPECIAL = {"lstrip": False, "rstrip": False, "single_word": False, "normalized": False, "special": True}


def tokenizer_files(model_type: str, config: dict, settings: dict, vocabulary: bytes) -> dict:
    """Names of files and what is in them: bytes, or an object to write as JSON.

    ``config`` is config.json, whose number of positions holds where the settings have no length.
    """
    files = {"vocab.txt": vocabulary, "tokenizer_config.json": _config(model_type, config, settings)}
    longest = settings.get("max_input_chars_per_word", USUAL_LONGEST_WORD)
    if longest != USUAL_LONGEST_WORD:
        # No class but the one that reads this file has another length.
        files["tokenizer_config.json"]["tokenizer_class"] = "PreTrainedTokenizerFast"
        files["tokenizer.json"] = _tokenizer_json(settings, vocabulary.decode("utf-8").split("\n")[:-1], longest)
    return files


def _names(settings):
    """The special tokens by transformers' names."""
    stated = settings.get("special_tokens", {})
    return {key: stated.get(entry[0], entry[1]) for key, entry in NAMED.items() if entry is not None}


def _config(model_type, config, settings):
    written = {"clean_up_tokenization_spaces": settings.get("clean_up_tokenization_spaces", True),
               "do_lower_case": settings.get("lowercase", True),
               "model_max_length": settings.get("max_length", config.get("max_position_embeddings")),
               "strip_accents": settings.get("strip_accents"),
               "tokenize_chinese_chars": settings.get("tokenize_chinese_chars", True),
               "tokenizer_class": CLASSES[model_type], **_names(settings)}
    for key in ("truncation_side", "split_special_tokens"):
        if key in settings:
            written[key] = settings[key]
    if "added_tokens" in settings:
        written["added_tokens_decoder"] = {str(token["id"]): {"content": token["content"],
                                                              **{flag: token[flag] for flag in FLAGS}}
                                           for token in settings["added_tokens"]}
    return written


def _tokenizer_json(settings, tokens, longest):
    ids = {}
    for number, token in enumerate(tokens):
        ids.setdefault(token, number)
    names = _names(settings)
    added = {token["id"]: token for token in settings.get("added_tokens", [])}
    for token in names.values():
        if token in ids and ids[token] not in added:
            added[ids[token]] = {"id": ids[token], "content": token, **SPECIAL}
    cls, sep = names["cls_token"], names["sep_token"]
    numbers = {token["content"]: token["id"] for token in added.values()}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [added[n] for n in sorted(added)],
        "normalizer": {"type": "BertNormalizer", "clean_text": True,
                       "handle_chinese_chars": settings.get("tokenize_chinese_chars", True),
                       "strip_accents": settings.get("strip_accents"), "lowercase": settings.get("lowercase", True)},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special(cls, 0), _sequence("A", 0), _special(sep, 0)],
            "pair": [_special(cls, 0), _sequence("A", 0), _special(sep, 0), _sequence("B", 1), _special(sep, 1)],
            "special_tokens": {token: {"id": token, "ids": [numbers[token]], "tokens": [token]}
                               for token in (cls, sep)}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": names["unk_token"], "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": longest, "vocab": ids},
    }


def _special(token, type_id):
    return {"SpecialToken": {"id": token, "type_id": type_id}}


def _sequence(name, type_id):
    return {"Sequence": {"id": name, "type_id": type_id}}
