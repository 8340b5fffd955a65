"""``forecast run``: put a model through a system, print what comes out, write the run's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from forecast.cli.pipeline import Request, simulation_options

if TYPE_CHECKING:
    from forecast.cli.main import Talk
    from forecast.execution import Prepared
    from forecast.simulate import Simulation


@click.command()
@click.argument("forecast_name", metavar="FORECAST")
@simulation_options
@click.option(
    "--sampler",
    type=click.Choice(["mc", "lattice"]),
    help="mc: plain draws. lattice: evenly spread draws (a scrambled Sobol net), districts integrated where the law "
    "allows it: smaller errors for the same time. Left out: mc; with --precision, whichever needs less work.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print summary.csv.")
@click.option("--raw-csv", is_flag=True, help="With --csv: names as they are, even where a spreadsheet would run them.")
@click.option("--dry-run", is_flag=True, help="Show the fitted votes and the cost; simulate and write nothing.")
@click.pass_obj
def run(
    talk: Talk, /, forecast_name: str, as_json: bool, as_csv: bool, raw_csv: bool, dry_run: bool, **options: Any
) -> None:
    """Run FORECAST: a name (see `forecast list`) or the path of a forecast document."""
    from forecast.cli.pipeline import perform, prepare_run

    if as_json and as_csv:
        raise click.UsageError("--json and --csv both print to stdout; choose one")

    prepared = prepare_run(talk, forecast_name, Request(**options))
    if dry_run:
        from forecast.cli.result import show_plan

        show_plan(talk, prepared.plan, prepared.spec, prepared.folder, prepared.digest, prepared.kept)
        return
    _show(talk, perform(talk, prepared), prepared, as_json=as_json, as_csv=as_csv or raw_csv, raw=raw_csv)


def _show(talk: Talk, simulation: Simulation, prepared: Prepared, *, as_json: bool, as_csv: bool, raw: bool) -> None:
    from forecast.files import csv_text
    from forecast.runs import forecasts_of
    from forecast.tables import COLUMNS, summary_rows

    forecasts = forecasts_of(simulation)
    facts, spec, folder = prepared.record(simulation), prepared.spec, prepared.folder
    if as_csv:
        rows = [row for one in forecasts for row in summary_rows(one)]
        text, _ = csv_text(list(COLUMNS["summary.csv"]), rows, raw=raw)
        click.echo(text.encode("utf-8"), nl=False)
    elif as_json:
        from forecast.cli.render import json_text
        from forecast.report.machine import result_document

        click.echo(json_text(result_document(simulation, forecasts, spec, facts, folder)))
    else:
        from forecast.cli.result import show_result

        show_result(talk, simulation, forecasts, spec, facts, folder, str(prepared.order.forecast))
