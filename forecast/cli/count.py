"""``forecast count``: the law on given votes, by the exact reference count."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.render import plain

if TYPE_CHECKING:
    from forecast.rules.outcome import Count, TierCount
    from forecast.rules.system import ElectoralSystem


@click.command()
@click.argument("system")
@click.argument("votes", metavar="VOTES.csv", type=click.Path(path_type=Path))
@click.option(
    "--set", "overrides", metavar="KEY=VALUE", multiple=True, help="Change the law, e.g. 'tier.party lists.seats=98'."
)
@click.option("--candidates", type=click.Path(path_type=Path), metavar="FILE", help="People on lists and in districts.")
@click.option("--lots", type=click.Path(path_type=Path), metavar="FILE", help="Lots that decide ties by lot.")
@click.option("--seed", default=0, show_default=True, help="Draws the lots that no file gives.")
@click.option("--steps", is_flag=True, help="Print every step with its article.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def count(
    ctx: click.Context,
    system: str,
    votes: Path,
    overrides: tuple[str, ...],
    candidates: Path | None,
    lots: Path | None,
    seed: int,
    steps: bool,
    as_json: bool,
) -> None:
    """Count VOTES.csv under the law of SYSTEM.

    VOTES.csv has the columns tier,district,option,votes; the order of its options is the order of registration,
    and the options against_all and invalid are reserved.
    """
    from forecast import documents
    from forecast.rules.count import count as count_votes

    law = documents.read_system(system, overrides).value
    ballots = documents.read_votes(votes, law)
    for warning in () if getattr(ctx.obj, "quiet", False) else documents.vote_warnings(ballots, law):
        click.echo(f"warning: {warning}", err=True)
    persons = documents.read_persons(candidates, law) if candidates is not None else None
    counted = count_votes(
        law,
        ballots,
        list_lengths=persons.list_lengths if persons else None,
        party_of=persons.party_of if persons else None,
        people=persons.in_districts if persons else None,
        lots=documents.lots_from_seed(law, ballots, seed, persons)
        | (documents.read_lots(lots, law) if lots is not None else {}),
        steps=steps or as_json,
    )
    if as_json:
        click.echo(json_text(counted))
        return
    color = getattr(ctx.obj, "color", True)
    print_tables(law, counted, color)
    print_remarks(law, counted)
    if lots is None and any("lot" in tie.rule.split() for tier in counted.tiers for tie in tier.ties):
        click.echo(f"The lot is drawn from seed {seed}; --seed draws another, --lots gives it.")
    if steps:
        print_steps(counted)


def json_text(counted: Count) -> str:
    """Write a count as JSON."""
    from forecast.cli.render import json_text as text_of

    return text_of(json_form(counted), indent=2)


def json_form(counted: Count) -> dict[str, Any]:
    """Return a count in the form of ``count --json``.

    ``total`` are the seats counted, vacant ones among them; ``uncounted`` names tiers without rows.
    """
    return {
        "system": counted.system,
        "seats": counted.seats,
        "vacant": counted.vacant,
        "total": counted.total,
        "uncounted": list(counted.uncounted),
        "tiers": [_tier_form(tier) for tier in counted.tiers],
    }


def _tier_form(tier: TierCount) -> dict[str, Any]:
    return {
        "name": tier.name,
        "kind": tier.kind,
        "seats": tier.seats,
        "vacant": tier.vacant,
        "total": tier.total,
        "districts": {
            name: {"seats": district.seats, "vacant": district.vacant, "winner": district.winner}
            | ({"elected": list(district.elected)} if district.elected and district.winner is None else {})
            for name, district in tier.districts.items()
        },
        "ties": [{"rule": tie.rule, "among": tie.among, "chosen": tie.chosen} for tie in tier.ties],
        "silent": list(tier.silent),
        "steps": [{"text": step.text, "law": step.law} for step in tier.steps],
    }


def print_tables(law: ElectoralSystem, counted: Count, color: bool) -> None:
    """Print seats by party and tier, and the winners of districts."""
    from rich import box
    from rich.table import Table

    from forecast.cli.screen import Screen

    console = Screen(markup=False, emoji=False, highlight=False, no_color=not color, file=sys.stdout)
    if not console.is_terminal:
        console = Screen(markup=False, emoji=False, highlight=False, no_color=True, file=sys.stdout, width=160)
    console.print(plain(law.name))
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("party", overflow="fold")
    for tier in counted.tiers:
        table.add_column(plain(tier.name), justify="right")
    table.add_column("seats", justify="right")
    for party, seats in counted.seats.items():
        cells = [str(tier.seats[party]) if party in tier.seats else "-" for tier in counted.tiers]
        table.add_row(plain(party), *cells, str(seats))
    table.add_section()
    if any(tier.appointed for tier in counted.tiers):
        appointed = [tier.appointed for tier in counted.tiers]
        table.add_row("appointed", *(str(seats or "-") for seats in appointed), str(sum(appointed)))
    table.add_row("vacant", *(str(tier.vacant) for tier in counted.tiers), str(counted.vacant))
    totals = (str(tier.total) for tier in counted.tiers)
    table.add_row("total", *totals, str(counted.total))
    console.print(table)
    for tier in counted.tiers:
        if tier.kind == "nominal":
            console.print(plain(tier.name))
            table = Table(box=box.SIMPLE_HEAD)
            for column in ("district", "elected", "party"):
                table.add_column(column, overflow="fold")
            for name, district in tier.districts.items():
                parties = ", ".join(
                    party + (f" {won}" if won > 1 else "") for party, won in district.seats.items() if won
                )
                people = ", ".join(district.elected)
                if district.vacant:
                    people += f"{'; ' if people else ''}undecided: tie"
                table.add_row(plain(name), plain(people), plain(parties))
            console.print(table)


def print_remarks(law: ElectoralSystem, counted: Count) -> None:
    """Print what a table cannot say: ties, tiers and districts not counted, and our choices where the law is silent."""
    from dataclasses import fields

    from forecast.rules.steps import SILENT
    from forecast.rules.system import ListTier

    for name in counted.uncounted:
        click.echo(f"Not counted: {plain(name)} ({law.tier(name).seats} seats); the file has no votes for it.")
    for tier in counted.tiers:
        if tier.uncounted:
            click.echo(
                f"Not counted: {tier.uncounted} districts of {plain(tier.name)}; the file has no votes for them."
            )
        for tie in tier.ties:
            where = f", district {tie.district}" if tie.district else ""
            chosen = ", ".join(tie.chosen) if isinstance(tie.chosen, tuple) else tie.chosen
            outcome = "the seat is undecided" if chosen is None else f"to {chosen}"
            click.echo(plain(f"Tie in {tier.name}{where}: {', '.join(tie.among)}; {tie.rule}: {outcome}."))
    for tier in counted.tiers:
        rule = law.tier(tier.name)
        if isinstance(rule, ListTier):
            click.echo(f"Where the law is silent on {plain(tier.name)}, these choices are ours (* it came to that):")
            for case in fields(rule.silent):
                mark = "*" if case.name in tier.silent else " "
                click.echo(f" {mark} {case.name} = {getattr(rule.silent, case.name)} ({SILENT[case.name]})")


def print_steps(counted: Count) -> None:
    """Print the steps of every tier, each with its article."""
    for tier in counted.tiers:
        click.echo(f"\nSteps of {plain(tier.name)}:")
        for number, step in enumerate(tier.steps, 1):
            law = f"  [{step.law}]" if step.law else ""
            click.echo(plain(f"{number:>3}. {step.text}{law}"))
