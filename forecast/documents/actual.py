"""What happened: seats, votes and thresholds of an election, to score a forecast against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from forecast.documents.dialect import ForeignTable, read_foreign_table
from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.names import clash, means_against_all
from forecast.documents.poll_table import ALIASES, rename_columns
from forecast.documents.tables import Row

COLUMNS = ("party", "votes", "share", "seats", "passed")
_ALIASES: dict[str, tuple[str, ...]] = {
    "party": ("option", "list", "партия"),
    "votes": ("голоса",),
    "share": (*ALIASES["share"], "share_pct"),
    "seats": ("mandates", "seats_total", "мандаты"),
    "passed": ("passed_threshold",),
}
_YES, _NO = ("yes", "1", "true"), ("no", "0", "false")
OTHERS = "other"  # votes of lists that the forecast does not know


@dataclass(frozen=True, slots=True)
class Actual:
    """A known result, by the names of a forecast; what the table leaves empty is not there.

    Parameters
    ----------
    seats
        By party, and by the self-nominated.
    shares
        By option, fractions of the votes of the forecast's own options; they add up to 1.
    passed
        Whether a list reached the threshold.
    said
        How the table was read, a line each.
    """

    seats: dict[str, int]
    shares: dict[str, float]
    passed: dict[str, bool]
    said: tuple[str, ...]


def read_actual(
    path: Path, groups: Sequence[str], options: Sequence[str], house: int, idle: Sequence[str] = ()
) -> Actual:
    """Read a known result: ``party`` and any of ``votes``, ``share`` (percent), ``seats``, ``passed`` (yes, no).

    Parameters
    ----------
    groups, options
        Those who can hold seats in the forecast, and the lines of its list ballot.
    house
        Seats of the house.
    idle
        Groups in which nobody stands: a row that gives them no seats may be there.

    Raises
    ------
    DocumentError
        Every fault of the table.
    """
    faults = Faults()
    table = read_foreign_table(path, faults)
    faults.stop_if_any()
    assert table is not None
    _read_columns(table)
    faults.stop_if_any()
    known = [*groups, *(option for option in (*options, *idle) if option not in groups)]
    rows: dict[str, Row] = {}
    for line, cells in table.rows:
        row = Row(table.file, line, cells, faults)
        name = row.name("party")
        if name is None:
            continue
        name = "against_all" if means_against_all(name) else name
        if name not in (*known, OTHERS):
            near = clash(name, known)
            row.fault("party", f"{quoted(name)} is nobody of this forecast" + hint(near or name, known, "there are"))
        elif name in rows:
            row.fault("party", f"{quoted(name)} is there twice")
        else:
            rows[name] = row
    seats = _seats(rows, groups, house, table.file, faults)
    shares, said = _shares(rows, options, table.file, faults)
    passed = {
        name: word in _YES
        for name, row in rows.items()
        if name in groups and row.text("passed") and (word := row.one_of("passed", (*_YES, *_NO))) is not None
    }
    if not seats and not shares and not faults.lines:
        faults.add(table.file, "there are neither seats nor votes nor shares; give at least one of these columns")
    faults.stop_if_any()
    return Actual(seats, shares, passed, tuple(f"{table.file}: {line}" for line in (*table.said, *said)))


def _read_columns(table: ForeignTable) -> None:
    """Give the columns their names, and their numbers one form; what is no column of a result is left out and said."""
    rename_columns(table, _ALIASES)
    if "party" not in table.columns:
        table.faults.add(f"{table.file}, line 1", "column party is missing" + hint("", table.columns, "there are"))
        return
    unused = [column for column in table.columns if column not in COLUMNS]
    if silent := [column for column in unused if column not in ("basis", "source", "note")]:
        table.say(f"columns left out: {', '.join(silent)}")
    written = table.cells("share") if "share" in table.columns else []
    for column in ("votes", "seats"):
        if column in table.columns:
            table.read_wholes(column, written)
    if "share" in table.columns:
        table.read_decimals(["share"])


def _seats(rows: dict[str, Row], groups: Sequence[str], house: int, file: str, faults: Faults) -> dict[str, int]:
    if not any(row.text("seats") for row in rows.values()):
        return {}
    found: dict[str, int] = {}
    for name, row in rows.items():
        if name not in groups:
            if row.text("seats") not in ("", "0"):
                row.fault("seats", f"{quoted(name)} cannot hold seats; leave it empty")
            continue
        seats = row.whole("seats", 0, house)
        if seats is not None:
            found[name] = seats
    if missing := [name for name in groups if name not in rows]:
        faults.add(f"{file}: party", f"no row for {', '.join(missing)}; write 0 seats if none were won")
    if sum(found.values()) > house:
        faults.add(f"{file}: seats", f"add up to {sum(found.values())}; the house of the forecast has {house}")
    return found


def _shares(
    rows: dict[str, Row], options: Sequence[str], file: str, faults: Faults
) -> tuple[dict[str, float], list[str]]:
    column = next((one for one in ("votes", "share") if any(row.text(one) for row in rows.values())), None)
    if column is None:
        return {}, []
    found: dict[str, Fraction] = {}
    for name, row in rows.items():
        if name not in options and name != OTHERS:
            continue
        number = row.number(column) if column == "share" else _fraction(row.whole("votes"))
        if number is not None and (number < 0 or (column == "share" and number > 100)):
            row.fault(column, f"is {float(number):g}; {'0 to 100' if column == 'share' else 'at least 0'} is allowed")
        elif number is not None:
            found[name] = number
    if missing := [name for name in options if name not in rows]:
        faults.add(f"{file}: {column}", f"no row for {', '.join(missing)}; write 0 if there were none")
    others, total = found.pop(OTHERS, Fraction(0)), sum(found.values(), Fraction(0))
    if total == 0:
        faults.add(f"{file}: {column}", "all are zero; a result has votes")
        return {}, []
    said = []
    if column == "share" and not 98 <= total + others <= 102:
        faults.add(f"{file}: share", f"add up to {float(total + others):g} %; all options together have 100")
    if others:
        said.append(
            f"the {float(100 * others / (total + others)):.1f} % of lists that the forecast does not know are left out"
        )
    return {name: float(number / total) for name, number in found.items()}, said


def _fraction(number: int | None) -> Fraction | None:
    return None if number is None else Fraction(number)
