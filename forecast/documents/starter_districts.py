"""Regions and districts of a new model about which nothing is known: all alike, and every party stands in each."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from forecast.rules.proportional import ProportionalTier
from forecast.rules.system import ElectoralSystem, NominalTier

_SHOCK, _PERSONAL = 0.25, 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """A district of the law's lists: a region of the model, and its weight in the electorate (its seats)."""

    name: str
    weight: int


WHOLE_COUNTRY = Place("whole country", 1)


def places_of(system: ElectoralSystem) -> tuple[Place, ...]:
    """Return the districts of a system's list tiers; the whole country where lists are voted on nationwide."""
    for tier in system.tiers:
        if isinstance(tier, ProportionalTier) and tier.districts:
            people = getattr(tier.linkage, "population", {})
            return tuple(Place(one.name, people.get(one.name, one.seats) or 1) for one in tier.districts)
    return (WHOLE_COUNTRY,)


def district_names(system: ElectoralSystem) -> dict[str, str]:
    """Return the single-member districts of a system and the place of each: as its links say, else by number, in turn."""
    number = sum(tier.districts for tier in system.tiers if isinstance(tier, NominalTier))
    for tier in system.tiers:
        regions: Mapping[str, str] = getattr(getattr(tier, "linkage", None), "regions", {})
        if len(regions) == number and number:
            return dict(regions)
    places = places_of(system)
    return {str(k + 1): places[k * len(places) // number].name for k in range(number)}


def shared(voters: int, weights: Sequence[int]) -> list[int]:
    """Share out voters by weights, by cumulative rounding.

    >>> shared(10, [1, 2, 1])
    [3, 5, 2]
    """
    total = sum(weights)
    ends = [(2 * voters * reached + total) // (2 * total) for reached in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def place_files(
    system: ElectoralSystem, options: Sequence[str], voters: int, turnout: float
) -> tuple[dict[str, str], str, list[str]]:
    """Return the tables of regions and districts by file name, their part of ``model.toml``, and what they assume."""
    places, districts = places_of(system), district_names(system)
    people = dict(zip((one.name for one in places), shared(voters, [one.weight for one in places]), strict=True))
    alike = "one region" if len(places) == 1 else "every region like the others, as large as its seats"
    regions = [[one.name, f"{100 * turnout:g}", f"assumed: {alike}"] for one in places]
    header = ["region", "turnout_expected", "basis"]
    said = [] if len(places) == 1 else [
        f"{len(places)} regions, the districts of the lists, as large as their seats and like the nation but for chance: fill in "
        "regions.csv, and name a table of the last election's votes in them (models/README.md)"
    ]  # fmt: skip
    text = f"""
[regions]
table    = "regions.csv"
shock_sd = {{value = {_SHOCK}, basis = "assumed", note = "regional shocks on the log scale; nobody said"}}
"""
    if not districts:
        header.insert(2, "electorate")
        for row in regions:
            row.insert(2, str(people[row[0]]))
        return {"regions.csv": _csv([header, *regions])}, text, said
    files, more, notes = _district_files(districts, people, options)
    return {"regions.csv": _csv([header, *regions]), **files}, text + more, said + notes


def _district_files(
    districts: Mapping[str, str], people: Mapping[str, int], options: Sequence[str]
) -> tuple[dict[str, str], str, list[str]]:
    parties = [name for name in options if name != "against_all"]
    alike = "assumed: nothing is known of the district"
    inside = {place: [name for name, where in districts.items() if where == place] for place in people}
    empty = sum(people[place] for place, names in inside.items() if not names)
    sizes = {
        name: size
        for place, names in inside.items() if names
        for name, size in zip(names, shared(people[place], [1] * len(names)), strict=True)
    }  # fmt: skip
    sizes[next(iter(sizes))] += empty
    rows = [["district", "region", "electorate", "candidates", "region_basis", "electorate_basis", "candidates_basis"]]
    candidates = [["district", "candidate", "party", "basis"]]
    for district, place in districts.items():
        rows.append([district, place, str(sizes[district]), str(len(parties)), alike, alike, alike])
        candidates += [[district, party, party, "assumed: every party stands everywhere"] for party in parties]
    text = f"""
[districts]
table        = "districts.csv"
candidates   = "candidates.csv"
candidate_sd = {{value = {_PERSONAL}, basis = "assumed", note = "personal vote of candidates on the log scale; nobody said"}}

[districts.self_nominated]
won         = 0
of          = {len(districts)}
sd          = {{value = 1.0, basis = "assumed", note = "nobody stands for no party here"}}
national_sd = {{value = 0.5, basis = "assumed", note = "nobody stands for no party here"}}
"""
    where = "one region" if len(people) == 1 else "their regions"
    said = [
        f"{len(districts)} districts of {where}, equal in size: fill in districts.csv and regions.csv",
        "every party stands in every district, nobody for no party: fill in candidates.csv",
        "districts follow the nation but for chance, so the strongest party wins most of them; the last election's shares in "
        "them (base_share in candidates.csv) say better",
    ]
    return {"districts.csv": _csv(rows), "candidates.csv": _csv(candidates)}, text, said


def _csv(rows: Sequence[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()
