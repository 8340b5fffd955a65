"""Seats in proportion to votes, in whole numbers: the reference's results by other ways.

A divisor method jumps to a first guess and steps from it until no seat is better placed elsewhere (Pukelsheim 2017,
ch. 4); a quota method ranks by counting who is ahead. Products that may pass 64 bits are compared in 128.
"""

from __future__ import annotations

import numpy as np

from forecast.kernel.compiler import inner_function, row_function

# Columns of a formula.
(
    BY_DIVISORS,
    STEP,
    START,
    SCALE,
    FIRST,
    SQUARE,
    PARTS,
    DROOP,
    ROUNDING,
    LEFTOVERS,
    LARGER_QUOTA,
    OF_VALID,
    FORMULA_COLUMNS,
) = range(13)
EXACT, DOWN, NEAREST, UP = range(4)  # values of ROUNDING
REMAINDERS, IN_ORDER, LARGEST, NOBODY = range(4)  # values of LEFTOVERS
NO_CAP = 2**62

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


@row_function
def sum_of(row):
    """Return the sum of a row; numba's own, and the copies and comparisons of whole rows, take seconds to compile."""
    total = 0
    for i in range(len(row)):
        total += row[i]
    return total


@row_function
def fill(row, value):
    """Write one value into a row."""
    for i in range(len(row)):
        row[i] = value


@row_function
def copy(row, out):
    """Write a row into another."""
    for i in range(len(row)):
        out[i] = row[i]


@inner_function
def copied(row):
    """Return a copy of a row."""
    out = np.empty(len(row), row.dtype)
    copy(row, out)
    return out


@inner_function
def filled(length, value):
    """Return a row of one whole number."""
    row = np.empty(length, np.int64)
    fill(row, value)
    return row


@row_function
def product(a, b):
    """Return a * b of two numbers of 0 or more as (high, low) 64 bits."""
    x, y = np.uint64(a), np.uint64(b)
    xl, xh, yl, yh = x & _LOW, x >> _HALF, y & _LOW, y >> _HALF
    low, one, two = xl * yl, xh * yl, xl * yh
    middle = (low >> _HALF) + (one & _LOW) + (two & _LOW)
    return xh * yh + (one >> _HALF) + (two >> _HALF) + (middle >> _HALF), (low & _LOW) | (middle << _HALF)


@row_function
def compared(a, b, c, d):
    """Return 1, 0 or -1 as a * b is more than, equal to or less than c * d."""
    high, low = product(a, b)
    other_high, other_low = product(c, d)
    if high != other_high:
        return 1 if high > other_high else -1
    if low != other_low:
        return 1 if low > other_low else -1
    return 0


@row_function
def divisor(formula, held):
    """Return the divisor of the seat after ``held``, as a whole number; 0 is worth more than any vote."""
    if held == 0 and formula[FIRST] >= 0:
        return formula[FIRST]
    if formula[SQUARE]:
        return held * (held + 1) * formula[SCALE]
    return (held * formula[STEP] + formula[START]) * formula[SCALE]


@row_function
def drawn_first(order, a, b):
    """Return whether a comes before b of equal claims: the lower lot, of equal lots the earlier registered."""
    return order[a] < order[b] or (order[a] == order[b] and a < b)


@row_function
def ahead(formula, larger, order, votes, a, held_a, b, held_b):
    """Return whether list a's seat after ``held_a`` is handed out before list b's after ``held_b``."""
    by_a, by_b = divisor(formula, held_a), divisor(formula, held_b)
    if by_a == 0 or by_b == 0:
        if by_a == 0 and by_b == 0 and votes[a] != votes[b]:
            return votes[a] > votes[b]
        if (by_a == 0) != (by_b == 0):
            return by_a == 0
        return drawn_first(order, a, b)
    power = formula[SQUARE]  # Huntington-Hill's divisors are roots: the squares are compared
    sign = compared(votes[a] * (votes[a] if power else 1), by_b, votes[b] * (votes[b] if power else 1), by_a)
    if sign:
        return sign > 0
    if larger and votes[a] != votes[b]:
        return votes[a] > votes[b]
    return drawn_first(order, a, b)


