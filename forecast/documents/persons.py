"""Tables of persons and parties: who is nominated where, and a party's figures at its registration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Literal

from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.names import RESERVED, clash, same
from forecast.documents.tables import Row, Table, duplicates, read_table
from forecast.rules.nomination import Branch, Party, list_seats, lists_of
from forecast.rules.persons import Person, age_on
from forecast.rules.system import ElectoralSystem, ListTier, NominalTier

CANDIDATE_COLUMNS = (
    "person",
    "party",
    "position",
    "district",
    "birth_date",
    "sex",
    "disability",
    "citizenship",
    "residence_years",
    "region",
)
PARTY_COLUMNS = ("party", "region", "members", "initiators")
EARLIEST_BIRTH = date(1900, 1, 1)
OLDEST = 150


@dataclass(frozen=True, slots=True)
class Candidates:
    """The people nominated, in the order of their table, and what is odd about it, a line each."""

    people: tuple[Person, ...]
    warnings: tuple[str, ...] = ()


def read_candidates(path: str | Path, system: ElectoralSystem, election_day: date) -> Candidates:
    """Read ``CANDIDATE_COLUMNS``: an empty district is a place on the party's list, an empty party a self-nomination.

    What no table can mean is a fault (a day the calendar does not have, a person twice on one list, two persons in one
    position); what the law forbids is no fault but a finding of ``nomination_findings``.

    Raises
    ------
    DocumentError
        Every fault of the file, and everything in it that does not fit the system.
    """
    faults = Faults()
    table = read_table(Path(path), CANDIDATE_COLUMNS, faults)
    people = persons_of(table, election_day, system) if table else ()
    faults.stop_if_any()
    return Candidates(people, tuple(faults.warnings))


def persons_of(table: Table, election_day: date, system: ElectoralSystem | None = None) -> tuple[Person, ...]:
    """Return the people of a table of ``CANDIDATE_COLUMNS``, checked against a system if there is one to know."""
    read = [(row, _person(row, system, election_day)) for row in table.rows]
    found = [(row, person) for row, person in read if person is not None]
    _check_names(found)
    _check_twice(found)
    _check_positions(found)
    if system is not None:
        _check_districts(found, system)
    return tuple(person for _, person in found)


def read_parties(path: str | Path, people: Sequence[Person]) -> tuple[Party, ...]:
    """Read ``PARTY_COLUMNS``: a row without a region is the whole party, one with a region its branch there.

    Raises
    ------
    DocumentError
        Every fault of the file, and every party of the candidates that it does not have.
    """
    faults = Faults()
    table = read_table(Path(path), PARTY_COLUMNS, faults)
    whole: dict[str, Party] = {}
    branches: dict[str, list[Branch]] = defaultdict(list)
    keyed, branch_rows = [], []
    for row in table.rows if table else ():
        name, members = row.name("party"), row.whole("members")
        region = row.name("region") if row.text("region") else ""
        initiators = row.whole("initiators") if row.text("initiators") else None
        if region and row.text("initiators"):
            row.fault("initiators", "stand in the row of the whole party, the one without a region: leave it empty")
        if name is None or members is None or region is None:
            continue
        keyed.append((row, f"{same(name)}/{same(region)}"))
        if region:
            branches[name].append(Branch(region, members, row.line))
            branch_rows.append((row, name))
        else:
            whole[name] = Party(name, members, initiators, (), row.line)
    for row, earlier in duplicates(keyed):
        row.fault("party", f"{quoted(row.text('party'))} is there already, in line {earlier.line}")
    for row, name in branch_rows:
        if name not in whole:
            row.fault("party", f"{quoted(name)} has no row of its own, without a region" + hint(name, whole))
    for name, party in whole.items():
        total = sum(branch.members for branch in branches[name])
        if table and total > party.members:
            where = f"{table.file}, line {party.row}: members"
            faults.add(where, f"is {party.members:,}, but the party's branches add up to {total:,}")
    for person in people if table and whole else ():
        if person.party and person.party not in whole:
            faults.add(
                f"{table.file if table else path}: party",
                f"{quoted(person.party)} of the candidates has no row here" + hint(person.party, whole),
            )
    faults.stop_if_any()
    return tuple(
        Party(party.name, party.members, party.initiators, tuple(branches[name]), party.row)
        for name, party in whole.items()
    )


def read_mandates(given: Sequence[str], people: Sequence[Person], system: ElectoralSystem) -> dict[str, int]:
    """Read ``PARTY=N`` of the command line: seats by party.

    Raises
    ------
    DocumentError
        A party without a list, a number that is none, or more seats than there are.
    """
    faults = Faults()
    parties = list(lists_of(people))
    most = list_seats(system)
    seats: dict[str, int] = {}
    for text in given:
        party, _, number = text.rpartition("=")
        party, number = party.strip(), number.strip()
        where = f"--mandates {text}"
        if not party or not number.isascii() or not number.isdecimal() or len(number) > 9:
            faults.add(where, "is no PARTY=N; write for example 'Amanat=40'")
        elif party not in parties:
            faults.add(where, f"{quoted(party)} has no list" + hint(party, parties, "lists"))
        elif party in seats:
            faults.add(where, f"{quoted(party)} is there twice")
        elif int(number) > most:
            faults.add(where, f"{system.id} has {most} seats for lists")
        else:
            seats[party] = int(number)
    faults.stop_if_any()
    return seats


def _person(row: Row, system: ElectoralSystem | None, election_day: date) -> Person | None:
    name = row.name("person")
    party = row.name("party") if row.text("party") else ""
    district = row.name("district") if row.text("district") else ""
    birth = _birth(row, election_day)
    sex = row.one_of("sex", ("female", "male"))
    disability = row.one_of("disability", ("yes", "no"))
    citizenship, region = row.name("citizenship"), row.name("region")
    years = row.whole("residence_years", 0, OLDEST)
    position = _position(row)
    kind = NominalTier if row.text("district") else ListTier
    if system is not None and not any(isinstance(tier, kind) for tier in system.tiers):
        without = "districts; leave it empty" if district else "lists; write the district"
        row.fault("district", f"is {quoted(row.text('district'))}, but {system.id} has no {without}")
    if not row.text("party") and not row.text("district"):
        row.fault("party", "is empty; a person on a list belongs to a party, a self-nominated one stands in a district")
    if party in RESERVED:
        row.fault("party", f"{quoted(party or '')} is no party")
    if birth is not None and years is not None and years > age_on(birth, election_day):
        row.fault("residence_years", f"is {years}, but the person is {age_on(birth, election_day)} years old")
    if (
        name is None
        or party is None
        or district is None
        or birth is None
        or sex is None
        or disability is None
        or citizenship is None
        or region is None
        or years is None
        or position is None
    ):
        return None
    known: Literal["female", "male"] = "female" if sex == "female" else "male"
    return Person(
        name, position, birth, known, disability == "yes", citizenship, years, region, party, district, row.line
    )


def _position(row: Row) -> int | None:
    if not row.text("district"):
        return row.whole("position", 1, 100_000)
    if row.text("position"):
        row.fault("position", f"is {quoted(row.text('position'))}; in a district nobody has one: leave it empty")
        return None
    return 0


def _birth(row: Row, election_day: date) -> date | None:
    birth = row.day("birth_date")
    if birth is not None and not EARLIEST_BIRTH <= birth <= election_day:
        row.fault("birth_date", f"is {birth}; a day from {EARLIEST_BIRTH} to election day, {election_day}, is possible")
        return None
    return birth


def _check_names(found: Sequence[tuple[Row, Person]]) -> None:
    """Note parties, districts and persons that are written in two ways, which nobody could tell apart."""
    parties: dict[str, Row] = {}
    persons: dict[str, list[tuple[Row, Person]]] = defaultdict(list)
    for row, person in found:
        if person.party and person.party not in parties:
            other = clash(person.party, parties)
            if other is not None:
                row.fault("party", f"{quoted(person.party)} looks like {quoted(other)} of line {parties[other].line}")
            parties[person.party] = row
        for earlier_row, earlier in persons[same(person.name)]:
            if earlier.birth == person.birth and earlier.name != person.name:
                row.fault(
                    "person", f"{quoted(person.name)} looks like {quoted(earlier.name)} of line {earlier_row.line}"
                )
            elif earlier.birth != person.birth:
                row.warn(
                    "person", f"has the same name as line {earlier_row.line}, but another day of birth: two persons"
                )
        persons[same(person.name)].append((row, person))


def _check_twice(found: Sequence[tuple[Row, Person]]) -> None:
    keyed = [(row, f"{same(person.name)}/{person.birth}/{_place(person)}") for row, person in found]
    for row, earlier in duplicates(keyed):
        place = "in this district" if row.text("district") else "on this list"
        row.fault("person", f"{quoted(row.text('person'))} is {place} already, in line {earlier.line}")


def _place(person: Person) -> str:
    return f"district {same(person.district)}" if person.district else f"list {same(person.party)}"


def _check_positions(found: Sequence[tuple[Row, Person]]) -> None:
    listed = [(row, person) for row, person in found if not person.district]
    for row, earlier in duplicates([(row, f"{person.party}/{person.position}") for row, person in listed]):
        row.fault("position", f"is {row.text('position')}, as in line {earlier.line}; who comes first?")
    for party, people in lists_of([person for _, person in listed]).items():
        for before, after in pairwise([0, *(person.position for person in people)]):
            if after > before + 1:
                row = next(row for row, person in listed if (person.party, person.position) == (party, after))
                row.warn("position", f"is {after}, but the list has no {before + 1}; those after it move up")


def _check_districts(found: Sequence[tuple[Row, Person]], system: ElectoralSystem) -> None:
    districts = {same(person.district) for _, person in found if person.district}
    allowed = sum(tier.districts for tier in system.tiers if isinstance(tier, NominalTier))
    if allowed and len(districts) > allowed:
        row = found[0][0]
        row.faults.add(f"{row.file}: district", f"names {len(districts)} districts, {system.id} has {allowed}")
