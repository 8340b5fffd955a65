"""``forecast nominate``: who may stand under the law of a system, and who takes the seats of a list."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecast.cli.main import Talk
    from forecast.rules.nomination import Finding
    from forecast.rules.persons import Person
    from forecast.rules.persons_law import PersonsLaw


def _day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    if value is None:
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = None
    if day is None or day.isoformat() != value:
        raise click.BadParameter(f"{value!r} is no day; write it as 2023-03-19")
    return day


@click.command()
@click.argument("system")
@click.option(
    "--candidates",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="People on lists and in districts.",
)
@click.option("--parties", type=click.Path(path_type=Path), metavar="FILE", help="Members and initiators of parties.")
@click.option("--election-day", callback=_day, metavar="DATE", help="The day on which ages are taken.")
@click.option("--mandates", metavar="PARTY=N", multiple=True, help="Who sits if the party has N seats of its list.")
@click.option(
    "--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Change the law, e.g. 'persons.list_size=none'."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def nominate(
    ctx: click.Context,
    system: str,
    candidates: Path,
    parties: Path | None,
    election_day: date | None,
    mandates: tuple[str, ...],
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Check a nomination under the law of SYSTEM: persons, lists, and with --parties their registration.

    Every finding names its line, a person or party, and the article; then the exit code is 1.
    The columns of the tables are in configs/README.md.
    """
    from forecast import documents
    from forecast.cli.main import Talk
    from forecast.documents.persons import read_candidates, read_mandates, read_parties
    from forecast.errors import DocumentError
    from forecast.rules.nomination import list_seats, lists_of, mandate_findings, nomination_findings

    talk = ctx.obj if isinstance(ctx.obj, Talk) else Talk()
    house = documents.read_system(system, overrides).value
    law = house.persons
    if law is None:
        raise DocumentError(f"{system}: the system says nothing about persons; add a table [persons] to it")
    day = election_day or law.election_day
    if day is None:
        raise click.UsageError(
            "On which day are ages taken? Write --election-day DATE, or persons.election_day in SYSTEM."
        )
    read = read_candidates(candidates, house, day)
    registered = read_parties(parties, read.people) if parties is not None else ()
    seats = read_mandates(mandates, read.people, house)
    lists = lists_of(read.people)
    findings = [(candidates, one) for one in nomination_findings(law, list_seats(house), read.people, (), day)]
    if parties is not None:
        findings += [(parties, one) for one in nomination_findings(law, 0, (), registered, day)]
    findings += [(candidates, one) for one in mandate_findings(law.mandate_quota, lists, seats, day)]
    for warning in read.warnings if not talk.quiet else ():
        click.echo(f"warning: {warning}", err=True)
    summaries = [_summary(law, party, listed, list_seats(house), day) for party, listed in lists.items()]
    if as_json:
        form = {
            "system": house.id,
            "election_day": day.isoformat(),
            "parties": summaries,
            "findings": [_finding_form(path, one) for path, one in findings],
            "mandates": {party: _sitting(law, lists[party], won, day) for party, won in seats.items()},
        }
        click.echo(json.dumps(form, ensure_ascii=True, indent=1))
    else:
        _print_summaries(talk, summaries)
        _print_mandates(talk, law, lists, seats, day)
        _print_findings(findings)
    if findings:
        ctx.exit(1)


def _summary(law: PersonsLaw, party: str, listed: Sequence[Person], seats: int, day: date) -> dict[str, Any]:
    from forecast.rules.persons import in_group

    quota = law.list_quota
    counted = {
        "women": sum(person.sex == "female" for person in listed),
        "youth": sum(in_group(person, "youth", quota.youth_to, day) for person in listed) if quota else None,
        "disability": sum(person.disability for person in listed),
    }
    return {
        "party": party,
        "list": len(listed),
        "limit": law.list_size.limit(seats) if law.list_size else None,
        **counted,
        "together": sum(quota.covers(person, day) for person in listed) if quota else None,
        "needed": quota.needed(len(listed)) if quota else None,
    }


def _sitting(law: PersonsLaw, listed: Sequence[Person], seats: int, day: date) -> dict[str, Any]:
    """Return who sits, who of them was moved up for the quota, who gave way, and the seats left vacant."""
    from forecast.rules.persons import mandates

    sitting = mandates(listed, seats, law.mandate_quota, day)
    first = mandates(listed, seats, None, day)
    quota = law.mandate_quota
    return {
        "seats": seats,
        "sitting": [
            {"position": person.position, "person": person.name, "moved_up": person not in first} for person in sitting
        ],
        "gave_way": [{"position": person.position, "person": person.name} for person in first if person not in sitting],
        "vacant": seats - len(sitting),
        "together": sum(quota.covers(person, day) for person in sitting) if quota else None,
        "needed": quota.needed(seats) if quota else None,
    }


def _finding_form(path: Path, finding: Finding) -> dict[str, Any]:
    return {"file": path.name, "row": finding.row, "who": finding.who, "what": finding.what, "law": finding.law}


def _print_summaries(talk: Talk, summaries: Sequence[Mapping[str, Any]]) -> None:
    from forecast.cli.render import console, plain, table

    if not summaries:
        return
    titles = ("list", "limit", "women", "youth", "disability", "together", "needed")
    made = table(("party", "left"), *((title, "right") for title in titles))
    for one in summaries:
        made.add_row(plain(one["party"]), *("-" if one[title] is None else str(one[title]) for title in titles))
    console(talk).print(made)


def _print_mandates(
    talk: Talk, law: PersonsLaw, lists: Mapping[str, Sequence[Person]], seats: Mapping[str, int], day: date
) -> None:
    from forecast.cli.render import plain
    from forecast.rules.persons import POLICY

    for party, won in seats.items():
        form = _sitting(law, lists[party], won, day)
        click.echo(plain(f"{party}, {won} mandates:"))
        for number, one in enumerate(form["sitting"], 1):
            mark = ", moved up for the quota" if one["moved_up"] else ""
            click.echo(plain(f"{number:>3}. {one['person']} (position {one['position']}{mark})"))
        if form["gave_way"]:
            gave_way = ", ".join(f"{one['person']} (position {one['position']})" for one in form["gave_way"])
            click.echo(plain(f"     gave way: {gave_way}"))
        if form["vacant"]:
            click.echo(f"     vacant: {form['vacant']}, nobody is left on the list")
        if law.mandate_quota:
            groups = ", ".join(law.mandate_quota.groups)
            click.echo(
                f"     {groups} together: {form['together']}; needed: {form['needed']}  [{plain(law.mandate_quota.law)}]"
            )
    if seats:
        click.echo(f"The choice is the party's; this one is ours: {POLICY}.\n")


def _print_findings(findings: Sequence[tuple[Path, Finding]]) -> None:
    from forecast.cli.render import plain

    for path, one in findings:
        law = f"  [{one.law}]" if one.law else ""
        click.echo(plain(f"{path}, line {one.row}: {one.who}: {one.what}{law}"))
    click.echo("no findings" if not findings else f"{len(findings)} finding{'s' if len(findings) > 1 else ''}")
