#!/usr/bin/env python3
"""Converts a Hugging Face folder with a DistilBERT or a BERT into one flat weight file, and back.

    python3 tools/convert.py MODEL_DIR OUT.flat [--dtype keep|f32|f16|int8]
    python3 tools/convert.py --to-safetensors FILE.flat DIR
"""

import argparse
import os
import sys
import traceback
from math import prod
from pathlib import Path

try:
    import numpy as np
except ImportError:
    sys.exit("convert.py: needs numpy: pip install numpy")

from dtypes import quantize_rows
from flat_file import HEADER_CRC, TensorInfo, write_flat
from huggingface_folder import write_folder
from model_config import read_config
from model_files import ModelError, read_json_object
from model_names import ModelTensor, model_tensors, without_tensorflow_names
from safetensors_io import read_model
from sentence_modules import check_sizes, read_modules
from tokenizer_files import read_tokenizer

VOCABULARY = "vocabulary"
# demitasse convert says the same, since it writes the same bytes.
CONVERTER = "demitasse convert"
# A matrix below this many numbers stays F32: as int8 it would save little and cost the head its precision.
SMALLEST_INT8 = 65_536
RESERVED_METADATA = ("source", "converter", "dtype", "license", HEADER_CRC)


def convert(model_dir: Path, out: Path, dtype: str = "keep", metadata=None) -> str:
    """Writes ``out`` and returns a line that says what it holds. ``metadata`` is added to the converter's own."""
    model_dir, out = Path(model_dir), Path(out)
    if not model_dir.is_dir():
        raise ModelError(f"{model_dir}: not a folder, expected one with config.json and model.safetensors")
    modules = read_modules(model_dir)
    folder = modules.transformer if modules else model_dir
    config_path = folder / "config.json"
    config_json = read_json_object(config_path, all_numbers=True)
    weights_path, stored = read_model(folder)
    stored = without_tensorflow_names(stored)
    embeds = modules is not None and modules.header is not None
    config = read_config(config_path, config_json, stored, embeds)
    tensors, labels, left_out = model_tensors(config, weights_path, stored)
    notes = []
    tokens, settings = read_tokenizer(folder, config.sizes["vocab_size"], config.sizes["max_position_embeddings"],
                                      config.json.get("tokenizer_class"), notes)
    header = {"config": config.json, "tokenizer": settings, "labels": labels}
    if modules:
        _add_modules(header, modules, model_dir, config)
        tensors += [ModelTensor(name, tensor) for name, tensor in modules.dense.items()]
    if out.exists() and any(out.samefile(path) for path in {tensor.source.path for tensor in tensors}):
        raise ModelError(f"{out}: is the model's own file, expected another to write")
    if left_out:
        notes.insert(0, f"left out, as no part of {config.json['architectures'][0]}: {_modules(left_out)}")
    for note in notes:
        print("convert.py:", note, file=sys.stderr)
    vocabulary = b"" if tokens is None else _vocabulary(model_dir, tokens)
    header["metadata"] = {"source": model_dir.resolve().name, "converter": CONVERTER, "dtype": dtype,
                          **(metadata or {})}
    infos = [TensorInfo(VOCABULARY, "U8", (len(vocabulary),))] if vocabulary else []
    for tensor in tensors:
        infos.extend(_infos(tensor, dtype))
    length = write_flat(out, header, infos, _arrays(vocabulary, tensors, dtype))
    parameters = sum(prod(tensor.source.shape) for tensor in tensors)
    return f"{out}: {len(infos)} tensors, {parameters} parameters, {length} bytes"


def _add_modules(header, modules, folder, config):
    """What sentence-transformers say of a model, in the places where readers look for it."""
    if modules.header is None:
        if modules.activation is not None:
            # Where its older versions wrote it: in config.json.
            header["config"].setdefault("sentence_transformers", {"activation_fn": modules.activation})
    else:
        check_sizes(modules, folder, config.sizes["dim"])
        header["sentence_transformers"] = modules.header
    settings = header["tokenizer"]
    if modules.max_seq_length is not None and settings:
        settings["max_length"] = min(modules.max_seq_length, config.sizes["max_position_embeddings"])
    if modules.do_lower_case and settings and not settings["lowercase"]:
        # A step before the tokenizer's own: accents stay, which a tokenizer that lowercases would take away.
        settings["lowercase"] = True
        settings["strip_accents"] = bool(settings["strip_accents"])


def _modules(names):
    return ", ".join(dict.fromkeys(name.rpartition(".")[0] or name for name in names))


