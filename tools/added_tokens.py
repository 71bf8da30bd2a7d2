"""Which tokens transformers looks for in a text before words are cut, from all the files that can name one."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Dict, List, Optional

from model_files import ModelError, is_count
from tokenizer_json import flag, shown

# In transformers' order, which is that of new ids; the second is the flat file's name and BERT's own token.
NAMED = {"bos_token": None, "eos_token": None, "unk_token": ("unk", "[UNK]"), "sep_token": ("sep", "[SEP]"),
         "pad_token": ("pad", "[PAD]"), "cls_token": ("cls", "[CLS]"), "mask_token": ("mask", "[MASK]")}
HEADER = ("unk", "cls", "sep", "pad", "mask")
FLAGS = ("lstrip", "rstrip", "single_word", "normalized", "special")


@dataclass(frozen=True)
class Token:
    """An added token; ``path`` and ``key`` say where it is named, ``id`` the id it has there, if any."""

    path: Path
    key: str
    content: str
    lstrip: bool = False
    rstrip: bool = False
    single_word: bool = False
    normalized: bool = False
    special: bool = True
    id: Optional[int] = None

    def flags(self):
        return {name: getattr(self, name) for name in FLAGS}


@dataclass
class AddedTokens:
    """As the flat file's header has them: what differs from BERT's own."""

    special_tokens: Dict[str, Optional[str]] = field(default_factory=dict)
    tokens: List[dict] = field(default_factory=list)


def read_added_tokens(folder, config, tokenizer, of_file, vocabulary, distinct, vocab_size, read_json) -> AddedTokens:
    reader = _Reader(folder, config, tokenizer, of_file, read_json)
    added = _Ids(vocabulary, distinct)
    if of_file:
        added.add_all(reader.file_tokens)
    added.add_all(reader.tokens_to_add())
    for token in reader.declared():
        found = added.tokens.get(token.content)
        if found is None:
            raise ModelError(f"{token.path}: {token.key}: expected the same tokens as in tokenizer_config.json, found"
                             f" {shown(token.content)}")
        if added.ids[token.content] != token.id:
            raise ModelError(f"{token.path}: {token.key}: expected the id {added.ids[token.content]} for"
                             f" {shown(token.content)}, found {token.id}")
        for name in FLAGS[:4]:
            if getattr(found, name) != getattr(token, name):
                raise ModelError(f"{token.path}: {token.key}: {name} of {shown(token.content)}: expected"
                                 f" {shown(getattr(found, name))} as in tokenizer_config.json, found"
                                 f" {shown(getattr(token, name))}")
    names = reader.special_names()
    for name in ("pad", "mask"):
        # tokenizer.json says which tokens are special, but not what for.
        if of_file and names[name] is None and _default(name) in added.tokens:
            names[name] = _default(name)
    _drop_names_out_of_reach(reader, added, names, vocab_size)
    _check_template(tokenizer, names, added)
    result = AddedTokens({name: names[name] for name in HEADER if names[name] != _default(name)})
    for content, token in added.tokens.items():
        named = content in names.values() and content in vocabulary
        if not named or token.flags() != Token(token.path, "", "").flags():
            result.tokens.append({"id": added.ids[content], "content": content, **token.flags()})
    return result


def _default(name):
    return next(entry[1] for entry in NAMED.values() if entry is not None and entry[0] == name)


def _drop_names_out_of_reach(reader, added, names, vocab_size):
    """transformers gives every name an id; one that the model has no embedding for can only be a name nobody uses."""
    for content, number in list(added.ids.items()):
        if number < vocab_size:
            continue
        token = added.tokens[content]
        if content not in reader.only_named() or content in (names["unk"], names["cls"], names["sep"]):
            raise ModelError(f"{token.path}: {token.key}: expected ids below {vocab_size} (vocab_size of config.json),"
                             f" found {number} ({shown(content)})")
        del added.ids[content], added.tokens[content]
        for name in ("pad", "mask"):
            if names[name] == content:
                names[name] = None


def _check_template(tokenizer, names, added):
    for name, key in (("unk", "model.unk_token"), ("cls", "post_processor"), ("sep", "post_processor")):
        if names[name] not in added.tokens:
            raise ModelError(f"{tokenizer.path}: {key}: expected an added token, found {shown(names[name])}")
    if tokenizer is None or tokenizer.template is None:
        return
    for name, (content, number) in tokenizer.template.items():
        if content != names[name]:
            raise ModelError(f"{tokenizer.path}: post_processor: expected {shown(names[name])} as {name}_token of"
                             f" tokenizer_config.json, found {shown(content)}")
        if number != added.ids[content]:
            raise ModelError(f"{tokenizer.path}: post_processor: expected the id {added.ids[content]} for"
                             f" {shown(content)}, found {number}")


class _Ids:
    """Gives ids as the tokenizers library does: the vocabulary's, or the next one behind all."""

    def __init__(self, vocabulary, distinct):
        self.vocabulary = vocabulary
        self.next = distinct
        self.ids = {}
        self.tokens = {}

    def add_all(self, tokens):
        for token in tokens:
            if token.content in self.tokens:
                continue
            number = self.vocabulary.get(token.content)
            if number is None:
                number, self.next = self.next, self.next + 1
            self.ids[token.content] = number
            self.tokens[token.content] = token


