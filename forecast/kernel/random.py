"""Counter-based random numbers keyed by (seed, stream, draw), and standard normals from them.

A stream is whatever keeps its own numbers: a national dimension, a region's party, one candidate of one district.
Its key is a hash of (seed, name), so adding a candidate moves no other number. Word ``w`` of a stream comes from
``key1 + w * GOLD`` by the splitmix64 finaliser (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number
generators"), with ``key2`` xored in between its two rounds; a second word comes from the same first round by a second
one of its own (shifts and multiplier of MurmurHash3's, Appleby). Draws come in blocks of ``BLOCK``; block ``b`` uses
the counters ``b * WORDS .. (b + 1) * WORDS - 1``, four normals each (Box and Muller 1958, float32, polynomials of our
own): lanes ``i`` and ``i + HALF`` share a radius. These choices are part of the stream's version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import kernel_function, row_function, vector_function
from forecast.kernel.vectors import LANES, bits_of, float_of, floats, fma, root, store, word_numbers

STREAM_VERSION = 2
BLOCK = 512
HALF = BLOCK // 2
WORDS = BLOCK // 4  # counters a block: each gives two words of 64 bits, and so four normals

_GOLD = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_MIX3 = np.uint64(0xFF51AFD7ED558CCD)

_ONE = np.float32(1)
_MINUS_HALF = np.float32(-0.5)
_SIGN, _LOW31, _MANTISSA = np.int32(-(2**31)), np.int32(2**31 - 1), np.int32(2**23 - 1)
_ONE_BITS, _SQRT_HALF_BITS = np.int32(0x3F800000), np.int32(0x3F3504F3)
_EXPONENT_OF_2_31 = np.int32(158 << 23)
_LN2, _MINUS_TWO_LN2 = np.float32(np.log(2.0)), np.float32(-2 * np.log(2.0))
# -2 log(m) on [1, 2], minimax of degree 6 within 2.6e-6, plus 4.5e-6 so that no rounding makes it negative.
_R0, _R1, _R2 = np.float32(4.214394890646391), np.float32(-8.474366138781354), np.float32(7.405569200351004)
_R3, _R4, _R5 = np.float32(-4.556096017205828), np.float32(1.7563214926149542), np.float32(-0.38143714917229127)
_R6 = np.float32(0.03561540710473484)
# sin(x) and cos(x) on [-pi/2, pi/2], minimax within 7.5e-7 and 6.7e-6.
_ANGLE = np.float32(np.pi / 2 / 2**31)
_SIN0, _SIN1 = np.float32(0.9999992456056914), np.float32(-0.16665682729474884)
_SIN2, _SIN3 = np.float32(0.008313258713978717), np.float32(-0.00018524357342591206)
_COS0, _COS1 = np.float32(0.9999932952819119), np.float32(-0.4999124397103708)
_COS2, _COS3 = np.float32(0.041487748043397166), np.float32(-0.0012712094851467916)
# log(1 + t) = t - t^2/2 + t^3 P(t) on [sqrt(1/2) - 1, sqrt(2) - 1]: minimax coefficients of Cephes logf (Moshier).
_L0, _L1, _L2 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
_L3, _L4, _L5 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
_L6, _L7, _L8 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)

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


@vector_function
def log_of(x):
    """Natural logarithm of positive, normal float32; relative error below 1e-6."""
    exponent = (bits_of(x) - _SQRT_HALF_BITS) >> 23
    t = float_of(bits_of(x) - (exponent << 23)) - _ONE
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
    return fma(floats(exponent), _LN2, t + rest)


@vector_function
def counters(block, first):
    """Counters of the lanes ``first ..`` of a block and of their partners, the same for every stream."""
    word = np.uint64(block) * np.uint64(WORDS) + np.uint64(first >> 1)
    return (word_numbers() + word) * _GOLD


@vector_function
def two_words(key1, key2, counter):
    """Two random words of every counter, as int32: they share splitmix64's first round and differ in the second."""
    z = counter + key1
    z = ((z ^ (z >> 30)) * _MIX1) ^ key2
    one = (z ^ (z >> 27)) * _MIX2
    other = (z ^ (z >> 33)) * _MIX3
    return bits_of(one ^ (one >> 31)), bits_of(other ^ (other >> 29))


@vector_function
def box_muller(radius, angle):
    """Turn random int32 into two standard normals each.

    31 bits make the radius (so no normal exceeds 6.6), 32 bits an angle in the half circle around 0, and the bit left
    over mirrors it. Radii are within 1e-5 of the exact ones where they exceed 1, squares of radii within 1e-5.
    """
    scaled = bits_of(floats((radius & _LOW31) | 1)) - _EXPONENT_OF_2_31
    m = float_of((scaled & _MANTISSA) | _ONE_BITS)
    p = fma(m, _R6, _R5)
    p = fma(m, p, _R4)
    p = fma(m, p, _R3)
    p = fma(m, p, _R2)
    p = fma(m, p, _R1)
    p = fma(m, p, _R0)
    r = root(fma(floats(scaled >> 23), _MINUS_TWO_LN2, p))
    x = floats(angle) * _ANGLE
    y = x * x
    s = fma(y, _SIN3, _SIN2)
    s = fma(y, s, _SIN1)
    s = fma(y, s, _SIN0) * x
    c = fma(y, _COS3, _COS2)
    c = fma(y, c, _COS1)
    c = fma(y, c, _COS0)
    c = float_of(bits_of(c) ^ (radius & _SIGN))
    return r * c, r * s


@vector_function
def normal_pair(key1, key2, counter):
    """Standard normals of a stream in the lanes of ``counter``, and in the lanes HALF above them."""
    radius, angle = two_words(key1, key2, counter)
    return box_muller(radius, angle)


@row_function
def normal_row(key1, key2, block, out):
    """Write the BLOCK normals of a stream's block."""
    for i in range(0, HALF, LANES):
        low, high = normal_pair(key1, key2, counters(block, i))
        store(out, i, low)
        store(out, i + HALF, high)


@kernel_function
def normals(keys, first_block, blocks, out):
    """Write ``out[stream, draw]``: the standard normals of whole blocks. For tests, benchmarks and replays."""
    for s in range(keys.shape[0]):
        for b in range(blocks):
            normal_row(keys[s, 0], keys[s, 1], first_block + b, out[s, b * BLOCK : (b + 1) * BLOCK])


@kernel_function
def raw_words(keys, block, out):
    """Write ``out[stream, lane]``: the random bits behind one block of normals, as int32. For tests of the generator.

    Lanes ``i`` and ``i + HALF`` hold the two words that make a radius and an angle.
    """
    for s in range(keys.shape[0]):
        for i in range(0, HALF, LANES):
            radius, angle = two_words(keys[s, 0], keys[s, 1], counters(block, i))
            store(out[s], i, radius)
            store(out[s], i + HALF, angle)
