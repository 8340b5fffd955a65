"""``forecast export``: a finished run as files that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk
    from forecast.runfile import RunFile

FORMATS = ("hubverse", "netcdf", "arrow")


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="File to write "
              "(a file in RUN, if not given); hubverse: .csv or .parquet.")  # fmt: skip
@click.option("--samples", type=click.IntRange(min=0), default=1000, show_default=True, metavar="N",
              help="hubverse: draws to give as samples, the first ones stored.")  # fmt: skip
@click.pass_obj
def export(talk: Talk, /, run: Path, kind: str, output: Path | None, samples: int) -> None:
    """Write RUN (a run's folder) for other programs.

    hubverse is model output for modelling hubs: pmf and quantiles of seats, quantiles of vote shares, samples; netcdf
    is every stored draw as InferenceData, for ArviZ and xarray; arrow is the same as one Arrow IPC file.
    `draws.parquet` in RUN is read by DuckDB and pandas as it is.
    """
    from forecast.errors import EnvironmentTrouble
    from forecast.runfile import RUN_FILE, read_run_file

    record = read_run_file(run)
    place = output if output is not None else run / _usual_name(record, kind)
    if (record.holds(place.name) or place.name == RUN_FILE) and place.resolve().parent == run.resolve():
        raise click.UsageError(f"{place} is a file of the run itself; name another one after -o")
    try:
        written = _write(talk, record, kind, place, samples)
    except OSError as fault:
        raise EnvironmentTrouble(f"{place}: cannot be written: {fault.strerror or fault}") from None
    if not talk.quiet:
        click.echo(f"Written to {place}: {written}", err=True)


def _usual_name(record: RunFile, kind: str) -> str:
    """Return the name of a file: for a hub, round, team and model with hyphens between them."""
    if kind != "hubverse":
        return "draws.arrow" if kind == "arrow" else "draws.nc"
    model = record.content["document"].get("model")
    as_of = model.get("as_of", "") if isinstance(model, dict) else ""
    return f"{as_of}-seatcast-{record.name.replace('-', '_')}.csv"


def _write(talk: Talk, record: RunFile, kind: str, place: Path, samples: int) -> str:
    from forecast.drawsfile import stored_draws
    from forecast.runfile import DRAWS_FILE

    if kind == "arrow":
        from forecast.export.arrow import write_arrow

        return f"{write_arrow(place, stored_draws(record)):,} draws"
    if kind == "netcdf":
        from forecast.export.netcdf import write_netcdf

        return f"{write_netcdf(place, stored_draws(record)):,} draws"
    from forecast.export.hubverse import hubverse_rows, write_hubverse

    draws = stored_draws(record) if record.holds(DRAWS_FILE) else None
    if draws is None and not talk.quiet:
        click.echo("warning: the run stored no draws: no samples and no vote shares are written", err=True)
    return f"{write_hubverse(place, hubverse_rows(record, draws, samples)):,} rows"
