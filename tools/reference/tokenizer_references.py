#!/usr/bin/env python3
"""Writes what transformers makes of tokenizers in all their layouts: the references of TokenizerReferencesTest.

    python3 tools/reference/tokenizer_references.py OUT.jsonl
    python3 tools/reference/tokenizer_references.py OUT.jsonl --random FOLDERS --seed SEED
    python3 tools/reference/tokenizer_references.py OUT.jsonl --folders FOLDER...

Needs transformers 5.18 with tokenizers 0.22.2 (0.23 cuts long texts otherwise when windows overlap). A line is a folder:
its files as texts, and the encodings and decoded texts that transformers' AutoTokenizer gives for it.
"""

import argparse
import json
import random
import tempfile
from pathlib import Path

import tokenizers
from transformers import AutoTokenizer

import tokenizer_layouts as layouts

POSITIONS = 64


def utf16(text, place):
    return len(text[:place].encode("utf-16-le")) // 2


def encoding(found, text, pair):
    texts = (text, pair)
    return {
        "ids": found.ids,
        "types": found.type_ids,
        "mask": found.special_tokens_mask,
        "words": [-1 if word is None else word for word in found.word_ids],
        "sequences": [-1 if number is None else number for number in found.sequence_ids],
        "offsets": [[0, 0] if number is None else [utf16(texts[number], place) for place in span]
                    for span, number in zip(found.offsets, found.sequence_ids)],
    }


def encoded(tokenizer, ask):
    """One request and its answer: an encoding, or all windows where a stride is asked for."""
    tokenizer.truncation_side = ask.get("side", tokenizer.truncation_side)
    text, pair, windows = ask["text"], ask.get("pair"), "stride" in ask
    try:
        # As a batch: a single pair with an empty second text would be taken for one text.
        result = tokenizer([text], None if pair is None else [pair], truncation=ask.get("strategy", True), max_length=ask["max_length"],
                           stride=ask.get("stride", 0), return_overflowing_tokens=windows)
    except BaseException as e:  # the library panics where a stride is too long
        if isinstance(e, KeyboardInterrupt):
            raise
        return {**ask, "refused": True}
    return {**ask, "windows": [encoding(one, text, pair) for one in result.encodings[:None if windows else 1]]}


def reference(name, files, asks, decodes, vocab_size=1000):
    config = {"model_type": "bert", "max_position_embeddings": POSITIONS}
    record = {"name": name, "vocab_size": vocab_size, "positions": POSITIONS, "files": files}
    with tempfile.TemporaryDirectory() as folder:
        for file, content in {**files, "config.json": json.dumps(config)}.items():
            (Path(folder) / file).write_bytes(content.encode())
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder)
        except Exception as e:
            return {**record, "refused_by_transformers": f"{type(e).__name__}"}
        side = tokenizer.truncation_side
        record["encodings"] = []
        for ask in asks:
            tokenizer.truncation_side = side
            record["encodings"].append(encoded(tokenizer, ask))
        record["decoded"] = [{"ids": ids, "skip": skip, "text": tokenizer.decode(ids, skip_special_tokens=skip)}
                             for ids in decodes for skip in (False, True)]
    return record


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--random", type=int, metavar="FOLDERS")
    parser.add_argument("--folders", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if tokenizers.__version__ != "0.22.2":
        raise SystemExit(f"tokenizers is {tokenizers.__version__}, expected 0.22.2")
    if options.folders:
        folders = map(layouts.read_layout, options.folders)
    elif options.random is None:
        folders = layouts.all_layouts()
    else:
        draw = random.Random(options.seed)
        folders = (layouts.random_layout(draw, number) for number in range(options.random))
    with options.out.open("w", encoding="utf-8") as out:
        for folder in folders:
            out.write(json.dumps(reference(**folder), ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
