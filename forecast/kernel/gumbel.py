"""Standard Gumbel noise: the other law a candidate's personal vote may have, one keyed random word a number.

``-log(-log u)``, less its mean and over its standard deviation, so that a model may change the law and keep its
spreads. The largest of several is a Gumbel again (Gumbel 1958, "Statistics of Extremes"; McFadden 1974 on the
winner's probability), which is why contests under it integrate in closed form; see ``conditional``.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import bits_of, float_of, fma, kernel_function, row_function
from forecast.kernel.random import BLOCK, WORDS, fill_words, log_of, normal_row

NORMAL, GUMBEL = 0, 1  # values of ``Voters.noise``

EULER_GAMMA = 0.5772156649015329  # mean of the standard Gumbel distribution
PER_SD = float(np.sqrt(6) / np.pi)  # its scale where the standard deviation is 1

_PER_SD, _SHIFT = np.float32(PER_SD), np.float32(-EULER_GAMMA * PER_SD)
_HALF_RANGE = np.int32(0x7FFFFFFF)
_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_TOP = np.int32(31)
_ONE, _MINUS_HALF = np.float32(1), np.float32(-0.5)
_LN2 = np.float32(np.log(2.0))
_UNIT = np.float32(2.0**-31)
# log(1 + t), as in ``random.log_of``: minimax coefficients of Cephes logf (Moshier).
_L0, _L1, _L2 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
_L3, _L4, _L5 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
_L6, _L7, _L8 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)


@row_function
def exponential_of(word):
    """Exponential variate ``-log(1 - k / 2**31)`` from the odd number k in the lower 31 bits of a random int32.

    Relative precision is kept at both ends: 1 - k / 2**31 is taken as a whole number of 2**-31, and where it is
    near 1 the logarithm starts from k itself. So the largest Gumbel number is log(2**31), not where float32 ends.
    """
    k = np.int32((word & _HALF_RANGE) | np.int32(1))
    rest = np.int32(np.int32(_HALF_RANGE - k) + np.int32(1))
    bits = bits_of(np.float32(rest))
    exponent = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> np.int32(23))
    t = float_of(np.int32(bits - np.int32(exponent << np.int32(23)))) - _ONE
    t = -(np.float32(k) * _UNIT) if exponent == _TOP else t
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
    return -fma(np.float32(np.int32(exponent - _TOP)), _LN2, t + tail)


@row_function
def gumbel_row(key1, key2, block, words, bits, out):
    """Write the BLOCK Gumbel numbers of a stream's block, of mean 0 and standard deviation 1."""
    fill_words(words, key1, key2, block)
    for i in range(BLOCK):
        out[i] = fma(-log_of(exponential_of(bits[i])), _PER_SD, _SHIFT)


@row_function
def noise_row(noise, key1, key2, block, words, bits, out):
    """Write a candidate's personal votes in a block, under the law the model declares."""
    if noise == GUMBEL:
        gumbel_row(key1, key2, block, words, bits, out)
    else:
        normal_row(key1, key2, block, words, bits, out)


@kernel_function
def gumbels(keys, first_block, blocks, out):
    """Write ``out[stream, draw]``: the Gumbel numbers of whole blocks. For tests, benchmarks and replays."""
    words = np.empty(WORDS, np.uint64)
    bits = words.view(np.int32)
    for s in range(keys.shape[0]):
        for b in range(blocks):
            gumbel_row(keys[s, 0], keys[s, 1], first_block + b, words, bits, out[s, b * BLOCK : (b + 1) * BLOCK])
