#!/usr/bin/env python3
"""Writes a DistilBERT classifier as TorchScript, without PyTorch.

    python3 export_torchscript.py [--training] MODEL.safetensors|MODEL.flat OUT.pt

A TorchScript file is a zip of source code, of a pickle that says what the module holds, and of the tensors' bytes. The
forward pass in it is Hugging Face's DistilBERT with its default attention, torch.scaled_dot_product_attention:

    forward(input_ids [batch, length] int64, attention_mask [batch, 1, 1, length] bool or left out) -> [batch, labels]

With --training it has dropout where Hugging Face has it, which works while the module is in training mode.
"""

import argparse
import struct
import zipfile
from pathlib import Path

from weights import Weights

FORMAT_VERSION = b"10\n"
EPSILON = "9.9999999999999998e-13"


def source(fields, config, training):
    """The module's code, as torch.jit.save writes it: one class, its attributes, then forward."""
    dim = config["dim"]
    names = "".join(f'"{name}", ' for name in fields)
    lines = ["class DistilBert(Module):", f"  __parameters__ = [{names}]", "  __buffers__ = []"]
    lines += [f"  {name} : Tensor" for name in fields]
    lines += ["  training : bool", "  def forward(self: __torch__.DistilBert,", "    input_ids: Tensor,",
              "    attention_mask: Optional[Tensor]=None) -> Tensor:"]

    def let(name, value):
        lines.append(f"    {name} = {value}")

    def linear(x, name):
        return f"torch.linear({x}, self.{name}_weight, self.{name}_bias)"

    def norm(x, name):
        return f"torch.layer_norm({x}, [{dim}], self.{name}_weight, self.{name}_bias, {EPSILON})"

    def dropout(x, name):
        return f"torch.dropout({x}, {config[name]}, self.training)" if training else x

    attention_arguments = "q, k, v, attention_mask"
    if training:
        lines += ["    if self.training:", f"      attention_dropout = {config['attention_dropout']}",
                  "    else:", "      attention_dropout = 0."]
        attention_arguments += ", attention_dropout"
    let("batch", "torch.size(input_ids, 0)")
    let("length", "torch.size(input_ids, 1)")
    let("heads", f"[batch, length, {config['n_heads']}, {dim // config['n_heads']}]")
    let("words", "torch.embedding(self.embeddings_word_embeddings_weight, input_ids)")
    let("positions", "torch.slice(self.embeddings_position_embeddings_weight, 0, 0, length)")
    let("x", dropout(norm("torch.add(words, positions)", "embeddings_LayerNorm"), "dropout"))
    for number in range(config["n_layers"]):
        layer = f"transformer_layer_{number}_"
        for part in "qkv":
            let(part, f"torch.transpose(torch.view({linear('x', f'{layer}attention_{part}_lin')}, heads), 1, 2)")
        let("context", f"torch.scaled_dot_product_attention({attention_arguments})")
        let("joined", f"torch.reshape(torch.transpose(context, 1, 2), [batch, length, {dim}])")
        attended = linear("joined", f"{layer}attention_out_lin")
        let("y", norm(f"torch.add({attended}, x)", f"{layer}sa_layer_norm"))
        let("inner", f"torch.gelu({linear('y', f'{layer}ffn_lin1')})")
        outer = dropout(linear("inner", f"{layer}ffn_lin2"), "dropout")
        let("x", norm(f"torch.add({outer}, y)", f"{layer}output_layer_norm"))
    pooled = f"torch.relu({linear('torch.select(x, 1, 0)', 'pre_classifier')})"
    let("pooled", dropout(pooled, "seq_classif_dropout"))
    lines.append(f"    return {linear('pooled', 'classifier')}")
    return "\n".join(lines) + "\n"


def text(value):
    encoded = value.encode("utf-8")
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def integer(value):
    return b"J" + struct.pack("<i", value)


def items(*parts):
    return b"(" + b"".join(parts) + b"t"


def tensor(key, shape):
    """What torch.save writes for a contiguous float32 tensor whose bytes are in the file data/KEY."""
    strides = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        strides[i] = strides[i + 1] * shape[i + 1]
    storage = items(text("storage"), b"ctorch\nFloatStorage\n", text(key), text("cpu"),
                    integer(strides[0] * shape[0])) + b"Q"
    return (b"ctorch._utils\n_rebuild_tensor_v2\n"
            + items(storage, integer(0), items(*map(integer, shape)), items(*map(integer, strides)), b"\x89",
                    b"ccollections\nOrderedDict\n)R") + b"R")


def module(tensors):
    """The pickle of an instance of the class, with its attributes: ``tensors`` by name."""
    attributes = b"".join(text(name) + value for name, value in tensors.items()) + text("training") + b"\x89"
    return b"\x80\x02c__torch__\nDistilBert\n)\x81}(" + attributes + b"ub."


def tensor_names(config):
    yield from (f"distilbert.embeddings.{name}" for name in (
        "word_embeddings.weight", "position_embeddings.weight", "LayerNorm.weight", "LayerNorm.bias"))
    for number in range(config["n_layers"]):
        for part in ("attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm",
                     "ffn.lin1", "ffn.lin2", "output_layer_norm"):
            yield f"distilbert.transformer.layer.{number}.{part}.weight"
            yield f"distilbert.transformer.layer.{number}.{part}.bias"
    for part in ("pre_classifier", "classifier"):
        yield f"{part}.weight"
        yield f"{part}.bias"


def export(weights, path, training):
    root = path.stem
    pickled = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for key, name in enumerate(tensor_names(weights.config)):
            values = weights[name]
            archive.writestr(f"{root}/data/{key}", values.tobytes())
            pickled[name.removeprefix("distilbert.").replace(".", "_")] = tensor(str(key), values.shape)
        archive.writestr(f"{root}/data.pkl", module(pickled))
        archive.writestr(f"{root}/code/__torch__.py", source(pickled, weights.config, training))
        archive.writestr(f"{root}/constants.pkl", b"\x80\x02).")
        archive.writestr(f"{root}/version", FORMAT_VERSION)


def main():
    parser = argparse.ArgumentParser(description="Writes a DistilBERT classifier as TorchScript.")
    parser.add_argument("model", metavar="MODEL", type=Path, help="a safetensors file beside its config.json, or a"
                        " flat file")
    parser.add_argument("out", metavar="OUT.pt", type=Path, help="the file to write")
    parser.add_argument("--training", action="store_true", help="with dropout")
    arguments = parser.parse_args()
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    export(Weights(arguments.model), arguments.out, arguments.training)
    print(arguments.out)


if __name__ == "__main__":
    main()
