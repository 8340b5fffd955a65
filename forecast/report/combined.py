"""The run's numbers as one tidy table: a row a number, with its error, for spreadsheets and programs alike."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.distribution import Probability
from forecast.files import Cell, csv_text
from forecast.report.coalitions import likeliest_coalitions
from forecast.report.districts import districts
from forecast.report.folder import RunFolder
from forecast.report.house import House, houses

COLUMNS = ("question", "system", "subject", "item", "value", "mcse")

Line = tuple[str, str, str, str, Cell, Cell]


def combined(run: RunFolder, *, raw: bool = False) -> str:
    """Return the run's main numbers as one CSV; names and columns are the same in every language."""
    text, _ = csv_text(COLUMNS, [line for house in houses(run) for line in _lines(house)], raw=raw)
    return text


def _lines(house: House) -> Iterator[Line]:
    for group in house.by_seats:
        seats = house.seats(group)
        yield "seats", house.system, group, "mean", seats.mean, seats.mcse_mean
        yield "seats", house.system, group, "median", seats.median, None
        for level in (50, 80, 95):
            for end, value in zip(("low", "high"), seats.interval(level / 100), strict=True):
                yield "seats", house.system, group, f"{level} % {end}", value, None
        for n, count in enumerate(seats.counts):
            if count:
                yield _chance("number of seats", house, group, str(n), seats.exactly(n))
        for column in ("p_threshold", "p_any_seat", "p_largest", "p_majority"):
            if (chance := house.chance(group, column)) is not None:
                yield _chance("chances", house, group, column, chance)
    for coalition in likeliest_coalitions(house):
        name = " + ".join(coalition.members)
        yield _chance("coalitions", house, name, "majority", coalition.majority)
        yield _chance("coalitions", house, name, "majority, every member needed", coalition.minimal)
    if house.varies:
        for party in house.parties:
            for at, chance in house.curve(party):
                yield _chance("thresholds", house, party, f"{at / 1000:g}", chance)
    for district in districts(house):
        for group, chance in district.chances:
            yield _chance("districts", house, group, district.id, chance)


def _chance(question: str, house: House, subject: str, item: str, chance: Probability) -> Line:
    return question, house.system, subject, item, chance.value, chance.mcse
