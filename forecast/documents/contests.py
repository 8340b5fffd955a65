"""``regions.csv``, ``districts.csv`` and ``candidates.csv``: where the voters live, and who stands there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.model_schema import MOST_VOTERS
from forecast.documents.names import same
from forecast.documents.tables import Row, Table, duplicates
from forecast.voteshare.electorate import Candidate, District, Option, Region

TURNOUT = "turnout_"
REGION_COLUMNS = ("region",)
REGION_OPTIONAL = ("electorate",)
REGIONAL_VOTE_COLUMNS = ("region", "option", "base_share")
DISTRICT_COLUMNS = ("district", "region", "electorate", "candidates")
DISTRICT_BASES = ("region_basis", "electorate_basis", "candidates_basis")
CANDIDATE_COLUMNS = ("district", "candidate", "party")
CANDIDATE_OPTIONAL = ("base_share",)


@dataclass(frozen=True, slots=True)
class Ballot:
    """A row of ``districts.csv``, and how many candidates it announces."""

    row: Row
    id: str
    region: str
    electorate: int
    candidates: int


def regions_of(table: Table, faults: Faults) -> tuple[Region, ...]:
    """Return the regions with their earlier turnouts as fractions."""
    columns = [column for column in table.columns if column.startswith(TURNOUT)]
    if not columns:
        faults.add(f"{table.file}, line 1", f"no column of turnout; name at least one {TURNOUT}2021 or the like")
        return ()
    regions: list[tuple[Row, Region]] = []
    for row in table.rows:
        name = row.name("region")
        turnouts = {column: _turnout(row, column) for column in columns}
        row.basis()
        if not any(row.text(column) for column in columns):
            row.fault(columns[0], "the region has no turnout at all; at least one is needed")
        voters = row.whole("electorate", 1, MOST_VOTERS) if "electorate" in table.columns else None
        if name is not None:
            regions.append((row, Region(name, turnouts, voters)))
    for row, earlier in duplicates([(row, same(region.name)) for row, region in regions]):
        row.fault("region", f"is the region of line {earlier.line} again")
    for column in columns:
        known = [share for _, region in regions if (share := region.turnouts[column]) is not None]
        if known and max(known) <= 0.01:
            faults.add(f"{table.file}: {column}", "looks like fractions of 1; percent is needed (54.2, not 0.542)")
        if not any(row.text(column) for row in table.rows):
            faults.add(f"{table.file}: {column}", "the column is empty; leave it out")
    return tuple(region for _, region in regions)


def _turnout(row: Row, column: str) -> float | None:
    if not row.text(column):
        return None
    percent = row.number(column)
    if percent is None:
        return None
    if not 0 < percent < 100:
        row.fault(column, f"is {float(percent):g}; a percentage above 0 and below 100 is allowed, empty if not known")
        return None
    return float(percent / 100)


def regional_shares_of(
    table: Table, regions: tuple[Region, ...], options: tuple[Option, ...], faults: Faults
) -> dict[str, dict[str, float]]:
    """Return the options' shares by region at the last election, as fractions; 0 where a list did not stand."""
    places, lines = [region.name for region in regions], [option.name for option in options]
    shares: dict[str, dict[str, float]] = {place: {} for place in places}
    keyed = []
    for row in table.rows:
        region, option, share = row.name("region"), row.name("option"), row.number("base_share")
        row.basis()
        if region is not None and region not in places:
            row.fault("region", f"{quoted(region)} is no region of this model" + hint(region, places, "regions"))
        elif option is not None and option not in lines:
            row.fault("option", f"{quoted(option)} is no option of this model" + hint(option, lines, "options"))
        elif share is not None and not 0 <= share <= 100:
            row.fault("base_share", f"is {float(share):g}; a percentage from 0 to 100 is allowed")
        elif region is not None and option is not None and share is not None:
            keyed.append((row, f"{same(region)}/{same(option)}"))
            shares[region][option] = float(share / 100)
    for row, earlier in duplicates(keyed):
        row.fault("option", f"is the option of line {earlier.line} again, in the same region")
    for region, found in shares.items():
        if sum(found.values()) > 1.005:
            faults.add(f"{table.file}: {region}", f"the shares add up to {100 * sum(found.values()):.1f} %")
    return shares