@inner_function
def divisor_seats(formula, larger, order, votes, active, seats, held, caps, out):
    """Hand out ``seats`` beyond those ``held``; return how many nobody can take.

    Parameters
    ----------
    formula, larger, order
        Columns of the formula; whether of equal quotients the larger vote comes first; each list's lot, the lower one
        first.
    votes, active, held, caps, out
        ``[list]``; ``out`` gets the seats handed out. ``caps`` hold those held as well.
    """
    lists = len(votes)
    total, everything = 0, seats
    for p in range(lists):
        out[p] = 0
        if active[p] and votes[p] > 0:
            total += votes[p]
            everything += held[p]
    if seats <= 0 or total == 0:
        return max(seats, 0)
    given = 0
    for p in range(lists):
        if active[p] and votes[p] > 0:
            guess = np.int64(np.float64(votes[p]) * everything / total) - held[p]
            out[p] = max(min(guess, caps[p] - held[p]), 0)
            given += out[p]
    while True:
        best, worst = -1, -1
        for p in range(lists):
            if not (active[p] and votes[p] > 0):
                continue
            if held[p] + out[p] < caps[p] and (
                best < 0 or ahead(formula, larger, order, votes, p, held[p] + out[p], best, held[best] + out[best])
            ):
                best = p
            if out[p] > 0 and (
                worst < 0
                or ahead(formula, larger, order, votes, worst, held[worst] + out[worst] - 1, p, held[p] + out[p] - 1)
            ):
                worst = p
        if given < seats:
            if best < 0:
                return seats - given
            out[best] += 1
            given += 1
        elif given > seats:
            out[worst] -= 1
            given -= 1
        elif (
            best >= 0
            and worst >= 0
            and best != worst
            and ahead(formula, larger, order, votes, best, held[best] + out[best], worst, held[worst] + out[worst] - 1)
        ):
            out[best] += 1
            out[worst] -= 1
        else:
            return 0


@row_function
def before(larger, order, key, votes, a, b):
    """Return whether list a comes before list b: larger key, larger vote where that counts, lower lot."""
    if key[a] != key[b]:
        return key[a] > key[b]
    if larger and votes[a] != votes[b]:
        return votes[a] > votes[b]
    return drawn_first(order, a, b)


@row_function
def price(formula, total, seats):
    """Return the quota as numerator and denominator."""
    bottom = seats + formula[PARTS]
    if formula[DROOP]:
        return total // (seats + 1) + 1, 1
    if formula[ROUNDING] == DOWN:
        return total // bottom, 1
    if formula[ROUNDING] == NEAREST:
        return (2 * total + bottom) // (2 * bottom), 1
    if formula[ROUNDING] == UP:
        return -(-total // bottom), 1
    return total, bottom


@inner_function
def quota_seats(formula, larger, order, votes, active, seats, valid, out, rest):
    """Hand out whole quotas and the seats left over; return how many are left to nobody.

    ``rest`` gets what the quotas left of each list's votes, in parts of a vote: times the quota's denominator, which
    is ``out``'s companion and returned second; the quota's numerator third.
    """
    lists = len(votes)
    mine = 0
    for p in range(lists):
        out[p] = 0
        rest[p] = 0
        if active[p]:
            mine += votes[p]
    total = valid if formula[OF_VALID] else mine
    if seats < 1 or mine == 0:
        return max(seats, 0), 1, 0
    parts = formula[PARTS]
    top, bottom = price(formula, total, seats)
    top = max(top, 1)
    while True:
        left = seats
        for p in range(lists):
            if active[p]:
                out[p] = votes[p] * bottom // top
                rest[p] = votes[p] * bottom - out[p] * top
                left -= out[p]
        if left >= 0 or not formula[LARGER_QUOTA]:
            break
        parts = max(parts - 1, 0)
        top, bottom = total, seats + parts
    taken = np.zeros(lists, np.bool_)
    while left < 0:
        last = -1
        for p in range(lists):
            if active[p] and out[p] > 0 and not taken[p] and (last < 0 or before(larger, order, rest, votes, last, p)):
                last = p
        if last < 0:
            fill(taken, False)
            continue
        taken[last] = True
        out[last] -= 1
        left += 1
    if left == 0 or formula[LEFTOVERS] == NOBODY:
        return left, bottom, top
    key = rest if formula[LEFTOVERS] == REMAINDERS else votes
    standing = 0
    for p in range(lists):
        standing += active[p] and votes[p] > 0
    for p in range(lists):
        if not (active[p] and votes[p] > 0):
            continue
        rank = 0
        for q in range(lists):
            rank += q != p and active[q] and votes[q] > 0 and before(larger, order, key, votes, q, p)
        if formula[LEFTOVERS] == LARGEST:
            out[p] += left if rank == 0 else 0
        else:
            out[p] += left // standing + (rank < left % standing)
    return 0, bottom, top


@inner_function
def apportioned(formula, larger, order, votes, active, seats, valid, held, caps, out):
    """Share ``seats`` by a formula; lists at their caps leave the rest to the others. Return what nobody gets."""
    if formula[BY_DIVISORS]:
        return divisor_seats(formula, larger, order, votes, active, seats, held, caps, out)
    lists = len(votes)
    now = np.empty(lists, np.int64)
    rest = np.empty(lists, np.int64)
    open_ = copied(active)
    for p in range(lists):
        out[p] = 0
    while True:
        left = quota_seats(formula, larger, order, votes, open_, seats, valid, now, rest)[0]
        full = False
        for p in range(lists):
            if open_[p] and now[p] > caps[p]:
                full = True
                out[p] = caps[p]
                seats -= caps[p]
                open_[p] = False
        if not full:
            for p in range(lists):
                if open_[p]:
                    out[p] = now[p]
            return left
