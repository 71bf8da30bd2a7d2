"""Writes a flat weight file as a folder that Hugging Face's transformers and sentence-transformers load."""

import json
import struct
from math import prod
from pathlib import Path

import numpy as np

from dtypes import NUMPY, dequantize_rows
from flat_file import read_flat
from model_config import read_config
from model_files import ModelError, whole_file
from model_types import TYPES, encoder_tensors, head_tensors
from sentence_modules import CONFIG, DENSE_ACTIVATIONS, MODULES, POOLING, POOLINGS, TRANSFORMER_CONFIGS
from tokenizer_folder import tokenizer_files

VOCABULARY = "vocabulary"
# What a training's checkpoint holds beside the model.
OPTIMIZER = "optimizer."
DENSE = "dense."


def write_folder(flat_path: Path, folder: Path) -> str:
    """Writes config.json, model.safetensors, the tokenizer's files for a model with a vocabulary, and
    sentence-transformers' for an embedding model.

    Numbers stay as they are stored, but for int8, which becomes F32. Returns a line that says what was written.
    """
    flat_path, folder = Path(flat_path), Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder}: exists and is not an empty folder")
    flat = read_flat(flat_path)
    config = _config(flat_path, flat)
    tensors, dense = _tensors(flat_path, flat, config)
    folder.mkdir(parents=True, exist_ok=True)
    parameters = _write_safetensors(folder / "model.safetensors", tensors)
    _write(folder / "config.json", _json(config.json))
    if VOCABULARY in flat.tensors:
        files = tokenizer_files(config.type.name, config.json, flat.header["tokenizer"],
                                flat.tensors[VOCABULARY].tobytes())
        for name, content in files.items():
            _write(folder / name, content if isinstance(content, bytes) else _json(content))
    if "sentence_transformers" in flat.header:
        _write_modules(folder, flat.header, config, dense)
        parameters += sum(prod(array.shape) for tensors in dense.values() for _, _, array in tensors)
    return f"{folder}: {len(tensors) + sum(map(len, dense.values()))} tensors, {parameters} parameters"


def _config(path, flat):
    """config.json with the labels that the file has; a file of version 1 says by them what its head is."""
    config, labels = dict(flat.header["config"]), flat.header["labels"]
    if flat.version == 1 and config.get("model_type") in TYPES:
        head = "ForSequenceClassification" if labels else "Model"
        config["architectures"] = [TYPES[config["model_type"]].classes + head]
    checked = read_config(path, config)
    if labels and checked.labels != labels:
        checked.json["id2label"] = {str(number): label for number, label in enumerate(labels)}
    if labels and ("label2id" not in checked.json or checked.labels != labels):
        checked.json["label2id"] = {label: number for number, label in enumerate(labels)}
    return checked


def _tensors(path, flat, config):
    """(name, dtype, array) of every tensor of the model, BF16 as its 16 bits; and of dense layers by their numbers."""
    table = flat.header["tensors"]
    scales = {entry["scales"] for entry in table.values() if "scales" in entry}
    names = {tensor.name: tensor.theirs for tensor in encoder_tensors(config.type, config.sizes["layers"])}
    names.update((tensor.name, tensor.theirs) for tensor in head_tensors(config.type, config.head))
    tensors, dense = [], {}
    for name, array in flat.tensors.items():
        if name == VOCABULARY or name in scales or name.startswith(OPTIMIZER):
            continue
        dtype = table[name]["dtype"]
        if dtype == "I8":
            dtype, array = "F32", dequantize_rows(array, flat.tensors[table[name]["scales"]])
        if name.startswith(DENSE):
            _, number, kind = name.split(".")
            dense.setdefault(int(number), []).append((f"linear.{kind}", dtype, array))
        elif name in names:
            tensors.append((_own(config, names.pop(name)), dtype, array))
        else:
            raise ModelError(f"{path}: tensor {name} is not one that a {config.json['architectures'][0]} has")
    token_types = f"{TYPES['distilbert'].prefix}embeddings.token_type_embeddings.weight"
    if flat.version == 1 and token_types in names:
        # The first row, the only one a single text has, is part of the position embeddings there.
        shape = (config.sizes["type_vocab_size"], config.sizes["dim"])
        tensors.append((_own(config, names[token_types]), "F32", np.zeros(shape, dtype="<f4")))
    if not tensors:
        raise ModelError(f"{path}: holds no weights")
    return tensors, dense


def _own(config, name):
    """save_pretrained writes no prefix before the names of a model without a head."""
    return name[len(config.type.prefix):] if config.head == "Model" else name


def _write_modules(folder, header, config, dense):
    """The layout that every version of sentence-transformers reads."""
    modules = header["sentence_transformers"]
    places = ["", "1_Pooling"]
    mode = next(name for name, ours in POOLINGS.items() if ours == modules["pooling"])
    dim = config.sizes["dim"]
    _write_into(folder / places[1], {"word_embedding_dimension": dim,
                                     **{key: name == mode for name, key in POOLING.items()},
                                     "include_prompt": modules["include_prompt"]})
    for number, layer in enumerate(modules["dense"]):
        places.append(f"{len(places)}_Dense")
        module = "linear" if layer["activation"] == "identity" else "activation"
        name = next(name for name, ours in DENSE_ACTIVATIONS.items() if ours == layer["activation"])
        _write_into(folder / places[-1], {**{key: layer[key] for key in ("in_features", "out_features", "bias")},
                                          "activation_function": f"torch.nn.modules.{module}.{name}"})
        _write_safetensors(folder / places[-1] / "model.safetensors", dense[number])
    if modules["normalize"]:
        places.append(f"{len(places)}_Normalize")
        (folder / places[-1]).mkdir()
    kinds = ["Transformer", *(place.partition("_")[2] for place in places[1:])]
    _write(folder / MODULES, _json([{"idx": number, "name": str(number), "path": place,
                                     "type": f"sentence_transformers.models.{kind}"}
                                    for number, (place, kind) in enumerate(zip(places, kinds))]))
    length = header["tokenizer"].get("max_length", config.sizes["max_position_embeddings"])
    _write(folder / TRANSFORMER_CONFIGS[0], _json({"max_seq_length": length, "do_lower_case": False}))
    _write(folder / CONFIG, _json({key: modules[key] for key in
                                   ("prompts", "default_prompt_name", "similarity_fn_name")}))


def _write_into(folder, config):
    folder.mkdir()
    _write(folder / "config.json", _json(config))


def _write_safetensors(path, tensors):
    header, position = {"__metadata__": {"format": "pt"}}, 0
    for name, dtype, array in tensors:
        length = prod(array.shape) * np.dtype(NUMPY[dtype]).itemsize
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [position, position + length]}
        position += length
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    # Spaces up to a multiple of 8, so that the numbers are aligned.
    text += b" " * (-len(text) % 8)

    def chunks():
        yield struct.pack("<Q", len(text)) + text
        for _, dtype, array in tensors:
            yield np.ascontiguousarray(array, dtype=NUMPY[dtype]).reshape(-1).view(np.uint8).data

    _write(path, chunks())
    return sum(prod(array.shape) for _, _, array in tensors)


def _json(value):
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _write(path, content):
    """Bytes, or an iterable of them."""
    with whole_file(path) as file:
        for chunk in [content] if isinstance(content, bytes) else content:
            file.write(chunk)
