"""Contests integrated instead of drawn: the chance of every group in a district, given its region's strengths.

Candidates of one group in one district are alike, so they stand here as one entry with a count. Under Gumbel noise the
chances are a softmax inside each spread (McFadden 1974), and one tabled function of a single difference between the
two spreads a model may have. Under normal noise the winner's utility is integrated by the trapezoidal rule, whose
error on a smooth, decaying integrand falls like exp(-2 (pi sd / step)**2) (Trefethen and Weideman 2014, "The
exponentially convergent trapezoidal rule"). Rows hold one block, lane = draw; only IEEE-exact operations.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import kernel_function, row_function
from forecast.kernel.gumbel import GUMBEL
from forecast.kernel.random import BLOCK
from forecast.kernel.sobol import logarithm
from forecast.kernel.vectors import LANES, bits_of, float_of, fma, wholes

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

STEPS_PER_SD = 0.85  # of the trapezoidal rule, to a standard deviation of the narrowest noise
TAIL = 1e-5  # of a group's best candidate, left out on either side
TABLE = 8192  # points of the tabled function
TABLE_RANGE = 22.0  # scales of the wider noise on either side
FACTOR_ROWS = 4  # rows of work beside those of the entries


class Fields(NamedTuple):
    """Who stands where, as flat arrays. D districts, E entries: the groups of each district, with their candidates."""

    noise: I64  # [1] as in ``draw.Voters``
    first_entry: I64  # [D + 1]
    group: I64  # [E]
    candidates: I64  # [E] how many they are
    first_candidate: I64  # [E] number of the first of them within the district
    spread: I64  # [E] 0 for the wider of the two spreads, 1 for the narrower
    sd: F32  # [E]
    low: F32  # [E] where the group's best candidate lies but for ``TAIL``, relative to the strength
    high: F32  # [E]
    nodes: I64  # [D] of the trapezoidal rule
    scales: F32  # [2] of Gumbel noise: the wider, the narrower
    table: F32  # [TABLE] chance of the wider spread by how far its best is ahead


class ContestRows(NamedTuple):
    """Work rows of one thread; entries of one district at a time, but for the chances of all."""

    chance: F32  # [E]
    rank: F32  # [entries] distance of the node from the strength, in standard deviations
    step: F32  # [entries]
    density: F32  # [entries]
    ratio: F32  # [entries]
    decay: F32  # [entries]
    below: F32  # [entries] chance that all of a group stay below the node
    rivals: F32  # [entries] that all but one of them do
    after: F32  # [entries + 1] that all later groups do
    work: F32  # [FACTOR_ROWS]


def contest_rows(fields: Fields) -> ContestRows:
    """Return work rows of one thread."""
    most = int(np.diff(fields.first_entry).max(initial=1))

    def rows(number: int) -> F32:
        return np.zeros((number, BLOCK + LANES), np.float32)

    return ContestRows(
        rows(len(fields.group)), rows(most), rows(most), rows(most), rows(most), rows(most), rows(most), rows(most),
        rows(most + 1), rows(FACTOR_ROWS),
    )  # fmt: skip


_ZERO, _ONE, _HALF = np.float32(0), np.float32(1), np.float32(0.5)
_BOUND, _LOG2E, _MAGIC = np.float32(80), np.float32(1.44269504088896341), np.float32(12582912.0)
_LN2_HIGH, _LN2_LOW = np.float32(-0.693359375), np.float32(2.12194440e-4)
_EXPONENT_ONE, _MANTISSA = np.int32(0x3F800000), np.int32(23)
# exp(r), as in ``votes``: coefficients of Cephes expf (Moshier).
_E0, _E1, _E2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
_E3, _E4, _E5 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)
# Phi(z) = 1/2 + z P(2 z^2 / 4.5^2 - 1) on [-4.5, 4.5], minimax (by reweighted least squares): error below 1e-6.
_EDGE, _PER_SQUARE = np.float32(4.5), np.float32(2 / 4.5**2)
_P0, _P1, _P2 = np.float32(0.000819381152), np.float32(-0.00225916598), np.float32(0.00307912007)
_P3, _P4, _P5 = np.float32(-0.00541324215), np.float32(0.0111571196), np.float32(-0.0189148337)
_P6, _P7, _P8 = np.float32(0.0283720475), np.float32(-0.0401344746), np.float32(0.0546917543)
_P9, _P10 = np.float32(-0.0771922842), np.float32(0.156905085)
_PER_ROOT_TAU = np.float32(1 / np.sqrt(2 * np.pi))
_LAST = np.float32(TABLE - 2)


@row_function
def exponential(x):
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
    return p * float_of(np.int32(np.int32(bits_of(t) << _MANTISSA) + _EXPONENT_ONE))


@row_function
def fill(row, value):
    """Write one value into a row."""
    for i in range(BLOCK):
        row[i] = value


@row_function
def copy(row, out):
    """Copy a row."""
    for i in range(BLOCK):
        out[i] = row[i]


@row_function
def times(row, other, out):
    """Multiply two rows."""
    for i in range(BLOCK):
        out[i] = row[i] * other[i]


@row_function
def power(row, exponent, square, out):
    """Raise a row to a whole power, 1 or more, by repeated squaring; ``square`` is a row of work."""
    copy(row, square)
    while not exponent & 1:
        times(square, square, square)
        exponent >>= 1
    copy(square, out)
    exponent >>= 1
    while exponent > 0:
        times(square, square, square)
        if exponent & 1:
            times(out, square, out)
        exponent >>= 1


@row_function
def largest(strength, shift, out):
    """Keep the larger of a row and a shifted strength."""
    for i in range(BLOCK):
        x = strength[i] + shift
        out[i] = x if x > out[i] else out[i]


@row_function
def first_node(low, high, nodes, step):
    """Turn the range of the winner's utility into the first node (in ``low``) and the step."""
    share = _ONE / np.float32(nodes)
    for i in range(BLOCK):
        width = (high[i] - low[i]) * share
        low[i] = fma(_HALF, width, low[i])
        step[i] = width


