"""``forecast compare``: the same draws under several laws, paired; what a reform changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forecast.cli.pipeline import Request, simulation_options

if TYPE_CHECKING:
    from rich.table import Table

    from forecast.cli.main import Talk
    from forecast.compare import Comparison, Estimate, Sample
    from forecast.distribution import SystemForecast
    from forecast.simulate import Simulation


@click.command()
@click.argument("forecast_name", metavar="FORECAST")
@click.argument("systems", metavar="SYSTEM SYSTEM...", nargs=-1, required=True)
@simulation_options
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@click.pass_obj
def compare(talk: Talk, /, forecast_name: str, systems: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Compare laws: put the voters of FORECAST through every SYSTEM; the first is what the others are measured by.

    All systems count the same draws in one pass, so that the differences are paired.
    """
    from forecast.cli.pipeline import perform, prepare_run

    if len(systems) < 2:
        raise click.UsageError("a comparison needs at least two systems; the first is the base")
    prepared = prepare_run(talk, forecast_name, Request(**options), systems=systems, suffix="-compare")
    from forecast.cli.render import json_text  # after it has looked whether there is memory for all this
    from forecast.compare import comparisons, sample_of
    from forecast.runs import forecasts_of
    from forecast.tables import comparison_document

    simulation = perform(talk, prepared)
    forecasts = forecasts_of(simulation)
    sample = sample_of(simulation.plan, simulation.draws)
    compared = comparisons(forecasts, sample)
    if as_json:
        click.echo(json_text(comparison_document(simulation, compared, sample)))
        return
    _show(talk, simulation, forecasts, compared, sample)
    click.echo(f"\nAudit: {simulation.audit}.")
    click.echo(f"{simulation.draws:,} draws, seed {simulation.plan.seed}; the same votes under every law.")
    click.echo(f"Written to {prepared.folder}/ (compare.csv, compare_summary.csv, compare_indices.csv, thresholds.csv)")


def _show(
    talk: Talk, simulation: Simulation, forecasts: list[SystemForecast], compared: list[Comparison], sample: Sample
) -> None:
    from forecast.cli.render import console, plain
    from forecast.compare import index_estimates

    out = console(talk)
    base = forecasts[0]
    out.print(f"Base: {plain(base.system.name)} ({base.system.seats} seats)", style="bold")
    for comparison in compared:
        other = comparison.other.system
        out.print(f"\nAgainst it: {plain(other.name)} ({other.seats} seats)", style="bold")
        out.print(_parties(comparison))
    out.print("\nThe houses")
    estimates = {(system, name): value for system, name, value, _ in index_estimates(sample)}
    out.print(_houses(forecasts, estimates))
    out.print(_errors(compared, estimates))
    out.print(f"Indices and shares of houses are over the first {sample.draws:,} draws; all else over every draw.")
    for line in _notes(simulation):
        out.print(line)


def _errors(compared: list[Comparison], estimates: dict[tuple[str, str], Estimate]) -> str:
    """Return the largest Monte Carlo standard errors of what was printed; the tables have each by itself."""
    pairs = [(one, group) for one in compared for group in one.other.groups]
    seats = max(one.difference(group).mcse for one, group in pairs)
    shares = max(one.share_difference(group).mcse for one, group in pairs)
    changes = max(one.majority_change(group).mcse for one, group in pairs)
    index = {
        wanted: max(value.mcse for (_, name), value in estimates.items() if name == wanted) for _, wanted in estimates
    }
    return (
        f"Standard errors at most: {seats:.2g} seats of a mean change, {100 * shares:.1g} points of a share, "
        f"{100 * changes:.1g} points of a change in a chance of a majority; {index['parties']:.1g} parties, "
        f"{index['effective parties']:.1g} effective, {index['gallagher']:.1g} of the Gallagher index."
    )


def _parties(comparison: Comparison) -> Table:
    from forecast.cli.render import plain, table
    from forecast.report.words import percentage

    base, other = comparison.base, comparison.other
    made = table(
        ("party", "left"), ("mean before", "right"), ("after", "right"), ("change", "right"), ("house, points", "right"),
        ("larger share", "right"), ("majority before", "right"), ("after", "right"),
    )  # fmt: skip
    for group in sorted(other.groups, key=lambda name: -other.seats(name).mean):
        listed = group in other.parties
        larger, _ = comparison.share_changes(group)
        made.add_row(
            plain(group),
            f"{base.seats(group).mean:.1f}",
            f"{other.seats(group).mean:.1f}",
            f"{comparison.difference(group).mean:+.1f}",
            f"{100 * comparison.share_difference(group).value:+.1f}",
            percentage(larger),
            percentage(base.majority(group)) if listed else "",
            percentage(other.majority(group)) if listed else "",
        )
    return made


def _houses(forecasts: list[SystemForecast], estimates: dict[tuple[str, str], Estimate]) -> Table:
    from forecast.cli.render import plain, table
    from forecast.report.words import percentage

    made = table(
        ("law", "left"), ("seats", "right"), ("parties", "right"), ("effective", "right"), ("Gallagher", "right"),
        ("wasted", "right"), ("two thirds", "right"),
    )  # fmt: skip
    for one in forecasts:
        leader = max(one.parties, key=lambda party: one.seats(party).mean)
        name = one.system.id
        made.add_row(
            plain(name),
            str(one.system.seats),
            f"{estimates[name, 'parties'].value:.1f}",
            f"{estimates[name, 'effective parties'].value:.2f}",
            f"{estimates[name, 'gallagher'].value:.1f}",
            f"{100 * estimates[name, 'wasted votes'].value:.1f} %",
            percentage(one.two_thirds(leader)),
        )
    return made


def _notes(simulation: Simulation) -> list[str]:
    from forecast.rules.system import AppointedTier, ListTier

    notes = []
    for system in simulation.plan.systems:
        for tier in system.tiers:
            if isinstance(tier, AppointedTier):
                notes.append(
                    f"{system.id}: {tier.seats} of {system.seats} seats are filled by {tier.by}, for no party."
                )
            elif isinstance(tier, ListTier) and tier.against_all.use == "not on the ballot":
                notes.append(
                    f"{system.id}: the ballot has no line against all; its voters stay out of every base (our choice)."
                )
    return notes
