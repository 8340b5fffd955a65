"""``persons.csv`` of a model: the people on its lists, as ``forecast nominate`` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.persons import persons_of
from forecast.documents.tables import Table
from forecast.rules.nomination import lists_of
from forecast.rules.persons import Person
from forecast.voteshare.electorate import Contests, Option


def people_of(
    table: Table, options: Sequence[Option], stands: Contests | None, election_day: date, faults: Faults
) -> tuple[Person, ...]:
    """Return the people of a model; every one has a party and a district that the model has."""
    people = persons_of(table, election_day)
    parties = [option.name for option in options if option.kind == "party"]
    districts = [district.id for district in stands.districts] if stands else []
    label = stands.self_nominated.label if stands else ""
    for person in people:
        where = f"{table.file}, line {person.row}"
        if person.party and person.party not in (*parties, label if person.district else ""):
            faults.add(
                f"{where}: party", f"{quoted(person.party)} is no party of this model" + hint(person.party, parties)
            )
        if person.district and person.district not in districts:
            known = hint(person.district, districts) if districts else "; leave it empty, the model has none"
            faults.add(f"{where}: district", f"{quoted(person.district)} is no district of this model" + known)
    lists = lists_of(people)
    for option in options:
        listed, length = len(lists.get(option.name, ())), option.list_length
        if listed and length is not None and length != listed:
            faults.add(
                f"{table.file}: party",
                f"{quoted(option.name)} has {listed} persons on its list, but list_length of the options is {length}; "
                "leave list_length empty, or make them agree",
            )
        if not listed and option.kind == "party":
            faults.warn(
                f"{table.file}: party", f"{quoted(option.name)} has no persons here; who sits for it is unknown"
            )
    return people


def with_list_lengths(options: Sequence[Option], people: Sequence[Person]) -> tuple[Option, ...]:
    """Return the options with the length of every list whose people are known."""
    lists = lists_of(people)
    return tuple(
        replace(option, list_length=len(lists[option.name])) if option.name in lists else option for option in options
    )
