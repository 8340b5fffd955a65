"""VOTES.csv and the persons behind it: ballots that the law can count."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.names import means_against_all, same
from forecast.documents.tables import Row, Table, duplicates, read_table
from forecast.rules.ballots import RESERVED, Paper, Votes
from forecast.rules.count import REPEATED, SECOND_ROUND, SELF_NOMINATED, repeated_tiers, vote_tiers
from forecast.rules.proportional import ProportionalTier
from forecast.rules.system import ElectoralSystem, ListTier, NominalTier
from forecast.rules.ties import drawn_lots


@dataclass(frozen=True, slots=True)
class Persons:
    """People on lists by party, and the parties of district candidates by (district, candidate).

    ``in_districts`` are the people on lists by tier, district and party, where a tier has districts.
    """

    list_lengths: dict[str, int] = field(default_factory=dict)
    party_of: dict[tuple[str, str], str] = field(default_factory=dict)
    in_districts: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)


def read_votes(path: str | Path, system: ElectoralSystem) -> Votes:
    """Read ``tier,district,option,votes``; the order of first appearance is the order of registration.

    A tier without rows stays absent from the result.

    Raises
    ------
    DocumentError
        Every fault of the file, and everything in it that does not fit the system.
    """
    faults = Faults()
    table = read_table(Path(path), ("tier", "district", "option", "votes"), faults)
    papers: dict[str, dict[str, dict[str, int]]] = {}
    keyed = []
    for row in table.rows if table else ():
        place = _place(row, system)
        option, votes = row.name("option"), row.whole("votes")
        if place is None or option is None or votes is None:
            continue
        tier, district = place
        keyed.append((row, f"{tier}/{same(district)}/{same(option)}"))
        papers.setdefault(tier, {}).setdefault(district, {})[option] = votes
    for row, earlier in duplicates(keyed):
        row.fault("option", f"{quoted(row.text('option'))} is there already, in line {earlier.line}")
    faults.stop_if_any()
    assert table is not None
    for name, districts in papers.items():
        _check_tier(name, districts, system, table, faults)
    faults.stop_if_any()
    return Votes({tier: {place: _paper(votes) for place, votes in found.items()} for tier, found in papers.items()})


def vote_warnings(votes: Votes, system: ElectoralSystem) -> tuple[str, ...]:
    """Return what is odd about ballots, a line each: districts with one candidate, "against all" by another name."""
    options = dict.fromkeys(
        (tier, option) for tier, papers in votes.tiers.items() for paper in papers.values() for option in paper.votes
    )
    named = tuple(
        f'tier.{tier}: {quoted(option)} reads like the line "against all"; write against_all if it is no party'
        for tier, option in options
        if means_against_all(option)
    )
    return named + tuple(
        f"tier.{tier.name}: district {quoted(district)} has one candidate, who wins whatever the votes"
        for tier in system.tiers
        if isinstance(tier, NominalTier)
        for district, paper in votes.tiers.get(tier.name, {}).items()
        if len(paper.votes) == 1
    )


def read_persons(path: str | Path, system: ElectoralSystem) -> Persons:
    """Read ``tier,district,candidate,party``: people of the lists, and parties of district candidates.

    Raises
    ------
    DocumentError
        Every fault of the file, and everything in it that does not fit the system.
    """
    faults = Faults()
    table = read_table(Path(path), ("tier", "district", "candidate", "party"), faults)
    lengths: dict[str, int] = defaultdict(int)
    in_districts: dict[str, dict[str, dict[str, int]]] = {}
    party_of: dict[tuple[str, str], str] = {}
    keyed = []
    for row in table.rows if table else ():
        place = _place(row, system)
        person = row.name("candidate")
        party = row.name("party") if row.text("party") else ""
        if place is None or person is None or party is None:
            continue
        tier, district = place
        keyed.append((row, f"{tier}/{same(district)}/{same(person)}"))
        if isinstance(system.tier(_own_name(tier)), NominalTier):
            party_of[district, person] = party or SELF_NOMINATED
        elif party and district:
            row_of = in_districts.setdefault(tier, {}).setdefault(district, {})
            row_of[party] = row_of.get(party, 0) + 1
        elif party:
            lengths[party] += 1
        else:
            row.fault("party", "is empty; a person on a list belongs to a party")
    for row, earlier in duplicates(keyed):
        row.fault("candidate", f"{quoted(row.text('candidate'))} is there already, in line {earlier.line}")
    faults.stop_if_any()
    return Persons(dict(lengths), party_of, in_districts)


def _place(row: Row, system: ElectoralSystem) -> tuple[str, str] | None:
    """Return tier and district of a row; None (and the fault noted) if the system has no such place."""
    name = row.name("tier")
    names = vote_tiers(system)
    if name is None:
        return None
    if name not in (*names, *repeated_tiers(system)):
        row.fault("tier", f"{quoted(name)} is no tier of {system.id}" + hint(name, names, "tiers"))
        return None
    district = row.name("district") if row.text("district") else ""
    if district is None:
        return None
    tier = system.tier(_own_name(name))
    if isinstance(tier, ListTier) and district:
        row.fault("district", f"is {quoted(district)}; {name} has one national district: leave it empty")
        return None
    if isinstance(tier, ProportionalTier):
        return (name, district) if _is_district(tier, name, district, row) else None
    if isinstance(tier, NominalTier) and not district:
        row.fault("district", f"is empty; {name} needs the district of every row")
        return None
    return name, district


def _own_name(name: str) -> str:
    return name.removesuffix(SECOND_ROUND).removesuffix(REPEATED)


def read_lots(path: str | Path, system: ElectoralSystem) -> dict[str, dict[str, dict[str, int]]]:
    """Read ``tier,district,option,lot``: of equal claims the lower lot comes first.

    An empty district is the nation, an empty option the district itself among districts.

    Raises
    ------
    DocumentError
        Every fault of the file, and every tier that the system does not have.
    """
    faults = Faults()
    table = read_table(Path(path), ("tier", "district", "option", "lot"), faults)
    lots: dict[str, dict[str, dict[str, int]]] = {}
    names = [tier.name for tier in system.tiers]
    keyed = []
    for row in table.rows if table else ():
        tier, lot = row.name("tier"), row.whole("lot")
        district = row.name("district") if row.text("district") else ""
        option = row.name("option") if row.text("option") else ""
        if tier is None or district is None or option is None or lot is None:
            continue
        if tier not in names:
            row.fault("tier", f"{quoted(tier)} is no tier of {system.id}" + hint(tier, names, "tiers"))
            continue
        keyed.append((row, f"{tier}/{same(district)}/{same(option)}"))
        lots.setdefault(tier, {}).setdefault(district, {})[option] = lot
    for row, earlier in duplicates(keyed):
        row.fault("option", f"{quoted(row.text('option'))} is there already, in line {earlier.line}")
    faults.stop_if_any()
    return lots


def lots_from_seed(
    system: ElectoralSystem, votes: Votes, seed: int, persons: Persons | None = None
) -> dict[str, dict[str, dict[str, int]]]:
    """Draw the lots of every tier with votes; the same seed draws the same ones."""
    found = {}
    parties = persons.party_of.values() if persons else ()
    for tier in system.tiers:
        source, districts = tier.name, []
        if isinstance(tier, ProportionalTier):
            districts = [district.name for district in tier.districts]
            source = tier.fused.tier if tier.fused else source
        papers = votes.tiers.get(source, {})
        names = dict.fromkeys((*(name for paper in papers.values() for name in paper.votes), *parties))
        found[tier.name] = drawn_lots(Random(f"{seed}/{tier.name}"), districts or list(papers), names)
    return found


def _is_district(tier: ProportionalTier, name: str, district: str, row: Row) -> bool:
    """Return whether a tier has a district of that name; the fault is noted where it has not."""
    names = [one.name for one in tier.districts]
    if not names and district:
        row.fault("district", f"is {quoted(district)}; {name} has one national district: leave it empty")
    elif names and district not in names:
        row.fault("district", f"{quoted(district)} is no district of {name}" + hint(district, names, "districts"))
    return district in (names or [""])


def _check_tier(
    name: str, districts: dict[str, dict[str, int]], system: ElectoralSystem, table: Table, faults: Faults
) -> None:
    tier = system.tier(_own_name(name))
    place = f"{table.file}: tier.{name}"
    if isinstance(tier, NominalTier) and name == tier.name and len(districts) != tier.districts:
        faults.add(place, f"the file has {len(districts)} districts, {system.id} has {tier.districts}")
    if isinstance(tier, ProportionalTier) and name == tier.name:
        for one in tier.districts:
            if one.name not in districts:
                faults.add(place, f"the file has no votes of district {quoted(one.name)}")
    for district, votes in districts.items():
        if all(option in RESERVED for option in votes):
            where = f"district {quoted(district)}" if district else "the tier"
            faults.add(place, f"{where} has no {'candidate' if district else 'party'}; at least one row is needed")
    if not any(votes for paper in districts.values() for votes in paper.values()):
        faults.add(place, "all votes are zero; nothing can be counted")


def _paper(votes: dict[str, int]) -> Paper:
    options = {option: number for option, number in votes.items() if option not in RESERVED}
    return Paper(options, against_all=votes.get("against_all", 0), invalid=votes.get("invalid", 0))
