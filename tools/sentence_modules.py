"""Reads what sentence-transformers write beside a model: modules.json and each module's own files."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional

from model_files import ModelError, is_count, json_text, read_json, read_json_object
from safetensors_io import FLOATS, StoredTensor, read_model

MODULES = "modules.json"
CONFIG = "config_sentence_transformers.json"
# The first of these that exists is the transformer module's own.
TRANSFORMER_CONFIGS = [f"sentence_{name}_config.json" for name in
                       ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")]
# pooling_mode of today, the keys of older files, and what is not computed here.
POOLING = {"cls": "pooling_mode_cls_token", "max": "pooling_mode_max_tokens", "mean": "pooling_mode_mean_tokens",
           "mean_sqrt_len_tokens": "pooling_mode_mean_sqrt_len_tokens",
           "weightedmean": "pooling_mode_weightedmean_tokens", "lasttoken": "pooling_mode_lasttoken"}
POOLINGS = {"cls": "cls", "max": "max", "mean": "mean", "mean_sqrt_len_tokens": "mean_sqrt_len"}
SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan", None)
# Classes of torch.nn, which a file may also name by the module that holds them.
DENSE_ACTIVATIONS = {"Identity": "identity", "Tanh": "tanh", "ReLU": "relu", "GELU": "gelu", "Sigmoid": "sigmoid",
                     "SiLU": "silu"}
CROSS_ENCODER_ACTIVATIONS = {"Identity": "torch.nn.modules.linear.Identity",
                             "Sigmoid": "torch.nn.modules.activation.Sigmoid"}
TORCH = ("torch.nn.modules.activation.", "torch.nn.modules.linear.", "torch.nn.")
# What has another value than these would change the numbers, by file and key.
TRANSFORMER_ONLY = {
    "tokenizer_name_or_path": [None], "model_args": [None, {}], "model_kwargs": [None, {}],
    "tokenizer_args": [None, {}], "processor_kwargs": [None, {}], "config_args": [None, {}],
    "config_kwargs": [None, {}], "processing_kwargs": [None, {}], "query_length": [None], "document_length": [None],
    "query_expansion": [None],
}
# What a transformer module does, what its model puts out, and what it calls that.
TASKS = {"feature-extraction": ("last_hidden_state", "token_embeddings"),
         "sequence-classification": ("logits", "scores")}
SENTENCE_ONLY = {"module_input_name": ["sentence_embedding"], "module_output_name": [None, "sentence_embedding"],
                 "use_residual": [False]}


@dataclass
class SentenceModules:
    """What modules.json makes of a folder. ``transformer`` is where the model itself is; ``dim`` the file, key
    and value of what the pooling takes; ``header`` what the flat file
    keeps, None for a cross-encoder, whose ``activation`` may then be named; ``dense`` the tensors of dense layers."""

    transformer: Path
    dim: tuple = ()
    header: Optional[dict] = None
    activation: Optional[str] = None
    max_seq_length: Optional[int] = None
    do_lower_case: bool = False
    dense: Dict[str, StoredTensor] = field(default_factory=dict)


def read_modules(folder: Path) -> Optional[SentenceModules]:
    """None for a folder without modules.json."""
    path = folder / MODULES
    if not path.exists():
        return None
    modules = [_module(path, number, entry) for number, entry in enumerate(_list(path))]
    kinds = [kind for kind, _ in modules]
    config_path = folder / CONFIG
    config = read_json_object(config_path) if config_path.exists() else {}
    model_type = config.get("model_type", "SentenceTransformer")
    if model_type == "CrossEncoder" and kinds == ["Transformer"]:
        return _cross_encoder(modules[0][1], config_path, config)
    _check(config_path, config, {"model_type": ["SentenceTransformer", None], "truncate_dim": [None]})
    if kinds[:2] != ["Transformer", "Pooling"] or any(kind != "Dense" for kind in kinds[2:-1]) \
            or kinds[2:] and kinds[-1] not in ("Dense", "Normalize"):
        raise ModelError(f"{path}: type: expected Transformer, Pooling, then Dense and Normalize if any, found"
                         f" {', '.join(kinds)}")
    found = SentenceModules(modules[0][1])
    _read_transformer(found, "feature-extraction")
    pooling, include_prompt, found.dim = _pooling(modules[1][1])
    dense = []
    for kind, place in modules[2:]:
        if kind == "Dense":
            dense.append(_dense(found, place, len(dense)))
        else:
            normalize = place / "config.json"
            _check(normalize, read_json_object(normalize) if normalize.exists() else {}, SENTENCE_ONLY)
    found.header = {"pooling": pooling, "normalize": kinds[-1] == "Normalize", "dense": dense,
                    **_prompts(config_path, config), "include_prompt": include_prompt}
    return found


def check_sizes(found: SentenceModules, folder: Path, dim: int):
    """That each module takes what the one before it gives."""
    path = folder / MODULES
    place, key, stated = found.dim
    if stated is not None and json_text(stated) != str(dim):
        raise ModelError(f"{place}: {key}: expected {dim}, as the encoder has, found {json_text(stated)}")
    for number, dense in enumerate(found.header["dense"]):
        if dense["in_features"] != dim:
            raise ModelError(f"{path}: in_features of dense layer {number}: expected {dim}, as the one before it gives,"
                             f" found {dense['in_features']}")
        dim = dense["out_features"]


def _list(path):
    modules = read_json(path)
    if not isinstance(modules, list) or not modules:
        raise ModelError(f"{path}: expected a list of modules, found {json_text(modules)}")
    return modules


def _module(path, number, entry):
    """A module's kind, the last part of its class, and its folder."""
    kind = entry.get("type") if isinstance(entry, dict) else None
    place = entry.get("path") if isinstance(entry, dict) else None
    if not isinstance(kind, str) or not isinstance(place, str):
        raise ModelError(f"{path}: module {number}: expected an object with path and type, found {json_text(entry)}")
    _check(path, entry, {"kwargs": [None, []]})
    if place.startswith("/") or ".." in place.split("/"):
        raise ModelError(f"{path}: path of module {number}: expected a folder in this one, found {place!r}")
    name = kind.rpartition(".")[2]
    if not kind.startswith("sentence_transformers.") or name not in ("Transformer", "Pooling", "Dense", "Normalize"):
        raise ModelError(f"{path}: type of module {number}: expected sentence_transformers' Transformer, Pooling, Dense"
                         f" or Normalize, found {kind!r}")
    return name, path.parent / place if place else path.parent


