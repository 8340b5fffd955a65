"""What ``forecast run`` prints: the headline first, then tables, then what it stands on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from forecast.cli.render import (
    console,
    district_table,
    numbers_of_parties,
    party_table,
    plain,
    rating_line,
    table,
)

if TYPE_CHECKING:
    from rich.console import Console

    from forecast.cli.main import Talk
    from forecast.distribution import SystemForecast
    from forecast.documents import ForecastSpec
    from forecast.kernel.plan import Plan
    from forecast.runs import RunRecord
    from forecast.simulate import Simulation


def show_result(
    talk: Talk,
    simulation: Simulation,
    forecasts: list[SystemForecast],
    spec: ForecastSpec,
    facts: RunRecord,
    folder: Path,
    named: str,
) -> None:
    """Print a forecast for a reader; ``named`` is how they called it."""
    import shlex

    from forecast.report.persons import person_lines
    from forecast.report.words import headline

    out = console(talk)
    out.print(plain(spec.name), style="bold")
    for one in forecasts:
        out.print(plain(one.system.name) + f" ({one.system.seats} seats)\n")
        for sentence in headline(one):
            out.print(plain(sentence))
        out.print(party_table(one))
        if one.has_districts:
            out.print(district_table(one))
            out.print(f"Districts: {rating_line(one)}.")
        out.print(f"Parties in the house: {numbers_of_parties(one)}")
        out.print(f"{majority_line(one)} {_error(one)}")
        for line in coalition_lines(one, spec.coalitions):
            out.print(plain(line))
        for line in person_lines(one, folder):
            out.print(plain(line))
    show_assemblies(out, simulation)
    _show_footing(out, simulation, facts)
    out.print(f"\nAudit: {simulation.audit}.")
    seed = simulation.plan.seed
    for line in sampler_lines(simulation):
        out.print(line)
    out.print(
        f"{simulation.draws:,} draws, seed {seed}{'' if facts.seed_given else ' (drawn; give --seed to repeat)'}."
    )
    out.print(f"Written to {folder}/")
    out.print(f'Next: forecast run {plain(shlex.quote(named))} --set "{_what_if(forecasts[0])}"')


def majority_line(one: SystemForecast) -> str:
    """Return what a majority of the house is, and how large the house gets where it may grow."""
    said = f"Majority: {one.system.majority} of {one.system.seats} seats; two thirds: {one.system.two_thirds}."
    if not one.grows:
        return said
    low, high = one.size.interval(0.8)
    many = str(low) if low == high else f"{low} to {high}"
    return (
        f"The house has {one.system.seats} seats or more: {one.size.median} at the median, {many} in 8 of 10 simulations, "
        f"{one.most_seats} at most. {said} Majorities are those of the members there are."
    )


def coalition_lines(one: SystemForecast, coalitions: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return the chances of the coalitions that a forecast's document names."""
    from forecast.report.words import percentage

    chances = [(" + ".join(members), *one.coalition(members)) for members in coalitions]
    return ["Majorities together:"] * bool(chances) + [
        f"  {name}: {percentage(majority)}, and needs every member for it: {percentage(minimal)}"
        for name, majority, minimal in chances
    ]


