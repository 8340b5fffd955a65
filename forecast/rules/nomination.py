"""Who may stand: eligibility, lists, dual candidacy and the registration of parties. Every finding has its article."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from forecast.rules.persons import Person, PersonsQuota, age_on, mandate_shortfall
from forecast.rules.persons_law import DualCandidacy, Eligibility, PartyRegistration, PersonsLaw
from forecast.rules.system import ElectoralSystem, ListTier


@dataclass(frozen=True, slots=True)
class Branch:
    """Members of a party in a region; ``row`` is the line of its table."""

    region: str
    members: int
    row: int = 0


@dataclass(frozen=True, slots=True)
class Party:
    """A party's figures at its registration; ``initiators`` is None where nobody asks for them any more."""

    name: str
    members: int
    initiators: int | None
    branches: tuple[Branch, ...]
    row: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that the law does not allow: the line of the table, a person or party, what, and the article."""

    row: int
    who: str
    what: str
    law: str


def nomination_findings(
    law: PersonsLaw, system_seats: int, people: Sequence[Person], parties: Sequence[Party], election_day: date
) -> tuple[Finding, ...]:
    """Return everything in a nomination that the law does not allow: persons, then lists, then parties.

    Parameters
    ----------
    system_seats
        Seats distributed among lists.
    parties
        Figures of parties; empty if their registration is not in question.
    """
    found: list[Finding] = []
    if law.eligibility is not None:
        for person in people:
            found += ineligibilities(law.eligibility, person, election_day)
    if law.dual_candidacy is not None:
        found += dual_candidacies(law.dual_candidacy, people)
    found.sort(key=lambda finding: finding.row)
    for party, listed in lists_of(people).items():
        found += list_faults(law, system_seats, party, listed, election_day)
    if law.registration is not None:
        for one in parties:
            found += registration_faults(law.registration, one)
    return tuple(found)


def lists_of(people: Sequence[Person]) -> dict[str, list[Person]]:
    """Return the people on lists by party, each list in its own order."""
    lists: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        if not person.district:
            lists[person.party].append(person)
    return {party: sorted(listed, key=lambda person: person.position) for party, listed in lists.items()}


def list_seats(system: ElectoralSystem) -> int:
    """Return the seats that a system distributes among lists."""
    return sum(tier.seats for tier in system.tiers if isinstance(tier, ListTier))


def ineligibilities(rule: Eligibility, person: Person, day: date) -> Iterator[Finding]:
    """Art. 86 with art. 51(4) of the Constitution of 1995: age, citizenship, residence."""
    age = age_on(person.birth, day)
    if age < rule.age:
        yield _about(person, f"is {age} years old on {day}; at least {rule.age} are needed", rule.law)
    if person.citizenship != rule.citizenship:
        what = f"is a citizen of {person.citizenship}; citizenship of {rule.citizenship} is needed"
        yield _about(person, what, rule.law)
    if rule.residence == "area" and person.region != rule.area:
        yield _about(person, f"lives in {person.region}; residence in {rule.area} is needed", rule.law)
    elif person.residence_years < rule.residence_years:
        where = rule.area if rule.residence == "area" else "the country"
        what = f"has lived in {where} for {person.residence_years} years; the last {rule.residence_years} are needed"
        yield _about(person, what, rule.law)


def dual_candidacies(rule: DualCandidacy, people: Sequence[Person]) -> Iterator[Finding]:
    """Art. 87(2), 103(3-1), 103(6): nobody stands twice. Persons are the same if name and day of birth are."""
    rows: dict[tuple[str, date], list[Person]] = defaultdict(list)
    for person in people:
        rows[_identity(person.name), person.birth].append(person)
    for same in rows.values():
        listed = [person for person in same if not person.district]
        standing = [person for person in same if person.district]
        if listed and standing and not rule.list_and_district.allowed:
            what = f"stands {_place(standing[0])} and {_place(listed[0])} (line {listed[0].row})"
            yield _about(standing[0], what, rule.list_and_district.law)
        for candidacies, second in ((standing, rule.two_districts), (listed, rule.two_lists)):
            for person in candidacies[1:] if not second.allowed else ():
                what = f"stands {_place(person)} and {_place(candidacies[0])} (line {candidacies[0].row})"
                yield _about(person, what, second.law)


def list_faults(law: PersonsLaw, seats: int, party: str, listed: Sequence[Person], day: date) -> Iterator[Finding]:
    """Art. 89(4): a list is no longer than allowed, and the groups have their share of it."""
    row = min(person.row for person in listed)
    if law.list_size is not None and len(listed) > (limit := law.list_size.limit(seats)):
        what = f"the list has {len(listed)} persons; at most {limit} are allowed for {seats} seats"
        yield Finding(row, party, what, law.list_size.law)
    quota = law.list_quota
    if quota is not None:
        have, need = sum(quota.covers(person, day) for person in listed), quota.needed(len(listed))
        if have < need:
            groups = ", ".join(quota.groups)
            what = f"{have} of the list's {len(listed)} persons belong to {groups}; at least {need} are needed"
            yield Finding(row, party, what, quota.law)


def registration_faults(rule: PartyRegistration, party: Party) -> Iterator[Finding]:
    """Law on political parties, art. 6(1), 10(6): initiators, members, and members in every region."""
    if party.initiators is not None and party.initiators < rule.initiators:
        what = f"was founded by {party.initiators:,} initiators; at least {rule.initiators:,} are needed"
        yield Finding(party.row, party.name, what, rule.law)
    if party.members < rule.members:
        what = f"has {party.members:,} members; at least {rule.members:,} are needed"
        yield Finding(party.row, party.name, what, rule.law)
    if len(party.branches) < rule.regions:
        what = f"has branches in {len(party.branches)} regions; all {rule.regions} are needed"
        yield Finding(party.row, party.name, what, rule.law)
    for branch in party.branches:
        if branch.members < rule.members_per_region:
            what = f"has {branch.members:,} members in {branch.region}; at least {rule.members_per_region:,} are needed"
            yield Finding(branch.row, party.name, what, rule.law)


def mandate_findings(
    quota: PersonsQuota | None, lists: Mapping[str, Sequence[Person]], seats: Mapping[str, int], day: date
) -> tuple[Finding, ...]:
    """Art. 97-1(5), third part: return the parties whose list cannot meet the quota on their mandates."""
    found = []
    for party, won in seats.items():
        missing = mandate_shortfall(lists[party], won, quota, day)
        if quota is not None and missing:
            row = min(person.row for person in lists[party])
            need = quota.needed(won)
            groups = ", ".join(quota.groups)
            what = f"of {won} mandates at least {need} go to {groups}; the list has {need - missing}"
            found.append(Finding(row, party, what, quota.law))
    return tuple(found)


def _about(person: Person, what: str, law: str) -> Finding:
    return Finding(person.row, person.name, what, law)


def _place(person: Person) -> str:
    return f"in district {person.district}" if person.district else f"on the list of {person.party}"


def _identity(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.casefold().split()))
