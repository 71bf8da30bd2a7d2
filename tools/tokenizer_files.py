"""Reads a tokenizer's vocabulary and settings as Hugging Face writes them."""

from pathlib import Path
from typing import List, Optional, Tuple

from added_tokens import read_added_tokens
from model_files import ModelError, is_count, read_json_object
from tokenizer_json import TokenizerJson, flag, shown

# transformers builds these from tokenizer_config.json, whatever else tokenizer.json says ...
BERT_CLASSES = ("BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "DistilBertTokenizerFast")
# ... and these from tokenizer.json alone.
FILE_CLASSES = ("PreTrainedTokenizerFast", "TokenizersBackend")
# The flat file's key, tokenizer_config.json's, BertNormalizer's in tokenizer.json, and what an uncased BERT does.
SETTINGS = (
    ("lowercase", "do_lower_case", "lowercase", True),
    ("strip_accents", "strip_accents", "strip_accents", None),
    ("tokenize_chinese_chars", "tokenize_chinese_chars", "handle_chinese_chars", True),
)
# What older classes knew and no reader of today does; only this value of it is obeyed by leaving it out.
FIXED = (("do_basic_tokenize", True), ("wordpieces_prefix", "##"), ("clean_text", True))
# What Unicode calls White_Space, which a line of vocab.txt cannot end with.
BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029" \
         "\u202f\u205f\u3000"
LARGEST_FILE = 1 << 26


def read_tokenizer(folder: Path, vocab_size: int, positions: int, tokenizer_class: Optional[str] = None,
                   notes: Optional[List[str]] = None) -> Tuple[Optional[List[str]], dict]:
    """The vocabulary, a token an id, and the settings; (None, {}) for a model that is fed with ids.

    ``tokenizer_class`` is config.json's, which counts where tokenizer_config.json has none. What the user should know
    is added to ``notes``.
    """
    folder = Path(folder)
    config_path, json_path, vocab_path = (folder / name for name in ("tokenizer_config.json", "tokenizer.json",
                                                                     "vocab.txt"))
    config = _json(config_path) or {}
    of_file = _tokenizer_class(config_path, config, folder / "config.json", tokenizer_class, json_path)
    content = _json(json_path)
    if content is None and not vocab_path.exists():
        return None, {}
    tokenizer = None if content is None else TokenizerJson(json_path, content, of_file)
    tokens, distinct = _vocabulary(vocab_path, tokenizer, vocab_size)
    settings = _settings(config_path, config, tokenizer, of_file, positions)
    ids = {token: number for number, token in enumerate(tokens)}
    added = read_added_tokens(folder, config, tokenizer, of_file, ids, distinct, vocab_size,
                              lambda name: _json(folder / name))
    if added.special_tokens:
        settings["special_tokens"] = added.special_tokens
    if added.tokens:
        settings["added_tokens"] = added.tokens
    if tokenizer is not None and tokenizer.longest_word != 100:
        settings["max_input_chars_per_word"] = tokenizer.longest_word
    for key, usual in (("split_special_tokens", False), ("clean_up_tokenization_spaces", True)):
        if flag(config_path, config, key, usual) is not usual:
            settings[key] = not usual
    if notes is not None and settings["lowercase"] and _is_cased(tokens):
        notes.append(f"{folder}: the vocabulary has capitals, but texts are read in lower case (do_lower_case)")
    return tokens, settings


def _json(path):
    if not path.exists():
        return None
    _check_size(path)
    return read_json_object(path)


def _check_size(path):
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ModelError(f"{path}: expected at most {LARGEST_FILE} bytes, found {size}")


def _tokenizer_class(config_path, config, model_config_path, tokenizer_class, json_path):
    """Whether tokenizer.json alone counts."""
    path, name = config_path, config.get("tokenizer_class")
    if name is None:
        path, name = model_config_path, tokenizer_class
    custom = config.get("auto_map")
    if isinstance(custom, list) or (isinstance(custom, dict) and custom.get("AutoTokenizer") is not None):
        raise ModelError(f"{config_path}: auto_map: expected no tokenizer of its own, found {shown(custom)}")
    if name is not None and name not in BERT_CLASSES + FILE_CLASSES:
        raise ModelError(f"{path}: tokenizer_class: expected BertTokenizer, DistilBertTokenizer or"
                         f" PreTrainedTokenizerFast, found {shown(name)}")
    for key, expected in FIXED:
        if config.get(key) is not None and (config[key] != expected or type(config[key]) is not type(expected)):
            raise ModelError(f"{config_path}: {key}: expected {shown(expected)}, found {shown(config[key])}")
    if config.get("never_split") not in (None, []):
        raise ModelError(f"{config_path}: never_split: expected none, found {shown(config['never_split'])}")
    if name in FILE_CLASSES and not json_path.exists():
        raise ModelError(f"{path}: tokenizer_class: expected tokenizer.json beside it, which {name} is read from, found"
                         " none")
    return name in FILE_CLASSES


def _vocabulary(vocab_path, tokenizer, vocab_size):
    """The tokens by their ids, and how many different ones there are, which the first added token has as its id."""
    lines = distinct = None
    if vocab_path.exists():
        lines = _read_vocab_txt(vocab_path)
        distinct = len(set(lines))
        while lines and lines[-1] == "":
            lines.pop()
    path, tokens = vocab_path, lines
    if tokenizer is not None:
        path, tokens = tokenizer.path, _tokens_by_id(tokenizer, lines)
        distinct = len(tokenizer.vocab)
        if lines is not None:
            _compare(vocab_path, lines, tokens)
    if not tokens or len(tokens) > vocab_size:
        raise ModelError(f"{path}: expected from 1 to {vocab_size} tokens (vocab_size of config.json), found"
                         f" {len(tokens)}")
    for number, token in enumerate(tokens):
        if "\n" in token or "\r" in token:
            raise ModelError(f"{path}: token {number}: expected no line ends in it, found {shown(token)}")
        if any("\ud800" <= c <= "\udfff" for c in token):
            raise ModelError(f"{path}: token {number}: expected text that UTF-8 can write, found {shown(token)}")
    return tokens, distinct


def _read_vocab_txt(path):
    _check_size(path)
    data = path.read_bytes()
    if data.startswith(b"\xef\xbb\xbf"):
        raise ModelError(f"{path}: expected no byte order mark")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as e:
        raise ModelError(f"{path}: not UTF-8 at byte {e.start}") from e
    # Not splitlines: a token may hold U+2028 and the like.
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.rstrip(BLANKS) for line in lines]


