"""Apportionment: seats in proportion to votes, by quotas or divisors, in whole numbers and fractions.

Slow and plain: a divisor method is the repeated search for the largest quotient. Gallagher (1991); Balinski and
Young (2001).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from forecast.rules.outcome import Tie
from forecast.rules.proportional import DivisorFormula, DivisorName, Formula, QuotaFormula, QuotaName
from forecast.rules.ties import TieBreak

BY_REGISTRATION = TieBreak()
STEP: Mapping[DivisorName, int] = {"d'hondt": 1, "sainte-lague": 2, "danish": 3}


@dataclass(frozen=True, slots=True)
class Apportionment:
    """Seats by list, and what is needed to check them.

    ``unassigned`` are seats that nobody got; ``remainders`` the votes that whole quotas left unused.
    """

    seats: dict[str, int]
    ties: tuple[Tie, ...] = ()
    quota: Fraction | None = None
    remainders: dict[str, Fraction] = field(default_factory=dict)
    unassigned: int = 0


def quota_of(name: QuotaName, votes: int, seats: int, rounding: str = "exact") -> Fraction:
    """Return the price of a seat.

    >>> [str(quota_of(name, 1000, 9)) for name in ("hare", "droop", "hagenbach-bischoff", "imperiali")]
    ['1000/9', '101', '100', '1000/11']
    >>> [int(quota_of("hare", 1000, 6, rounding)) for rounding in ("down", "nearest", "up")]
    [166, 167, 167]
    """
    if seats < 1:
        raise ValueError(f"a quota for {seats} seats; there must be at least one")
    if name == "hare":
        exact = Fraction(votes, seats)
    elif name == "imperiali":
        exact = Fraction(votes, seats + 2)
    else:
        exact = Fraction(votes, seats + 1)
    if name == "droop":
        return Fraction(int(exact) + 1)
    if rounding == "down":
        return Fraction(int(exact))
    if rounding == "up":
        return Fraction(-int(-exact // 1))
    if rounding == "nearest":
        return Fraction(int(exact + Fraction(1, 2)))
    return exact


def divisor(formula: DivisorFormula, held: int) -> Fraction:
    """Return the divisor for the seat after ``held``; squared for Huntington-Hill, whose divisors are roots.

    >>> [str(divisor(DivisorFormula("sainte-lague", Fraction(7, 5)), held)) for held in range(3)]
    ['7/5', '3', '5']
    >>> [int(divisor(DivisorFormula("huntington-hill"), held)) for held in range(4)]  # k (k + 1)
    [0, 2, 6, 12]
    """
    if held == 0 and formula.first_divisor is not None:
        first = formula.first_divisor
        return first * first if formula.divisors == "huntington-hill" else first
    if formula.divisors in STEP:
        return Fraction(STEP[formula.divisors] * held + 1)
    if formula.divisors == "imperiali":
        return Fraction(held + 2, 2)
    return Fraction(held) if formula.divisors == "adams" else Fraction(held * (held + 1))


def average(formula: DivisorFormula, votes: int | Fraction, held: int) -> tuple[bool, Fraction]:
    """Return what the next seat is worth to a list; a divisor of 0 is worth more than any number, then votes decide."""
    by = divisor(formula, held)
    if by == 0:
        return True, Fraction(votes)
    return False, Fraction(votes * votes if formula.divisors == "huntington-hill" else votes) / by


def awards(
    formula: DivisorFormula,
    votes: Mapping[str, int] | Mapping[str, Fraction],
    held: Mapping[str, int],
    caps: Mapping[str, int],
    ties: TieBreak,
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the winner of one seat after another, and all lists that were level with it; ends where no list is left."""
    now = {name: held.get(name, 0) for name in votes}
    worth = {
        name: average(formula, number, now[name])
        for name, number in votes.items()
        if number and now[name] < caps.get(name, 10**9)
    }
    while worth:
        top = max(worth.values())
        level = tuple(name for name, value in worth.items() if value == top)
        winner = ties.first(level, votes)
        now[winner] += 1
        if now[winner] < caps.get(winner, 10**9):
            worth[winner] = average(formula, votes[winner], now[winner])
        else:
            del worth[winner]
        yield winner, level


def highest_averages(
    formula: DivisorFormula,
    votes: Mapping[str, int] | Mapping[str, Fraction],
    seats: int,
    held: Mapping[str, int] | None = None,
    caps: Mapping[str, int] | None = None,
    ties: TieBreak = BY_REGISTRATION,
) -> Apportionment:
    """Hand out ``seats`` one by one, beyond those ``held`` (which move the divisors but are not in the result).

    ``caps`` are the most seats a list can hold, those held included; a seat that no list can take is left.

    >>> highest_averages(DivisorFormula("d'hondt"), {"A": 100, "B": 80, "C": 30}, 5).seats
    {'A': 3, 'B': 2, 'C': 0}
    >>> highest_averages(DivisorFormula("sainte-lague"), {"A": 100, "B": 80, "C": 30}, 5).seats
    {'A': 2, 'B': 2, 'C': 1}
    >>> highest_averages(DivisorFormula("huntington-hill"), {"A": 100, "B": 80, "C": 30}, 5).seats
    {'A': 2, 'B': 2, 'C': 1}
    """
    won = dict.fromkeys(votes, 0)
    found: list[tuple[str, tuple[str, ...]]] = []
    if seats > 0:
        for award in awards(formula, votes, held or {}, caps or {}, ties):
            found.append(award)
            won[award[0]] += 1
            if len(found) == seats:
                break
    tied: tuple[Tie, ...] = ()
    if found:
        level = found[-1][1]
        first = next(i for i in range(len(found)) if found[i][1] == level or set(level) <= set(found[i][1]))
        chosen = tuple(name for name, _ in found[first:] if name in found[first][1])
        among = found[first][1]
        if len(level) > 1 and set(chosen) != set(among):
            tied = (Tie(ties.rule, among, chosen[0] if len(chosen) == 1 else chosen),)
    return Apportionment(won, tied, unassigned=max(seats, 0) - len(found))


