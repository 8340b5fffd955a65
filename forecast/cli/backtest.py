"""``forecast backtest``: the pooling of polls, scored on elections that are over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from forecast.backtest.cases import Unscored
    from forecast.backtest.evaluate import Learning, Scored
    from forecast.cli.main import Talk
    from forecast.scoring import Difference

LEARNING = {
    "loeo": "constants learned anew for each election from all the others",
    "loco": "constants learned anew for each country from all the others",
    "shipped": "the constants that are shipped, and that `forecast run` uses",
}
MOST_DAYS = 365
_FILE = click.Path(path_type=Path)


def _horizons(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isascii() and part.isdigit() and 1 <= int(part[:6]) <= MOST_DAYS for part in parts):
        raise click.BadParameter(f"{value!r}: days before the election, 1 to {MOST_DAYS}, as in 1,7,30,60")
    return tuple(sorted({int(part) for part in parts}))


@click.command()
@click.option(
    "--polls",
    metavar="FILE",
    required=True,
    type=_FILE,
    help="election_id, poll_id, pollster, fieldwork_end, party, share.",
)
@click.option("--results", metavar="FILE", required=True, type=_FILE, help="election_id, party, vote_share.")
@click.option("--elections", metavar="FILE", required=True, type=_FILE, help="election_id, country, election_date.")
@click.option("--previous", metavar="FILE", type=_FILE, help="election_id, party, prev_date, prev_share.")
@click.option(
    "--horizons",
    metavar="DAYS",
    default="1,7,30,60",
    callback=_horizons,
    show_default=True,
    help="Days before the election.",
)
@click.option(
    "--constants",
    "learning",
    type=click.Choice(list(LEARNING)),
    default="loeo",
    show_default=True,
    help="Where the constants come from.",
)
@click.option(
    "--out", metavar="DIR", type=_FILE, help="Write scores.csv, elections.csv and parties.csv into this folder."
)
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
@click.pass_obj
def backtest(
    talk: Talk,
    polls: Path,
    results: Path,
    elections: Path,
    previous: Path | None,
    horizons: tuple[int, ...],
    learning: Learning,
    out: Path | None,
    as_json: bool,
) -> None:
    """Score the pooling of polls on elections that are over, beside three baselines; smaller scores are better.

    An election is forecast from the polls that had ended so many days before it. With loeo the constants are learned
    from all other elections, with loco from those of other countries; shipped takes those of the package. CRPS and
    energy score are in points of vote share.
    """
    from forecast.backtest.cases import cases_of
    from forecast.backtest.evaluate import evaluate
    from forecast.backtest.tables import backtest_document, free_folder, write_tables
    from forecast.cli.render import console, json_text, plain
    from forecast.documents.past_elections import read_past_elections
    from forecast.errors import DocumentError

    if out is not None:
        free_folder(out)
    past = read_past_elections(polls, results, elections, previous)
    stderr = console(talk, stderr=True)
    if not talk.quiet:
        for line in past.said:
            stderr.print(f"warning: {plain(line)}")
    cases, unscored = cases_of(past.elections, horizons)
    left_out = len({case.election.country if learning == "loco" else case.election.id for case in cases})
    if not cases:
        first = unscored[0].reason if unscored else "the table marks none as usable"
        raise DocumentError(f"{polls}: no election can be scored; {first}")
    if learning != "shipped" and left_out < 3:
        what = "countries" if learning == "loco" else "elections"
        raise DocumentError(
            f"{elections}: constants are learned from other {what}, and {left_out} can be scored; at least 3 are "
            "needed, or --constants shipped"
        )
    scored = evaluate(cases, learning)
    if out is not None:
        write_tables(out, scored, unscored)
    if as_json:
        click.echo(json_text(backtest_document(scored, unscored, past.unusable, learning)))
        return
    _show(console(talk), scored, learning)
    _show_unscored(console(talk), unscored, past.unusable)
    if out is not None:
        console(talk).print(plain(f"Tables: {out}"))


def _show(screen: Console, scored: list[Scored], learning: str) -> None:
    from forecast.backtest.evaluate import MODEL
    from forecast.backtest.summary import differences, horizons_of, summaries
    from forecast.cli.render import plain, table

    number = len({one.election for one in scored})
    screen.print(plain(f"{number} elections; {LEARNING[learning]}"), style="bold")
    apart = differences(scored)
    every = summaries(scored)
    for horizon in horizons_of(scored):
        made = table(
            (f"{horizon} d, {every[MODEL][horizon].n} elections", "left"), ("CRPS", "right"), ("ours less theirs", "right"),
            ("energy", "right"), ("50 %", "right"), ("80 %", "right"), ("95 %", "right"), ("log", "right"), ("Brier", "right"),
        )  # fmt: skip
        for model, at in every.items():
            one = at[horizon]
            gap = "" if model == MODEL else _gap(apart[model][horizon])
            made.add_row(
                plain(model), f"{one.crps:.3f}", gap, f"{one.energy:.3f}",
                *(f"{100 * part:.0f}" for part in (one.cov50, one.cov80, one.cov95)),
                *("-" if score is None else f"{score:.3f}" for score in (one.log_loss, one.brier)),
            )  # fmt: skip
        screen.print(made)
    pit = ", ".join(f"{h} d {' '.join(map(str, every[MODEL][h].pit))}" for h in horizons_of(scored))
    screen.print(f"PIT of {MODEL}, shares in ten equal bins (flat if calibrated): {pit}.")
    screen.print(
        "CRPS and energy score in points; 50, 80, 95 %: share of results within the interval; log, Brier: of passing the "
        "threshold, parties within 3 points of it."
    )
    groups = dict.fromkeys(one.group for one in scored)
    for group in groups if len(groups) > 1 else ():
        part = summaries([one for one in scored if one.group == group])
        line = "; ".join(f"{h} d {', '.join(f'{m} {part[m][h].crps:.3f}' for m in part)}" for h in part[MODEL])
        screen.print(plain(f"Group {group}, CRPS: {line}."))
    _show_elections(screen, scored)


def _gap(apart: Difference) -> str:
    return f"{apart.mean:+.3f} ({apart.low:+.3f} to {apart.high:+.3f})"


def _show_elections(screen: Console, scored: list[Scored]) -> None:
    from forecast.backtest.evaluate import MODEL
    from forecast.backtest.summary import horizons_of
    from forecast.cli.render import plain, table

    horizons = horizons_of(scored)
    made = table((f"CRPS of {MODEL}", "left"), *((f"{horizon} d", "right") for horizon in horizons))
    for election in dict.fromkeys(one.election for one in scored):
        of = {one.horizon: one.crps.mean() for one in scored if one.election == election and one.model == MODEL}
        made.add_row(plain(election), *(f"{of[h]:.2f}" if h in of else "-" for h in horizons))
    screen.print(made)


def _show_unscored(screen: Console, unscored: list[Unscored], unusable: tuple[str, ...]) -> None:
    from forecast.cli.render import plain

    for election in unusable:
        screen.print(plain(f"Not scored: {election}: marked as not usable (ok)."))
    for one in unscored:
        screen.print(plain(f"Not scored: {one.election}, {one.horizon} d: {one.reason}."))