def _check(path, config, only):
    for key, allowed in only.items():
        if key in config and json_text(config[key]) not in map(json_text, allowed):
            raise ModelError(f"{path}: {key}: expected {' or '.join(map(json_text, allowed))}, found"
                             f" {json_text(config[key])}")


def _read_transformer(found, task):
    path = next((found.transformer / name for name in TRANSFORMER_CONFIGS if (found.transformer / name).exists()), None)
    if path is None:
        return
    config = read_json_object(path)
    output, name = TASKS[task]
    _check(path, config, {"transformer_task": [task], **TRANSFORMER_ONLY, "module_output_name": [name],
                          "modality_config": [{"text": {"method": "forward", "method_output_name": output}}]})
    length = config.get("max_seq_length")
    if length is not None and (not is_count(length) or length < 1):
        raise ModelError(f"{path}: max_seq_length: expected a whole number above 0, found {json_text(length)}")
    _check(path, config, {"do_lower_case": [True, False]})
    found.max_seq_length, found.do_lower_case = length, config.get("do_lower_case", False)


def _pooling(place):
    path = place / "config.json"
    config = read_json_object(path)
    if "pooling_mode" in config:
        modes = config["pooling_mode"] if isinstance(config["pooling_mode"], list) else [config["pooling_mode"]]
        stated = modes
    else:
        for key in POOLING.values():
            _check(path, config, {key: [True, False]})
        modes = [mode for mode, key in POOLING.items() if config.get(key, False)] or ["mean"]
        stated = [key for key in POOLING.values() if config.get(key, False)]
    if len(modes) != 1 or not isinstance(modes[0], str) or modes[0] not in POOLINGS:
        raise ModelError(f"{path}: pooling_mode: expected one of {', '.join(POOLINGS)}, found {json_text(stated)}")
    _check(path, config, {"include_prompt": [True, False]})
    key = "embedding_dimension" if "embedding_dimension" in config else "word_embedding_dimension"
    return POOLINGS[modes[0]], config.get("include_prompt", True), (path, key, config.get(key))


