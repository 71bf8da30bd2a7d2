"""Reads a config.json: what kind of model it describes, and whether every word of it can be obeyed."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterable, List, Optional

from model_files import ModelError, is_count, json_text
from model_types import ACTIVATIONS, FRACTIONS, HEADS, LABELLED, ONLY, SAME_HEADS, SIZES, TYPES, ModelType

LARGEST_SIZE = 2 ** 24
# Which head a model without architectures has, by the tensors that only that head has.
TELLING = (("qa_outputs.", "ForQuestionAnswering"), ("cls.predictions.", "ForMaskedLM"),
           ("vocab_transform.", "ForMaskedLM"))


@dataclass(frozen=True)
class ModelConfig:
    """A config.json that can be obeyed. ``json`` has its architecture resolved to one; ``labels`` is None where it
    names none, and ``number_of_labels`` None where it does not even count them."""

    path: Path
    json: dict
    type: ModelType
    sizes: Dict[str, int]
    head: str
    labels: Optional[List[str]]
    number_of_labels: Optional[int]

    def key(self, size) -> str:
        return self.type.config.get(size, str(size))

    @property
    def ties_words(self) -> bool:
        return self.json.get("tie_word_embeddings", True)


def read_config(path: Path, config: dict, tensors: Optional[Iterable[str]] = None, base: bool = False) -> ModelConfig:
    """Checks a parsed config.json. The names of the ``tensors`` decide where it names no architecture; ``base`` is
    for a folder of sentence-transformers, which reads the encoder whatever stands there."""
    name = config.get("model_type")
    if not isinstance(name, str) or name not in TYPES:
        raise ModelError(f"{path}: model_type: expected {' or '.join(TYPES)}, found {name!r}")
    model_type = TYPES[name]
    for key, allowed in ONLY.items():
        value = _value(config, key, allowed[0])
        if json_text(value) not in map(json_text, allowed):
            raise ModelError(f"{path}: {key}: expected {' or '.join(map(json_text, allowed))}, found"
                             f" {json_text(value)}")
    for key, same in model_type.aliases.items():
        if key in config and json_text(config[key]) != json_text(config.get(same)):
            raise ModelError(f"{path}: {key}: expected the same as {same} ({json_text(config.get(same))}), found"
                             f" {json_text(config[key])}")
    sizes = _sizes(path, config, model_type)
    _check_numbers(path, config, model_type, sizes)
    head = "Model" if base else _head(path, config, model_type, tensors)
    resolved = {**config, "architectures": [model_type.classes + head]}
    labels, count = None, None
    if head in LABELLED:
        labels = _labels(path, config.get("id2label"))
        count = len(labels) if labels is not None else _number_of_labels(path, config.get("num_labels"))
    return ModelConfig(path, resolved, model_type, sizes, head, labels, count)


def _value(config, key, otherwise):
    """The value of a key, or of a key in the object of a key: ``outer.inner``."""
    outer, _, inner = key.partition(".")
    value = config.get(outer, {}) if inner else config
    return value.get(inner or outer, otherwise) if isinstance(value, dict) else value


def _sizes(path, config, model_type):
    sizes = {}
    for size in SIZES:
        key = model_type.config.get(size)
        if key is None:
            continue
        # The one size that config.json need not have: older BERTs do not say that they know two types.
        value = config.get(key, 2) if size == "type_vocab_size" else config.get(key)
        if not is_count(value) or not 0 < value <= LARGEST_SIZE:
            raise ModelError(f"{path}: {key}: expected a whole number from 1 to {LARGEST_SIZE}, found"
                             f" {json_text(value)}")
        sizes[size] = value
    if sizes["dim"] % sizes["heads"]:
        raise ModelError(f"{path}: {model_type.config['dim']}: expected a multiple of {model_type.config['heads']}"
                         f" ({sizes['heads']}), found {sizes['dim']}")
    return sizes


def _check_numbers(path, config, model_type, sizes):
    """What no tensor's shape would show."""
    for word in FRACTIONS:
        key = model_type.config.get(word)
        value = config.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))
                                  or not 0 <= value < 1):
            raise ModelError(f"{path}: {key}: expected a number from 0 to 1, found {json_text(value)}")
    key = model_type.config["activation"]
    activation = config.get(key, "gelu")
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ModelError(f"{path}: {key}: expected one of {', '.join(ACTIVATIONS)}, found {json_text(activation)}")
    key = model_type.config["pad_token_id"]
    padding = config.get(key)
    if padding is not None and (not is_count(padding) or padding >= sizes["vocab_size"]):
        raise ModelError(f"{path}: {key}: expected a whole number below {sizes['vocab_size']} (vocab_size), found"
                         f" {json_text(padding)}")


def _head(path, config, model_type, tensors):
    architectures = config.get("architectures")
    if architectures is None or architectures == []:
        return _head_by_tensors(model_type, list(tensors or ()))
    if not isinstance(architectures, list) or not isinstance(architectures[0], str):
        raise ModelError(f"{path}: architectures: expected a list of names, found {json_text(architectures)}")
    # Where there are several, Hugging Face's pipelines take the first that fits.
    head = architectures[0][len(model_type.classes):]
    head = SAME_HEADS.get(head, head)
    if not architectures[0].startswith(model_type.classes) or head not in HEADS:
        known = ", ".join(model_type.classes + head for head in (*HEADS, *SAME_HEADS))
        raise ModelError(f"{path}: architectures: expected one of {known}, found {json_text(architectures[0])}")
    return head


def _head_by_tensors(model_type, names):
    if any(name.startswith("classifier.") for name in names):
        before = "pre_classifier." if model_type.name == "distilbert" else "pooler.dense."
        pooled = any(name.startswith(before) or name.startswith(model_type.prefix + before) for name in names)
        return "ForSequenceClassification" if pooled else "ForTokenClassification"
    for telling, head in TELLING:
        if any(name.startswith(telling) for name in names):
            return head
    return "Model"


def _labels(path, id2label):
    if id2label is None:
        return None
    labels = {}
    if isinstance(id2label, dict):
        labels = {int(number): label for number, label in id2label.items() if re.fullmatch("0|[1-9][0-9]{0,8}", number)}
    if not labels or len(labels) != len(id2label) or sorted(labels) != list(range(len(labels))) \
            or not all(isinstance(label, (str, int, float)) and not isinstance(label, bool)
                       for label in labels.values()):
        raise ModelError(f"{path}: id2label: expected texts numbered from 0 without gaps, found {json_text(id2label)}")
    # A label that is a number in JSON is the text of that number.
    return [label if isinstance(label, str) else str(label) for label in (labels[n] for n in range(len(labels)))]


def _number_of_labels(path, number):
    if number is not None and (not is_count(number) or not 0 < number <= LARGEST_SIZE):
        raise ModelError(f"{path}: num_labels: expected a whole number from 1 to {LARGEST_SIZE}, found"
                         f" {json_text(number)}")
    return number
