"""Folders with tokenizers in all the layouts that have been written, and texts that tell them apart."""

import json

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = ["the", "film", "is", "good", "bad", "very", "not", "it", "user", "foo", "bar", "Foo", "Good", "The", "cafe",
         "caf\u00e9", "id", "\u4e2d", "\u56fd", "new", "do"]
MARKS = list(".,!?'-_#@<>/[]()") + ["\u2019"]
PIECES = ["##" + piece for piece in ["ly", "s", "er", "ing", "n", "t", "a", "b", "foo", "bar"]]
LETTERS = list("abcdefghijklmnopqrstuvwxyz0123456789ABEF")
TOKENS = SPECIAL + WORDS + MARKS + PIECES + LETTERS + ["##" + letter for letter in LETTERS if letter not in "ab nst"]
# With flags or without, looked for in the text or in the normalised one.
CONTENTS = ["[URL]", "[E1]", "[/E1]", "<id>", "<ID>", "@user", "@User", "foo", "Foo", "foo bar", "newtoken", "NewToken",
            "a", "ab", "abc", "\u00e9", "caf\u00e9", "Caf\u00e9", "\u4e2d", "\u4e2d\u56fd", "##ly", "##x", " b", "b ", "#tag",
            "\u0130", "e\u0301x", "\uff21\uff22", "\U0001f600", "\U0001d400x", "x\u200dy", "_", "!", "..", "[SEP][SEP]", "good film",
            "bad\tfilm", "[unused1]", "'s", "a b", "A"]
BLANKS = [" ", " ", " ", "  ", "", "", "\t", "\n", "\u00a0", "\u3000", "\u2028", "\u200b", "\u200d"]
ODD = ["\u00e9", "\u00c9", "e\u0301", "\u4e2d", "\u56fd", "\u0130", "\u00df", "\U0001f600", "\U0001d400", "\ufffd", "\u0000", "\u00ad", "\u0660", "\u203f",
       "\uff21", "x" * 101, "ab" * 60, "n't", "'s", "don't"]


def flags(draw):
    return {name: draw.random() < 0.3 for name in ("lstrip", "rstrip", "single_word")}


def added(number, content, **flags):
    token = {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True, **flags}
    return token


def template(cls="[CLS]", sep="[SEP]", ids=(2, 3)):
    def special(name, kind):
        return {"SpecialToken": {"id": name, "type_id": kind}}

    def text(name, kind):
        return {"Sequence": {"id": name, "type_id": kind}}
    return {"type": "TemplateProcessing", "single": [special(cls, 0), text("A", 0), special(sep, 0)],
            "pair": [special(cls, 0), text("A", 0), special(sep, 0), text("B", 1), special(sep, 1)],
            "special_tokens": {name: {"id": name, "ids": [number], "tokens": [name]}
                               for name, number in zip((cls, sep), ids)}}


def tokenizer_json(tokens=TOKENS, more=(), **parts):
    model = parts.pop("model", {})
    return {"version": "1.0", "truncation": None, "padding": None,
            "added_tokens": [added(tokens.index(name), name) for name in SPECIAL if name in tokens] + list(more),
            "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                           "strip_accents": None, "lowercase": True},
            "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": template(),
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 100, "vocab": {token: n for n, token in enumerate(tokens)}, **model},
            **parts}


def text_files(files):
    return {name: content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            for name, content in files.items()}


def vocab_txt(tokens=TOKENS):
    return "\n".join(tokens) + "\n"


NAMED = {"unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"}
TEXTS = ["The Good film is n't caf\u00e9 [UNK] x-ray very Goodly [MASK]", "my [URL] is good", "a[URL]b [url] [ URL ]",
         "  [E1] order [/E1]  is bad", "<id>5</id> @user @User's", "newtoken newtokens newtoken_ newtoken.NewToken",
         "\u4e2d\u56fd \u4e2d \u56fd\u4e2d\u56fdx", "foo bar foobar foo  bar Foo\u00a0 ", "[SEP] [CLS]\u3000[PAD] [BOS][EOS] <unk> <s>", "",
         " \t\n", "caf\u00e9 CAF\u00c9 cafe\u0301", "\U0001f600foo\U0001f600 x\u200dy xy", "it is not, do not! it's we've bad ' good ' n't"]
