"""What ``run`` and ``compare`` have in common: their options, and what they say while a run is made or found."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.runfile import MOST_DRAWS

if TYPE_CHECKING:
    from forecast.cli.main import Talk
    from forecast.execution import Order, Prepared
    from forecast.simulate import Simulation

_ENVIRONMENT: dict[str, click.ParamType[Any]] = {
    "FORECAST_DRAWS": click.IntRange(1, MOST_DRAWS),
    "FORECAST_SEED": click.IntRange(0, 2**64 - 1),
    "FORECAST_THREADS": click.IntRange(1),
}


def _day(ctx: click.Context, parameter: click.Parameter, written: str | None) -> str | None:
    try:
        return None if written is None else date.fromisoformat(written).isoformat()
    except ValueError:
        raise click.BadParameter(f"{written!r} is no day of the calendar; write it as 2023-03-19") from None


def part(ctx: click.Context, parameter: click.Parameter, given: float | None) -> float | None:
    """Refuse nan, which is neither less nor more than any bound."""
    if given is not None and math.isnan(given):
        raise click.BadParameter("nan is no number")
    return given


def simulation_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that decide what is simulated, and where it is written."""
    options = [
        click.option(
            "--draws", type=click.IntRange(1, MOST_DRAWS), help="Number of draws (the document's, if not given)."
        ),
        click.option(
            "--precision",
            type=click.FloatRange(0, 0.5, min_open=True),
            callback=part,
            help="Draw until the half-width of every headline's 95 % interval is below this (0.001 = 0.1 points).",
        ),
        click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of the random numbers."),
        click.option(
            "--as-of", "as_of", metavar="DATE", callback=_day, help="Only polls that had ended by DATE (YYYY-MM-DD)."
        ),
        click.option(
            "--threads",
            type=click.IntRange(1),
            help="Threads (all cores, if not given); results do not depend on them.",
        ),
        click.option(
            "--out", type=click.Path(path_type=Path), help="Folder to write (runs/NAME-DIGEST, if not given)."
        ),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="KEY=VALUE",
            help='What if, e.g. --set "system.tier.party lists.threshold.share=0.03"; may be repeated.',
        ),
        click.option(
            "--save-draws",
            default="none",
            metavar="none|N|all",
            show_default=True,
            help="Store joint draws in draws.parquet.",
        ),
        click.option("--allow-outside", is_flag=True, help="Read files outside the documents' own folders too."),
        click.option("--force", is_flag=True, help="Compute again and replace what is there."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Request:
    """The options of ``simulation_options``, by their names."""

    draws: int | None = None
    precision: float | None = None
    seed: int | None = None
    as_of: str | None = None
    threads: int | None = None
    out: Path | None = None
    settings: tuple[str, ...] = ()
    save_draws: str = "none"
    sampler: str | None = None
    allow_outside: bool = False
    force: bool = False

    def overrides(self) -> list[str]:
        """Return the settings in the order in which they win: environment, ``--set``, flags."""
        environment = {key: environment_setting(f"FORECAST_{key.upper()}") for key in ("draws", "seed")}
        given = [f"{key}={value}" for key, value in environment.items() if value is not None]
        given += self.settings
        given += [f"{key}={value}" for key, value in (("draws", self.draws), ("seed", self.seed)) if value is not None]
        return given if self.as_of is None else [*given, f"model.as_of={self.as_of}"]

    def order(self, forecast: str, systems: tuple[str, ...] = (), suffix: str = "") -> Order:
        """Return the run that these options ask for."""
        from forecast.execution import Order

        return Order(
            forecast,
            overrides=tuple(self.overrides()),
            systems=systems,
            precision=self.precision,
            sampler=self.sampler,
            keep=_draws_to_keep(self.save_draws),
            threads=self.threads or environment_setting("FORECAST_THREADS"),
            out=self.out,
            suffix=suffix,
            allow_outside=self.allow_outside,
            force=self.force,
        )


def prepare_run(
    talk: Talk, name: str, request: Request, *, systems: tuple[str, ...] = (), suffix: str = ""
) -> Prepared:
    """Read a forecast, fit its model and lower it, and say what there is to say of it first."""
    from forecast.cli.render import console
    from forecast.memory import check_program, room

    check_program(room())
    from forecast.execution import prepare, usable_threads

    prepared = prepare(request.order(name, systems, suffix))
    if not talk.quiet:
        speech = console(talk, stderr=True)
        asked = prepared.order.threads
        usable = usable_threads(asked)
        if asked is not None and usable < asked:
            speech.print(f"note: {asked:,} threads are more than this machine can use; {usable} are used")
        if prepared.threads < usable:
            speech.print(f"note: there is memory for {prepared.threads} of {usable} threads")
        for warning in prepared.resolved.warnings:
            speech.print(f"warning: {warning}")
    return prepared


def perform(talk: Talk, prepared: Prepared) -> Simulation:
    """Return the simulation of a prepared run: the finished one in its folder, or a new one that is written there."""
    from forecast.cli.progress import Bar
    from forecast.cli.render import console
    from forecast.execution import COMPILING_TAKES, compute, stored

    def compiling() -> None:
        if not talk.quiet:
            click.echo(f"compiling the kernel once ({COMPILING_TAKES}; then never again)", err=True)

    done = stored(prepared)
    if done is None:
        with Bar(talk, prepared.spec.draws) as bar:
            return compute(prepared, progress=bar.show, compiling=compiling)
    if not talk.quiet:
        console(talk, stderr=True).print(
            f"already computed: {prepared.folder} holds this run, its checksums agree (--force computes it again)"
        )
    return done


def _draws_to_keep(asked: str) -> int | None:
    """Return the draws to store; None for all of them."""
    if asked in ("none", "all"):
        return 0 if asked == "none" else None
    if not (asked.isascii() and asked.isdecimal()) or int(asked) < 1:
        raise click.BadParameter(f"{asked!r} is not none, all or a number of draws", param_hint="--save-draws")
    return int(asked)


def environment_setting(name: str) -> int | None:
    """Return a setting of the environment; a usage error that names it if it is no such number."""
    if not (written := os.environ.get(name)):
        return None
    try:
        return int(_ENVIRONMENT[name].convert(written, None, None))
    except click.BadParameter as fault:
        raise click.BadParameter(fault.message, param_hint=f"the environment's {name}") from None
