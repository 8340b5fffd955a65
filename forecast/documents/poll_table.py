"""A poll table of any country: long or wide, under the usual names of columns, turned into the rows of ``polls.csv``.

Long: a row a poll and option, with columns for the option and its share. Wide: a row a poll, and every column that is
no known one is an option. What was taken for what is said; the rest is left to the strict checks of ``polls``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forecast.documents.dialect import UNSTATED, ForeignTable, read_foreign_table
from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.names import clash, clean, means_against_all
from forecast.documents.polls import COLUMNS
from forecast.documents.tables import Row, Table

# Names under which the columns of polls.csv go elsewhere; matched without case, blanks as underscores.
ALIASES: dict[str, tuple[str, ...]] = {
    "poll_id": ("poll", "id"),
    "pollster": (
        "polling_firm",
        "firm",
        "institute",
        "agency",
        "polling_organisation",
        "polling_organization",
        "институт",
        "организация",
    ),
    "fieldwork_start": ("start", "start_date", "field_start", "from", "date_start", "начало"),
    "fieldwork_end": ("end", "end_date", "field_end", "to", "date_end", "date", "дата", "окончание"),
    "sample_size": ("sample", "n", "respondents", "выборка"),
    "party": ("option", "choice", "партия"),
    "share": ("percent", "pct", "percentage", "vote_share", "доля", "%"),
}
# Columns that say something about a poll, but nothing that a model needs.
LEFT_OUT = (
    "basis", "base", "client", "kind", "lead", "link", "margin", "media", "mode", "note", "notes", "published",
    "scope", "source", "sponsor", "turnout", "turnout_pred", "url", "confidence",
)  # fmt: skip
OF_THE_ELECTION = ("election_id", "election", "country", "election_date")
NOT_AN_OPTION: dict[str, tuple[str, ...]] = {
    "undecided": (
        "undecided", "don't know", "dont know", "don’t know", "dk", "no opinion", "not decided", "не определились",
        "затрудняюсь ответить", "затруднились ответить",
    ),
    "other": ("other", "others", "oth", "other parties", "другие", "другие партии", "прочие"),
}  # fmt: skip


@dataclass(frozen=True)
class PollRows:
    """A poll table in the form of ``polls.csv``, and what is known beside it.

    Parameters
    ----------
    parties
        The options in order of first appearance, "against all" under its reserved name.
    election_date
        Text of the column of that name; empty if there is none.
    said
        What was taken for what, a line each.
    """

    table: Table
    parties: tuple[str, ...]
    election_date: str
    said: tuple[str, ...]


def read_poll_table(path: Path, faults: Faults) -> PollRows | None:
    """Read a poll table of any layout; None (and its faults noted) if it cannot be one."""
    foreign = read_foreign_table(path, faults)
    if foreign is None:
        return None
    before = len(faults.lines)
    rename_columns(foreign, ALIASES)
    election_date = one_election(foreign)
    wide = "party" not in foreign.columns and "share" not in foreign.columns
    _drop_columns(foreign)
    for column in ("pollster", "fieldwork_end", *(() if wide else ("party", "share"))):
        if column not in foreign.columns:
            faults.add(
                f"{foreign.file}, line 1", f"column {column} is missing" + hint("", foreign.columns, "there are")
            )
    if len(faults.lines) > before:
        return None
    options = [column for column in foreign.columns if column not in COLUMNS]
    if wide and not options:
        faults.add(f"{foreign.file}, line 1", "there is neither a column 'party' nor a column of any party's shares")
    elif not wide and options:
        for column in options:
            faults.add(f"{foreign.file}, line 1", f"unknown column {quoted(column)}" + hint(column, COLUMNS))
    for column in options if wide else []:
        if not any(re.search(r"\d", cell) for cell in foreign.cells(column)):
            faults.add(
                f"{foreign.file}, line 1", f"column {quoted(column)} holds no shares; delete it, or call it note"
            )
    _read_cells(foreign, options if wide else ["share"])
    if len(faults.lines) > before:
        return None
    names = _names(foreign, options if wide else foreign.cells("party"))
    long = list(_from_wide(foreign, options)) if wide else foreign.rows
    if wide:
        foreign.say(f"a row is a poll, and these columns are options: {', '.join(options)}")
    rows = [
        Row(
            foreign.file,
            line,
            {**cells, "party": names.get(cells["party"], cells["party"])},
            faults,
            {"share": cells["party"], "party": cells["party"]} if wide else {},
        )
        for line, cells in _with_ids(foreign, long)
    ]
    parties = tuple(dict.fromkeys(name for name in names.values() if name not in NOT_AN_OPTION))
    return PollRows(
        Table(foreign.file, COLUMNS, tuple(rows), foreign.sha256), parties, election_date, tuple(foreign.said)
    )


def rename_columns(foreign: ForeignTable, aliases: dict[str, tuple[str, ...]]) -> None:
    """Give columns the names they have in our tables."""
    known = {alias: name for name, others in aliases.items() for alias in (name, *others)}
    meant: dict[str, str] = {}
    for column in foreign.columns:
        name = known.get("_".join(column.casefold().replace("-", " ").split()))
        if name is None:
            continue
        if name in meant:
            foreign.faults.add(
                f"{foreign.file}, line 1",
                f"columns {quoted(meant[name])} and {quoted(column)} both mean {name}; keep one",
            )
        meant[name] = column
    back = {column: name for name, column in meant.items()}
    for column, name in back.items():
        if column.casefold() != name:
            foreign.say(f"column {column!r} is read as {name}")
    foreign.columns = [back.get(column, column) for column in foreign.columns]
    foreign.rows = [
        (line, {back.get(column, column): cell for column, cell in cells.items()}) for line, cells in foreign.rows
    ]


def one_election(foreign: ForeignTable) -> str:
    """Return the date of the election if a column has it; a fault where the table holds several elections."""
    found = ""
    for column in [column for column in foreign.columns if column.casefold() in OF_THE_ELECTION]:
        distinct = list(dict.fromkeys(foreign.cells(column)))
        if len(distinct) > 1:
            foreign.faults.add(
                f"{foreign.file}: {column}",
                f"the table holds {len(distinct)} different ones ({', '.join(distinct[:3])}, ...); "
                "keep the rows of one election",
            )
        if column.casefold() == "election_date":
            found = distinct[0] if distinct else ""
    return found


def _drop_columns(foreign: ForeignTable) -> None:
    unused = [column for column in foreign.columns if column.casefold() in (*LEFT_OUT, *OF_THE_ELECTION)]
    remarks = [column for column in unused if column.casefold() in LEFT_OUT]
    if remarks:
        foreign.say(f"columns left out: {', '.join(remarks)}")
    foreign.columns = [column for column in foreign.columns if column not in unused]


def _read_cells(foreign: ForeignTable, shares: list[str]) -> None:
    written = [cell for column in shares for cell in foreign.cells(column)]
    if "sample_size" in foreign.columns:
        foreign.read_wholes("sample_size", written)
    foreign.read_decimals(shares)
    silent = [cells for _, cells in foreign.rows if not cells.get("fieldwork_start")]
    if silent:
        foreign.say("where a poll does not say when fieldwork began, the last day is taken")
    for cells in silent:
        cells["fieldwork_start"] = cells["fieldwork_end"]
    for column in ("fieldwork_start", "fieldwork_end"):
        foreign.read_days(column)
    if "sample_size" not in foreign.columns:
        foreign.say("no column says how many were asked")
        for _, cells in foreign.rows:
            cells["sample_size"] = ""


def _names(foreign: ForeignTable, written: list[str]) -> dict[str, str]:
    """Return what each option is called in ``polls.csv``: as written, but for the undecided, others and against all."""
    names: dict[str, str] = {}
    for text in dict.fromkeys(written):
        name = clean(text)
        reserved = next((word for word, usual in NOT_AN_OPTION.items() if name.casefold() in usual), None)
        if means_against_all(name):
            reserved = "against_all"
        if reserved is not None and reserved != name:
            foreign.say(f"{text!r} is read as {reserved}")
        parties = [one for one in names.values() if one not in NOT_AN_OPTION]
        if reserved is None and (other := clash(name, parties)) is not None and other != name:
            foreign.faults.add(
                f"{foreign.file}: party", f"{quoted(name)} cannot be told from {quoted(other)}; write one of them"
            )
        names[text] = reserved or name
    return names


def _from_wide(foreign: ForeignTable, options: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield long rows of a wide table; a cell without a figure says that the poll does not give the option."""
    silent = next((cell for column in options for cell in foreign.cells(column) if cell and cell in UNSTATED), None)
    if silent is not None:
        foreign.say(f"{silent!r} in a column of shares is read as: not given by this poll")
    for line, cells in foreign.rows:
        fixed = {column: cell for column, cell in cells.items() if column not in options}
        for option in options:
            if cells[option] not in UNSTATED:
                yield line, {**fixed, "party": option, "share": cells[option]}


def _with_ids(foreign: ForeignTable, rows: list[tuple[int, dict[str, str]]]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows with a ``poll_id``: in a wide table a row is a poll, in a long one the same pollster, days and sample."""
    if rows and "poll_id" in rows[0][1]:
        yield from rows
        return
    foreign.say("polls get ids of their own: pollster and last day")
    wide = "party" not in foreign.columns
    keys: dict[tuple[object, ...], str] = {}
    for line, cells in rows:
        own = tuple(cells[column] for column in ("pollster", "fieldwork_start", "fieldwork_end", "sample_size"))
        key = (line,) if wide else own
        if key not in keys:
            stem = " ".join(f"{cells['pollster']} {cells['fieldwork_end']}".split())
            taken = sum(one == stem or one.startswith(f"{stem} (") for one in keys.values())
            keys[key] = f"{stem} ({taken + 1})" if taken else stem
        yield line, {**cells, "poll_id": keys[key]}
