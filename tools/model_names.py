"""Finds a model's tensors under the names of its own files, and gives them the flat file's."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple

from model_config import ModelConfig
from model_files import ModelError
from model_types import LABELLED, encoder_tensors, head_tensors
from safetensors_io import FLOATS, StoredTensor

BUFFERS = ("embeddings.position_ids", "embeddings.token_type_ids")
# The bias of BERT's output over words stands under both names, or under either.
OTHER_NAMES = {"cls.predictions.bias": "cls.predictions.decoder.bias"}


@dataclass(frozen=True)
class ModelTensor:
    """A tensor of the flat file and where it comes from."""

    name: str
    source: StoredTensor


def model_tensors(config: ModelConfig, path: Path, stored: Dict[str, StoredTensor]):
    """Names the tensors of a model from those of ``path``.

    ``stored`` has the names of today, see :func:`without_tensorflow_names`. Returns the flat file's tensors in its
    order, the labels ([] for a head without), and the names left out.
    """
    return _Naming(config, path, stored).result()


class _Naming:
    def __init__(self, config: ModelConfig, path: Path, stored: Dict[str, StoredTensor]):
        self.config = config
        self.path = path
        self.stored = stored
        prefix = config.type.prefix
        self.prefix = prefix if any(name.startswith(prefix) for name in stored) else ""
        self.used = set()
        self.tensors: List[ModelTensor] = []
        self.sizes = dict(config.sizes)

    def result(self) -> Tuple[List[ModelTensor], List[str], List[str]]:
        self.sizes["labels"] = self._count_labels()
        for tensor in encoder_tensors(self.config.type, self.config.sizes["layers"]):
            self._add(tensor)
        head = list(head_tensors(self.config.type, self.config.head))
        optional = any(self._own(tensor.theirs) in self.stored for tensor in head if tensor.optional)
        for tensor in head:
            if tensor.tied and self.config.ties_words:
                # Hugging Face takes the word embeddings, whatever the file has under this name.
                self.used.add(tensor.theirs)
            elif optional or not tensor.optional:
                self._add(tensor)
        labels = self.config.labels
        if labels is None:
            count = self.sizes["labels"] if self.config.head in LABELLED else 0
            labels = [f"LABEL_{n}" for n in range(count)]
        return self.tensors, labels, self._left_out()

    def _count_labels(self):
        """The classifier's rows where config.json does not say; whether they are rows at all is checked with its
        shape."""
        if self.config.number_of_labels is not None:
            return self.config.number_of_labels
        classifier = self.stored.get("classifier.weight")
        return classifier.shape[0] if classifier is not None and classifier.shape else 2

    def _own(self, name):
        """A model without a head has no prefix before its tensors' names."""
        prefix = self.config.type.prefix
        return self.prefix + name[len(prefix):] if name.startswith(prefix) else name

    def _add(self, tensor):
        source = self._own(tensor.theirs)
        other = OTHER_NAMES.get(source)
        if other in self.stored:
            if source not in self.stored:
                source = other
            elif bytes(self.stored[source].data) != bytes(self.stored[other].data):
                raise ModelError(f"{self.stored[other].path}: tensor {other}: expected the same numbers as in {source}")
            self.used.add(other)
        expected = tuple(self.sizes.get(size, size) for size in tensor.shape)
        keys = ", ".join(self.config.key(size) for size in tensor.shape)
        explanation = f" ([{keys}] of {self.config.path.name})"
        found = self.stored.get(source)
        if found is None:
            raise ModelError(f"{self.path}: tensor {source} is missing, expected it with shape {list(expected)}"
                             f"{explanation} for {self.config.json['architectures'][0]} (architectures)"
                             + (", as tie_word_embeddings is false" if tensor.tied else ""))
        if found.shape != expected:
            raise ModelError(f"{found.path}: tensor {source}: expected shape {list(expected)}{explanation}, found"
                             f" {list(found.shape)}")
        if found.dtype not in FLOATS:
            raise ModelError(f"{found.path}: tensor {source}: expected dtype {', '.join(FLOATS)}, found {found.dtype}")
        self.used.add(source)
        self.tensors.append(ModelTensor(tensor.name, found))

    def _left_out(self):
        """Other heads may go, but a tensor of the encoder that nobody knows would change what it computes."""
        layers = f"{self.prefix}{self.config.type.layers}."
        left_out = []
        for name in self.stored:
            if name in self.used or name.endswith(BUFFERS):
                continue
            layer = re.match(re.escape(layers) + "([0-9]+)\\.", name)
            if layer and int(layer.group(1)) >= self.config.sizes["layers"]:
                raise ModelError(f"{self.stored[name].path}: tensor {name}: expected {self.config.sizes['layers']}"
                                 f" layers ({self.config.key('layers')} of {self.config.path.name}), found number"
                                 f" {layer.group(1)}, counted from 0")
            if name.startswith((layers, f"{self.prefix}embeddings.")):
                raise ModelError(f"{self.stored[name].path}: tensor {name} is not one that a"
                                 f" {self.config.type.name} encoder has")
            left_out.append(name)
        return left_out


def without_tensorflow_names(stored: Dict[str, StoredTensor]) -> Dict[str, StoredTensor]:
    """Files that were once converted from TensorFlow call a LayerNorm's weight gamma and its bias beta."""
    renamed = {}
    for name, tensor in stored.items():
        new = re.sub(r"(LayerNorm|layer_norm)\.gamma$", r"\1.weight", name)
        new = re.sub(r"(LayerNorm|layer_norm)\.beta$", r"\1.bias", new)
        if new in renamed or (new != name and new in stored):
            raise ModelError(f"{tensor.path}: tensor {name} stands there as {new} too, expected it once")
        renamed[new] = tensor
    return renamed