LONG = "a very good film is not the answer of it, bad bad bad film very"


def asks():
    for text in TEXTS:
        yield {"text": text, "max_length": 64}
    for side in ("left", "right"):
        for length in (2, 3, 7, 8, 64):
            yield {"text": LONG, "max_length": length, "side": side}
        for length, stride in ((7, 0), (7, 2), (8, 5), (3, 0), (64, 3)):
            yield {"text": LONG, "max_length": length, "stride": stride, "side": side}
        for strategy in ("longest_first", "only_first", "only_second"):
            for text, pair in ((LONG, "is it bad"), ("is it bad", LONG), (LONG, LONG), ("", LONG), ("bad", "")):
                yield {"text": text, "pair": pair, "max_length": 12, "strategy": strategy, "side": side}
                if strategy != "longest_first":
                    for stride in (0, 2, 6):
                        yield {"text": text, "pair": pair, "max_length": 12, "strategy": strategy, "side": side,
                               "stride": stride}


DECODES = [[2, 5, 8, 12, 3], [2, 5, 6, 26, 27, 3, 0, 0], [5, 47, 48, 30, 5, 7, 11, 28], [4, 1, 47], [47, 5], [],
           [12, 30, 58, 5, 30, 12, 25, 11, 26], [9999, 5]]


def layout(name, config=None, more_asks=(), **files):
    contents = {key.replace("__", "."): value for key, value in files.items()}
    if config is not None:
        contents["tokenizer_config.json"] = config
    few = [{"text": text, "max_length": 64} for text in TEXTS]
    return {"name": name, "files": text_files(contents), "asks": [*few, *more_asks], "decodes": DECODES}