@row_function
def start_entry(strength, sd, node, width, rank, step):
    """Standardise the first node and the step for one entry."""
    share = _ONE / sd
    for i in range(BLOCK):
        rank[i] = (node[i] - strength[i]) * share
        step[i] = width[i] * share


@row_function
def start_density(rank, step, density, ratio, decay):
    """Start the normal density at the nodes, which a geometric recurrence continues; the step's width is in it."""
    for i in range(BLOCK):
        z, d = rank[i], step[i]
        density[i] = exponential(-_HALF * z * z) * _PER_ROOT_TAU * d
        ratio[i] = exponential(-d * fma(_HALF, d, z))
        decay[i] = exponential(-d * d)


@row_function
def distribution(rank, step, out):
    """Chance that one candidate stays below the node; moves on to the next node."""
    for i in range(BLOCK):
        z = rank[i]
        rank[i] = z + step[i]
        z = z if z > -_EDGE else -_EDGE
        z = z if z < _EDGE else _EDGE
        s = fma(z * z, _PER_SQUARE, -_ONE)
        p = fma(_P0, s, _P1)
        p = fma(p, s, _P2)
        p = fma(p, s, _P3)
        p = fma(p, s, _P4)
        p = fma(p, s, _P5)
        p = fma(p, s, _P6)
        p = fma(p, s, _P7)
        p = fma(p, s, _P8)
        p = fma(p, s, _P9)
        p = fma(p, s, _P10)
        out[i] = fma(z, p, _HALF)


@row_function
def add_chance(before, after, density, ratio, decay, chance):
    """Add one node to an entry's chance, and move its density on."""
    for i in range(BLOCK):
        d, r = density[i], ratio[i]
        chance[i] = fma(d, before[i] * after[i], chance[i])
        density[i] = d * r
        ratio[i] = r * decay[i]


@row_function
def what_remains(chance, rest):
    """Take a chance away from what remains for the last entry."""
    for i in range(BLOCK):
        left = rest[i] - chance[i]
        rest[i] = left if left > _ZERO else _ZERO


@row_function
def normal_chances(fields, d, strengths, rows):
    """Integrate a district under normal noise: the chance of every entry but the last, which gets what remains.

    ``strengths`` are the region's rows, one a group.
    """
    first, number = fields.first_entry[d], fields.first_entry[d + 1] - fields.first_entry[d]
    last = number - 1
    node, width, before, square = rows.work[0], rows.work[1], rows.work[2], rows.work[3]
    fill(rows.chance[first + last], _ONE)
    if number == 1:
        return
    fill(node, np.float32(-np.inf))
    fill(width, np.float32(-np.inf))
    for e in range(number):
        strength = strengths[fields.group[first + e]]
        largest(strength, fields.low[first + e], node)
        largest(strength, fields.high[first + e], width)
    first_node(node, width, fields.nodes[d], before)
    for e in range(number):
        strength = strengths[fields.group[first + e]]
        start_entry(strength, fields.sd[first + e], node, before, rows.rank[e], rows.step[e])
        if e < last:
            start_density(rows.rank[e], rows.step[e], rows.density[e], rows.ratio[e], rows.decay[e])
            fill(rows.chance[first + e], _ZERO)
    fill(rows.after[number], _ONE)
    for _ in range(fields.nodes[d]):
        for e in range(last, -1, -1):
            count = fields.candidates[first + e]
            if count == 1:
                distribution(rows.rank[e], rows.step[e], rows.below[e])
            elif e == last:
                distribution(rows.rank[e], rows.step[e], width)
                power(width, count, square, rows.below[e])
            else:
                distribution(rows.rank[e], rows.step[e], width)
                power(width, count - 1, square, rows.rivals[e])
                times(rows.rivals[e], width, rows.below[e])
            times(rows.below[e], rows.after[e + 1], rows.after[e])
        fill(before, _ONE)
        for e in range(last):
            count = fields.candidates[first + e]
            if count > 1:
                times(rows.rivals[e], before, square)
                weigh(square, np.float32(count))
                add_chance(
                    square, rows.after[e + 1], rows.density[e], rows.ratio[e], rows.decay[e], rows.chance[first + e]
                )
            else:
                add_chance(
                    before, rows.after[e + 1], rows.density[e], rows.ratio[e], rows.decay[e], rows.chance[first + e]
                )
            times(before, rows.below[e], before)
    for e in range(last):
        what_remains(rows.chance[first + e], rows.chance[first + last])