class _Reader:

    def __init__(self, folder, config, tokenizer, of_file, read_json):
        self.config_path = folder / "tokenizer_config.json"
        self.of_file = of_file
        self.tokenizer = tokenizer
        self.file_tokens = [] if tokenizer is None else [
            self._listed(tokenizer.path, "added_tokens", entry) for entry in tokenizer.added_tokens]
        # Each name's token and the file that says it.
        self.named = {key: None if entry is None or of_file else Token(self.config_path, key, entry[1])
                      for key, entry in NAMED.items()}
        self.stated = set()
        self.more_named = {}
        self.extra = []
        self._read_config(config)
        self.decoder = {}
        if "added_tokens_decoder" in config:
            self._read_decoder(config["added_tokens_decoder"])
        else:
            self._read_special_tokens_map(folder / "special_tokens_map.json", read_json("special_tokens_map.json"))
            self._read_added_tokens_json(folder / "added_tokens.json", read_json("added_tokens.json"))
            self.decoder.update({token.id: token for token in self.file_tokens})
        by_content = {token.content: token for token in self.decoder.values()}
        for key in self.stated:
            if self.named[key] is not None:
                self.named[key] = by_content.get(self.named[key].content, self.named[key])

    def _read_config(self, config):
        for key, value in config.items():
            if key in NAMED:
                self._name(self.config_path, key, value)
            elif key.endswith("_token") and isinstance(value, (str, dict)):
                self.more_named[key] = self._token(self.config_path, key, value)
        extra_key = "extra_special_tokens"
        extra = config.get(extra_key)
        if not extra and "additional_special_tokens" in config:
            extra_key, extra = "additional_special_tokens", config["additional_special_tokens"]
        self._extra(self.config_path, extra_key, extra)

    def _name(self, path, key, value):
        self.named[key] = None if value is None else self._token(path, key, value)
        self.stated.add(key)
        needed = NAMED[key] is not None and NAMED[key][0] in ("unk", "cls", "sep") and not self.of_file
        if value is None and needed:
            raise ModelError(f"{path}: {key}: expected a token, found null")

    def _extra(self, path, key, value):
        if isinstance(value, dict):
            self.more_named.update({name: self._token(path, key, token) for name, token in value.items()})
        elif isinstance(value, list):
            for token in value:
                token = self._token(path, key, token)
                if all(token.content != other.content for other in self.extra):
                    self.extra.append(token)
        elif value is not None:
            raise ModelError(f"{path}: {key}: expected tokens, found {shown(value)}")

    def _read_decoder(self, decoder):
        key = "added_tokens_decoder"
        if not isinstance(decoder, dict):
            raise ModelError(f"{self.config_path}: {key}: expected an object of ids and tokens, found {shown(decoder)}")
        for number, entry in decoder.items():
            if not (number.isascii() and number.isdigit() and len(number) < 10):
                raise ModelError(f"{self.config_path}: {key}: expected ids as keys, found {shown(number)}")
            if not isinstance(entry, dict):
                raise ModelError(f"{self.config_path}: {key}: expected an object, found {shown(entry)}")
            token = self._token(self.config_path, key, entry, special=False)
            self.decoder[int(number)] = replace(token, id=int(number))

    def _read_special_tokens_map(self, path, content):
        for key, value in (content or {}).items():
            if key in NAMED:
                self._name(path, key, value)
            elif key == "extra_special_tokens" or (key == "additional_special_tokens" and not self.extra):
                self._extra(path, key, value)
            elif key.endswith("_token") and isinstance(value, (str, dict)):
                self.more_named[key] = self._token(path, key, value)

    def _read_added_tokens_json(self, path, content):
        specials = {self.named[key].content for key in self.stated if self.named[key] is not None}
        specials.update(token.content for token in self.extra)
        for text, number in (content or {}).items():
            if not is_count(number):
                raise ModelError(f"{path}: {text}: expected an id, found {shown(number)}")
            token = self._token(path, "added token", text)
            special = text in specials
            self.decoder[number] = replace(token, normalized=not special, special=special, id=number)

    def _listed(self, path, key, entry):
        """An entry of tokenizer.json's added_tokens."""
        if not isinstance(entry, dict) or not is_count(entry.get("id")):
            raise ModelError(f"{path}: {key}: expected tokens with their ids, found {shown(entry)}")
        return replace(self._token(path, key, entry, special=False), id=entry["id"])

    @staticmethod
    def _token(path, key, value, special=True):
        """A token that is a text, or an object with flags; ``special`` is for one that does not say so."""
        content, values = value, {}
        if isinstance(value, dict):
            content, values = value.get("content"), value
        if not isinstance(content, str) or content == "":
            raise ModelError(f"{path}: {key}: expected a token, found {shown(value)}")
        if any("\ud800" <= c <= "\udfff" or c in "\n\r" for c in content):
            raise ModelError(f"{path}: {key}: expected a token without line ends and lone surrogates, found"
                             f" {shown(content)}")
        special = flag(path, values, "special", special, f"{key}: special")
        flags = {name: flag(path, values, name, name == "normalized" and not special, f"{key}: {name}")
                 for name in FLAGS[:4]}
        return Token(path, key, content, special=special, **flags)

    def tokens_to_add(self):
        named = [token for token in [*self.named.values(), *self.more_named.values()] if token is not None]
        names = {token.content for token in named}
        known = [self.decoder[number] for number in sorted(self.decoder)]
        return [replace(token, special=token.special or token.content in names)
                for token in [*known, *named, *self.extra]]

    def declared(self):
        """The tokens that stand somewhere with an id: it must be the one they get."""
        yield from self.file_tokens
        yield from self.decoder.values()

    def only_named(self):
        """Names that no list of added tokens has."""
        listed = {token.content for token in [*self.declared(), *self.extra]}
        return {token.content for token in self.named.values() if token is not None} - listed

    def special_names(self):
        """What the flat file's header calls unk, cls, sep, pad and mask."""
        names = {entry[0]: self.named[key].content if self.named[key] else None for key, entry in NAMED.items()
                 if entry is not None}
        if self.of_file:
            names["unk"] = self.tokenizer.unknown
            names["cls"], names["sep"] = (self.tokenizer.template[name][0] for name in ("cls", "sep"))
        return names