def _tokens_by_id(tokenizer, lines):
    path, vocab = tokenizer.path, tokenizer.vocab
    for token, number in vocab.items():
        if not is_count(number):
            raise ModelError(f"{path}: model.vocab: expected whole numbers from 0 up, found {shown(number)}"
                             f" ({shown(token)})")
    tokens = []
    for token in sorted(vocab, key=vocab.get):
        # Where a token stands twice in vocab.txt, its first id has none in tokenizer.json.
        while lines is not None and len(tokens) < min(vocab[token], len(lines)):
            tokens.append(lines[len(tokens)])
        if vocab[token] != len(tokens):
            raise ModelError(f"{path}: model.vocab: expected ids from 0 without gaps, found {vocab[token]}"
                             f" ({shown(token)}) where {len(tokens)} should be")
        tokens.append(token)
    return tokens


def _compare(path, lines, tokens):
    for number in range(max(len(lines), len(tokens))):
        here = lines[number] if number < len(lines) else None
        there = tokens[number] if number < len(tokens) else None
        if here != there and not (here is not None and there is not None and here == there.rstrip(BLANKS)):
            raise ModelError(f"{path}: token {number}: expected {shown(there)} as in tokenizer.json, found {shown(here)}")


def _settings(config_path, config, tokenizer, of_file, positions):
    settings = {}
    normalizer = {} if tokenizer is None else tokenizer.normalizer
    for name, config_key, normalizer_key, default in SETTINGS:
        value = normalizer.get(normalizer_key, default)
        if not of_file:
            stated, value = value, flag(config_path, config, config_key, default)
            if config_key not in config and _effective(stated, settings) != _effective(value, settings):
                raise ModelError(f"{tokenizer.path}: normalizer.{normalizer_key}: expected {shown(default)}, which"
                                 f" transformers takes where tokenizer_config.json does not say {config_key}, found"
                                 f" {shown(stated)}")
        settings[name] = value
    settings["max_length"] = _max_length(config_path, config, tokenizer, positions)
    if _truncation_side(config_path, config, tokenizer) == "left":
        settings["truncation_side"] = "left"
    return settings


def _effective(value, settings):
    return settings.get("lowercase") if value is None else value


def _max_length(config_path, config, tokenizer, positions):
    key = "model_max_length" if config.get("model_max_length") is not None else "max_len"
    path, length = config_path, config.get(key)
    if length is None and tokenizer is not None:
        path, key, length = tokenizer.path, "truncation.max_length", tokenizer.truncation.get("max_length")
    if length is None:
        return positions
    # Hugging Face writes 1e30, as a whole number or not, where there is no limit.
    if isinstance(length, bool) or not isinstance(length, (int, float)) or length < 1:
        raise ModelError(f"{path}: {key}: expected a number from 1 up, found {shown(length)}")
    return int(min(length, positions))


def _truncation_side(config_path, config, tokenizer):
    path, key, side = config_path, "truncation_side", config.get("truncation_side")
    if side is None and tokenizer is not None:
        path, key, side = tokenizer.path, "truncation.direction", tokenizer.truncation.get("direction")
        side = {"Left": "left", "Right": "right"}.get(side, side) if isinstance(side, str) else side
    if side not in (None, "left", "right"):
        raise ModelError(f"{path}: {key}: expected left or right, found {shown(side)}")
    return side


def _is_cased(tokens):
    """Whether one token in twenty has an ASCII capital, special ones left aside."""
    capitals = sum(any("A" <= c <= "Z" for c in token) for token in tokens if not token.startswith(("[", "<")))
    return capitals * 20 >= len(tokens)
