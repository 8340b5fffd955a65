"""Double proportionality: seats fixed by district and by list, votes rounded to the nearest under two sets of divisors.

Balinski and Demange (1989), "Algorithms for proportional matrices in reals and integers"; Pukelsheim (2017), ch. 14.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from forecast.rules.apportion import highest_averages
from forecast.rules.proportional import DivisorFormula

Matrix = dict[str, dict[str, int]]

STANDARD = DivisorFormula("sainte-lague")


def biproportional_seats(
    votes: Mapping[str, Mapping[str, int]],
    rows: Mapping[str, int],
    columns: Mapping[str, int],
    at_least: Mapping[tuple[str, str], int] | None = None,
) -> Matrix:
    """Return the seats of each district (row) and list (column) by tie and transfer.

    Every district is apportioned by Sainte-Lague. While a list has too many seats and another too few, list divisors
    are moved as little as makes two quotients level, and a seat is passed along a chain of level ones.

    >>> votes = {"x": {"A": 123, "B": 45, "C": 815}, "y": {"A": 912, "B": 714, "C": 414},
    ...          "z": {"A": 312, "B": 255, "C": 215}}
    >>> biproportional_seats(votes, {"x": 5, "y": 11, "z": 4}, {"A": 7, "B": 5, "C": 8})
    {'x': {'A': 1, 'B': 0, 'C': 4}, 'y': {'A': 4, 'B': 4, 'C': 3}, 'z': {'A': 2, 'B': 1, 'C': 1}}
    """
    if sum(rows.values()) != sum(columns.values()):
        raise ValueError(f"the districts have {sum(rows.values())} seats, the lists {sum(columns.values())}")
    least = at_least or {}
    scale = dict.fromkeys(columns, Fraction(1))
    seats: Matrix = {}
    for district, row in votes.items():
        weighed = {name: number * scale[name] for name, number in row.items() if number and name in columns}
        held = {name: least.get((district, name), 0) for name in weighed}
        found = highest_averages(STANDARD, weighed, rows[district] - sum(held.values()), held)
        seats[district] = {name: found.seats[name] + held[name] for name in weighed}
    while True:
        have = {name: sum(row.get(name, 0) for row in seats.values()) for name in columns}
        over = [name for name in columns if have[name] > columns[name]]
        if not over:
            return {district: {name: row.get(name, 0) for name in columns} for district, row in seats.items()}
        _pass_one_seat(votes, seats, scale, columns, have, least)


def _pass_one_seat(
    votes: Mapping[str, Mapping[str, int]],
    seats: Matrix,
    scale: dict[str, Fraction],
    columns: Mapping[str, int],
    have: Mapping[str, int],
    least: Mapping[tuple[str, str], int],
) -> None:
    """Lower the divisors' weight of lists with too many seats until one seat can pass to a list with too few."""
    reached: dict[str, tuple[str, str] | None] = {name: None for name in columns if have[name] > columns[name]}
    while True:
        step, arc = Fraction(0), None
        for district, row in seats.items():
            gives = [(name, _last(votes, district, name, row, scale, least)) for name in row if name in reached]
            takes = [
                (name, votes[district][name] * scale[name] / (2 * row[name] + 1)) for name in row if name not in reached
            ]
            for giver, last in gives:
                if last is None:
                    continue
                for taker, following in takes:
                    if following / last > step:
                        step, arc = following / last, (giver, district, taker)
        if arc is None:
            raise ValueError("no apportionment gives every district and every list its seats with these votes")
        for name in reached:
            scale[name] *= step
        giver, district, taker = arc
        reached[taker] = (giver, district)
        if have[taker] < columns[taker]:
            name = taker
            while (link := reached[name]) is not None:
                seats[link[1]][name] += 1
                seats[link[1]][link[0]] -= 1
                name = link[0]
            return


def _last(
    votes: Mapping[str, Mapping[str, int]],
    district: str,
    name: str,
    row: Mapping[str, int],
    scale: Mapping[str, Fraction],
    least: Mapping[tuple[str, str], int],
) -> Fraction | None:
    """Return what a list's last seat in a district is worth; None where it has none that it may lose."""
    if row[name] <= least.get((district, name), 0):
        return None
    return votes[district][name] * scale[name] / (2 * row[name] - 1)
