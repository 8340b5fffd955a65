"""``forecast explain``: one draw of a finished run, step by step, from ballots to seats and persons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk
    from forecast.explain import Telling
    from forecast.rules.ballots import Paper, Votes


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--draw", type=int, required=True, metavar="K", help="Number of the draw, from 0.")
@click.option("--system", metavar="NAME", help="One system of a run with several (all of them, if not given).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def explain(talk: Talk, /, run: Path, draw: int, system: str | None, as_json: bool) -> None:
    """Tell draw K of RUN (a run's folder) as the law would.

    The draw is drawn again, alone, and counted by the reference count: ballots, the base of the threshold, who passes,
    the quota, whole quotas, remainders in order, ties, districts, persons; and how many votes more each list's next
    seat would have cost. The numbers of draws in which something happens come from `forecast query`.
    """
    from forecast.explain import told
    from forecast.runfile import read_run_file

    record = read_run_file(run)
    prepared, tellings = told(record, draw, system)
    local = prepared.plan.assemblies is not None
    if as_json:
        from forecast.cli.render import json_text

        form: dict[str, Any] = {"run": record.digest, "seed": record.seed, "draw": draw, "assemblies_told": False}
        click.echo(json_text({**form, "systems": [_form(one) for one in tellings]}))
        return
    click.echo(f"Draw {draw:,} of {record.draws:,}, seed {record.seed}, drawn again alone; kernel and reference agree.")
    for one in tellings:
        click.echo("")
        _show(one, talk.color)
    if local:
        click.echo("\nThe local assemblies of this draw are not told here; only the house is.")


def _show(one: Telling, color: bool) -> None:
    from forecast.cli.count import print_remarks, print_steps, print_tables
    from forecast.cli.render import plain

    print_tables(one.system, one.count, color)
    print_remarks(one.system, one.count)
    for name, papers in one.votes.tiers.items():
        if "" in papers:
            click.echo(f"\nBallots of {plain(name)}: {plain(_ballots(papers['']))}")
    print_steps(one.count)
    if one.next_seat:
        click.echo("\nThe next seat would have cost (votes more, all other ballots unchanged):")
        for party, more in one.next_seat.items():
            click.echo(f"  {plain(party)}: {'no number of votes brings one' if more is None else f'{more:,} votes'}")
    for party, people in one.sitting.items():
        click.echo(f"\nWho sits for {plain(party)}: {plain(', '.join(person.name for person in people))}")


def _ballots(paper: Paper) -> str:
    votes = ", ".join(f"{name} {number:,}" for name, number in paper.votes.items())
    return f"{votes}; against all {paper.against_all:,}; invalid {paper.invalid:,}; cast {paper.cast:,}"


def _form(one: Telling) -> dict[str, Any]:
    from forecast.cli.count import json_form

    return {
        **json_form(one.count),
        "ballots": _papers(one.votes),
        "votes_for_next_seat": dict(one.next_seat),
        "sitting": {party: [person.name for person in people] for party, people in one.sitting.items()},
    }


def _papers(votes: Votes) -> dict[str, Any]:
    return {
        tier: {
            district: {"votes": dict(paper.votes), "against_all": paper.against_all, "invalid": paper.invalid}
            for district, paper in papers.items()
        }
        for tier, papers in votes.tiers.items()
    }
