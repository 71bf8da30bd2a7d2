"""What readers and writers here share: one kind of error, JSON that is checked as it is read, files that are whole."""

import json
import os
import re
from contextlib import contextmanager
from pathlib import Path

import numpy as np


# What ends a line, what a terminal obeys, and half characters, which cannot be printed at all.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class ModelError(Exception):
    """Something about a model's files is wrong; the message is one line that names the file, whatever stands in it."""

    def __init__(self, message):
        super().__init__(UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", message))


@contextmanager
def whole_file(path: Path):
    """A binary file to write, which appears at ``path`` only when it is whole and on the disk."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "xb") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.replace(temporary, path)
            except BaseException:
                temporary.unlink()
                raise
    except OSError as e:
        raise ModelError(f"{path}: cannot write it: {e.strerror}") from e


def parse_json_object(text: bytes, where) -> dict:
    """The JSON object in ``text``. Refuses repeated keys, NaN and Infinity, which JSON's readers disagree about."""

    def unique(pairs):
        found = dict(pairs)
        if len(found) != len(pairs):
            keys = [key for key, _ in pairs]
            raise ValueError(f"the key {next(k for k in keys if keys.count(k) > 1)!r} stands twice")
        return found

    def refuse(constant):
        raise ValueError(f"{constant} is not a JSON number")

    try:
        value = json.loads(text.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as e:
        raise ModelError(f"{where}: not valid JSON: {e}") from e
    if not isinstance(value, dict):
        raise ModelError(f"{where}: expected a JSON object, found {type(value).__name__}")
    return value


def read_json_object(path: Path) -> dict:
    return parse_json_object(path.read_bytes(), path)


def as_array(data, dtype, shape, where) -> np.ndarray:
    """A view of bytes as many as the shape makes, which yet may be one that numpy cannot hold: ``[0, 10 ** 30]``."""
    try:
        return np.frombuffer(data, dtype=dtype).reshape(shape)
    except (ValueError, OverflowError) as e:
        raise ModelError(f"{where}: its shape {list(shape)} is too large: {e}") from e


def is_count(value) -> bool:
    """Whether a JSON value is a whole number from 0 up (Python counts ``true`` as 1)."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
