#!/usr/bin/env python3
"""Writes a DistilBERT classifier as ONNX graphs of ONNX Runtime's own fused operators.

    python3 export_onnx.py [--reduce-range] MODEL.safetensors|MODEL.flat OUT_DIR

OUT_DIR gets, for float32 and for int8, a graph that takes padded batches and one for batches without padding:
fp32.onnx, fp32-unpadded.onnx, int8.onnx, int8-unpadded.onnx. The ones without padding have no attention mask.

In float32 one Attention operator multiplies by the weights of query, key and value and attends, which measured faster
than three MatMuls and MultiHeadAttention.

int8 is what onnxruntime.quantization.quantize_dynamic makes of the linear layers of the blocks with per_channel=True:
symmetric, one scale for each output, activations quantised to unsigned bytes as they come. On x86 without VNNI ONNX
Runtime's kernels add pairs of products in 16 bits, which overflows with the full range of the weights and spoils the
logits; --reduce-range is quantize_dynamic's reduce_range=True, which its documentation recommends there.
"""

import argparse
from pathlib import Path

import numpy as np

from onnx_format import FLOAT, INT32, Graph
from weights import Weights

MICROSOFT = "com.microsoft"


class Exporter:
    """Builds one graph. Linear layers leave their bias to the operator that follows, which adds it in passing."""

    def __init__(self, weights, int8, padded, largest=127):
        self.weights = weights
        self.int8 = int8
        self.largest = largest
        self.graph = Graph("distilbert")
        self.mask = self.graph.input("attention_mask", INT32, ["batch", "length"]) if padded else ""

    def export(self, path):
        graph, weights, config = self.graph, self.weights, self.weights.config
        hidden = self.embeddings(graph.input("input_ids", INT32, ["batch", "length"]))
        for number in range(config["n_layers"]):
            hidden = self.block(number, hidden)
        first = graph.node("Gather", [hidden, graph.constant("zero", np.array(0, np.int64))], "cls", axis=1)
        pooled = graph.node("Relu", [self.head("pre_classifier", first)], "pooled")
        self.head("classifier", pooled, "logits")
        graph.output("logits", FLOAT, ["batch", weights["classifier.weight"].shape[0]])
        graph.write(path)

    def embeddings(self, ids):
        names = ["word_embeddings.weight", "position_embeddings.weight", "LayerNorm.weight", "LayerNorm.bias"]
        word, position, gamma, beta = (
            self.graph.constant(name, self.weights["distilbert.embeddings." + name]) for name in names)
        return self.graph.node("EmbedLayerNormalization", [ids, "", word, position, "", gamma, beta],
                               ["embeddings", "embeddings_mask"], MICROSOFT, epsilon=1e-12)

    def block(self, number, hidden):
        attended = self.multi_head_attention(number, hidden)
        projected = self.matmul(number, attended, "attention.out_lin")
        hidden = self.add_and_normalize(number, projected, hidden, "attention.out_lin", "sa_layer_norm")
        inner = self.matmul(number, hidden, "ffn.lin1")
        inner = self.graph.node("BiasGelu", [inner, self.layer_constant(number, "ffn.lin1.bias")],
                                f"{number}.gelu", MICROSOFT)
        outer = self.matmul(number, inner, "ffn.lin2")
        return self.add_and_normalize(number, outer, hidden, "ffn.lin2", "output_layer_norm")

    def multi_head_attention(self, number, hidden):
        heads = self.weights.config["n_heads"]
        parts = [f"attention.{part}_lin" for part in "qkv"]
        bias = self.graph.constant(f"{number}.qkv.bias", np.concatenate(
            [self.weights.layer(number, f"{part}.bias") for part in parts]))
        if not self.int8:
            weight = self.graph.constant(f"{number}.qkv.weight", np.concatenate(
                [self.weights.layer(number, f"{part}.weight").T for part in parts], axis=1))
            return self.graph.node("Attention", [hidden, weight, bias, self.mask], f"{number}.attention", MICROSOFT,
                                   num_heads=heads)
        quantized = self.quantized(number, hidden)
        q, k, v = (self.integer_matmul(number, quantized, part) for part in parts)
        return self.graph.node("MultiHeadAttention", [q, k, v, bias, self.mask], f"{number}.attention", MICROSOFT,
                               num_heads=heads)

    def add_and_normalize(self, number, x, residual, linear, norm):
        constants = [self.layer_constant(number, name)
                     for name in (f"{norm}.weight", f"{norm}.bias", f"{linear}.bias")]
        return self.graph.node("SkipLayerNormalization", [x, residual, *constants], f"{number}.{norm}", MICROSOFT,
                               epsilon=1e-12)

    def matmul(self, number, x, linear):
        if self.int8:
            return self.graph.node("DynamicQuantizeMatMul", [x, *self.int8_weight(number, linear)],
                                   f"{number}.{linear}", MICROSOFT)
        weight = self.graph.constant(f"{number}.{linear}.weight", self.weights.layer(number, f"{linear}.weight").T)
        return self.graph.node("MatMul", [x, weight], f"{number}.{linear}")

    def quantized(self, number, x):
        outputs = [f"{number}.quantized", f"{number}.quantized.scale", f"{number}.quantized.zero"]
        self.graph.node("DynamicQuantizeLinear", [x], outputs)
        return outputs

    def integer_matmul(self, number, quantized, linear):
        """As DynamicQuantizeMatMul, for an input that several linear layers share and that is quantised once."""
        values, scale, zero = quantized
        weight, weight_scale, weight_zero = self.int8_weight(number, linear)
        return self.graph.node("MatMulIntegerToFloat", [values, weight, scale, weight_scale, zero, weight_zero],
                               f"{number}.{linear}", MICROSOFT)

    def int8_weight(self, number, linear):
        weight = self.weights.layer(number, f"{linear}.weight")          # [out, in]
        scales = np.abs(weight).max(axis=1) / np.float32(self.largest)   # one for each output column
        scales[scales == 0] = 1
        values = np.rint(weight / scales[:, None]).astype(np.int8)
        name = f"{number}.{linear}.weight"
        return [self.graph.constant(name, values.T), self.graph.constant(f"{name}.scale", scales),
                self.graph.constant(f"{name}.zero", np.zeros(len(scales), np.int8))]

    def head(self, name, x, output=None):
        weight, bias = (self.graph.constant(f"{name}.{kind}", self.weights[f"{name}.{kind}"])
                        for kind in ("weight", "bias"))
        return self.graph.node("Gemm", [x, weight, bias], output or name, transB=1)

    def layer_constant(self, number, name):
        return self.graph.constant(f"{number}.{name}", self.weights.layer(number, name))


def main():
    parser = argparse.ArgumentParser(description="Writes a DistilBERT classifier as ONNX graphs.")
    parser.add_argument("model", metavar="MODEL", type=Path, help="a safetensors file beside its config.json, or a"
                        " flat file")
    parser.add_argument("out", metavar="OUT_DIR", type=Path, help="the folder to write to")
    parser.add_argument("--reduce-range", action="store_true", help="quantise to [-64, 64] instead of [-127, 127], for"
                        " x86 processors without VNNI")
    arguments = parser.parse_args()
    weights = Weights(arguments.model)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for int8 in (False, True):
        for padded in (True, False):
            path = arguments.out / f"{'int8' if int8 else 'fp32'}{'' if padded else '-unpadded'}.onnx"
            Exporter(weights, int8, padded, 64 if arguments.reduce_range else 127).export(path)
            print(path)


if __name__ == "__main__":
    main()
