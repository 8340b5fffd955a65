"""Standard Gumbel noise: the other law a candidate's personal vote may have, one keyed random word a number.

``-log(-log u)``, less its mean and over its standard deviation, so that a model may change the law and keep its
spreads. The largest of several is a Gumbel again (Gumbel 1958, "Statistics of Extremes"; McFadden 1974 on the
winner's probability), which is why contests under it integrate in closed form; see ``conditional``.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import kernel_function, row_function, vector_function
from forecast.kernel.random import BLOCK, HALF, counters, log_of, two_words
from forecast.kernel.vectors import LANES, bits_of, choose, float_of, floats, fma, store

NORMAL, GUMBEL = 0, 1  # values of ``Voters.noise``

EULER_GAMMA = 0.5772156649015329  # mean of the standard Gumbel distribution
PER_SD = float(np.sqrt(6) / np.pi)  # its scale where the standard deviation is 1

_MINUS_PER_SD, _SHIFT = np.float32(-PER_SD), np.float32(-EULER_GAMMA * PER_SD)
_LOW31 = np.int32(2**31 - 1)
_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_TOP = np.int32(31)
_ONE, _MINUS_ONE, _MINUS_HALF = np.float32(1), np.float32(-1), np.float32(-0.5)
_MINUS_LN2, _MINUS_UNIT = np.float32(-np.log(2.0)), np.float32(-(2.0**-31))
# log(1 + t), as in ``random.log_of``: minimax coefficients of Cephes logf (Moshier).
_L0, _L1, _L2 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
_L3, _L4, _L5 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
_L6, _L7, _L8 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)


@vector_function
def exponential_of(word):
    """Exponential variates ``-log(1 - k / 2**31)`` from the odd numbers k in the lower 31 bits of random int32.

    Relative precision is kept at both ends: 1 - k / 2**31 is taken as a whole number of 2**-31, and where it is
    near 1 the logarithm starts from k itself. So the largest Gumbel number is log(2**31), not where float32 ends.
    """
    k = (word & _LOW31) | 1
    bits = bits_of(floats((k ^ _LOW31) + 1))
    exponent = (bits - _SQRT_HALF_BITS) >> 23
    t = float_of(bits - (exponent << 23)) - _ONE
    t = choose(exponent == _TOP, floats(k) * _MINUS_UNIT, t)
    p = fma(t, _L0, _L1)
    p = fma(t, p, _L2)
    p = fma(t, p, _L3)
    p = fma(t, p, _L4)
    p = fma(t, p, _L5)
    p = fma(t, p, _L6)
    p = fma(t, p, _L7)
    p = fma(t, p, _L8)
    square = t * t
    tail = fma(square * t, p, square * _MINUS_HALF)
    return fma(floats(exponent - _TOP), _MINUS_LN2, (t + tail) * _MINUS_ONE)


@vector_function
def gumbel_of(word):
    """Turn random int32 into Gumbel numbers of mean 0 and standard deviation 1."""
    return fma(log_of(exponential_of(word)), _MINUS_PER_SD, _SHIFT)


@vector_function
def gumbel_pair(key1, key2, counter):
    """Gumbel numbers of a stream in the lanes of ``counter``, and in the lanes HALF above them."""
    low, high = two_words(key1, key2, counter)
    return gumbel_of(low), gumbel_of(high)


@row_function
def gumbel_row(key1, key2, block, out):
    """Write the BLOCK Gumbel numbers of a stream's block."""
    for i in range(0, HALF, LANES):
        low, high = gumbel_pair(key1, key2, counters(block, i))
        store(out, i, low)
        store(out, i + HALF, high)


@kernel_function
def gumbels(keys, first_block, blocks, out):
    """Write ``out[stream, draw]``: the Gumbel numbers of whole blocks. For tests, benchmarks and replays."""
    for s in range(keys.shape[0]):
        for b in range(blocks):
            gumbel_row(keys[s, 0], keys[s, 1], first_block + b, out[s, b * BLOCK : (b + 1) * BLOCK])