def districts_of(
    districts: Table,
    candidates: Table,
    regions: tuple[Region, ...],
    options: tuple[Option, ...],
    label: str,
    faults: Faults,
) -> tuple[District, ...]:
    """Return the districts with their candidates, in the order of the tables."""
    ballots = _ballots(districts, [region.name for region in regions])
    people = _people(candidates, {ballot.id for ballot in ballots}, options, label)
    found = []
    for ballot in ballots:
        standing = people.get(ballot.id, [])
        if not standing:
            ballot.row.fault("district", f"district {quoted(ballot.id)} has no candidate in {candidates.file}")
        elif len(standing) != ballot.candidates:
            ballot.row.fault(
                "candidates",
                f"is {ballot.candidates}, but {candidates.file} has {len(standing)} for district {quoted(ballot.id)}",
            )
        if len(standing) == 1:
            ballot.row.warn("candidates", f"district {quoted(ballot.id)} has one candidate, who wins for certain")
        found.append(
            District(
                id=ballot.id,
                region=ballot.region,
                electorate=ballot.electorate,
                candidates=tuple(standing),
                region_basis=ballot.row.basis("region_basis")[0],
                electorate_basis=ballot.row.basis("electorate_basis")[0],
                candidates_basis=ballot.row.basis("candidates_basis")[0],
            )
        )
    used = {ballot.region for ballot in ballots}
    for region in regions:
        if region.name not in used and not faults.lines:
            faults.warn(f"{districts.file}: region", f"{quoted(region.name)} has no district")
    return tuple(found)


def _ballots(table: Table, regions: list[str]) -> list[Ballot]:
    ballots = []
    for row in table.rows:
        name, region = row.name("district"), row.name("region")
        electorate, candidates = row.whole("electorate", 1, MOST_VOTERS), row.whole("candidates", 1, 100_000)
        if region is not None and region not in regions:
            row.fault("region", f"{quoted(region)} is no region of this model" + hint(region, regions, "regions"))
        if name is not None and region is not None:
            ballots.append(Ballot(row, name, region, electorate or 0, candidates or 0))
    for row, earlier in duplicates([(ballot.row, same(ballot.id)) for ballot in ballots]):
        row.fault("district", f"is the district of line {earlier.line} again")
    return ballots


def _people(table: Table, districts: set[str], options: tuple[Option, ...], label: str) -> dict[str, list[Candidate]]:
    parties = [option.name for option in options if option.kind == "party"]
    people: dict[str, list[Candidate]] = defaultdict(list)
    keyed = []
    for row in table.rows:
        district, name = row.name("district"), row.name("candidate")
        party = row.name("party") if row.text("party") else None
        basis = row.basis()[0]
        if district is not None and district not in districts:
            row.fault(
                "district", f"{quoted(district)} is no district of this model" + hint(district, sorted(districts))
            )
        if party is not None and party not in parties:
            own = "; leave the cell empty for the self-nominated" if same(party) == same(label) else ""
            row.fault("party", f"{quoted(party)} is no party of this model" + (own or hint(party, parties, "parties")))
        if district is not None and name is not None:
            keyed.append((row, f"{same(district)}/{same(name)}"))
            people[district].append(Candidate(name, party, basis, _base_share(row, party, options)))
    for row, earlier in duplicates(keyed):
        row.fault("candidate", f"is the candidate of line {earlier.line} again, in the same district")
    return people


def _base_share(row: Row, party: str | None, options: tuple[Option, ...]) -> float | None:
    """Return a candidate's share of the district's votes at the last election as a fraction; None for an empty cell."""
    if not row.text("base_share"):
        return None
    percent = row.number("base_share")
    if percent is None:
        return None
    if not 0 < percent < 100:
        row.fault("base_share", f"is {float(percent):g}; a percentage above 0 and below 100 is allowed, empty if none")
        return None
    if any(option.name == party and not option.previous for option in options):
        row.fault("base_share", f"{quoted(party or '')} has no previous_share in the options, which it is set against")
        return None
    return float(percent / 100)
