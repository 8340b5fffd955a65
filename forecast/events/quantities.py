"""What the language can speak of: seats, votes, thresholds, winners; each made of columns of draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import reduce
from operator import add

import numpy as np
import numpy.typing as npt

from forecast.events.house import NOBODY, SELF, House
from forecast.events.meaning import Bound, Chunk, Column, Key, Who
from forecast.events.ratio import Ratio, Truths

AGGREGATES = ("count", "mean", "sd", "median", "quantile")
MOST_BALLOTS = 2**31
MOST_SEATS = 2**20


class UnknownName(Exception):
    """The argument of this ``number`` names nothing of the house."""

    def __init__(self, number: int, wrong: str) -> None:
        super().__init__(wrong)
        self.number = number


class Unfit(Exception):
    """The house has no tier of the kind that is spoken of."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A word of the language: what it is about, how many names it takes (least, most), how it is written."""

    of: str
    arguments: tuple[int, int | None]
    example: str
    made: Callable[[House, tuple[str, ...]], Bound]


def cast(valid: npt.NDArray[np.int64], valid_share: float) -> npt.NDArray[np.int64]:
    """Return the ballots cast that so many valid ballots stand for, rounded as the count rounds them."""
    rounded: npt.NDArray[np.int64] = np.maximum((valid / valid_share + 0.5).astype(np.int64), valid)
    return rounded


def _named(names: Sequence[str], known: Sequence[str], what: str, label: str = "") -> tuple[str, ...]:
    found = []
    for number, name in enumerate(names):
        if name not in known and name == SELF and label:
            name = label
        if name not in known:
            near = get_close_matches(name, known, 1, 0.5)
            meant = f" (did you mean {near[0]}?)" if near else ""
            shown = ", ".join(known[:40]) + (f" and {len(known) - 40} more" if len(known) > 40 else "")
            raise UnknownName(number, f'"{name}" is no {what} here{meant}; there are: {shown}')
        found.append(name)
    return tuple(found)


def _total(keys: Sequence[Key]) -> Callable[[Chunk], npt.NDArray[np.int64]]:
    return lambda chunk: reduce(add, (chunk[key] for key in keys))


def _number(keys: Sequence[Key], most: int) -> Bound:
    total = _total(keys)
    return Bound("number", frozenset(keys), numbers=lambda chunk: Ratio.whole(total(chunk), most * len(keys)))


def _seats(house: House, names: tuple[str, ...]) -> Bound:
    return _number([("seats", name) for name in _named(names, house.groups, "party", house.label)], MOST_SEATS)


def _list_seats(house: House, names: tuple[str, ...]) -> Bound:
    if house.bar is None:
        raise Unfit(f"{house.system} has no list tier")
    return _number([("list_seats", name) for name in _named(names, house.parties, "party")], MOST_SEATS)


def _district_seats(house: House, names: tuple[str, ...]) -> Bound:
    if not house.districts:
        raise Unfit(f"{house.system} has no districts")
    groups = _named(names, house.groups, "party", house.label)
    won = _number([("seats", name) for name in groups], MOST_SEATS)
    listed: list[Key] = [("list_seats", name) for name in groups if name in house.parties and house.bar is not None]
    if not listed:
        return won
    from_lists = _number(listed, MOST_SEATS)
    return Bound(
        "number", won.needs | from_lists.needs, numbers=lambda chunk: won.value(chunk) - from_lists.value(chunk)
    )


def _votes(house: House, names: tuple[str, ...]) -> Bound:
    return _number([("votes", name) for name in _named(names, house.options, "line of the ballot paper")], MOST_BALLOTS)


def _share(house: House, names: tuple[str, ...]) -> Bound:
    every: list[Key] = [("votes", name) for name in house.options]
    own: list[Key] = [("votes", name) for name in _named(names, house.options, "line of the ballot paper")]
    valid, votes = _total(every), _total(own)

    def numbers(chunk: Chunk) -> Ratio:
        return Ratio(votes(chunk), np.maximum(valid(chunk), 1), MOST_BALLOTS, MOST_BALLOTS)

    return Bound("number", frozenset(every), numbers=numbers)


def _turnout(house: House, _: tuple[str, ...]) -> Bound:
    every: list[Key] = [("votes", name) for name in house.options]
    valid = _total(every)

    def numbers(chunk: Chunk) -> Ratio:
        voted = Ratio.whole(cast(valid(chunk), house.valid_share), MOST_BALLOTS)
        return voted * Ratio.of(Fraction(1, max(house.registered, 1)))

    return Bound("number", frozenset(every), numbers=numbers)


