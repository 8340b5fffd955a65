"""Contests integrated instead of drawn: the chance of every group in a district, given its region's strengths.

Candidates of one group in one district are alike, so they stand here as one entry with a count. Under Gumbel noise the
chances are a softmax inside each spread (McFadden 1974), and one tabled function of a single difference between the
two spreads a model may have. Under normal noise the winner's utility is integrated by the trapezoidal rule, whose
error on a smooth, decaying integrand falls like exp(-2 (pi sd / step)**2) (Trefethen and Weideman 2014, "The
exponentially convergent trapezoidal rule"); every draw shifts the nodes at random, so that what error there is has
mean 0 (Cranley and Patterson 1976, "Randomization of number theoretic methods for multiple integration"), and the
chances are made to add up to 1. Rows hold one block, lane = draw; only IEEE-exact operations.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from forecast.kernel.compiler import kernel_function, row_function, vector_function
from forecast.kernel.gumbel import EULER_GAMMA, GUMBEL
from forecast.kernel.random import BLOCK, log_of
from forecast.kernel.vectors import LANES, choose, fma, load, spread, store, wholes
from forecast.kernel.votes import exp_of

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]

STEPS_PER_SD = 0.6  # of the trapezoidal rule, to a standard deviation of the narrowest noise
TAIL = 4e-6  # of a group's best candidate, left out on either side; 4.5 standard deviations at most
TABLE = 8192  # points of the tabled function
TABLE_RANGE = 22.0  # scales of the wider noise on either side


class Fields(NamedTuple):
    """Who stands where, as flat arrays. D districts, E entries: the groups of each district, with their candidates."""

    noise: I64  # [1] as in ``draw.Voters``
    first_entry: I64  # [D + 1]
    group: I64  # [E]
    candidates: I64  # [E] how many they are
    first_candidate: I64  # [E] number of the first of them within the district
    of_group: I64  # [E] entries, group by group
    first_of_group: I64  # [G + 1] where each group's begin there
    spread: I64  # [E] 0 for the wider of the two spreads, 1 for the narrower
    sd: F32  # [E]
    low: F32  # [E] where the group's best candidate lies but for ``TAIL``, relative to the strength
    high: F32  # [E]
    nodes: I64  # [D] of the trapezoidal rule
    scales: F32  # [2] of Gumbel noise: the wider, the narrower
    table: F32  # [TABLE] chance of the wider spread by how far its best is ahead


class ContestRows(NamedTuple):
    """Work rows of one thread."""

    chance: F32  # [E] of the entries of all districts
    strip: F32  # [STRIPS * entries, LANES] of the entries of one district, a few draws at a time
    ahead: F32  # [LANES]
    part: F32  # [LANES]


STRIPS = 7  # rows of an entry in a strip
RANK, STEP, DENSITY, RATIO, DECAY, BELOW, RIVALS = range(STRIPS)


def contest_rows(fields: Fields) -> ContestRows:
    """Return work rows of one thread."""
    most = int(np.diff(fields.first_entry).max(initial=1))
    return ContestRows(
        np.zeros((len(fields.group), BLOCK + LANES), np.float32),
        np.zeros((STRIPS * most, LANES), np.float32),
        np.zeros(LANES, np.float32),
        np.zeros(LANES, np.float32),
    )


_ZERO, _ONE, _HALF = np.float32(0), np.float32(1), np.float32(0.5)
_MINUS_ONE, _MINUS_HALF, _NEVER = np.float32(-1), np.float32(-0.5), np.float32(-np.inf)
# Phi(z) = 1/2 + z P(2 z^2 / 4.5^2 - 1) on [-4.5, 4.5], minimax (by reweighted least squares): error below 1e-6.
_EDGE, _PER_SQUARE = np.float32(4.5), np.float32(2 / 4.5**2)
_P0, _P1, _P2 = np.float32(0.000819381152), np.float32(-0.00225916598), np.float32(0.00307912007)
_P3, _P4, _P5 = np.float32(-0.00541324215), np.float32(0.0111571196), np.float32(-0.0189148337)
_P6, _P7, _P8 = np.float32(0.0283720475), np.float32(-0.0401344746), np.float32(0.0546917543)
_P9, _P10 = np.float32(-0.0771922842), np.float32(0.156905085)
_PER_ROOT_TAU = np.float32(1 / np.sqrt(2 * np.pi))
_MINUS_GAMMA = np.float32(-EULER_GAMMA)
_MIDDLE, _LAST = np.float32(TABLE // 2), np.float32(TABLE - 2)


@vector_function
def larger(a, b):
    """The larger of two numbers."""
    return choose(a > b, a, b)


@vector_function
def raised(x, exponent):
    """A whole power, 1 or more, by repeated squaring."""
    while not exponent & 1:
        x = x * x
        exponent >>= 1
    power = x
    exponent >>= 1
    while exponent > 0:
        x = x * x
        if exponent & 1:
            power = power * x
        exponent >>= 1
    return power


@vector_function
def normal_distribution(z):
    """The normal distribution function from -4.5 on; beyond 4.5 it stays where it is."""
    z = choose(z < _EDGE, z, _EDGE)
    s = fma(z * z, _PER_SQUARE, _MINUS_ONE)
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
    return fma(z, p, _HALF)


@row_function
def normal_chances(fields, d, strengths, shift, rows):
    """Integrate a district under normal noise.

    An entry wins at a node by its density there, times the chance that all others stay below. Its density moves from
    node to node by a geometric recurrence; ``strengths`` are the region's rows, one a group.
    """
    first, number = fields.first_entry[d], fields.first_entry[d + 1] - fields.first_entry[d]
    nodes, strip = fields.nodes[d], rows.strip
    share = _ONE / np.float32(nodes)
    for i in range(0, BLOCK, LANES):
        low, high = spread(_NEVER), spread(_NEVER)
        for e in range(first, first + number):
            strength = load(strengths[fields.group[e]], i)
            low, high = larger(low, strength + fields.low[e]), larger(high, strength + fields.high[e])
        width = (high - low) * share
        node = fma(width, load(shift, i), low)
        sd, per_sd, step, decay = _ZERO, _ZERO, spread(_ZERO), spread(_ZERO)
        for e in range(number):
            at = strip[STRIPS * e :]
            if fields.sd[first + e] != sd:
                sd = fields.sd[first + e]
                per_sd = _ONE / sd
                step = width * per_sd
                decay = exp_of(step * step * _MINUS_ONE)
            z = (node - load(strengths[fields.group[first + e]], i)) * per_sd
            density = np.float32(fields.candidates[first + e]) * _PER_ROOT_TAU
            store(at[RANK], 0, z)
            store(at[STEP], 0, step)
            store(at[DENSITY], 0, exp_of(z * z * _MINUS_HALF) * step * density)
            store(at[RATIO], 0, exp_of(step * fma(step, _HALF, z) * _MINUS_ONE))
            store(at[DECAY], 0, decay)
            store(rows.chance[first + e], i, spread(_ZERO))
        for _ in range(nodes):
            after = spread(_ONE)
            for e in range(number - 1, -1, -1):
                at = strip[STRIPS * e :]
                z = load(at[RANK], 0)
                store(at[RANK], 0, z + load(at[STEP], 0))
                below, candidates = normal_distribution(z), fields.candidates[first + e]
                rivals = spread(_ONE)
                if candidates > 1:
                    rivals = raised(below, candidates - 1)
                    below = below * rivals
                store(at[RIVALS], 0, rivals * after)
                store(at[BELOW], 0, below)
                after = after * below
            before = spread(_ONE)
            for e in range(number):
                at, chance = strip[STRIPS * e :], rows.chance[first + e]
                density, ratio = load(at[DENSITY], 0), load(at[RATIO], 0)
                store(chance, i, fma(density, before * load(at[RIVALS], 0), load(chance, i)))
                store(at[DENSITY], 0, density * ratio)
                store(at[RATIO], 0, ratio * load(at[DECAY], 0))
                before = before * load(at[BELOW], 0)
        total = spread(_ZERO)
        for e in range(first, first + number):
            total = total + load(rows.chance[e], i)
        for e in range(first, first + number):
            store(rows.chance[e], i, load(rows.chance[e], i) / total)


@row_function
def look_up(table, ahead, per_step, part):
    """Chance that the wider spread wins, linear between the points of the table."""
    for i in range(LANES):
        x = fma(ahead[i], per_step, _MIDDLE)
        x = x if x > _ZERO else _ZERO
        x = x if x < _LAST else _LAST
        k = wholes(x)
        low = table[np.uint32(k)]
        part[i] = fma(x - np.float32(k), table[np.uint32(k + np.int32(1))] - low, low)


@row_function
def gumbel_chances(fields, d, strengths, rows):
    """Chances of a district's entries under Gumbel noise, in closed form: shares of the weights of their spread."""
    first, beyond = fields.first_entry[d], fields.first_entry[d + 1]
    per_step = np.float32(TABLE / (2 * TABLE_RANGE)) / fields.scales[0]
    for i in range(0, BLOCK, LANES):
        ahead, present = spread(_ZERO), 0
        for narrow in range(2):
            top, number = spread(_NEVER), 0
            for e in range(first, beyond):
                if fields.spread[e] == narrow:
                    top = larger(load(strengths[fields.group[e]], i), top)
                    number += 1
            if number > 0:
                present += 1 << narrow
                scale, total = fields.scales[narrow], spread(_ZERO)
                for e in range(first, beyond):
                    if fields.spread[e] == narrow:
                        own = exp_of((load(strengths[fields.group[e]], i) - top) * (_ONE / scale))
                        own = own * np.float32(fields.candidates[e])
                        store(rows.chance[e], i, own)
                        total = total + own
                for e in range(first, beyond):
                    if fields.spread[e] == narrow:
                        store(rows.chance[e], i, load(rows.chance[e], i) / total)
                best = fma(log_of(total), scale, top + scale * _MINUS_GAMMA)
                ahead = ahead + best if narrow == 0 else ahead - best
        if present == 3:
            store(rows.ahead, 0, ahead)
            look_up(fields.table, rows.ahead, per_step, rows.part)
            part = load(rows.part, 0)
            for e in range(first, beyond):
                own = part if fields.spread[e] == 0 else part * _MINUS_ONE + _ONE
                store(rows.chance[e], i, load(rows.chance[e], i) * own)


@row_function
def chances(fields, d, strengths, shift, rows):
    """Leave the chance of every entry of a district in ``rows.chance``; ``shift`` is uniform on [0, 1)."""
    if fields.noise[0] == GUMBEL:
        gumbel_chances(fields, d, strengths, rows)
    else:
        normal_chances(fields, d, strengths, shift, rows)


@kernel_function
def district_chances(fields, d, strengths, shift, rows):
    """Leave the chances of one district's entries in the rows. For tests and replays."""
    chances(fields, d, strengths, shift, rows)


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
