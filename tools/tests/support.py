"""Small models for the tests, written by numpy into temporary folders, and a way to run the converter."""

import contextlib
import io
import json
import struct
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
RESOURCES = ROOT / "src" / "test" / "resources"
sys.path.insert(0, str(ROOT / "tools"))

import convert  # noqa: E402  (needs the path above)
from flat_file import read_flat  # noqa: E402

DIM, HEADS, LAYERS, HIDDEN, VOCABULARY, POSITIONS = 8, 2, 2, 16, 30, 12

DISTILBERT_CONFIG = {
    "model_type": "distilbert", "activation": "gelu", "dim": DIM, "n_heads": HEADS, "n_layers": LAYERS,
    "hidden_dim": HIDDEN, "vocab_size": VOCABULARY, "max_position_embeddings": POSITIONS,
    "id2label": {"0": "NEGATIVE", "1": "POSITIVE"},
}
BERT_CONFIG = {
    "model_type": "bert", "hidden_act": "gelu", "hidden_size": DIM, "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS, "intermediate_size": HIDDEN, "vocab_size": VOCABULARY,
    "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "id2label": {"0": "NEGATIVE", "1": "POSITIVE"},
}
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", "é", "中", "x\u2028y"]

# DistilBERT's name for a part, then BERT's, then the shape of its weight: written out here once more, so that a slip
# in the converter's own table shows.
PARTS = [
    ("attention.q_lin", "attention.self.query", (DIM, DIM)),
    ("attention.k_lin", "attention.self.key", (DIM, DIM)),
    ("attention.v_lin", "attention.self.value", (DIM, DIM)),
    ("attention.out_lin", "attention.output.dense", (DIM, DIM)),
    ("sa_layer_norm", "attention.output.LayerNorm", (DIM,)),
    ("ffn.lin1", "intermediate.dense", (HIDDEN, DIM)),
    ("ffn.lin2", "output.dense", (DIM, HIDDEN)),
    ("output_layer_norm", "output.LayerNorm", (DIM,)),
]


def distilbert_weights(seed=1, prefix="distilbert.", classifier=True, vocabulary=VOCABULARY):
    """A DistilBERT's tensors in the flat file's order, float32 with values that F16 and BF16 hold exactly."""
    random = np.random.default_rng(seed)

    def draw(*shape):
        return (random.integers(-127, 128, shape) / 64).astype(np.float32)

    weights = {
        f"{prefix}embeddings.word_embeddings.weight": draw(vocabulary, DIM),
        f"{prefix}embeddings.position_embeddings.weight": draw(POSITIONS, DIM),
        f"{prefix}embeddings.LayerNorm.weight": draw(DIM),
        f"{prefix}embeddings.LayerNorm.bias": draw(DIM),
    }
    for layer in range(LAYERS):
        for name, _, shape in PARTS:
            weights[f"{prefix}transformer.layer.{layer}.{name}.weight"] = draw(*shape)
            weights[f"{prefix}transformer.layer.{layer}.{name}.bias"] = draw(shape[0])
    if classifier:
        weights.update({"pre_classifier.weight": draw(DIM, DIM), "pre_classifier.bias": draw(DIM),
                        "classifier.weight": draw(2, DIM), "classifier.bias": draw(2)})
    return weights


def bert_weights(distilbert, prefix="bert.", seed=2):
    """A BERT of the same parameters, with token types of its own."""
    token_types = np.random.default_rng(seed).standard_normal((2, DIM)).astype(np.float32)
    weights = {f"{prefix}embeddings.token_type_embeddings.weight": token_types}
    for name, values in distilbert.items():
        name = name.replace("distilbert.", prefix).replace("pre_classifier", f"{prefix}pooler.dense")
        if ".layer." in name:
            name = name.replace("transformer.layer", "encoder.layer")
            ours, theirs = next(pair for pair in ((a, b) for a, b, _ in PARTS) if f".{pair[0]}." in name)
            name = name.replace(ours, theirs)
        weights[name] = values
    return weights


def to_bfloat16(values):
    """The upper halves of float32 numbers that BF16 holds exactly."""
    return (np.ascontiguousarray(values, dtype=np.float32).view(np.uint32) >> 16).astype(np.uint16)


def write_safetensors(path, weights, dtype="F32"):
    """Writes float arrays as ``dtype``; integer arrays as I64."""
    header, content = {"__metadata__": {"format": "pt"}}, b""
    for name, values in weights.items():
        stored = "I64" if values.dtype == np.int64 else dtype
        if stored == "BF16":
            data = to_bfloat16(values).tobytes()
        else:
            data = values.astype({"F32": "<f4", "F16": "<f2", "F64": "<f8", "I64": "<i8"}[stored]).tobytes()
        header[name] = {"dtype": stored, "shape": list(values.shape),
                        "data_offsets": [len(content), len(content) + len(data)]}
        content += data
    write_raw(path, header, content)


def write_raw(path, header, content):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + content)


class ConverterTest(unittest.TestCase):
    """A temporary folder with a small model in ``self.model``, and the converter's own command line."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.model = self.folder / "toy"
        self.out = self.folder / "toy.flat"
        self.write_model(distilbert_weights(), DISTILBERT_CONFIG)

    def write_model(self, weights, config, dtype="F32", model=None):
        model = model or self.model
        model.mkdir(exist_ok=True)
        write_safetensors(model / "model.safetensors", weights, dtype)
        self.write_json("config.json", config, model)
        return model

    def write_json(self, name, value, model=None):
        ((model or self.model) / name).write_text(json.dumps(value), encoding="utf-8")

    def write_vocabulary(self, tokens=TOKENS):
        (self.model / "vocab.txt").write_bytes("".join(token + "\n" for token in tokens).encode())

    def run_converter(self, *options, model=None, out=None):
        """Exit status, stdout and stderr."""
        stdout, stderr = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            status = convert.main([str(model or self.model), str(out or self.out), *options])
        return status, stdout.getvalue(), stderr.getvalue()

    def converted(self, *options, model=None):
        """The flat file that the converter makes, read back."""
        status, _, stderr = self.run_converter(*options, model=model)
        self.assertEqual((status, stderr), (0, ""))
        return read_flat(self.out)

    def assert_refused(self, *words, options=(), out=None):
        """One line on stderr with all ``words``, exit 1, and no file or temporary file left behind."""
        before = sorted(self.folder.rglob("*"))
        status, stdout, stderr = self.run_converter(*options, out=out)
        self.assertEqual((status, stdout), (1, ""), stderr)
        self.assertEqual(stderr.count("\n"), 1, stderr)
        self.assertTrue(stderr.startswith("convert.py: "), stderr)
        self.assertNotIn("--debug", stderr)
        for word in words:
            self.assertIn(word, stderr)
        self.assertEqual(sorted(self.folder.rglob("*")), before)

    def assert_same_tensors(self, actual, expected):
        """Same names in the same order, same dtypes, same bytes."""
        self.assertEqual(list(actual), list(expected))
        for name, values in expected.items():
            self.assertEqual(actual[name].dtype, values.dtype, name)
            np.testing.assert_array_equal(actual[name], values, err_msg=name)
