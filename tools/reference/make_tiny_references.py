#!/usr/bin/env python3
"""Makes the references of small models that the Java tests compare with, by Hugging Face's own code in float64.

    python3 tools/reference/make_tiny_references.py tiny-distilbert FOLDER   # references of the model that is there
    python3 tools/reference/make_tiny_references.py tiny-bert FOLDER         # draws the model first

FOLDER is src/test/resources/tiny-distilbert or src/test/resources/tiny-bert. It gets forward.json (logits, every hidden
state and every attention of a few sequences), gradients.json (of their mean cross-entropy, by every parameter) and
training.json (twenty steps of AdamW). Needs torch and transformers; everything is drawn from fixed seeds, so another
run, or another version of either, gives the same numbers but for rounding.
"""

import argparse
import json
import pathlib
from typing import Dict, List, Optional

import torch
import transformers

DIGITS = 9
STEPS = 20
LEARNING_RATE = 5e-3
WEIGHT_DECAY = 0.01
MAX_GRAD_NORM = 1.0

TINY_BERT = dict(
    vocab_size=200, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=64,
    max_position_embeddings=64, type_vocab_size=2, hidden_act="gelu", hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0, classifier_dropout=0.0, initializer_range=0.02, layer_norm_eps=1e-12,
    pad_token_id=0, num_labels=3)

# Hugging Face's names by the flat file's, the first that fits. docs/flat-file.md has the table.
BERT_NAMES = [
    ("bert.encoder.layer.", "distilbert.transformer.layer."), ("bert.pooler.dense.", "pre_classifier."),
    ("bert.embeddings.", "distilbert.embeddings.")]
BERT_LAYER_NAMES = [
    (".attention.self.query.", ".attention.q_lin."), (".attention.self.key.", ".attention.k_lin."),
    (".attention.self.value.", ".attention.v_lin."), (".attention.output.dense.", ".attention.out_lin."),
    (".attention.output.LayerNorm.", ".sa_layer_norm."), (".intermediate.dense.", ".ffn.lin1."),
    (".output.dense.", ".ffn.lin2."), (".output.LayerNorm.", ".output_layer_norm.")]


def flat_name(name: str) -> str:
    """A parameter's name in the flat file."""
    if not name.startswith("bert."):
        return name
    for old, new in BERT_NAMES:
        if name.startswith(old):
            name = new + name[len(old):]
            break
    for old, new in BERT_LAYER_NAMES:
        if old in name:
            return name.replace(old, new)
    return name


def draw_bert(folder: pathlib.Path) -> None:
    """A random model whose weights are large, so that a wrong formula shows at once."""
    torch.manual_seed(20)
    model = transformers.BertForSequenceClassification(transformers.BertConfig(**TINY_BERT))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("LayerNorm.weight"):
                parameter.copy_(1 + 0.1 * torch.randn_like(parameter))
            elif parameter.dim() == 1:
                parameter.copy_(0.1 * torch.randn_like(parameter))
            elif "embeddings" in name:
                parameter.copy_(0.5 * torch.randn_like(parameter))
            else:
                parameter.copy_(1.2 / parameter.shape[1] ** 0.5 * torch.randn_like(parameter))
    model.save_pretrained(folder)


def load(folder: pathlib.Path) -> torch.nn.Module:
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float64, attn_implementation="eager")
    return model.eval()


def rounded(tensor: torch.Tensor) -> List[float]:
    return [float(f"{value:.{DIGITS}g}") for value in tensor.detach().flatten().tolist()]


def inputs(sequence: Dict[str, List[int]]) -> Dict[str, torch.Tensor]:
    return {name: torch.tensor([ids]) for name, ids in sequence.items()}


class Sequences:
    """Random sequences of ids, and, for a BERT, of token types: the second of two texts has 1."""

    def __init__(self, config: transformers.PretrainedConfig, seed: int):
        self.random = torch.Generator().manual_seed(seed)
        self.config = config
        self.types = config.model_type == "bert"

    def number(self, low: int, high: int) -> int:
        return int(torch.randint(low, high, (1,), generator=self.random))

    def draw(self, length: int) -> Dict[str, List[int]]:
        sequence = {"input_ids": [self.number(1, self.config.vocab_size) for _ in range(length)]}
        if self.types:
            first = self.number(1, length + 1)
            sequence["token_type_ids"] = [0] * first + [1] * (length - first)
        return sequence


def write(folder: pathlib.Path, name: str, value: dict) -> None:
    (folder / name).write_text(json.dumps(value, separators=(",", ":")) + "\n", encoding="ascii")


