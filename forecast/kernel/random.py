"""Counter-based random numbers keyed by (seed, stream, draw), and standard normals from them.

A stream is whatever keeps its own numbers: a national dimension, a region's party, one candidate of one district.
Its key is a hash of (seed, name), so adding a candidate moves no other number. Word ``w`` of a stream is the
splitmix64 finaliser (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators") of
``key1 + w * GOLD``, with ``key2`` xored in between. Draws come in blocks of ``BLOCK``; block ``b`` uses the words
``b * WORDS .. (b + 1) * WORDS - 1``, two normals a word (Box and Muller 1958, float32, polynomials of our own).
These choices are part of the stream's version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import bits_of, float_of, fma, kernel_function, row_function

STREAM_VERSION = 1
BLOCK = 512
WORDS = BLOCK // 2

_GOLD = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)

_ONE = np.float32(1)
_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_LN2 = np.float32(np.log(2.0))
_LN2_31 = np.float32(31 * np.log(2.0))
_MINUS_TWO = np.float32(-2)
_ANGLE = np.float32(np.pi / 4 / 2**31)
# log(1 + t) = t - t^2/2 + t^3 P(t) on [sqrt(1/2) - 1, sqrt(2) - 1]: minimax coefficients of Cephes logf (Moshier).
_L0, _L1, _L2 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
_L3, _L4, _L5 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
_L6, _L7, _L8 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)
_MINUS_HALF = np.float32(-0.5)
# sin and cos on [-pi/4, pi/4]: Cephes sinf and cosf (Moshier).
_SIN0, _SIN1, _SIN2 = np.float32(-1.9515295891e-4), np.float32(8.3321608736e-3), np.float32(-1.6666654611e-1)
_COS0, _COS1, _COS2 = (
    np.float32(2.443315711809948e-5),
    np.float32(-1.388731625493765e-3),
    np.float32(4.166664568298827e-2),
)

Keys = npt.NDArray[np.uint64]


def stream_keys(seed: int, names: Iterable[str]) -> Keys:
    """Return the keys of streams.

    Parameters
    ----------
    seed
        0 to 2**64 - 1.
    names
        Stable names of what is drawn, such as ``candidate/12/Self-nominated 3``.

    Returns
    -------
    uint64 array ``[stream, 2]``
    """
    keys = []
    for name in names:
        digest = hashlib.blake2b(
            name.encode(), digest_size=16, key=seed.to_bytes(8, "little"), person=b"seatcast"
        ).digest()
        keys.append((int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")))
    return np.array(keys, dtype=np.uint64).reshape(-1, 2)


@row_function
def log_of(x):
    """Natural logarithm of a positive, normal float32; relative error below 1e-6."""
    bits = bits_of(x)
    exponent = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> np.int32(23))
    t = float_of(np.int32(bits - np.int32(exponent << np.int32(23)))) - _ONE
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
def fill_words(words, key1, key2, block):
    """Write the words of one block of a stream."""
    counter = key1 + np.uint64(block) * np.uint64(WORDS) * _GOLD
    for i in range(WORDS):
        z = (counter ^ (counter >> _S30)) * _MIX1
        counter += _GOLD
        z ^= key2
        z = (z ^ (z >> _S27)) * _MIX2
        words[i] = z ^ (z >> _S31)


@row_function
def box_muller(radius_bits, angle_bits, left, right):
    """Turn 2 x WORDS random int32 into 2 x WORDS standard normals.

    31 bits make the radius (so no normal exceeds 6.6), 30 bits an angle in the quarter around 0, one bit mirrors
    it and one swaps sine and cosine, which covers the circle.
    """
    for i in range(WORDS):
        u = np.float32((radius_bits[i] & np.int32(0x7FFFFFFF)) | np.int32(1))
        r = np.sqrt(_MINUS_TWO * (log_of(u) - _LN2_31))
        a = angle_bits[i]
        x = np.float32(np.int32(a << np.int32(2))) * _ANGLE
        y = x * x
        s = fma(_SIN0, y, _SIN1)
        s = fma(s, y, _SIN2)
        s = fma(s * y, x, x)
        c = fma(_COS0, y, _COS1)
        c = fma(c, y, _COS2)
        c = fma(c, y * y, fma(_MINUS_HALF, y, _ONE))
        c = float_of(np.int32(bits_of(c) ^ (np.int32(a << np.int32(1)) & np.int32(-2147483648))))
        swapped = a < np.int32(0)
        left[i] = r * (c if swapped else s)
        right[i] = r * (s if swapped else c)


@row_function
def normal_row(key1, key2, block, words, bits, out):
    """Write the BLOCK normals of a stream's block: lanes i and i + WORDS share word-halves i of the block."""
    fill_words(words, key1, key2, block)
    box_muller(bits[:WORDS], bits[WORDS:], out[:WORDS], out[WORDS:])


@kernel_function
def normals(keys, first_block, blocks, out):
    """Write ``out[stream, draw]``: the standard normals of whole blocks. For tests, benchmarks and replays."""
    words = np.empty(WORDS, np.uint64)
    bits = words.view(np.int32)
    for s in range(keys.shape[0]):
        for b in range(blocks):
            normal_row(keys[s, 0], keys[s, 1], first_block + b, words, bits, out[s, b * BLOCK : (b + 1) * BLOCK])


@kernel_function
def raw_words(keys, block, out):
    """Write ``out[stream, lane]``: the random bits of one block, as uint32. For tests of the generator."""
    words = np.empty(WORDS, np.uint64)
    bits = words.view(np.uint32)
    for s in range(keys.shape[0]):
        fill_words(words, keys[s, 0], keys[s, 1], block)
        for i in range(BLOCK):
            out[s, i] = bits[i]
