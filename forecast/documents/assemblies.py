"""``assemblies.csv``, ``assembly_lists.csv``, ``assembly_candidates.csv``: local assemblies, and who stands for them.

A row of ``assembly_candidates.csv`` stands for ``districts`` districts with the same field: one candidate of each of
its parties and ``self_nominated`` others. Districts are numbered 1, 2, ... within their assembly, in order of rows.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Literal, cast

from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.names import same
from forecast.documents.tables import Row, Table, duplicates
from forecast.voteshare.electorate import Assembly, Option, Region, Ward

COLUMNS = ("assembly", "level", "region", "seats", "list_seats", "districts")
LIST_COLUMNS = ("assembly", "party", "candidates")
WARD_COLUMNS = ("assembly", "districts", "parties", "self_nominated")
LEVELS = ("regional", "city", "district")
MOST_SEATS = 1000
_SIGN = ";"


def assemblies_of(
    places: Table, lists: Table, candidates: Table, regions: tuple[Region, ...], options: tuple[Option, ...],
    faults: Faults,
) -> tuple[Assembly, ...]:  # fmt: skip
    """Return the assemblies in the order of their table; the three tables must agree."""
    parties = [option.name for option in options if option.kind == "party"]
    named = [(row, row.name("assembly")) for row in places.rows]
    for row, earlier in duplicates([(row, same(name)) for row, name in named if name]):
        row.fault("assembly", f"is the assembly of line {earlier.line} again")
    names = [name for _, name in named if name]
    listed = _lists(lists, names, parties)
    wards = _wards(candidates, names, parties)
    found = []
    for row, name in named:
        if name is None:
            continue
        region, level = row.name("region"), row.one_of("level", LEVELS)
        if region is not None and region not in {one.name for one in regions}:
            known = [one.name for one in regions]
            row.fault("region", f"{quoted(region)} is no region of this model" + hint(region, known, "regions"))
        list_seats = _sizes(row, len(wards[name]), candidates.file)
        if list_seats and not listed[name]:
            row.fault("list_seats", f"is {list_seats}, but {lists.file} has no list for {quoted(name)}")
        elif listed[name] and list_seats == 0:
            row.fault("list_seats", f"is 0, but {lists.file} has lists for {quoted(name)}")
        order = {party: listed[name][party] for party in parties if party in listed[name]}
        if region is not None and level is not None:
            kind = cast(Literal["regional", "city", "district"], level)
            found.append(Assembly(name, kind, region, list_seats or 0, order, tuple(wards[name])))
        row.basis()
    return tuple(found) if not faults.lines else ()


def _sizes(row: Row, standing: int, file: str) -> int | None:
    """Return the list seats of an assembly, after checking its sizes against each other."""
    seats, districts = row.whole("seats", 1, MOST_SEATS), row.whole("districts", 1, MOST_SEATS)
    list_seats = row.whole("list_seats", 0, MOST_SEATS)
    if seats is not None and districts is not None and list_seats is not None:
        if seats != list_seats + districts:
            row.fault("seats", f"is {seats}, but list_seats and districts add up to {list_seats + districts}")
        if standing != districts:
            row.fault("districts", f"is {districts}, but {file} has candidates for {standing}")
    return list_seats


def _lists(table: Table, names: list[str], parties: list[str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    keyed = []
    for row in table.rows:
        name, party = _assembly(row, names), row.name("party")
        people = row.whole("candidates", 1, 100_000)
        row.basis()
        if party is not None and party not in parties:
            row.fault("party", f"{quoted(party)} is no party of this model" + hint(party, parties, "parties"))
        elif name is not None and party is not None:
            keyed.append((row, f"{same(name)}/{party}"))
            found[name][party] = people or 0
    for row, earlier in duplicates(keyed):
        row.fault("party", f"has the list of line {earlier.line} already")
    return found


def _wards(table: Table, names: list[str], parties: list[str]) -> dict[str, list[Ward]]:
    found: dict[str, list[Ward]] = defaultdict(list)
    for row in table.rows:
        name = _assembly(row, names)
        number = row.whole("districts", 1, MOST_SEATS)
        alone = row.whole("self_nominated", 0, MOST_SEATS)
        standing = [part.strip() for part in row.text("parties").split(_SIGN)] if row.text("parties") else []
        row.basis()
        for party in dict.fromkeys(standing):
            if party not in parties:
                row.fault("parties", f"{quoted(party)} is no party of this model" + hint(party, parties, "parties"))
            elif standing.count(party) > 1:
                row.fault("parties", f"{quoted(party)} stands twice; one candidate of a party in a district")
        if alone is not None and len(standing) + alone == 0:
            row.fault("self_nominated", "nobody stands in these districts; at least one candidate is needed")
        elif alone is not None and len(standing) + alone == 1:
            row.warn("self_nominated", "one candidate a district, who wins for certain")
        if name is not None and number is not None and alone is not None:
            ordered = tuple(party for party in parties if party in standing)
            found[name] += [Ward(ordered, alone)] * number
    return found


def _assembly(row: Row, names: list[str]) -> str | None:
    name = row.name("assembly")
    if name is not None and name not in names:
        row.fault("assembly", f"{quoted(name)} is no assembly of this model" + hint(name, names))
        return None
    return name