def _vocabulary(model_dir, tokens):
    try:
        return "".join(token + "\n" for token in tokens).encode("utf-8")
    except UnicodeEncodeError as e:
        raise ModelError(f"{model_dir}: the vocabulary cannot be written as UTF-8: {e}") from e


def _target_dtype(tensor, dtype):
    shape = tensor.source.shape
    if dtype == "int8":
        return "I8" if len(shape) == 2 and prod(shape) >= SMALLEST_INT8 else "F32"
    if dtype != "keep":
        return dtype.upper()
    return "F32" if tensor.source.dtype == "F64" else tensor.source.dtype


def _infos(tensor, dtype):
    name, shape = tensor.name, tensor.source.shape
    target = _target_dtype(tensor, dtype)
    if target != "I8":
        return [TensorInfo(name, target, shape)]
    scales = f"{name}.scales"
    return [TensorInfo(name, "I8", shape, scales), TensorInfo(scales, "F32", shape[:1])]


def _arrays(vocabulary, tensors, dtype):
    """The contents of ``_infos``, one tensor at a time."""
    if vocabulary:
        yield np.frombuffer(vocabulary, dtype=np.uint8)
    for tensor in tensors:
        target = _target_dtype(tensor, dtype)
        values = tensor.source.floats()
        if target == "I8":
            yield from quantize_rows(values)
        elif target == "BF16":
            yield tensor.source.values()
        else:
            yield _rounded(tensor, values, target)


def _rounded(tensor, values, target):
    with np.errstate(over="ignore"):
        rounded = values.astype("<f2" if target == "F16" else "<f4", copy=False)
    # A finite number that is infinite in F16: above 65504.
    if not np.isfinite(rounded).all():
        raise ModelError(f"{tensor.source.path}: tensor {tensor.source.name}: expected numbers that fit {target}, found"
                         f" {np.abs(values).max():g}")
    return rounded


def _arguments(arguments):
    parser = argparse.ArgumentParser(prog="convert.py", description="Converts a Hugging Face folder with a DistilBERT"
                                     " or a BERT (safetensors) into one flat weight file, and back.")
    parser.add_argument("source", metavar="MODEL_DIR", type=Path, help="folder with config.json, model.safetensors"
                        " and vocab.txt or tokenizer.json")
    parser.add_argument("out", metavar="OUT.flat", type=Path, help="the file to write")
    parser.add_argument("--to-safetensors", action="store_true", help="the way back: MODEL_DIR is the flat weight file"
                        " to read, OUT.flat the folder to write for Hugging Face; int8 becomes f32")
    parser.add_argument("--dtype", choices=("keep", "f32", "f16", "int8"), default="keep", help="how weights are"
                        " stored; int8 is for matrices of 65536 numbers and more, the rest is f32 (default: keep)")
    parser.add_argument("--license", metavar="TEXT", help="the weights' licence, for the file's metadata")
    parser.add_argument("--metadata", metavar="KEY=VALUE", action="append", default=[], help="more metadata;"
                        " may be repeated")
    parser.add_argument("--debug", action="store_true", help="show where in the code a failure came from")
    options = parser.parse_args(arguments)
    if options.to_safetensors and (options.dtype != "keep" or options.license is not None or options.metadata):
        parser.error("--to-safetensors writes what the file holds: it goes with no --dtype, --license or --metadata")
    metadata = {} if options.license is None else {"license": options.license}
    for pair in options.metadata:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            parser.error(f"--metadata: expected KEY=VALUE, found {pair!r}")
        if key in RESERVED_METADATA:
            parser.error(f"--metadata: {key} is set by the converter; choose another key")
        metadata[key] = value
    return options, metadata


def main(arguments=None) -> int:
    options, metadata = _arguments(arguments)
    try:
        if options.to_safetensors:
            _print(write_folder(options.source, options.out))
        else:
            _print(convert(options.source, options.out, options.dtype, metadata))
        return 0
    except (Exception, KeyboardInterrupt) as e:
        if options.debug:
            traceback.print_exc()
        print("convert.py:", " ".join(_message(e).splitlines()), file=sys.stderr)
        return 1


def _print(line):
    try:
        print(line, flush=True)
    except OSError as e:
        # Python flushes stdout once more on its way out; give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ModelError(f"stdout: {e.strerror}; the file is written") from e


def _message(e):
    if isinstance(e, ModelError):
        return str(e)
    if isinstance(e, KeyboardInterrupt):
        return "interrupted"
    if isinstance(e, OSError):
        return f"{e.filename}: {e.strerror}" if e.filename else str(e)
    return f"{type(e).__name__}: {e} (--debug shows where)"


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        # A path that the terminal cannot show is no reason to fail.
        stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
