"""How numbers are stored, and the ways from one dtype to another."""

import numpy as np

# Little-endian whatever the machine. numpy has no bfloat16: its 16 bits are carried as they are.
NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I8": "i1", "U8": "u1"}

LIMIT = np.float32(127)


def to_float32(array: np.ndarray, dtype: str) -> np.ndarray:
    """Widens F32, F16 or BF16 to float32, which is exact, and rounds F64 to the nearest."""
    if dtype == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32, copy=False)


def quantize_rows(weight: np.ndarray):
    """Symmetric int8 with one scale a row: ``weight [rows, columns] -> q [rows, columns], scales [rows]``.

    Every step is a float32 operation, so that the Java writer gives the same bytes: ``scale = max|row| / 127`` and for
    each element ``q = rint(w / scale)``, half to even. Not ``w * (1 / scale)``, which rounds twice.
    """
    scales = np.abs(weight).max(axis=1) / LIMIT
    # A row of zeros, or one so small that its scale underflows, becomes zeros.
    scales[scales == 0] = 1
    q = weight / scales[:, None]
    np.rint(q, out=q)
    np.clip(q, -LIMIT, LIMIT, out=q)
    return q.astype(np.int8), scales


def dequantize_rows(q: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """``q [rows, columns], scales [rows] -> float32 [rows, columns]``."""
    return q.astype(np.float32) * scales[:, None]
