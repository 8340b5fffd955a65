"""``forecast init``: a user's own polls become a model and a forecast that run at once."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from forecast.cli.main import Talk


def _day(ctx: click.Context, parameter: click.Parameter, written: str | None) -> date | None:
    try:
        return None if written is None else date.fromisoformat(written)
    except ValueError:
        raise click.BadParameter(f"{written!r} is no day of the calendar; write it as 2023-03-19") from None


def _turnout(ctx: click.Context, parameter: click.Parameter, percent: float | None) -> float | None:
    if percent is not None and not (math.isfinite(percent) and 0 < percent < 100):
        raise click.BadParameter(f"{percent:g} is no turnout; write a percentage between 0 and 100, such as 65")
    return None if percent is None else round(percent / 100, 6)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path())
@click.option("--polls", metavar="FILE", required=True, type=click.Path(), help="Poll table: CSV, long or wide.")
@click.option(
    "--system", metavar="SYSTEM", required=True, help="Electoral system: a name of `forecast list`, or a path."
)
@click.option("--name", help="Title of the model and the forecast (the folder's name, if not given).")
@click.option("--election-date", metavar="DATE", callback=_day, help="Day of the vote (YYYY-MM-DD).")
@click.option("--as-of", "as_of", metavar="DATE", callback=_day, help="Only polls that had ended by DATE count.")
@click.option("--previous", metavar="FILE", type=click.Path(), help="Shares of the last election: party,share.")
@click.option("--voters", type=click.IntRange(1, 10**9), help="Registered voters.")
@click.option("--turnout", type=float, callback=_turnout, help="Expected turnout in percent.")
@click.pass_obj
def init(
    talk: Talk,
    folder: str,
    polls: str,
    system: str,
    name: str | None,
    election_date: date | None,
    as_of: date | None,
    previous: str | None,
    voters: int | None,
    turnout: float | None,
) -> None:
    """Make a model and a forecast in DIR from a table of polls, ready to run.

    Nothing is asked: what was assumed is printed, and marked in the documents. A folder that holds files is never
    touched.
    """
    from pathlib import Path

    from forecast.cli.render import console, plain
    from forecast.documents.starter import Wishes, starter_for

    place = Path(folder)
    stem = _stem(place)
    _refuse_taken(place)
    wishes = Wishes(name, election_date, as_of, Path(previous) if previous else None, voters, turnout)
    made = starter_for(stem, Path(polls), system, wishes)
    _write(place, made.files, made.forecast)
    if talk.quiet:
        return
    speech, out = console(talk, stderr=True), console(talk)
    for warning in made.warnings:
        speech.print(f"warning: {warning}")
    out.print(plain(made.summary))
    for title, lines in (("How the tables were read:", made.said), ("Assumed, not sourced:", made.assumed)):
        if lines:
            out.print(f"\n{title}")
        for line in lines:
            out.print(f"  - {plain(line)}")
    out.print(f"\nWritten to {plain(str(place))}/: {', '.join(plain(one) for one in sorted(made.files))}")
    out.print(f"Next: forecast run {_quoted(str(place / made.forecast))}")


def _stem(place: Path) -> str:
    """Return the name of the new folder, if documents can have it."""
    from forecast.documents.names import name_fault
    from forecast.errors import DocumentError

    stem = place.resolve().name
    fault = name_fault(stem) if stem else "is no folder that can be made"
    if fault is not None:
        raise DocumentError(f"{str(place)!r}: {fault}; give DIR another name")
    return stem


def _refuse_taken(place: Path) -> None:
    from pathlib import Path

    from forecast.errors import OutputExists

    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise OutputExists(f"{place}: is there already and is no folder; name a new one")
    if Path.cwd().is_relative_to(place.resolve()):
        raise OutputExists(f"{place}: is where the command stands, or above it; name a new folder")
    if place.is_dir() and any(place.iterdir()):
        raise OutputExists(f"{place}: holds files already, and init overwrites nothing; name a new folder")


def _write(place: Path, files: dict[str, str], forecast: str) -> None:
    """Write the folder whole or not at all; it is read, fitted and lowered before it gets its name."""
    import shutil
    import tempfile
    from pathlib import Path

    from forecast.documents.faults import shown
    from forecast.errors import DocumentError, EnvironmentTrouble
    from forecast.files import write_text

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        working = Path(tempfile.mkdtemp(prefix=".init-", dir=place.parent))
    except OSError as fault:
        raise EnvironmentTrouble(f"{place}: cannot be written: {fault.strerror}; name another folder") from None
    inner = working / place.resolve().name
    try:
        inner.mkdir()
        for name, text in files.items():
            write_text(inner / name, text)
        _try_out(inner / forecast)
        inner.chmod(0o755)
        inner.replace(place)
    except DocumentError as fault:
        raise DocumentError([line.replace(shown(inner), str(place)) for line in fault.faults]) from None
    except OSError as fault:
        raise EnvironmentTrouble(f"{place}: cannot be written: {fault.strerror}; name another folder") from None
    finally:
        shutil.rmtree(working, ignore_errors=True)


def _try_out(document: Path) -> None:
    """Read, fit and lower the new forecast, so that what init makes runs."""
    from forecast.documents import read_forecast
    from forecast.kernel.plan import lower
    from forecast.voteshare.model import fit

    spec = read_forecast(document).value
    lower(fit(spec.model.value), [system.value for system in spec.systems], spec.seed or 0)


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)
