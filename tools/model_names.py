"""Which tensors a DistilBERT has, and what they are called in a DistilBERT's and in a BERT's files."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from model_files import ModelError, is_count
from safetensors_io import FLOATS, StoredTensor

# The config's keys in a model type's own words.
CONFIG_KEYS = {
    "distilbert": {"dim": "dim", "layers": "n_layers", "heads": "n_heads", "hidden": "hidden_dim",
                   "vocabulary": "vocab_size", "positions": "max_position_embeddings", "activation": "activation"},
    "bert": {"dim": "hidden_size", "layers": "num_hidden_layers", "heads": "num_attention_heads",
             "hidden": "intermediate_size", "vocabulary": "vocab_size", "positions": "max_position_embeddings",
             "activation": "hidden_act"},
}

# Part of a model, what DistilBERT calls it, what BERT calls it, and the shape of its weight.
EMBEDDINGS = (
    ("embeddings.word_embeddings", "embeddings.word_embeddings", ("vocabulary", "dim")),
    ("embeddings.position_embeddings", "embeddings.position_embeddings", ("positions", "dim")),
    ("embeddings.LayerNorm", "embeddings.LayerNorm", ("dim",)),
)
LAYER = (
    ("attention.q_lin", "attention.self.query", ("dim", "dim")),
    ("attention.k_lin", "attention.self.key", ("dim", "dim")),
    ("attention.v_lin", "attention.self.value", ("dim", "dim")),
    ("attention.out_lin", "attention.output.dense", ("dim", "dim")),
    ("sa_layer_norm", "attention.output.LayerNorm", ("dim",)),
    ("ffn.lin1", "intermediate.dense", ("hidden", "dim")),
    ("ffn.lin2", "output.dense", ("dim", "hidden")),
    ("output_layer_norm", "output.LayerNorm", ("dim",)),
)
LAYERS = {"distilbert": "transformer.layer", "bert": "encoder.layer"}
POSITIONS = "distilbert.embeddings.position_embeddings.weight"
TOKEN_TYPES = "embeddings.token_type_embeddings.weight"
BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")


@dataclass(frozen=True)
class Config:
    """What of a config.json decides the tensors. ``labels`` is None where the config names none."""

    path: Path
    model_type: str
    sizes: Dict[str, int]
    labels: Optional[List[str]]
    token_types: Optional[int]

    def key(self, size: str) -> str:
        return CONFIG_KEYS[self.model_type][size]


@dataclass(frozen=True)
class ModelTensor:
    """A tensor of the flat file and where it comes from; ``added`` holds token type 0's embedding in its first row."""

    name: str
    source: StoredTensor
    added: Optional[StoredTensor] = None


def read_config(path: Path, config: dict) -> Config:
    """Checks a parsed config.json: a DistilBERT, or a BERT that folds into one."""
    model_type = config.get("model_type")
    if model_type not in ("distilbert", "bert"):
        raise ModelError(f"{path}: model_type: expected distilbert or bert, found {model_type!r}")
    keys = CONFIG_KEYS[model_type]
    sizes = {}
    for size in ("dim", "layers", "heads", "hidden", "vocabulary", "positions"):
        sizes[size] = config.get(keys[size])
        if not is_count(sizes[size]) or sizes[size] == 0:
            raise ModelError(f"{path}: {keys[size]}: expected a whole number above 0, found {sizes[size]!r}")
    if sizes["dim"] % sizes["heads"]:
        raise ModelError(f"{path}: {keys['dim']}: expected a multiple of {keys['heads']} ({sizes['heads']}), found"
                         f" {sizes['dim']}")
    # What would change the numbers in ways that the flat file's readers do not compute.
    for key, default, allowed in ((keys["activation"], "gelu", ("gelu", "relu")),
                                  ("position_embedding_type", "absolute", ("absolute",)),
                                  ("is_decoder", False, (False,))):
        if config.get(key, default) not in allowed:
            raise ModelError(f"{path}: {key}: expected {' or '.join(map(str, allowed))}, found {config[key]!r}")
    token_types = config.get("type_vocab_size")
    return Config(path, model_type, sizes, _labels(path, config.get("id2label")), token_types)


def _labels(path, id2label):
    if id2label is None:
        return None
    try:
        labels = {int(number): label for number, label in id2label.items()}
    except (AttributeError, ValueError):
        labels = None
    if not labels or sorted(labels) != list(range(len(id2label))) \
            or not all(isinstance(label, str) for label in labels.values()):
        raise ModelError(f"{path}: id2label: expected texts numbered from 0 without gaps, found {id2label!r}")
    return [labels[number] for number in range(len(labels))]


def model_tensors(config: Config, path: Path, stored: Dict[str, StoredTensor]):
    """Names the tensors of a DistilBERT from those of ``path``.

    Returns the flat file's tensors in its order, the labels ([] without a classifier), and the names left out.
    """
    return _Naming(config, path, stored).result()


