"""Scrambled Sobol points and the normals they stand for: the evenly spread draws of ``--sampler lattice``.

A digital net in base 2 (Sobol 1967) with the direction numbers of Joe and Kuo (2008, "Constructing Sobol sequences
with better two-dimensional projections", SIAM J. Sci. Comput. 30, table new-joe-kuo-6.21201). Each randomisation is
scrambled by random lower triangular matrices (Matousek 1998, "On the L2-discrepancy for anchored boxes") and a random
digital shift, so that every single point is uniform and every mean unbiased; the spread between independent
randomisations is the error. Scrambles are keyed by the seed and the name of a dimension, as random streams are.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import kernel_function, row_function
from forecast.kernel.random import BLOCK
from forecast.kernel.vectors import bits_of, float_of, fma

U32 = npt.NDArray[np.uint32]

LATTICE_VERSION = 2  # of points, their order and their normals; a change of any alters every lattice run
RANDOMISATIONS = 16  # independent scrambles; their spread gives the standard errors
BITS = 32
BLOCK_BITS = 9  # 2**9 = BLOCK points stand in a block
POINT_BITS = BITS  # of a randomisation

# Degree, coefficients of the primitive polynomial, and first direction numbers of dimensions 2, 3, ...
_JOE_KUO: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (1, 0, (1,)),
    (2, 1, (1, 3)),
    (3, 1, (1, 3, 1)),
    (3, 2, (1, 1, 1)),
    (4, 1, (1, 1, 3, 3)),
    (4, 4, (1, 3, 5, 13)),
    (5, 2, (1, 1, 5, 5, 17)),
    (5, 4, (1, 1, 5, 5, 5)),
    (5, 7, (1, 1, 7, 11, 19)),
    (5, 11, (1, 1, 5, 1, 1)),
    (5, 13, (1, 1, 1, 3, 11)),
    (5, 14, (1, 3, 5, 5, 31)),
    (6, 1, (1, 3, 3, 9, 7, 49)),
    (6, 13, (1, 1, 1, 15, 21, 21)),
    (6, 16, (1, 3, 1, 13, 27, 49)),
    (6, 19, (1, 1, 1, 15, 7, 5)),
    (6, 22, (1, 3, 1, 15, 13, 25)),
    (6, 25, (1, 1, 5, 5, 19, 61)),
    (7, 1, (1, 3, 7, 11, 23, 15, 103)),
    (7, 4, (1, 3, 7, 13, 13, 15, 69)),
)
DIMENSIONS = len(_JOE_KUO) + 1  # of the net; what lies beyond is drawn plainly


class Net(NamedTuple):
    """Scrambled nets as flat arrays. N dimensions."""

    vectors: U32  # [RANDOMISATIONS, N, BITS] scrambled direction numbers
    shift: U32  # [RANDOMISATIONS, N]


def direction_numbers(dimension: int) -> U32:
    """Return the direction numbers of a dimension, counted from 0, as binary fractions of 32 bits.

    >>> [f"{int(v) >> 28:04b}" for v in direction_numbers(1)[:4]]
    ['1000', '1100', '1010', '1111']
    """
    if dimension == 0:
        return np.array([1 << (BITS - 1 - k) for k in range(BITS)], np.uint32)
    degree, coefficients, first = _JOE_KUO[dimension - 1]
    whole = list(first)
    for k in range(degree, BITS):
        value = whole[k - degree] ^ (whole[k - degree] << degree)
        for j in range(1, degree):
            if coefficients >> (degree - 1 - j) & 1:
                value ^= whole[k - j] << j
        whole.append(value)
    return np.array([value << (BITS - 1 - k) for k, value in enumerate(whole)], np.uint32)


def scrambled_net(seed: int, names: list[str]) -> Net:
    """Return the nets of the dimensions that go by these names; at most ``DIMENSIONS``."""
    vectors = np.zeros((RANDOMISATIONS, len(names), BITS), np.uint32)
    shift = np.zeros((RANDOMISATIONS, len(names)), np.uint32)
    for j, name in enumerate(names):
        numbers = direction_numbers(j)
        for r in range(RANDOMISATIONS):
            words = _words(seed, f"net/{r}/{name}")
            shift[r, j] = words[BITS]
            vectors[r, j] = _triangular_product(words[:BITS], numbers)
    return Net(vectors, shift)


def _words(seed: int, name: str) -> U32:
    key = hashlib.blake2b(name.encode(), digest_size=16, key=seed.to_bytes(8, "little"), person=b"seatcast").digest()
    raw = np.random.Philox(key=int.from_bytes(key, "little")).random_raw(BITS + 1)
    words: U32 = (raw >> np.uint64(32)).astype(np.uint32)
    return words


def _triangular_product(words: U32, numbers: U32) -> U32:
    """Multiply binary vectors by a random unit lower triangular matrix; row k sees the first k digits and its own."""
    digits = np.arange(BITS, dtype=np.uint32)
    own = np.uint32(1) << (np.uint32(BITS - 1) - digits)
    before = ~(own | (own - np.uint32(1)))  # the digits above
    rows = (words & before) | own
    parity = np.bitwise_count(rows[:, None] & numbers[None, :]) & 1
    product: U32 = np.bitwise_or.reduce(np.where(parity, own[:, None], np.uint32(0)), axis=0)
    return product


_FLIP = np.uint32(1 << 31)
_TOP = np.float32(2.0**31)
_ALL = np.int32(0x7FFFFFFF)
_PER_POINT = np.float32(2.0**-31)
_HALF, _ONE, _TWO, _THREE = np.float32(0.5), np.float32(1), np.float32(2), np.float32(3)
_MINUS_HALF, _NEAR, _FAR = np.float32(-0.5), np.float32(2.5), np.float32(5)
_SQRT_TWO = np.float32(np.sqrt(2.0))
_SQRT_HALF_BITS, _MANTISSA = np.int32(0x3F3504F3), np.int32(23)
_SIGN = np.int32(-2147483648)
_LN2 = np.float32(np.log(2.0))
# log(1 + t), as in ``random``: minimax coefficients of Cephes logf (Moshier).
_L0, _L1, _L2 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
_L3, _L4, _L5 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
_L6, _L7, _L8 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)
# erfinv(x) = x P(w), w = -log((1 - x)(1 + x)): Giles (2012), "Approximating the erfinv function", single precision.
_A0, _A1, _A2 = np.float32(2.81022636e-08), np.float32(3.43273939e-07), np.float32(-3.5233877e-06)
_A3, _A4, _A5 = np.float32(-4.39150654e-06), np.float32(0.00021858087), np.float32(-0.00125372503)
_A6, _A7, _A8 = np.float32(-0.00417768164), np.float32(0.246640727), np.float32(1.50140941)
_B0, _B1, _B2 = np.float32(-0.000200214257), np.float32(0.000100950558), np.float32(0.00134934322)
_B3, _B4, _B5 = np.float32(-0.00367342844), np.float32(0.00573950773), np.float32(-0.0076224613)
_B6, _B7, _B8 = np.float32(0.00943887047), np.float32(1.00167406), np.float32(2.83297682)


@row_function
def logarithm(x):
    """Natural logarithm of a positive, normal float32; relative error below 1e-6."""
    bits = bits_of(x)
    exponent = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> _MANTISSA)
    t = float_of(np.int32(bits - np.int32(exponent << _MANTISSA))) - _ONE
    p = fma(t, _L0, _L1)
    p = fma(t, p, _L2)
    p = fma(t, p, _L3)
    p = fma(t, p, _L4)
    p = fma(t, p, _L5)
    p = fma(t, p, _L6)
    p = fma(t, p, _L7)
    p = fma(t, p, _L8)
    square = t * t
    rest = fma(square * t, p, square * _MINUS_HALF)
    return fma(np.float32(exponent), _LN2, t + rest)


@row_function
def net_row(vectors, shift, part, words):
    """Write points ``part * BLOCK ..`` of one dimension of a net as words: each bit doubles what stands already."""
    start = shift
    for b in range(BLOCK_BITS, POINT_BITS):
        if (part >> (b - BLOCK_BITS)) & 1:
            start ^= vectors[b]
    words[0] = start
    size = 1
    for b in range(BLOCK_BITS):
        upper = words[size : 2 * size]
        vector = vectors[b]
        for i in range(size):
            upper[i] = words[i] ^ vector
        size *= 2


@row_function
def normals_of_words(words, out):
    """Turn words u into the normals of rank ``(u + 1/2) / 2**32``: the inverse of the normal distribution."""
    for i in range(BLOCK):
        centred = np.int32(words[i] ^ _FLIP)
        negative = np.int32(centred >> np.int32(31))
        away = np.int32(centred ^ negative)
        x = (np.float32(away) + _HALF) * _PER_POINT
        left = (np.float32(np.int32(_ALL - away)) + _HALF) * _PER_POINT
        w = -logarithm(left * (_TWO - left))
        near = w - _NEAR
        p = fma(_A0, near, _A1)
        p = fma(p, near, _A2)
        p = fma(p, near, _A3)
        p = fma(p, near, _A4)
        p = fma(p, near, _A5)
        p = fma(p, near, _A6)
        p = fma(p, near, _A7)
        p = fma(p, near, _A8)
        far = np.sqrt(w) - _THREE
        q = fma(_B0, far, _B1)
        q = fma(q, far, _B2)
        q = fma(q, far, _B3)
        q = fma(q, far, _B4)
        q = fma(q, far, _B5)
        q = fma(q, far, _B6)
        q = fma(q, far, _B7)
        q = fma(q, far, _B8)
        z = (p if w < _FAR else q) * x * _SQRT_TWO
        out[i] = float_of(np.int32(bits_of(z) ^ (negative & _SIGN)))


@row_function
def net_normal_row(vectors, shift, part, words, out):
    """Write the normals of a block of points in one dimension."""
    net_row(vectors, shift, part, words)
    normals_of_words(words, out)


@kernel_function
def net_normals(net, randomisation, first_part, parts, out):
    """Write ``out[dimension, point]``: the normals of blocks of points of one randomisation. For tests and replays."""
    words = np.empty(BLOCK, np.uint32)
    for j in range(net.shift.shape[1]):
        for b in range(parts):
            net_normal_row(
                net.vectors[randomisation, j], net.shift[randomisation, j], first_part + b, words,
                out[j, b * BLOCK : (b + 1) * BLOCK],
            )  # fmt: skip