def mean_loss(model: torch.nn.Module, sequences: List[Dict[str, List[int]]], labels: List[int]) -> torch.Tensor:
    """One sequence at a time, so that nothing has to be padded."""
    logits = torch.cat([model(**inputs(sequence)).logits for sequence in sequences])
    return torch.nn.functional.cross_entropy(logits, torch.tensor(labels))


def forward(model: torch.nn.Module, folder: pathlib.Path, sequences: List[Dict[str, List[int]]],
            labels: List[int]) -> None:
    examples = []
    for sequence, label in zip(sequences, labels):
        with torch.no_grad():
            output = model(**inputs(sequence), output_hidden_states=True, output_attentions=True)
        examples.append({**sequence, "label": label, "logits": rounded(output.logits),
                         "hidden_states": [rounded(state[0]) for state in output.hidden_states],
                         "attentions": [rounded(attention[0]) for attention in output.attentions]})
    loss = mean_loss(model, sequences, labels)
    write(folder, "forward.json", {
        "note": "hidden_states[l]: row-major [tokens,dim], l=0 after the embedding LayerNorm; attentions[l]: row-major"
                " [heads,tokens,tokens]; computed in float64", "loss": loss.item(), "examples": examples})
    model.zero_grad()
    loss.backward()
    write(folder, "gradients.json", {
        "note": "gradient of the mean cross-entropy of forward.json's examples, float64, by parameter name in the flat"
                " file, row-major", "loss": loss.item(),
        "gradients": {flat_name(name): rounded(parameter.grad) for name, parameter in model.named_parameters()}})


def training(folder: pathlib.Path, steps: List[dict]) -> None:
    model = load(folder)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8,
                                  weight_decay=WEIGHT_DECAY)
    done = []
    for number, step in enumerate(steps):
        rate = LEARNING_RATE * (len(steps) - number) / len(steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        sequences = [{name: step[name][i] for name in ("input_ids", "token_type_ids") if name in step}
                     for i in range(len(step["labels"]))]
        optimizer.zero_grad()
        loss = mean_loss(model, sequences, step["labels"])
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRAD_NORM)
        optimizer.step()
        done.append({**{name: step[name] for name in ("input_ids", "token_type_ids", "labels") if name in step},
                     "learning_rate": rate, "loss": loss.item(), "gradient_norm": norm.item()})
    final = {flat_name(name): {"sum": parameter.sum().item(), "norm": parameter.norm().item(),
                               "first": rounded(parameter.flatten()[:5])}
             for name, parameter in model.named_parameters()}
    write(folder, "training.json", {
        "note": "AdamW betas 0.9/0.999 eps 1e-8 weight_decay 0.01 on every parameter, lr 5e-3 decaying linearly to 0,"
                " gradients clipped to global norm 1.0; float64; loss and gradient_norm are before the step's update",
        "steps": done, "final_parameters": final})


def there(folder: pathlib.Path, name: str) -> Optional[dict]:
    """Inputs that were drawn before stay what they are, so that a second run can be compared with the first."""
    path = folder / name
    return json.loads(path.read_text(encoding="ascii")) if path.exists() else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=["tiny-distilbert", "tiny-bert"])
    parser.add_argument("folder", type=pathlib.Path)
    arguments = parser.parse_args()
    folder = arguments.folder
    if arguments.model == "tiny-bert" and not (folder / "model.safetensors").exists():
        draw_bert(folder)
    model = load(folder)
    before, steps = there(folder, "forward.json"), there(folder, "training.json")
    drawn = Sequences(model.config, 5)
    # A literal padding token takes part in everything but the gradient of its own embedding.
    sequences = [{name: example[name] for name in ("input_ids", "token_type_ids") if name in example}
                 for example in before["examples"]] if before else [drawn.draw(length) for length in (5, 9, 1, 17)]
    labels = [example["label"] for example in before["examples"]] if before else [
        drawn.number(0, model.config.num_labels) for _ in sequences]
    if not before:
        sequences[-1]["input_ids"][7] = model.config.pad_token_id
    if steps is None:
        batches = []
        for _ in range(STEPS):
            batch = [drawn.draw(drawn.number(2, 20)) for _ in range(4)]
            batches.append({**{name: [sequence[name] for sequence in batch] for name in batch[0]},
                            "labels": [drawn.number(0, model.config.num_labels) for _ in batch]})
        batches[0]["input_ids"][0][1] = model.config.pad_token_id
    else:
        batches = steps["steps"]
    forward(model, folder, sequences, labels)
    training(folder, batches)


if __name__ == "__main__":
    main()
