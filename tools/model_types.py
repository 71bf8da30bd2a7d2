"""What Hugging Face's files of each model type call things: the table that the Java code reads too."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Tuple

_TABLE = json.loads((Path(__file__).resolve().parents[1] / "src" / "main" / "resources" / "io" / "demitasse" / "file"
                     / "model-types.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class ModelType:
    """``classes`` is what the names of its classes begin with, ``config`` the flat file's words to config.json's."""

    name: str
    classes: str
    prefix: str
    layers: str
    config: Dict[str, str]
    aliases: Dict[str, str]


@dataclass(frozen=True)
class Tensor:
    """A tensor's name in the flat file, its name in the model type's own files, and its shape in the flat file's words.

    One that is ``optional`` may be missing; one that is ``tied`` counts only where config.json unties it.
    """

    name: str
    theirs: str
    shape: Tuple
    optional: bool = False
    tied: bool = False


TYPES = {name: ModelType(name, entry["class"], entry["prefix"], entry["layers"], entry["config"], entry["aliases"])
         for name, entry in _TABLE["model_types"].items()}
SIZES, FRACTIONS, ONLY = _TABLE["sizes"], _TABLE["fractions"], _TABLE["only"]
ACTIVATIONS = _TABLE["activations"]
HEADS, SAME_HEADS = _TABLE["heads"], _TABLE["same_heads"]
# The heads whose classes have names.
LABELLED = ("ForSequenceClassification", "ForTokenClassification")
PREFIX = TYPES["distilbert"].prefix


def encoder_tensors(model_type: ModelType, layers: int):
    """The encoder's tensors in the flat file's order; their names are those of a model with a head."""
    for entry in _TABLE["embeddings"]:
        if all(size in model_type.config for size in entry["shape"]):
            yield Tensor(PREFIX + entry["name"], model_type.prefix + entry["name"], tuple(entry["shape"]))
    for layer in range(layers):
        for entry in _TABLE["layer"]:
            theirs = entry["name"] if model_type.name == "distilbert" else entry["bert"]
            for kind, shape in (("weight", entry["shape"]), ("bias", entry["shape"][:1])):
                yield Tensor(f"{PREFIX}{TYPES['distilbert'].layers}.{layer}.{entry['name']}.{kind}",
                             f"{model_type.prefix}{model_type.layers}.{layer}.{theirs}.{kind}", tuple(shape))


def head_tensors(model_type: ModelType, head: str):
    """The tensors of a head, likewise; of a Model, BERT's pooler."""
    for entry in HEADS[head]:
        theirs = entry.get(model_type.name)
        if theirs is None:
            continue
        optional, tied = entry.get("optional", False), entry.get("tied", False)
        yield Tensor(f"{entry['name']}.weight", f"{theirs}.weight", tuple(entry["shape"]), optional, tied)
        bias = entry.get(f"{model_type.name}_bias", f"{theirs}.bias")
        yield Tensor(f"{entry['name']}.bias", bias, tuple(entry["shape"][:1]), optional)