@row_function
def weigh(row, factor):
    """Multiply a row by a number."""
    for i in range(BLOCK):
        row[i] = row[i] * factor


@row_function
def add_weight(strength, top, per_scale, count, weight, total):
    """Weight of an entry relative to the strongest of its spread, and their total."""
    for i in range(BLOCK):
        w = count * exponential((strength[i] - top[i]) * per_scale)
        weight[i] = w
        total[i] = total[i] + w


@row_function
def best_of_spread(top, total, scale, sign, ahead):
    """Add where the best candidate of one spread stands, less the noise's mean, to a difference."""
    shift = scale * np.float32(-0.5772156649015329)
    for i in range(BLOCK):
        ahead[i] = fma(sign, fma(scale, logarithm(total[i]), top[i] + shift), ahead[i])


@row_function
def look_up(table, ahead, per_step, out):
    """Chance that the wider spread wins, linear between the points of the table."""
    middle = np.float32(TABLE // 2)
    for i in range(BLOCK):
        x = fma(ahead[i], per_step, middle)
        x = x if x > _ZERO else _ZERO
        x = x if x < _LAST else _LAST
        k = wholes(x)
        low = table[np.uint32(k)]
        out[i] = fma(x - np.float32(k), table[np.uint32(k + np.int32(1))] - low, low)


@row_function
def share_chance(chance, total, part, wider):
    """Turn an entry's weight into its chance: its part of the spread's own."""
    for i in range(BLOCK):
        p = part[i] if wider else _ONE - part[i]
        chance[i] = chance[i] * p / total[i]


@row_function
def gumbel_chances(fields, d, strengths, rows):
    """Chances of a district's entries under Gumbel noise, in closed form."""
    first, beyond = fields.first_entry[d], fields.first_entry[d + 1]
    ahead, part, top = rows.work[0], rows.work[1], rows.work[2]
    totals = rows.after
    fill(ahead, _ZERO)
    present = 0
    for spread in range(2):
        number = 0
        fill(top, np.float32(-np.inf))
        fill(totals[spread], _ZERO)
        for e in range(first, beyond):
            if fields.spread[e] == spread:
                number += 1
                largest(strengths[fields.group[e]], _ZERO, top)
        if number > 0:
            present += 1 << spread
            scale = fields.scales[spread]
            for e in range(first, beyond):
                if fields.spread[e] == spread:
                    add_weight(
                        strengths[fields.group[e]], top, _ONE / scale, np.float32(fields.candidates[e]), rows.chance[e],
                        totals[spread],
                    )  # fmt: skip
            sign = _ONE if spread == 0 else -_ONE
            best_of_spread(top, totals[spread], scale, sign, ahead)
    if present == 3:
        per_step = np.float32(TABLE / (2 * TABLE_RANGE)) / fields.scales[0]
        look_up(fields.table, ahead, per_step, part)
    else:
        fill(part, _ONE if present == 1 else _ZERO)
    for e in range(first, beyond):
        share_chance(rows.chance[e], totals[fields.spread[e]], part, fields.spread[e] == 0)


@row_function
def chances(fields, d, strengths, rows):
    """Leave the chance of every entry of a district in ``rows.chance``."""
    if fields.noise[0] == GUMBEL:
        gumbel_chances(fields, d, strengths, rows)
    else:
        normal_chances(fields, d, strengths, rows)


@kernel_function
def district_chances(fields, d, strengths, rows):
    """Leave the chances of one district's entries in the rows. For tests and replays."""
    chances(fields, d, strengths, rows)


def wider_ahead(scales: tuple[float, float]) -> F32:
    """Return the table: chance that a Gumbel number of the wider scale, so far ahead, exceeds one of the narrower.

    ``1 - exp(-exp(ahead / wide) E**(narrow / wide))`` is integrated over the exponential variate E, by the
    trapezoidal rule in its logarithm; points are ``TABLE_RANGE`` scales to either side of 0.
    """
    wide, narrow = scales
    ahead = (np.arange(TABLE) - TABLE // 2) * (2 * TABLE_RANGE / TABLE)
    step = 0.1
    g = np.arange(-4.5, 38.0, step)
    weight = np.exp(-g - np.exp(-g)) * step
    exponent = ahead[:, None] - (narrow / wide) * g[None, :]
    inside = -np.expm1(-np.exp(np.minimum(exponent, 50.0)))
    table: F32 = np.round(inside @ weight, 8).astype(np.float32)
    return table
