"""Fits the polynomials of MathFunctions.java: exp in float arithmetic, with multiplications and additions only,
and GELU with fused multiply-adds.

Each fit is a minimax one: least squares, weighted again and again towards the points where the error is largest
(Lawson's method). Prints the coefficients as Java writes them, and the errors of the float32 functions made of them.

    python3 tools/fit_polynomials.py
"""
import math

import numpy as np

F = np.float32
TAIL = 4 * math.sqrt(2)  # where the Gaussian tail is 0 to float precision


def chebyshev_points(low, high, count=3000):
    return (np.cos(np.pi * (np.arange(count) + 0.5) / count) * (high - low) + low + high) / 2


def minimax(variable, degree, values, error_weight, rounds=300):
    """Coefficients c, lowest first, for which the largest |sum c_i variable^i - values| * error_weight is small."""
    basis = np.stack([variable**i for i in range(degree + 1)], axis=1)
    weight = np.ones_like(variable)
    for _ in range(rounds):
        scale = np.sqrt(weight) * error_weight
        coefficients = np.linalg.lstsq(basis * scale[:, None], values * scale, rcond=None)[0]
        error = np.abs(basis @ coefficients - values) * error_weight
        weight *= error / error.mean()
        weight /= weight.mean()
    return coefficients


def horner(coefficients, x):
    result = np.full_like(x, F(coefficients[-1]))
    for coefficient in coefficients[-2::-1]:
        result = result * x + F(coefficient)
    return result


def fit_exp():
    """exp(r) = 1 + r + r^2 p(r) for |r| <= ln(2) / 2."""
    r = chebyshev_points(-math.log(2) / 2 * 1.01, math.log(2) / 2 * 1.01)
    r = r[np.abs(r) > 1e-4]
    return minimax(r, 4, (np.expm1(r) - r) / r**2, r**2 / np.exp(r))


def fit_gelu():
    """log2 of the Gaussian tail, 1 - Phi(a) = 2^q(a), and 2^r for |r| <= 1/2."""
    a = chebyshev_points(0, TAIL)
    tail = np.vectorize(math.erfc)(a / math.sqrt(2)) / 2
    r = chebyshev_points(-0.505, 0.505)
    return minimax(a, 9, np.log2(tail), np.maximum(tail, 1e-3)), minimax(r, 6, 2.0**r, 2.0**-r)


def fused(coefficients, x):
    """Horner's rule, each step rounded once; a double holds a product of floats exactly."""
    result = np.full_like(x, F(coefficients[-1]))
    for coefficient in coefficients[-2::-1]:
        result = (result.astype(float) * x.astype(float) + float(F(coefficient))).astype(F)
    return result


def gelu(x, q, p):
    a = np.abs(x)
    t = fused(q, a)
    n = (t + F(12582912)) - F(12582912)
    tail = np.where(a > F(TAIL), F(0), fused(p, t - n) * F(2) ** n)
    return x * np.where(x < 0, tail, F(1) - tail)


def exp(x, p):
    n = (x * F(1.44269504) + F(12582912)) - F(12582912)
    r = (x - n * F(0.693359375)) - n * F(math.log(2) - 0.693359375)
    y = (horner(p, r) * (r * r) + r) + F(1)
    return y * ((n.astype(np.int32) + 127) << 23).view(F)


def report(name, found, expected):
    ulps = np.abs(found.astype(float) - expected) / np.spacing(np.abs(expected).astype(F)).astype(float)
    print(f"{name}: at most {ulps.max():.3f} ulp, {ulps.mean():.3f} on average")


def main():
    p = fit_exp()
    tail, power = fit_gelu()
    for name, coefficients in (("E", p), ("T", tail), ("P", power)):
        print(name, ", ".join(f"{F(c):.9g}f" for c in coefficients))
    x = np.linspace(-86, 88, 4_000_001).astype(F)
    report("exp", exp(x, p), np.exp(x.astype(float)))
    x = np.linspace(-8, 8, 1_600_001).astype(F)
    expected = x.astype(float) * np.vectorize(math.erfc)(-x.astype(float) / math.sqrt(2)) / 2
    error = np.abs(gelu(x, tail, power) - expected)
    print(f"gelu: at most {error.max():.3g}, and {(error / np.maximum(np.abs(x), 1e-9)).max():.3g} |x|")


if __name__ == "__main__":
    main()