def show_assemblies(out: Console, simulation: Simulation) -> None:
    """Print a short section on the local assemblies, where any are elected."""
    from forecast.runs import assemblies_forecast

    forecast = assemblies_forecast(simulation)
    if forecast is None:
        return
    levels = [one.level for one, _ in forecast.every]
    counted = ", ".join(f"{levels.count(level)} {level}" for level in dict.fromkeys(levels))
    candidates = sum(one.candidates for one, _ in forecast.every)
    out.print(
        f"\n{len(levels)} local assemblies ({counted}): {forecast.local.seats:,} seats, {candidates:,} candidates\n"
    )
    made = table(
        ("all assemblies", "left"), ("candidates", "right"), ("mean seats", "right"), ("80 %", "right"),
        ("controls", "right"), ("80 %", "right"),
    )  # fmt: skip
    for group in sorted(forecast.groups, key=lambda name: -forecast.all_seats(name).mean):
        seats, controlled = forecast.all_seats(group), forecast.controlled(group)
        (low, high), (few, many) = seats.interval(0.8), controlled.interval(0.8)
        made.add_row(
            plain(group), f"{forecast.candidates(group):,}", f"{seats.mean:,.0f}", f"{low:,}-{high:,}",
            f"{controlled.mean:.1f}", f"{few}-{many}",
        )  # fmt: skip
    out.print(made)
    nobody = forecast.controlled_by_nobody()
    low, high = nobody.interval(0.8)
    out.print(
        f"Nobody controls {nobody.mean:.1f} assemblies (80 %: {low}-{high}); to control is more than half of the seats."
    )
    out.print("Each assembly: assemblies.csv and assembly_pmf.csv in the run's folder.")


def _show_footing(out: Console, simulation: Simulation, facts: RunRecord) -> None:
    if facts.assumptions:
        out.print("\nAssumed, not sourced:")
        for line in facts.assumptions:
            out.print(f"  - {plain(line)}")
    if facts.choices:
        houses = {system.id for system in simulation.plan.systems}
        out.print("\nWhere the law is silent we chose (draws in which it mattered):")
        for choice in facts.choices:
            where = "" if choice["system"] in houses else f"{choice['system']}: "
            out.print(f"  - {where}{choice['case'].replace('_', ' ')}: {choice['choice']} ({choice['draws']:,})")
        out.print("  - equal votes in a district: the law orders another vote; the candidate ahead in strength wins it")


def sampler_lines(simulation: Simulation) -> list[str]:
    """Return what a reader should know of a lattice run: what was integrated, and where its errors are from."""
    if simulation.replicates is None:
        return []
    from forecast.lattice import method

    how = method(simulation.plan, simulation.draws)
    return [
        f"Sampler: lattice, {how['randomisations']} independent randomisations of {how['points_each']:,} points "
        f"({how['points']}). Districts: {how['districts']}; joint events: {how['joint_events']}.",
        "Standard errors are from the spread of the randomisations.",
    ]


def _error(one: SystemForecast) -> str:
    if one.replicates is None:
        return f"Standard error of a chance near 50 %: {50 / one.draws**0.5:.2g} points."
    leader = max(one.parties, key=lambda party: one.seats(party).mean)
    seats = one.seats(leader)
    return (
        f"Standard errors for {plain(leader)}: mean seats {seats.mcse_mean:.2g}, "
        f"majority {100 * one.majority(leader).mcse:.2g} points, "
        f"two thirds {100 * one.two_thirds(leader).mcse:.2g} points."
    )


def _what_if(one: SystemForecast) -> str:
    tier = one.list_tier
    return f"system.tier.{tier.name}.threshold.share=0.07" if tier is not None else "draws=10_000_000"


def show_plan(talk: Talk, plan: Plan, spec: ForecastSpec, folder: Path, digest: str, kept: int) -> None:
    """Print what a run would do: the fitted votes, the polls behind them, the cost, the folder."""
    from forecast.cli.fit import show_fit
    from forecast.kernel.blocks import memory_of_a_thread
    from forecast.store import bytes_per_draw
    from forecast.voteshare.fitted import fit_document

    out, model = console(talk), plan.model
    out.print(plain(spec.name), style="bold")
    show_fit(out, fit_document(model))
    memory = memory_of_a_thread(plan)
    out.print(f"{spec.draws:,} draws of {plan.normals_per_draw():,} random numbers each; seed {plan.seed}")
    out.print(f"Memory: some {memory / 2**20:.0f} MiB a thread beside the program, whatever the number of draws")
    if kept:
        out.print(f"draws.parquet: {kept:,} draws, at most {kept * bytes_per_draw(plan) / 2**20:,.0f} MiB")
    out.print(f"Digest {digest[:8]}; would be written to {folder}/ (nothing was)")
