"""From normals to votes, a block of draws at a time: national shares, whole ballots, regional tilts, contests.

All arrays are rows of one block, lane = draw. Only operations that IEEE 754 rounds exactly are used (+ - * / sqrt,
fused multiply-add, conversions), so every machine computes the same bits.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import bits_of, float_of, fma, row_function, to_int32
from forecast.kernel.random import BLOCK, log_of

_LOG2E = np.float32(1.44269504088896341)
_MAGIC = np.float32(12582912.0)  # 1.5 * 2**23: adding it rounds to a whole number
_LN2_HIGH, _LN2_LOW = np.float32(-0.693359375), np.float32(2.12194440e-4)
_EXPONENT_ONE = np.int32(0x3F800000)
_BOUND = np.float32(80)
_ONE = np.float32(1)
_MINUS_ONE = np.float32(-1)
# exp(r) = 1 + r + r^2 P(r) on [-ln(2)/2, ln(2)/2]: coefficients of Cephes expf (Moshier).
_E0, _E1, _E2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
_E3, _E4, _E5 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)


@row_function
def exp_of(x):
    """Exponential of a float32, clamped to [-80, 80]; relative error below 1e-6."""
    x = x if x > -_BOUND else -_BOUND
    x = x if x < _BOUND else _BOUND
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
    return p * float_of(np.int32(np.int32(bits_of(t) << np.int32(23)) + _EXPONENT_ONE))


@row_function
def set_row(row, value):
    """Write one value into a row."""
    for i in range(BLOCK):
        row[i] = value


@row_function
def copy_row(row, out):
    """Copy a row."""
    for i in range(BLOCK):
        out[i] = row[i]


@row_function
def add_scaled(row, factor, normal):
    """Add ``factor * normal`` to a row."""
    for i in range(BLOCK):
        row[i] = fma(factor, normal[i], row[i])


@row_function
def first_weight(utility, running):
    """Start the running total of exponentials."""
    for i in range(BLOCK):
        running[i] = exp_of(utility[i])


@row_function
def next_weight(utility, before, running):
    """Continue the running total of exponentials."""
    for i in range(BLOCK):
        running[i] = before[i] + exp_of(utility[i])


@row_function
def ballots_in_all(normal, mean, sd, most, ballots):
    """Valid ballots of each draw: ``most`` times a logistic-normal turnout, at least 1."""
    for i in range(BLOCK):
        odds = exp_of(_MINUS_ONE * fma(sd, normal[i], mean))
        count = to_int32(most / np.float64(_ONE + odds) + 0.5)
        ballots[i] = count if count > np.int32(1) else np.int32(1)


@row_function
def ballots_per_weight(ballots, running, factor):
    """Factor from the running total of weights to whole ballots, in float64."""
    for i in range(BLOCK):
        factor[i] = np.float64(ballots[i]) / np.float64(running[i])


@row_function
def whole_ballots(running, factor, reached):
    """Ballots of all options up to this one, rounded: cumulative rounding keeps every sum exact."""
    for i in range(BLOCK):
        reached[i] = to_int32(np.float64(running[i]) * factor[i] + 0.5)


@row_function
def difference(high, low, out):
    """Ballots of one option: the step between two running counts."""
    for i in range(BLOCK):
        out[i] = np.int32(high[i] - low[i])


@row_function
def tilt(normal, sd, weight, shock, total):
    """Regional shock of a party, and its share of the weighted mean of all regions' factors."""
    for i in range(BLOCK):
        x = sd * normal[i]
        shock[i] = x
        total[i] = fma(weight, exp_of(x), total[i])


@row_function
def recentre(utility, total, centre):
    """Utility less the log of the mean factor, so that the regions give back the national vote exactly."""
    for i in range(BLOCK):
        centre[i] = utility[i] - log_of(total[i])


@row_function
def add_row(centre, row):
    """Add a row to another, of utilities or of whole numbers."""
    for i in range(BLOCK):
        row[i] = row[i] + centre[i]


@row_function
def challenge(normal, sd, strength, number, best, winner):
    """Let one candidate challenge the best so far; equal utilities stay with the earlier candidate."""
    for i in range(BLOCK):
        u = fma(sd, normal[i], strength[i])
        ahead = u > best[i]
        best[i] = u if ahead else best[i]
        winner[i] = number if ahead else winner[i]


@row_function
def challenge_two(normal, other, sd, other_sd, strength, other_strength, number, best, winner):
    """Let two candidates challenge the best so far, the earlier one first; numbers are ``number`` and the next."""
    following = np.int32(number + np.int32(1))
    for i in range(BLOCK):
        u = fma(sd, normal[i], strength[i])
        v = fma(other_sd, other[i], other_strength[i])
        top, first = best[i], winner[i]
        ahead = u > top
        top = u if ahead else top
        first = number if ahead else first
        ahead = v > top
        best[i] = v if ahead else top
        winner[i] = following if ahead else first


@row_function
def utility_row(normal, sd, strength, out):
    """Utility of one candidate, exactly as ``challenge`` computes it; for the audit's record."""
    for i in range(BLOCK):
        out[i] = fma(sd, normal[i], strength[i])


@row_function
def share_bins(votes, ballots, out):
    """Vote share in whole thousandths, floor(1000 votes / ballots): exact, since both are below 2**30."""
    for i in range(BLOCK):
        out[i] = to_int32(1000.0 * np.float64(votes[i]) / np.float64(ballots[i]))