def _passes(house: House, names: tuple[str, ...]) -> Bound:
    bar = house.bar
    if bar is None:
        raise Unfit(f"{house.system} has no list tier")
    parties = _named(names, house.parties, "party")
    every: list[Key] = [("votes", name) for name in house.options]
    lists: list[Key] = [("votes", name) for name in house.parties]
    valid, for_lists = _total(every), _total(lists)
    how = np.greater_equal if bar.reached else np.greater

    def truths(chunk: Chunk) -> Truths:
        base = valid(chunk) if bar.against_all else for_lists(chunk)
        if bar.base == "ballots cast":
            base = base + cast(valid(chunk), house.valid_share) - valid(chunk)
        needed = Ratio.whole(base, 2 * MOST_BALLOTS) * Ratio.of(bar.share)
        result = np.full(len(chunk), True)
        for party in parties:
            votes = chunk["votes", party]
            result &= Ratio.whole(votes, MOST_BALLOTS).compared(how, needed) & (votes > 0)
        return result

    return Bound("event", frozenset(every), truths=truths)


def _parties(house: House, _: tuple[str, ...]) -> Bound:
    keys: list[Key] = [("seats", name) for name in house.parties]

    def numbers(chunk: Chunk) -> Ratio:
        number = sum(((chunk[key] > 0).astype(np.int64) for key in keys), np.zeros(len(chunk), np.int64))
        return Ratio.whole(number, MOST_SEATS)

    return Bound("number", frozenset(keys), numbers=numbers)


def _house(house: House, _: tuple[str, ...]) -> Bound:
    size = Ratio.of(house.seats)
    return Bound("number", frozenset(), numbers=lambda _: size, constant=Fraction(house.seats))


def _reaching(least: Callable[[House], int]) -> Callable[[House, tuple[str, ...]], Bound]:
    def made(house: House, names: tuple[str, ...]) -> Bound:
        seats = _seats(house, names)
        mark = Ratio.of(least(house))
        return Bound("event", seats.needs, truths=lambda chunk: seats.value(chunk).compared(np.greater_equal, mark))

    return made


def _largest(house: House, _: tuple[str, ...]) -> Bound:
    keys: list[Key] = [("seats", name) for name in house.parties]

    def leader(chunk: Chunk) -> npt.NDArray[np.int64]:
        seats = np.stack([chunk[key] for key in keys])
        most = seats.max(axis=0)
        alone = ((seats == most).sum(axis=0) == 1) & (most > 0)
        return np.where(alone, seats.argmax(axis=0), -1)

    def matching(name: str) -> Callable[[Chunk], Truths]:
        if name == NOBODY and name not in house.parties:
            return lambda chunk: leader(chunk) == -1
        number = house.parties.index(_named([name], house.parties, "party")[0])
        return lambda chunk: leader(chunk) == number

    return Bound("who", frozenset(keys), who=Who(matching))


def _winner(house: House, names: tuple[str, ...]) -> Bound:
    if not house.districts:
        raise Unfit(f"{house.system} has no districts")
    (name,) = _named(names, [one.id for one in house.districts], "district")
    district = house.district(name)
    assert district is not None
    column: Column = "winner"

    def matching(wanted: str) -> Callable[[Chunk], Truths]:
        known = [*dict.fromkeys((*district.groups, *district.candidates))]
        if wanted == NOBODY and wanted not in known:
            return lambda chunk: chunk[column, name] < 0
        if wanted in house.groups and wanted not in known:
            return lambda chunk: np.full(len(chunk), False)  # stands elsewhere, and does not win here
        (meant,) = _named([wanted], known, f"party or candidate of district {name}", house.label)
        people = zip(district.candidates, district.groups, strict=True)
        numbers = np.array([number for number, both in enumerate(people) if meant in both])
        return lambda chunk: np.isin(chunk[column, name], numbers)

    return Bound("who", frozenset([(column, name)]), who=Who(matching))


_SEVERAL = (1, None)
QUANTITIES: dict[str, Quantity] = {
    "seats": Quantity("a party", _SEVERAL, 'seats("Name"), or of several together: seats("A", "B")', _seats),
    "list_seats": Quantity("a party", _SEVERAL, 'list_seats("Name")', _list_seats),
    "district_seats": Quantity("a party", _SEVERAL, 'district_seats("Name")', _district_seats),
    "votes": Quantity("a line of the ballot paper", _SEVERAL, 'votes("Name")', _votes),
    "share": Quantity("a line of the ballot paper", _SEVERAL, 'share("Name"), of the valid list ballots', _share),
    "turnout": Quantity("all voters", (0, 0), "turnout(), of the registered voters", _turnout),
    "passes": Quantity("a party", _SEVERAL, 'passes("Name"): reaches the threshold', _passes),
    "parties": Quantity("the house", (0, 0), "parties(): parties with a seat", _parties),
    "majority": Quantity("a party", _SEVERAL, 'majority("A", "B"): together', _reaching(lambda house: house.majority)),
    "two_thirds": Quantity("a party", _SEVERAL, 'two_thirds("A")', _reaching(lambda house: house.two_thirds)),
    "largest": Quantity("the house", (0, 0), 'largest() == "Name": more seats than every other party', _largest),
    "winner": Quantity("a district", (1, 1), 'winner(12) == "Name", "self" or "nobody"', _winner),
    "house": Quantity("the house", (0, 0), "house(): its seats", _house),
}