class _Naming:
    def __init__(self, config, path, stored):
        self.config = config
        self.path = path
        self.stored = _without_tensorflow_names(stored)
        self.bert = config.model_type == "bert"
        prefix = config.model_type + "."
        self.prefix = prefix if any(name.startswith(prefix) for name in self.stored) else ""
        self.used = set()
        self.tensors = []

    def result(self):
        for part in EMBEDDINGS:
            self._take(part, "distilbert.", self.prefix)
        self._fold_token_type()
        layers = LAYERS[self.config.model_type]
        for n in range(self.config.sizes["layers"]):
            for part in LAYER:
                self._take(part, f"distilbert.transformer.layer.{n}.", f"{self.prefix}{layers}.{n}.")
        labels = self._take_heads()
        return self.tensors, labels, self._left_out()

    def _take(self, part, target, origin):
        distilbert, bert, shape = part
        source = origin + (bert if self.bert else distilbert)
        self._add(f"{target}{distilbert}.weight", f"{source}.weight", shape)
        if "embeddings." not in distilbert or distilbert.endswith("LayerNorm"):
            self._add(f"{target}{distilbert}.bias", f"{source}.bias", shape[:1])

    def _add(self, name, source, shape, hint=""):
        sizes = self.config.sizes
        expected = tuple(sizes.get(size, size) for size in shape)
        keys = [self.config.key(size) if size in sizes else "labels" for size in shape]
        tensor = self._find(source, expected, f" ([{', '.join(keys)}] of {self.config.path.name})", hint)
        self.tensors.append(ModelTensor(name, tensor))

    def _find(self, source, expected, explanation, hint=""):
        found = self.stored.get(source)
        if found is None:
            raise ModelError(f"{self.path}: tensor {source} is missing, expected it with shape"
                             f" {list(expected)}{explanation}{hint}")
        if found.shape != expected:
            raise ModelError(f"{found.path}: tensor {source}: expected shape {list(expected)}{explanation}, found"
                             f" {list(found.shape)}")
        if found.dtype not in FLOATS:
            raise ModelError(f"{found.path}: tensor {source}: expected dtype {', '.join(FLOATS)}, found {found.dtype}")
        self.used.add(source)
        return found

    def _fold_token_type(self):
        """A single text is all of token type 0, so its embedding may as well stand in every position's."""
        if not self.bert:
            return
        source = self.prefix + TOKEN_TYPES
        rows = self.config.token_types
        if rows is None:
            rows = max(1, (self.stored[source].shape or (1,))[0]) if source in self.stored else 2
        elif not is_count(rows) or rows == 0:
            raise ModelError(f"{self.config.path}: type_vocab_size: expected a whole number above 0, found {rows!r}")
        expected = (rows, self.config.sizes["dim"])
        token_types = self._find(source, expected, f" ([type_vocab_size, {self.config.key('dim')}] of"
                                                   f" {self.config.path.name})")
        place = [tensor.name for tensor in self.tensors].index(POSITIONS)
        self.tensors[place] = ModelTensor(POSITIONS, self.tensors[place].source, token_types)

    def _take_heads(self):
        """A classifier with what stands before it; BERT's pooler is DistilBERT's pre_classifier but for its tanh."""
        hidden = f"{self.prefix}pooler.dense" if self.bert else "pre_classifier"
        has_classifier = any(name.startswith("classifier.") for name in self.stored)
        if not has_classifier and (self.bert or f"{hidden}.weight" not in self.stored):
            return []
        hint = "; a classifier of tokens is not supported" if has_classifier else ""
        labels = self.config.labels
        if labels is None:
            rows = self.stored["classifier.weight"].shape[:1] if "classifier.weight" in self.stored else (2,)
            labels = [f"LABEL_{n}" for n in range(rows[0] if rows else 0)]
        self._add("pre_classifier.weight", f"{hidden}.weight", ("dim", "dim"), hint)
        self._add("pre_classifier.bias", f"{hidden}.bias", ("dim",))
        self._add("classifier.weight", "classifier.weight", (len(labels), "dim"))
        self._add("classifier.bias", "classifier.bias", (len(labels),))
        return labels

    def _left_out(self):
        """Other heads may go, but a tensor of the encoder that nobody knows would change what it computes."""
        layers = f"{self.prefix}{LAYERS[self.config.model_type]}."
        left_out = []
        for name in self.stored:
            if name in self.used or name.endswith(BUFFERS):
                continue
            layer = re.match(re.escape(layers) + r"(\d+)\.", name)
            if layer and int(layer.group(1)) >= self.config.sizes["layers"]:
                raise ModelError(f"{self.stored[name].path}: tensor {name}: expected {self.config.sizes['layers']}"
                                 f" layers ({self.config.key('layers')} of {self.config.path.name}), found number"
                                 f" {layer.group(1)}, counted from 0")
            if name.startswith((layers, f"{self.prefix}embeddings.")):
                raise ModelError(f"{self.stored[name].path}: tensor {name} is not one that a"
                                 f" {self.config.model_type} encoder has")
            left_out.append(name)
        return left_out


def _without_tensorflow_names(stored):
    """Files that were once converted from TensorFlow call a LayerNorm's weight gamma and its bias beta."""
    renamed = {}
    for name, tensor in stored.items():
        new = re.sub(r"(LayerNorm|layer_norm)\.gamma$", r"\1.weight", name)
        new = re.sub(r"(LayerNorm|layer_norm)\.beta$", r"\1.bias", new)
        if new in renamed or (new != name and new in stored):
            raise ModelError(f"{tensor.path}: tensor {name} stands there as {new} too, expected it once")
        renamed[new] = tensor
    return renamed
