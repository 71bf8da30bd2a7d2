#!/usr/bin/env python3
"""Writes what the converter reads from tokenizers' files, header or refusal, for both languages' tests to agree on.

    python3 tools/reference/tokenizer_readings.py

Rewrites src/test/resources/tokenizer/readings.jsonl; what changes there is to be looked at. ``layout`` names a line of
layouts.jsonl or cases.jsonl beside it; other lines have their files with them.
"""

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "src/test/resources/tokenizer"
sys.path.insert(0, str(ROOT / "tools"))

from model_files import ModelError  # noqa: E402  (needs the path above)
from tokenizer_files import read_tokenizer  # noqa: E402
from tokenizer_layouts import NAMED, TOKENS, template, text_files, tokenizer_json, vocab_txt  # noqa: E402


def reading(record, folder):
    """What read_tokenizer makes of a line's files, as the line of readings.jsonl has it."""
    for name, content in record["files"].items():
        (folder / name).write_bytes(content.encode("utf-8", "surrogatepass"))
    notes = []
    try:
        tokens, header = read_tokenizer(folder, record["vocab_size"], record["positions"], record.get("tokenizer_class"),
                                        notes)
    except ModelError as e:
        return {"refused": str(e).replace(f"{folder}/", "")}
    return {"tokens": -1 if tokens is None else len(tokens), "notes": [note.replace(f"{folder}", "") for note in notes],
            "header": json.dumps(header, ensure_ascii=False, separators=(",", ":"))}


def refusals():
    config = "tokenizer_config.json"
    for key, value in (("do_lower_case", "yes"), ("do_lower_case", None), ("strip_accents", 1),
                       ("tokenize_chinese_chars", []), ("model_max_length", 0), ("model_max_length", "512"),
                       ("max_len", True), ("truncation_side", "up"), ("split_special_tokens", 1),
                       ("do_basic_tokenize", False), ("wordpieces_prefix", "@@"), ("never_split", ["a"]),
                       ("clean_up_tokenization_spaces", "no"), ("unk_token", None), ("cls_token", 3), ("sep_token", ""),
                       ("mask_token", {"content": "[MASK]", "lstrip": "yes"}), ("tokenizer_class", "KoBERTTokenizer"),
                       ("tokenizer_class", 1), ("tokenizer_class", "PreTrainedTokenizerFast"),
                       ("auto_map", {"AutoTokenizer": ["a.B", None]}), ("added_tokens_decoder", []),
                       ("added_tokens_decoder", {"x": {"content": "a"}}), ("added_tokens_decoder", {"1": "a"}),
                       ("added_tokens_decoder", {"7": {"content": "[CLS]"}}),
                       ("added_tokens_decoder", {"1000": {"content": "far"}}), ("extra_special_tokens", "a"),
                       ("extra_special_tokens", {"a": 1}), ("additional_special_tokens", [1]),
                       ("additional_special_tokens", ["a\nb"]), ("unk_token", "<missing>")):
        yield {"files": {"vocab.txt": vocab_txt(), config: {key: value}}, "vocab_size": len(TOKENS)}
    yield {"files": {"vocab.txt": vocab_txt()}, "tokenizer_class": "BertJapaneseTokenizer"}
    yield {"files": {}, "tokenizer_class": "RobertaTokenizer"}
    yield {"files": {}}
    of_file = {config: {"tokenizer_class": "TokenizersBackend", **NAMED}}
    bert = tokenizer_json()["normalizer"]
    for key, value in (("pre_tokenizer", {"type": "Whitespace"}), ("pre_tokenizer", None), ("normalizer", {"type": "NFC"}),
                       ("normalizer", None), ("normalizer", "BertNormalizer"),
                       ("normalizer", {"type": "Sequence", "normalizers": [{"type": "Replace"}, bert]}),
                       ("normalizer", {**bert, "clean_text": False}), ("normalizer", {**bert, "lowercase": None}),
                       ("post_processor", None), ("post_processor", {"type": "RobertaProcessing"}),
                       ("post_processor", {**template(), "single": template()["pair"]}),
                       ("post_processor", {**template(), "pair": template()["single"]}),
                       ("post_processor", {**template(), "special_tokens": {}}), ("post_processor", template("[PAD]", ids=(0, 3))),
                       ("post_processor", {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 1]}),
                       ("post_processor", {"type": "BertProcessing", "sep": ["[SEP]"], "cls": ["[CLS]", 2]}),
                       ("decoder", {"type": "WordPiece", "prefix": "@", "cleanup": True}), ("decoder", {"type": "BPEDecoder"}),
                       ("decoder", {"type": "WordPiece", "prefix": "##", "cleanup": False}), ("truncation", 5),
                       ("truncation", {"max_length": "9"}), ("truncation", {"direction": "Up"}), ("added_tokens", {}),
                       ("added_tokens", []), ("added_tokens", [{"id": -1, "content": "a"}]),
                       ("added_tokens", [{"id": 9, "content": "[CLS]"}]), ("model", {"type": "BPE"}), ("model", [])):
        yield {"files": {**of_file, "tokenizer.json": {**tokenizer_json(), key: value}}}
    for key, value in (("max_input_chars_per_word", 0), ("max_input_chars_per_word", 1e9), ("unk_token", None),
                       ("continuing_subword_prefix", "@@"), ("vocab", []), ("vocab", {"a": 0.0}), ("vocab", {"a": True}),
                       ("vocab", {"a": 0, "b": 2}), ("vocab", {"a": 0, "b": 0}), ("vocab", {"a": -1}), ("vocab", {}),
                       ("vocab", {"a\n": 0})):
        yield {"files": {**of_file, "tokenizer.json": tokenizer_json(model={key: value})}}
    for key, value in (("lowercase", False), ("strip_accents", False), ("handle_chinese_chars", False)):
        yield {"files": {"tokenizer.json": tokenizer_json(normalizer={**bert, key: value})}}
    yield {"files": {"tokenizer.json": tokenizer_json(model={"max_input_chars_per_word": 50})}}
    yield {"files": {"tokenizer.json": tokenizer_json(), "vocab.txt": vocab_txt([*TOKENS[:7], "x", *TOKENS[8:]])}}
    yield {"files": {"tokenizer.json": tokenizer_json(), "vocab.txt": vocab_txt([*TOKENS, "more"])}}
    yield {"files": {"vocab.txt": vocab_txt()}, "vocab_size": len(TOKENS) - 1}
    yield {"files": {"vocab.txt": "\ufeff" + vocab_txt()}}
    yield {"files": {"vocab.txt": ""}}
    yield {"files": {"vocab.txt": "a\rb\n"}}
    yield {"files": {"vocab.txt": vocab_txt(), "added_tokens.json": {"a": "1"}}}
    yield {"files": {"vocab.txt": vocab_txt(), "special_tokens_map.json": {"cls_token": 1}}}


def main():
    with (RESOURCES / "readings.jsonl").open("w", encoding="utf-8") as out:
        def write(line, record):
            with tempfile.TemporaryDirectory() as folder:
                found = reading(record, Path(folder))
            out.write(json.dumps({**line, **found}, ensure_ascii=False, separators=(",", ":")) + "\n")

        for name in ("layouts.jsonl", "cases.jsonl"):
            for line in (RESOURCES / name).read_text(encoding="utf-8").split("\n")[:-1]:
                record = json.loads(line)
                write({"layout": record["name"]}, record)
        for record in refusals():
            record = {"vocab_size": 1000, "positions": 64, **record, "files": text_files(record["files"])}
            write(record, record)


if __name__ == "__main__":
    main()
