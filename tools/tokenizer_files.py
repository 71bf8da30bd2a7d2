"""Reads a tokenizer's vocabulary and settings as Hugging Face writes them."""

from pathlib import Path
from typing import List, Optional, Tuple

from model_files import ModelError, is_count, read_json_object

# Flat file's key, tokenizer_config.json's, BertNormalizer's in tokenizer.json, and what an uncased BERT does.
SETTINGS = (
    ("lowercase", "do_lower_case", "lowercase", True),
    ("strip_accents", "strip_accents", "strip_accents", None),
    ("tokenize_chinese_chars", "tokenize_chinese_chars", "handle_chinese_chars", True),
)
# What a flat file cannot say otherwise, as its readers hold these fixed.
WORD_PIECE = {"continuing_subword_prefix": "##", "unk_token": "[UNK]", "max_input_chars_per_word": 100}


def read_tokenizer(folder: Path, vocab_size: int, positions: int) -> Tuple[Optional[List[str]], dict]:
    """The vocabulary, a token an id, and the settings; (None, {}) for a model that is fed with ids."""
    files = {name: folder / name for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json")}
    tokenizer = _read_word_piece(files["tokenizer.json"])
    if files["vocab.txt"].exists():
        path, tokens = files["vocab.txt"], _read_vocab_txt(files["vocab.txt"])
    elif tokenizer is not None:
        path, tokens = files["tokenizer.json"], _tokens_by_id(files["tokenizer.json"], tokenizer["model"].get("vocab"))
    else:
        return None, {}
    if not tokens or len(tokens) > vocab_size:
        raise ModelError(f"{path}: expected from 1 to {vocab_size} tokens (vocab_size of config.json), found"
                         f" {len(tokens)}")
    for number, token in enumerate(tokens):
        if "\n" in token or "\r" in token:
            raise ModelError(f"{path}: token {number}: expected no line ends in it, found {token!r}")
    return tokens, _settings(files["tokenizer_config.json"], files["tokenizer.json"], tokenizer, positions)


def _read_vocab_txt(path):
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as e:
        raise ModelError(f"{path}: not UTF-8 at byte {e.start}") from e
    # Not splitlines: a token may hold U+2028 and the like.
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines


def _read_word_piece(path):
    if not path.exists():
        return None
    tokenizer = read_json_object(path)
    model = tokenizer.get("model")
    kind = model.get("type") if isinstance(model, dict) else None
    # Files of tokenizers before 0.9 name no type; only WordPiece's prefix tells theirs.
    if kind != "WordPiece" and not (isinstance(model, dict) and kind is None and "continuing_subword_prefix" in model):
        raise ModelError(f"{path}: model: expected WordPiece, found {kind!r}")
    for key, expected in WORD_PIECE.items():
        if model.get(key, expected) != expected:
            raise ModelError(f"{path}: {key}: expected {expected!r}, found {model[key]!r}")
    return tokenizer


def _tokens_by_id(path, vocab):
    if not isinstance(vocab, dict) or not all(is_count(number) for number in vocab.values()):
        raise ModelError(f"{path}: vocab: expected an object of tokens and their ids, found {type(vocab).__name__}")
    tokens = sorted(vocab, key=vocab.get)
    for number, token in enumerate(tokens):
        if vocab[token] != number:
            raise ModelError(f"{path}: vocab: expected ids from 0 without gaps, found {vocab[token]} ({token!r}) where"
                             f" {number} should be")
    return tokens


def _settings(config_path, tokenizer_path, tokenizer, positions):
    """Each setting from the first file that states it."""
    config = read_json_object(config_path) if config_path.exists() else {}
    normalizer = tokenizer.get("normalizer") if tokenizer is not None else None
    kind = normalizer.get("type") if isinstance(normalizer, dict) else None
    if tokenizer is not None and kind != "BertNormalizer" and "do_lower_case" not in config:
        raise ModelError(f"{tokenizer_path}: normalizer: expected BertNormalizer, found {kind!r}")
    if kind != "BertNormalizer":
        normalizer = {}
    settings = {}
    for name, config_key, normalizer_key, default in SETTINGS:
        path, value = config_path, config.get(config_key, default)
        if config_key not in config and normalizer_key in normalizer:
            path, value = tokenizer_path, normalizer[normalizer_key]
        if not isinstance(value, bool) and not (value is None and default is None):
            raise ModelError(f"{path}: {name}: expected true or false, found {value!r}")
        settings[name] = value
    truncation = tokenizer.get("truncation") if tokenizer is not None else None
    path, length = config_path, config.get("model_max_length")
    if length is None and isinstance(truncation, dict):
        path, length = tokenizer_path, truncation.get("max_length")
    if length is None:
        length = positions
    # Hugging Face writes 1e30, as a whole number or not, where there is no limit.
    if isinstance(length, bool) or not isinstance(length, (int, float)) or length < 1:
        raise ModelError(f"{path}: max_length: expected a number from 1 up, found {length!r}")
    settings["max_length"] = int(min(length, positions))
    return settings
