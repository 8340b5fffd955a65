"""From normals to votes, a block of draws at a time: national shares, whole ballots, regional tilts.

All arrays are rows of one block, lane = draw. Only operations that IEEE 754 rounds exactly are used (+ - * / sqrt,
fused multiply-add, conversions), so every machine computes the same bits.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import row_function, vector_function
from forecast.kernel.random import BLOCK, log_of
from forecast.kernel.vectors import LANES, bits_of, choose, doubles, float_of, fma, load, spread, store, wholes

_LOG2E = np.float32(1.44269504088896341)
_MAGIC = np.float32(12582912.0)  # 1.5 * 2**23: adding it rounds to a whole number
_LN2_HIGH, _LN2_LOW = np.float32(-0.693359375), np.float32(2.12194440e-4)
_EXPONENT_ONE = np.int32(0x3F800000)
_BOUND = np.float32(80)
_ZERO, _ONE, _MINUS_ONE = np.float32(0), np.float32(1), np.float32(-1)
# exp(r) = 1 + r + r^2 P(r) on [-ln(2)/2, ln(2)/2]: coefficients of Cephes expf (Moshier).
_E0, _E1, _E2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
_E3, _E4, _E5 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)

# A share's bin is floor(BINS votes / ballots); the estimate of the quotient is never too large (``seats.quotient``).
_BINS = np.int32(1000)


@vector_function
def exp_of(x):
    """Exponential of float32, clamped to [-80, 80]; relative error below 1e-6."""
    x = choose(x > -_BOUND, x, -_BOUND)
    x = choose(x < _BOUND, x, _BOUND)
    t = fma(x, _LOG2E, _MAGIC)
    n = t - _MAGIC
    r = fma(n, _LN2_HIGH, x)
    r = fma(n, _LN2_LOW, r)
    p = fma(_E0, r, _E1)
    p = fma(p, r, _E2)
    p = fma(p, r, _E3)
    p = fma(p, r, _E4)
    p = fma(p, r, _E5)
    p = fma(p, r * r, r + _ONE)
    return p * float_of((bits_of(t) << 23) + _EXPONENT_ONE)


@row_function
def set_row(row, value):
    """Write one value into a row."""
    for i in range(0, BLOCK, LANES):
        store(row, i, value)


@row_function
def copy_row(row, out):
    """Copy a row."""
    for i in range(0, BLOCK, LANES):
        store(out, i, load(row, i))


@row_function
def add_row(other, row):
    """Add a row to another, of utilities or of whole numbers."""
    for i in range(0, BLOCK, LANES):
        store(row, i, load(row, i) + load(other, i))


@row_function
def national_utilities(location, scale, tail, normal, eta, running):
    """Utilities of all options from independent normals z, and the running total of their exponentials.

    Leaves ``z + tail z^3`` in the rows of the normals.
    """
    for i in range(0, BLOCK, LANES):
        for k in range(location.size):
            z = load(normal[k], i)
            store(normal[k], i, fma(z * z * z, tail[0], z))
        total = spread(_ZERO)
        for o in range(location.size):
            u = spread(location[o])
            for k in range(o + 1):
                u = fma(load(normal[k], i), scale[o, k], u)
            store(eta[o], i, u)
            total = total + exp_of(u)
            store(running[o], i, total)


@vector_function
def at_least_one(count):
    """Whole numbers, and 1 where they are smaller."""
    return choose(count > 1, count, 1)


@row_function
def valid_and_cast(normal, turnout, ballots, cast):
    """Valid ballots of each draw: ``most`` times a logistic-normal turnout, at least 1; and all ballots cast."""
    mean, sd = np.float32(turnout[0]), np.float32(turnout[1])
    for i in range(0, BLOCK, LANES):
        odds = exp_of(fma(load(normal, i), sd, mean) * _MINUS_ONE)
        valid = at_least_one(wholes(turnout[2] / doubles(odds + _ONE) + 0.5))
        store(ballots, i, valid)
        store(cast, i, cast_of(valid, turnout[3]))


@vector_function
def cast_of(valid, valid_share):
    """Ballots cast: the valid ones over the valid share, rounded; never fewer than the valid ones."""
    count = wholes(doubles(valid) / valid_share + 0.5)
    return choose(count > valid, count, valid)


@row_function
def whole_ballots(running, ballots, votes):
    """Whole ballots of every option: cumulative rounding of running totals keeps every sum exact."""
    last = running.shape[0] - 1
    for i in range(0, BLOCK, LANES):
        valid = load(ballots, i)
        factor = doubles(valid) / doubles(load(running[last], i))
        before = spread(np.int32(0))
        for o in range(last):
            reached = wholes(doubles(load(running[o], i)) * factor + 0.5)
            store(votes[o], i, reached - before)
            before = reached
        store(votes[last], i, valid - before)


@vector_function
def recentred(utility, total):
    """Utility less the log of the mean factor, so that the regions give back the national vote exactly."""
    return utility - log_of(total)