def all_layouts():
    """The layouts by hand; ``asks`` in full for the first one alone, as they do not depend on the layout."""
    size = len(TOKENS)
    yield {**layout("vocab.txt alone", vocab__txt=vocab_txt()), "asks": list(asks())}
    yield layout("truncation on the left", {"truncation_side": "left"}, vocab__txt=vocab_txt(),
                 more_asks=[{"text": LONG, "max_length": 8}])
    yield layout("cased", {"do_lower_case": False}, vocab__txt=vocab_txt())
    yield layout("cased without accents", {"do_lower_case": False, "strip_accents": True}, vocab__txt=vocab_txt())
    yield layout("trailing blank lines", {}, vocab__txt=vocab_txt() + "\n\n")
    yield layout("added behind trailing blank lines", {"extra_special_tokens": ["[URL]", "<id>"]},
                 vocab__txt=vocab_txt() + "\n\n")
    yield layout("lines that end with blanks", {}, vocab__txt=vocab_txt().replace("film\n", "film \u3000\r\n"))
    yield layout("a token twice", {"extra_special_tokens": ["film"]}, vocab__txt=vocab_txt([*TOKENS, "film", "x-ray"]))
    yield layout("tokenizer.json alone", tokenizer__json=tokenizer_json())
    yield layout("tokenizer.json with added tokens", {"tokenizer_class": "PreTrainedTokenizerFast", **NAMED},
                 tokenizer__json=tokenizer_json(more=[
                     added(size, "[URL]"), added(size + 1, "<id>", normalized=True, special=False),
                     added(size + 2, "NewToken", single_word=True, normalized=True, special=False),
                     added(size + 3, "@User", lstrip=True, special=False), added(size + 4, "[E1]", rstrip=True),
                     added(size + 5, "\u4e2d\u56fd", normalized=True, lstrip=True, special=False),
                     added(size + 6, "x\u200dy", normalized=True, special=False)]))
    yield layout("additional_special_tokens", {"additional_special_tokens": ["[URL]", "[E1]", "[/E1]"]},
                 vocab__txt=vocab_txt())
    yield layout("extra_special_tokens, a list", {"extra_special_tokens": [
        "[URL]", {"__type": "AddedToken", **added(0, "newtoken", single_word=True)}]}, vocab__txt=vocab_txt())
    yield layout("extra_special_tokens, an object", {"extra_special_tokens": {"url_token": "[URL]", "any": "<id>"},
                                                     "e_token": "[E1]"}, vocab__txt=vocab_txt())
    decoder = {str(number): {key: value for key, value in added(number, content, **given).items() if key != "id"}
               for number, content, given in (
                   (0, "[PAD]", {}), (1, "[UNK]", {}), (2, "[CLS]", {}), (3, "[SEP]", {}), (4, "[MASK]", {"lstrip": True}),
                   (size, "[URL]", {"rstrip": True}), (size + 1, "newtoken", {"special": False, "normalized": True}),
                   (5, "the", {"special": False, "single_word": True}))}
    yield layout("added_tokens_decoder", {"added_tokens_decoder": decoder, **NAMED, "tokenizer_class": "BertTokenizerFast",
                                          "do_lower_case": True}, vocab__txt=vocab_txt())
    yield layout("added_tokens_decoder beside tokenizer.json",
                 {"added_tokens_decoder": decoder, **NAMED, "tokenizer_class": "DistilBertTokenizer",
                  "clean_up_tokenization_spaces": True},
                 tokenizer__json={**tokenizer_json(), "added_tokens": [{"id": int(number), **token} for number, token in
                                                                       decoder.items()]}, vocab__txt=vocab_txt())
    yield layout("added_tokens.json", {"additional_special_tokens": ["[E1]"]}, vocab__txt=vocab_txt(),
                 added_tokens__json={"[URL]": size, "NewToken": size + 1, "[E1]": size + 2})
    yield layout("special_tokens_map.json", {}, vocab__txt=vocab_txt(), special_tokens_map__json={
        "mask_token": {"content": "[MASK]", "lstrip": True, "rstrip": False, "single_word": False, "normalized": True},
        "additional_special_tokens": ["[URL]"], "pad_token": "<id>"})
    names = ["<pad>", "<unk>", "<s>", "</s>", "<mask>", *TOKENS[5:]]
    yield layout("other names", {"pad_token": "<pad>", "unk_token": "<unk>", "cls_token": "<s>", "sep_token": "</s>",
                                 "mask_token": "<mask>"}, vocab__txt=vocab_txt(names))
    yield layout("other names beside BERT's", {"cls_token": "[BOS]", "sep_token": "[EOS]", "unk_token": "<unk>",
                                               "bos_token": "[BOS]"},
                 vocab__txt=vocab_txt([*TOKENS, "[BOS]", "[EOS]", "<unk>"]))
    yield layout("no [MASK]", {}, vocab__txt=vocab_txt([*TOKENS[:4], "[gone]", *TOKENS[5:]]))
    yield layout("special tokens split", {"split_special_tokens": True, "extra_special_tokens": ["[URL]"]},
                 vocab__txt=vocab_txt())
    of_file = {"tokenizer_class": "TokenizersBackend", "do_lower_case": True, **NAMED}
    cased = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": False, "strip_accents": None,
             "lowercase": False}
    yield layout("tokenizer.json counts alone", of_file, tokenizer__json=tokenizer_json(normalizer=cased))
    yield layout("short words", of_file, tokenizer__json=tokenizer_json(model={"max_input_chars_per_word": 4}))
    yield layout("sequences of one", of_file, tokenizer__json=tokenizer_json(
        normalizer={"type": "Sequence", "normalizers": [cased]}))
    yield layout("BertProcessing", of_file, tokenizer__json=tokenizer_json(
        post_processor={"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}))


def read_layout(folder):
    """A folder with a model, of which only the tokenizer counts."""
    names = ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    asks = [{"text": text, "max_length": 64} for text in [
        *TEXTS, "my [URL] is good", "my [E1] order [/E1] is bad", "the film is very good, badly  not",
        "The Good film is n't caf\u00e9 x-ray very Goodly", LONG, "@user <id> is [BOS] good [EOS] <s> [CLS]"]]
    return {"name": f"{folder.parent.name}/{folder.name}", "vocab_size": config["vocab_size"],
            "files": {name: (folder / name).read_text(encoding="utf-8") for name in names if (folder / name).exists()},
            "asks": [*asks, {"text": LONG, "max_length": 8}], "decodes": [[2, 5, 8, 12, 3], [4, 16, 9]]}


def random_token(draw, contents):
    normalized = draw.random() < 0.5
    return {"content": contents.pop(), **flags(draw), "normalized": normalized, "special": draw.random() < 0.5}


def random_text(draw, contents):
    parts = []
    for _ in range(draw.randrange(14)):
        source = draw.choice((WORDS, MARKS, ODD, contents, contents, contents, SPECIAL, LETTERS))
        word = draw.choice(source)
        if draw.random() < 0.15:
            word = word.upper() if draw.random() < 0.5 else word.title()
        parts += [word, draw.choice(BLANKS)]
    return "".join(parts)


def random_layout(draw, number):
    contents = draw.sample(CONTENTS, draw.randrange(1, 8))
    texts_from = contents + draw.sample(CONTENTS, 4)
    config = {"do_lower_case": draw.random() < 0.6, "strip_accents": draw.choice((None, True, False)),
              "tokenize_chinese_chars": draw.random() < 0.7, "truncation_side": draw.choice(("left", "right"))}
    if draw.random() < 0.15:
        config["split_special_tokens"] = True
    if draw.random() < 0.3:
        config["clean_up_tokenization_spaces"] = True
    tokens = TOKENS + (draw.sample(contents, 1) if draw.random() < 0.3 and contents[0] not in TOKENS else [])
    tokens = list(dict.fromkeys(token for token in tokens if token.strip() == token))
    files = {"tokenizer_config.json": config}

    def numbered(made):
        behind = len(tokens)
        for token in made:
            if token["content"] in tokens:
                yield tokens.index(token["content"]), token
            else:
                yield behind, token
                behind += 1

    made = [random_token(draw, contents) for _ in range(len(contents))]
    kind = draw.choice(("file", "decoder", "both", "lists", "legacy"))
    if kind in ("file", "both"):
        files["tokenizer.json"] = tokenizer_json(
            tokens, [{"id": n, **token} for n, token in numbered(made)],
            normalizer={"type": "BertNormalizer", "clean_text": True, "strip_accents": config["strip_accents"],
                        "handle_chinese_chars": config["tokenize_chinese_chars"], "lowercase": config["do_lower_case"]})
        config["tokenizer_class"] = draw.choice(("PreTrainedTokenizerFast", "BertTokenizer"))
        config.update(NAMED)
        if draw.random() < 0.3:
            files["tokenizer.json"]["model"]["max_input_chars_per_word"] = \
                draw.choice((3, 120)) if config["tokenizer_class"] != "BertTokenizer" else 100
    else:
        files["vocab.txt"] = vocab_txt(tokens)
    if kind in ("decoder", "both"):
        ids = {**{n: added(n, name) for n, name in enumerate(SPECIAL)}, **dict(numbered(made))}
        config["added_tokens_decoder"] = {str(n): {key: value for key, value in ids[n].items() if key != "id"}
                                          for n in sorted(ids)}
        if sorted(ids) != list(ids):
            # transformers adds them by their ids, tokenizer.json in its order.
            config["added_tokens_decoder"] = dict(sorted(config["added_tokens_decoder"].items(), key=lambda e: int(e[0])))
    elif kind == "lists":
        names = [token["content"] for token in made]
        config[draw.choice(("additional_special_tokens", "extra_special_tokens"))] = [
            {"__type": "AddedToken", **token} if draw.random() < 0.5 else token["content"] for token in made]
        assert names
    elif kind == "legacy":
        files["added_tokens.json"] = {token["content"]: n for n, token in numbered(made)}
        files["special_tokens_map.json"] = {"mask_token": {"content": "[MASK]", **flags(draw), "normalized": False}}
        if draw.random() < 0.5:
            config["additional_special_tokens"] = [made[0]["content"]]
    asked = []
    for _ in range(40):
        ask = {"text": random_text(draw, texts_from), "max_length": draw.randrange(4, 64)}
        if draw.random() < 0.4:
            ask["pair"] = random_text(draw, texts_from)
            ask["strategy"] = draw.choice(("longest_first", "only_first", "only_second"))
        if draw.random() < 0.3 and ask.get("strategy") != "longest_first":
            # A stride as long as a window is refused even where the text needs no second one.
            ask["stride"] = draw.randrange(0, min(4, ask["max_length"] - 2))
        if draw.random() < 0.3:
            ask["side"] = draw.choice(("left", "right"))
        asked.append(ask)
    decodes = [[draw.randrange(len(tokens) + 10) for _ in range(draw.randrange(12))] for _ in range(5)]
    return {"name": f"random {number}", "files": text_files(files), "asks": asked, "decodes": decodes}
