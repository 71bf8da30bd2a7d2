"""What readers and writers here share: one kind of error, JSON that is checked as it is read, files that are whole."""

import json
import math
import os
import re
import stat
from contextlib import contextmanager
from pathlib import Path

import numpy as np


# How a file of Git LFS begins that stands where the real one should.
POINTER = b"version https://git-lfs"
# What ends a line, what a terminal obeys, and half characters, which cannot be printed at all.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class ModelError(Exception):
    """Something about a model's files is wrong; the message is one line that names the file, whatever stands in it."""

    def __init__(self, message):
        super().__init__(UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", message))


def check_replaceable(path: Path, beginning=b""):
    """What may stand where a file is to be written: nothing, or a regular file that begins so or is empty.

    Returns where links end. A device, a pipe or a folder is not written to, nor replaced.
    """
    path = Path(path)
    try:
        file = path.resolve()
    except (OSError, RuntimeError) as e:
        raise ModelError(f"{path}: a link that leads in a circle") from e
    if not file.parent.is_dir():
        raise ModelError(f"{path}: the folder {path.parent} does not exist")
    if file.exists():
        if not file.is_file():
            raise ModelError(f"{path}: exists and is not a file")
        if not os.access(file, os.W_OK):
            raise ModelError(f"{path}: cannot write it: Permission denied")
        with open(file, "rb") as there:
            found = there.read(len(beginning))
        if found and found != beginning:
            raise ModelError(f"{path}: holds something else, and is not replaced: delete it, or choose another file to"
                             " write")
    return file


@contextmanager
def whole_file(path: Path, beginning=b""):
    """A binary file to write, which appears at ``path`` only when it is whole and on the disk.

    It takes the place of what ``check_replaceable`` lets it, and keeps that file's permissions.
    """
    file = check_replaceable(path, beginning)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "xb") as out:
            try:
                if file.exists():
                    os.chmod(temporary, stat.S_IMODE(file.stat().st_mode))
                yield out
                out.flush()
                os.fsync(out.fileno())
                os.replace(temporary, file)
            except BaseException:
                temporary.unlink()
                raise
    except OSError as e:
        raise ModelError(f"{path}: cannot write it: {e.strerror}") from e


class JsonNumber(float):
    """A number with the text that it had, so that it is written as it was read, whatever the language."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self):
        return self.text


def parse_json(text: bytes, where, all_numbers=False):
    """The JSON value in ``text``. Refuses repeated keys, NaN and Infinity, which JSON's readers disagree about.

    With ``all_numbers`` what JSON has no number for (NaN, Infinity, 1e999) becomes a text: "NaN", "Infinity".
    """

    def unique(pairs):
        found = dict(pairs)
        if len(found) != len(pairs):
            keys = [key for key, _ in pairs]
            raise ValueError(f"the key {next(k for k in keys if keys.count(k) > 1)!r} stands twice")
        return found

    def constant(name):
        if not all_numbers:
            raise ValueError(f"{name} is not a JSON number")
        return name

    def number(digits):
        value = JsonNumber(digits)
        return value if math.isfinite(value) or not all_numbers else str(float(value)).replace("inf", "Infinity")

    def whole(digits):
        return JsonNumber(digits) if digits == "-0" else int(digits)

    refuse_pointer(text, where)
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=unique, parse_constant=constant, parse_float=number,
                          parse_int=whole)
    except (ValueError, RecursionError) as e:
        raise ModelError(f"{where}: not valid JSON: {e}") from e


def parse_json_object(text: bytes, where, all_numbers=False) -> dict:
    value = parse_json(text, where, all_numbers)
    if not isinstance(value, dict):
        raise ModelError(f"{where}: expected a JSON object, found {type(value).__name__}")
    return value


def read_json(path: Path):
    return parse_json(path.read_bytes(), path)


def read_json_object(path: Path, all_numbers=False) -> dict:
    return parse_json_object(path.read_bytes(), path, all_numbers)


def refuse_pointer(start: bytes, path):
    """For the first bytes of a file, in whose place there may be no more than its name in another store."""
    if start.startswith(POINTER):
        raise ModelError(f"{path}: a Git LFS pointer and not the file itself: fetch it with git lfs pull")


def json_text(value) -> str:
    """Compact JSON as Gson writes it, too: numbers with the text they had, and U+2028 and U+2029 escaped."""
    if isinstance(value, JsonNumber):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_text(key)}:{json_text(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(json_text, value)) + "]"
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def as_array(data, dtype, shape, where) -> np.ndarray:
    """A view of bytes as many as the shape makes, which yet may be one that numpy cannot hold: ``[0, 10 ** 30]``."""
    try:
        return np.frombuffer(data, dtype=dtype).reshape(shape)
    except (ValueError, OverflowError) as e:
        raise ModelError(f"{where}: its shape {list(shape)} is too large: {e}") from e


def is_count(value) -> bool:
    """Whether a JSON value is a whole number from 0 up (Python counts ``true`` as 1)."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
