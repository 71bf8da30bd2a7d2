#!/usr/bin/env python3
"""Fine-tunes a DistilBERT classifier with PyTorch, a step for each line of JSON on the standard input.

    python3 pytorch_training.py MODEL.safetensors|MODEL.flat THREADS [f32|bf16]

With bf16, forward pass and loss are under autocast to bfloat16, as Hugging Face's Trainer has them.

Writes a line with the version when the weights are loaded, then one with the loss for each step:

    {"ids": [[...], ...], "labels": [...], "dropout": true, "learningRate": 1e-5, "maxGradNorm": 1} -> {"loss": 0.7}

The network is Hugging Face's DistilBertForSequenceClassification with its eager attention, without a padding mask.
"""

import ctypes
import json
import sys

import torch
from torch import nn
from torch.nn import functional

from weights import Weights

EPSILON = 1e-12


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        dim = config["dim"]
        self.heads = config["n_heads"]
        self.dropout = nn.Dropout(config["attention_dropout"])
        self.q_lin = nn.Linear(dim, dim)
        self.k_lin = nn.Linear(dim, dim)
        self.v_lin = nn.Linear(dim, dim)
        self.out_lin = nn.Linear(dim, dim)

    def forward(self, x):                                              # [batch, length, dim]
        batch, length, dim = x.shape

        def split(y):                                                  # [batch, heads, length, dim of a head]
            return y.view(batch, length, self.heads, -1).transpose(1, 2)

        q, k, v = split(self.q_lin(x)), split(self.k_lin(x)), split(self.v_lin(x))
        scores = torch.matmul(q / (dim // self.heads) ** 0.5, k.transpose(2, 3))     # [batch, heads, length, length]
        context = torch.matmul(self.dropout(functional.softmax(scores, dim=-1)), v)
        return self.out_lin(context.transpose(1, 2).reshape(batch, length, dim))


class FeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.lin1 = nn.Linear(config["dim"], config["hidden_dim"])
        self.lin2 = nn.Linear(config["hidden_dim"], config["dim"])
        self.dropout = nn.Dropout(config["dropout"])

    def forward(self, x):
        return self.dropout(self.lin2(functional.gelu(self.lin1(x))))


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attention = Attention(config)
        self.sa_layer_norm = nn.LayerNorm(config["dim"], eps=EPSILON)
        self.ffn = FeedForward(config)
        self.output_layer_norm = nn.LayerNorm(config["dim"], eps=EPSILON)

    def forward(self, x):
        x = self.sa_layer_norm(self.attention(x) + x)
        return self.output_layer_norm(self.ffn(x) + x)


class Embeddings(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.word_embeddings = nn.Embedding(config["vocab_size"], config["dim"])
        self.position_embeddings = nn.Embedding(config["max_position_embeddings"], config["dim"])
        self.LayerNorm = nn.LayerNorm(config["dim"], eps=EPSILON)
        self.dropout = nn.Dropout(config["dropout"])

    def forward(self, ids):                                            # [batch, length]
        positions = self.position_embeddings(torch.arange(ids.shape[1]))
        return self.dropout(self.LayerNorm(self.word_embeddings(ids) + positions))


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embeddings = Embeddings(config)
        self.transformer = nn.ModuleDict({"layer": nn.ModuleList(Block(config) for _ in range(config["n_layers"]))})

    def forward(self, ids):
        x = self.embeddings(ids)
        for block in self.transformer["layer"]:
            x = block(x)
        return x                                                       # [batch, length, dim]


class Classifier(nn.Module):
    """Its parameters are named as the weights are."""

    def __init__(self, weights):
        super().__init__()
        config = weights.config
        self.distilbert = Encoder(config)
        self.pre_classifier = nn.Linear(config["dim"], config["dim"])
        self.dropout = nn.Dropout(config["seq_classif_dropout"])
        self.classifier = nn.Linear(config["dim"], weights["classifier.bias"].size)
        self.load_state_dict({name: torch.tensor(weights[name]) for name in self.state_dict()})

    def forward(self, ids):
        pooled = functional.relu(self.pre_classifier(self.distilbert(ids)[:, 0]))
        return self.classifier(self.dropout(pooled))                   # [batch, labels]


def blas():
    """OpenBLAS's version and the kind of core it has kernels for, if that is what PyTorch runs on."""
    try:
        library = ctypes.CDLL("libblas.so.3")
        library.openblas_get_config.restype = ctypes.c_char_p
        return library.openblas_get_config().decode()
    except (OSError, AttributeError):
        return torch.__config__.show().splitlines()[0]


def main():
    model = Classifier(Weights(sys.argv[1]))
    torch.set_num_threads(int(sys.argv[2]))
    torch.set_num_interop_threads(1)
    torch.manual_seed(42)
    bf16 = sys.argv[3:] == ["bf16"]
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0)
    print(json.dumps({"version": f"PyTorch {torch.__version__}, {blas()}"}), flush=True)
    for line in sys.stdin:
        step = json.loads(line)
        model.train(step["dropout"])
        optimizer.param_groups[0]["lr"] = step["learningRate"]
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            loss = functional.cross_entropy(model(torch.tensor(step["ids"])), torch.tensor(step["labels"]))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), step["maxGradNorm"])
        optimizer.step()
        print(json.dumps({"loss": loss.item()}), flush=True)


if __name__ == "__main__":
    main()
