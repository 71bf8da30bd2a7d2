"""Writes a flat weight file as a folder that Hugging Face's transformers load."""

import json
import struct
from math import prod
from pathlib import Path

import numpy as np

from dtypes import NUMPY, dequantize_rows
from flat_file import read_flat
from model_files import ModelError, whole_file
from model_names import EMBEDDINGS, LAYER, LAYERS, TOKEN_TYPES, read_config

VOCABULARY = "vocabulary"
# What a training's checkpoint holds beside the model.
OPTIMIZER = "optimizer."
ARCHITECTURES = {"distilbert": ("DistilBertModel", "DistilBertForSequenceClassification"),
                 "bert": ("BertModel", "BertForSequenceClassification")}
TOKENIZERS = {"distilbert": "DistilBertTokenizer", "bert": "BertTokenizer"}
SPECIAL_TOKENS = {"cls_token": "[CLS]", "mask_token": "[MASK]", "pad_token": "[PAD]", "sep_token": "[SEP]",
                  "unk_token": "[UNK]"}


def write_folder(flat_path: Path, folder: Path) -> str:
    """Writes model.safetensors, config.json, and for a model with a vocabulary vocab.txt and tokenizer_config.json.

    Numbers stay as they are stored, but for int8, which becomes F32. Returns a line that says what was written.
    """
    flat_path, folder = Path(flat_path), Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder}: exists and is not an empty folder")
    flat = read_flat(flat_path)
    config = _config(flat_path, flat.header)
    tensors = _tensors(flat_path, flat, config)
    folder.mkdir(parents=True, exist_ok=True)
    parameters = _write_safetensors(folder / "model.safetensors", tensors)
    _write(folder / "config.json", _json(config))
    if VOCABULARY in flat.tensors:
        _write(folder / "vocab.txt", flat.tensors[VOCABULARY].tobytes())
        _write(folder / "tokenizer_config.json", _json(_tokenizer(config, flat.header["tokenizer"])))
    return f"{folder}: {len(tensors)} tensors, {parameters} parameters"


def _config(path, header):
    labels = header["labels"]
    config = dict(header["config"])
    model_type = read_config(path, config).model_type
    config["architectures"] = [ARCHITECTURES[model_type][1 if labels else 0]]
    if labels:
        config["id2label"] = {str(number): label for number, label in enumerate(labels)}
        config["label2id"] = {label: number for number, label in enumerate(labels)}
    return config


def _tokenizer(config, settings):
    return {"cls_token": SPECIAL_TOKENS["cls_token"], "do_lower_case": settings.get("lowercase", True),
            **{name: token for name, token in SPECIAL_TOKENS.items() if name != "cls_token"},
            "model_max_length": settings.get("max_length", config.get("max_position_embeddings")),
            "strip_accents": settings.get("strip_accents"),
            "tokenize_chinese_chars": settings.get("tokenize_chinese_chars", True),
            "tokenizer_class": TOKENIZERS[config["model_type"]]}


def _tensors(path, flat, config):
    """(name, dtype, array) of every tensor, BF16 as its 16 bits."""
    table = flat.header["tensors"]
    scales = {entry["scales"] for entry in table.values() if "scales" in entry}
    names = _bert_names(config) if config["model_type"] == "bert" else {}
    tensors = []
    for name, array in flat.tensors.items():
        if name == VOCABULARY or name in scales or name.startswith(OPTIMIZER):
            continue
        dtype = table[name]["dtype"]
        if dtype == "I8":
            dtype, array = "F32", dequantize_rows(array, flat.tensors[table[name]["scales"]])
        module, _, kind = name.rpartition(".")
        tensors.append((f"{names.get(module, module)}.{kind}", dtype, array))
    if names:
        # Its first row, the only one a single text has, is part of the position embeddings by now.
        shape = (config.get("type_vocab_size", 2), config["hidden_size"])
        tensors.append((f"bert.{TOKEN_TYPES}", "F32", np.zeros(shape, dtype="<f4")))
    if not tensors:
        raise ModelError(f"{path}: holds no weights")
    return tensors


def _bert_names(config):
    """The flat file's names of modules to BERT's."""
    names = {f"distilbert.{ours}": f"bert.{theirs}" for ours, theirs, _ in EMBEDDINGS}
    for layer in range(config["num_hidden_layers"]):
        for ours, theirs, _ in LAYER:
            names[f"distilbert.{LAYERS['distilbert']}.{layer}.{ours}"] = f"bert.{LAYERS['bert']}.{layer}.{theirs}"
    names["pre_classifier"] = "bert.pooler.dense"
    return names


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