def _activation(path, key, name, allowed):
    """The class of an activation, by any name that torch has for it."""
    for module in TORCH:
        if isinstance(name, str) and name.startswith(module) and name[len(module):] in allowed:
            return name[len(module):]
    raise ModelError(f"{path}: {key}: expected torch.nn's {', '.join(allowed)}, found {json_text(name)}")


def _dense(found, place, number):
    path = place / "config.json"
    config = read_json_object(path)
    _check(path, config, {**SENTENCE_ONLY, "bias": [True, False]})
    for key in ("in_features", "out_features"):
        if not is_count(config.get(key)) or config[key] == 0:
            raise ModelError(f"{path}: {key}: expected a whole number above 0, found {json_text(config.get(key))}")
    activation = config.get("activation_function", TORCH[0] + "Tanh")
    dense = {"in_features": config["in_features"], "out_features": config["out_features"],
             "bias": config.get("bias", True),
             "activation": DENSE_ACTIVATIONS[_activation(path, "activation_function", activation, DENSE_ACTIVATIONS)]}
    weights, stored = read_model(place)
    sizes = {"weight": ("out_features", "in_features"), "bias": ("out_features",)}
    shapes = {kind: tuple(dense[size] for size in sizes[kind]) for kind in sizes if kind != "bias" or dense["bias"]}
    for kind, shape in shapes.items():
        tensor = stored.get(f"linear.{kind}")
        if tensor is None or tensor.shape != shape or tensor.dtype not in FLOATS:
            raise ModelError(f"{weights}: tensor linear.{kind}: expected floats of shape {list(shape)}"
                             f" ([{', '.join(sizes[kind])}] of config.json), found "
                             + (f"{tensor.dtype} {list(tensor.shape)}" if tensor else "none"))
        found.dense[f"dense.{number}.{kind}"] = tensor
    extra = sorted(set(stored) - {f"linear.{kind}" for kind in shapes})
    if extra:
        raise ModelError(f"{weights}: tensor {extra[0]} is not one that a dense layer has"
                         + ("" if dense["bias"] else " whose bias is false"))
    return dense


def _prompts(path, config):
    prompts = config.get("prompts", {})
    if not isinstance(prompts, dict) or not all(text is None or isinstance(text, str) for text in prompts.values()):
        raise ModelError(f"{path}: prompts: expected an object of texts, found {json_text(prompts)}")
    default = config.get("default_prompt_name")
    if default is not None and default not in prompts:
        raise ModelError(f"{path}: default_prompt_name: expected one of prompts or null, found {json_text(default)}")
    _check(path, config, {"similarity_fn_name": list(SIMILARITIES)})
    return {"prompts": {name: text or "" for name, text in prompts.items()}, "default_prompt_name": default,
            "similarity_fn_name": config.get("similarity_fn_name")}


def _cross_encoder(transformer, path, config):
    _check(path, config, {"default_prompt_name": [None]})
    found = SentenceModules(transformer)
    activation = config.get("activation_fn")
    if activation is not None:
        name = _activation(path, "activation_fn", activation, CROSS_ENCODER_ACTIVATIONS)
        found.activation = CROSS_ENCODER_ACTIVATIONS[name]
    _read_transformer(found, "sequence-classification")
    return found
