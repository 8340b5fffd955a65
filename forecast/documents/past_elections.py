"""The four tables of past elections: ``elections``, ``results``, ``polls`` and ``previous``, with shares in percent.

Columns that measuring does not need may stand beside these, and are left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from forecast.documents.faults import Faults, quoted, shown
from forecast.documents.names import same
from forecast.documents.tables import Row, duplicates, read_table
from forecast.voteshare.electorate import Poll
from forecast.voteshare.past import PastElection

ELECTIONS = ("election_id", "country", "election_date")
RESULTS = ("election_id", "party", "vote_share")
POLLS = ("election_id", "poll_id", "pollster", "fieldwork_end", "party", "share")
PREVIOUS = ("election_id", "party", "prev_date", "prev_share")
T = TypeVar("T")
UNUSABLE = ("false", "0", "no")
MOST_OVER = 102.0  # percent: what rounding can make of 100


@dataclass
class _Growing:
    """A poll while its rows are read."""

    row: Row
    pollster: str
    start: date
    end: date
    size: int | None
    shares: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PastElections:
    """Elections in the order of their days, and what the reader should know about how the tables were read."""

    elections: tuple[PastElection, ...]
    unusable: tuple[str, ...]  # ids that the table itself marks as not usable
    said: tuple[str, ...]


def read_past_elections(polls: Path, results: Path, elections: Path, previous: Path | None = None) -> PastElections:
    """Read the tables; columns are those of ``ELECTIONS``, ``RESULTS``, ``POLLS`` and ``PREVIOUS``.

    ``elections`` may also have ``group``, ``threshold`` (percent; empty: none) and ``ok`` (True or False); ``polls``
    also ``fieldwork_start`` and ``sample_size`` (empty: unknown).

    Raises
    ------
    DocumentError
        With every fault found, by file and line.
    """
    faults = Faults()
    held = _rows(elections, ELECTIONS, faults)
    result_rows = _rows(results, RESULTS, faults)
    poll_rows = _rows(polls, POLLS, faults)
    previous_rows = [] if previous is None else _rows(previous, PREVIOUS, faults)
    faults.stop_if_any()
    for row, earlier in duplicates([(row, row.text("election_id")) for row in held]):
        row.fault("election_id", f"{quoted(row.text('election_id'))} stands in line {earlier.line} already")
    days = {row.text("election_id"): row.day("election_date") for row in held}
    faults.stop_if_any()
    known = set(days)
    shares = _by_party(result_rows, known, lambda row: _percent(row, "vote_share"))
    before = _by_party(
        [row for row in previous_rows if row.text("prev_share")],
        known,
        lambda row: (row.day("prev_date") or date.min, _percent(row, "prev_share")),
    )
    asked = _polls(poll_rows, {name: day for name, day in days.items() if day is not None}, faults)
    for name, of in shares.items():
        if sum(of.values()) > MOST_OVER / 100:
            faults.add(
                shown(results), f"the vote shares of {name} add up to {100 * sum(of.values()):.1f} %; at most 100"
            )
    unusable = [row.text("election_id") for row in held if row.text("ok").casefold() in UNUSABLE]
    for name in [name for name in days if name not in shares and name not in unusable]:
        faults.add(shown(results), f"there is no result of {quoted(name)}, which stands in {elections.name}")
    faults.stop_if_any()
    found = []
    for row in held:
        name, day = row.text("election_id"), days[row.text("election_id")]
        if name in unusable:
            continue
        threshold = _percent(row, "threshold") if row.text("threshold") else 0.0
        assert day is not None  # faults would have stopped
        found.append(
            PastElection(
                name,
                row.text("country"),
                row.text("group") or "all",
                day,
                threshold or None,
                tuple(sorted(asked.get(name, []), key=lambda poll: (poll.end, poll.id))),
                shares[name],
                before.get(name, {}),
            )
        )
    faults.stop_if_any()
    return PastElections(
        tuple(sorted(found, key=lambda one: (one.day, one.id))), tuple(unusable), tuple(faults.warnings)
    )


def _rows(path: Path, required: tuple[str, ...], faults: Faults) -> list[Row]:
    table = read_table(path, required, faults, starting="")
    return [] if table is None else list(table.rows)


def _percent(row: Row, column: str) -> float:
    """Return a percentage as a fraction."""
    share = row.number(column)
    if share is not None and not 0 <= share <= 100:
        row.fault(column, f"is {float(share):g}; a percentage of 0 to 100 is allowed")
    return float((share or 0) / 100)


def _by_party(rows: list[Row], known: set[str], value: Callable[[Row], T]) -> dict[str, dict[str, T]]:
    found: dict[str, dict[str, T]] = {}
    for row in rows:
        name, party = row.text("election_id"), row.name("party")
        if name not in known:
            row.fault("election_id", f"{quoted(name)} stands in no row of the table of elections")
        elif party is not None:
            if party in found.setdefault(name, {}):
                row.fault("party", f"{quoted(party)} is there twice for {name}")
            found[name][party] = value(row)
    return found


def _polls(rows: list[Row], days: dict[str, date], faults: Faults) -> dict[str, list[Poll]]:
    growing: dict[tuple[str, str], _Growing] = {}
    for row in rows:
        name, party = row.text("election_id"), row.name("party")
        if name not in days:
            row.fault("election_id", f"{quoted(name)} stands in no row of the table of elections")
            continue
        poll = growing.get((name, row.text("poll_id")))
        if poll is None:
            poll = _first_row(row)
            if poll is None:
                continue
            growing[name, row.text("poll_id")] = poll
        elif row.text("pollster") != poll.pollster or row.text("fieldwork_end") != poll.row.text("fieldwork_end"):
            row.fault("poll_id", f"pollster or days differ from line {poll.row.line}, which has the same poll_id")
        if party is not None and row.text("share"):
            if party in poll.shares:
                row.fault("party", f"{quoted(party)} is there twice in poll {row.text('poll_id')}")
            poll.shares[party] = _percent(row, "share")
    keyed = [
        (poll.row, f"{name}/{same(poll.pollster)}/{poll.start}/{poll.end}/{sorted(poll.shares.items())}")
        for (name, _), poll in growing.items()
    ]
    for row, earlier in duplicates(keyed):
        row.fault(
            "poll_id", f"the same pollster, dates and shares as the poll of line {earlier.line}; is it there twice?"
        )
    kept: dict[str, list[Poll]] = {}
    late = 0
    for (name, identity), poll in growing.items():
        total = sum(poll.shares.values())
        if total > MOST_OVER / 100:
            poll.row.fault("share", f"the shares of poll {identity} add up to {100 * total:.1f} %; at most 100")
        elif total == 0:
            poll.row.fault("share", f"poll {identity} has no share above 0")
        elif poll.end >= days[name]:
            late += 1
        else:
            shares = {party: share / max(total, 1.0) for party, share in poll.shares.items()}
            kept.setdefault(name, []).append(Poll(identity, poll.pollster, poll.start, poll.end, poll.size, shares))
    if late:
        faults.warn(rows[0].file, f"{late} {'poll' if late == 1 else 'polls'} ended on election day or later, left out")
    return kept


def _first_row(row: Row) -> _Growing | None:
    end = row.day("fieldwork_end")
    start = row.day("fieldwork_start") if row.text("fieldwork_start") else end
    pollster = row.name("pollster")
    if not row.text("poll_id"):
        row.fault("poll_id", "is empty; rows of one poll carry the same id")
    if end is None or start is None or pollster is None:
        return None
    if start > end:
        row.fault("fieldwork_start", f"{start} lies after fieldwork_end, {end}")
    size = None
    if row.text("sample_size"):
        number = row.number("sample_size")
        if number is not None and not 1 <= number <= 10_000_000:
            row.fault("sample_size", f"is {float(number):g}; 1 to 10,000,000 is allowed, empty where it is unknown")
        elif number is not None:
            size = int(number)
    return _Growing(row, pollster, start, end, size)