def largest_remainders(
    formula: QuotaFormula,
    votes: Mapping[str, int],
    seats: int,
    valid: int | None = None,
    ties: TieBreak = BY_REGISTRATION,
) -> Apportionment:
    """Hand out whole quotas, then what is left over; ``valid`` makes the quota where the law takes all valid votes.

    >>> largest_remainders(QuotaFormula("hare"), {"A": 50, "B": 30, "C": 20}, 4).seats
    {'A': 2, 'B': 1, 'C': 1}
    >>> largest_remainders(QuotaFormula("imperiali"), {"A": 60, "B": 30, "C": 10}, 3).seats  # 20: 3 + 1 is too many
    {'A': 2, 'B': 1, 'C': 0}
    """
    total = sum(votes.values()) if formula.quota_votes == "admitted lists" or valid is None else valid
    if seats < 1 or not any(votes.values()):
        return Apportionment(dict.fromkeys(votes, 0), unassigned=max(seats, 0))
    quota = _positive(quota_of(formula.quota, total, seats, formula.rounding))
    whole = {name: int(number / quota) for name, number in votes.items()}
    parts = {"imperiali": 2, "hagenbach-bischoff": 1, "droop": 1, "hare": 0}[formula.quota]
    while sum(whole.values()) > seats and formula.over_allocation == "larger quota":
        parts = max(parts - 1, 0)  # the exact Hare quota never promises too much
        quota = Fraction(total, seats + parts)
        whole = {name: int(number / quota) for name, number in votes.items()}
    rest = {name: number - whole[name] * quota for name, number in votes.items()}
    order = list(votes)

    def by(key: Mapping[str, Fraction] | Mapping[str, int], name: str) -> tuple[int | Fraction, ...]:
        return (-Fraction(key[name]), *ties.key(name, votes[name]), order.index(name))

    left = seats - sum(whole.values())
    won = dict(whole)
    tied: tuple[Tie, ...] = ()
    if left < 0:
        while left < 0:
            ranked = sorted((name for name in order if won[name]), key=lambda name: by(rest, name))
            tied = _tie(ties.rule, rest, ranked, max(len(ranked) + left, 0))
            losers = ranked[max(len(ranked) + left, 0) :]
            for name in losers:
                won[name] -= 1
            left += len(losers)
    elif formula.leftovers == "largest list":
        won[min(order, key=lambda name: by(votes, name))] += left
        left = 0
    elif formula.leftovers != "nobody" and left:
        key: Mapping[str, Fraction] | Mapping[str, int] = rest if formula.leftovers == "largest remainders" else votes
        ranked = sorted((name for name in order if votes[name]), key=lambda name: by(key, name))
        for number in range(left):
            won[ranked[number % len(ranked)]] += 1
        tied = _tie(ties.rule, key, ranked, left % len(ranked))
        left = 0
    return Apportionment(won, tied, quota, rest, left)


def apportionment(
    formula: Formula,
    votes: Mapping[str, int],
    seats: int,
    valid: int | None = None,
    held: Mapping[str, int] | None = None,
    caps: Mapping[str, int] | None = None,
    ties: TieBreak = BY_REGISTRATION,
) -> Apportionment:
    """Share ``seats`` by a formula; lists that run out of candidates (``caps``) leave their seats to the next.

    With quotas, what capped lists leave is shared again among the others.
    """
    if isinstance(formula, DivisorFormula):
        return highest_averages(formula, votes, seats, held, caps, ties)
    found = largest_remainders(formula, votes, seats, valid, ties)
    full = {name: cap for name, cap in (caps or {}).items() if name in votes and found.seats[name] > cap}
    if not full:
        return found
    others = {name: number for name, number in votes.items() if name not in full}
    again = apportionment(formula, others, seats - sum(full.values()), valid, None, caps, ties)
    return Apportionment(
        {name: full[name] if name in full else again.seats[name] for name in votes},
        (*found.ties, *again.ties),
        found.quota,
        found.remainders,
        again.unassigned,
    )


def _positive(quota: Fraction) -> Fraction:
    """A quota rounded down to 0 would give seats for nothing: it is at least one vote."""
    return quota if quota > 0 else Fraction(1)


def _tie(rule: str, key: Mapping[str, Fraction] | Mapping[str, int], ranked: list[str], given: int) -> tuple[Tie, ...]:
    if not 0 < given < len(ranked) or key[ranked[given - 1]] != key[ranked[given]]:
        return ()
    among = tuple(name for name in ranked if key[name] == key[ranked[given]])
    chosen = tuple(name for name in among if name in ranked[:given])
    return (Tie(rule, among, chosen[0] if len(chosen) == 1 else chosen),)
