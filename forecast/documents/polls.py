"""``polls.csv``: one row a poll and option, checked, and cut off at the as-of day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.names import same
from forecast.documents.tables import Row, Table, duplicates
from forecast.voteshare.electorate import Option, Poll

COLUMNS = ("poll_id", "pollster", "fieldwork_start", "fieldwork_end", "sample_size", "party", "share")
NO_OPTION = ("undecided", "other")
HORIZONS = (1, 7, 30, 60)  # days before the election: the rows of constants
STALE, OLDEST = 180, 400  # days: the constants were learned on polls of the last 400, and on none without one in 180

_OF_THE_POLL = ("pollster", "fieldwork_start", "fieldwork_end", "sample_size")
_LARGE_SAMPLE = 10**7
_MOST = Fraction(1005, 1000)
_MOST_NAMED = 5  # remarks of one kind; more are counted


def polls_of(
    table: Table, options: tuple[Option, ...], unit: str, election_day: date, faults: Faults
) -> tuple[Poll, ...]:
    """Return every poll of the table; faults are noted."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in table.rows:
        name = row.name("poll_id")
        if name is not None:
            rows[name].append(row)
    names = [option.name for option in options]
    polls = [_poll(name, of_it, names, unit, election_day) for name, of_it in rows.items()]
    whole = [poll for poll in polls if poll is not None]
    _check_repeats(whole, rows)
    return tuple(whole)


def _poll(name: str, rows: list[Row], names: list[str], unit: str, election_day: date) -> Poll | None:
    first = rows[0]
    for row in rows[1:]:
        for column in _OF_THE_POLL:
            if row.text(column) != first.text(column):
                row.fault(
                    column,
                    f"is {quoted(row.text(column))}, but {quoted(first.text(column))} in line {first.line}; "
                    f"all rows of poll {quoted(name)} need the same",
                )
    pollster = first.name("pollster")
    end = first.day("fieldwork_end")
    start = end if first.text("fieldwork_start") == first.text("fieldwork_end") else first.day("fieldwork_start")
    size = first.whole("sample_size", 1) if first.text("sample_size") else None
    if size is not None and size > _LARGE_SAMPLE:
        first.warn("sample_size", f"{size:,} people asked is more than any poll; is it right?")
    if start is not None and end is not None and start > end:
        first.fault("fieldwork_end", f"{end} is before fieldwork_start, {start}")
    if end is not None and end > election_day:
        first.fault("fieldwork_end", f"{end} is after election day, {election_day}; no poll of this election")
    shares = _shares(name, rows, names, unit)
    if pollster is None or start is None or end is None or shares is None:
        return None
    undecided = shares.pop("undecided", None)
    shares.pop("other", None)
    return Poll(name, pollster, start, end, size, shares, undecided)


def _shares(name: str, rows: list[Row], names: list[str], unit: str) -> dict[str, float] | None:
    allowed = [*names, *NO_OPTION]
    shares: dict[str, Fraction] = {}
    whole = True
    for row in rows:
        option, share = row.name("party"), row.number("share")
        if option is not None and option not in allowed:
            row.fault("party", f"{quoted(option)} is no option of this model" + hint(option, allowed))
        elif option in shares:
            row.fault("party", f"{quoted(option)} is there twice in poll {quoted(name)}")
        elif option is not None and share is not None and 0 <= share <= 100:
            shares[option] = share
            continue
        elif share is not None and not 0 <= share <= 100:
            row.fault("share", f"is {float(share):g}; 0 to {100 if unit == 'percent' else 1} is allowed")
        whole = False
    if not whole:
        return None
    return _in_fractions(name, rows[0], shares, unit)


def _in_fractions(name: str, first: Row, shares: dict[str, Fraction], unit: str) -> dict[str, float] | None:
    most = max(shares.values())
    total = sum(shares.values(), Fraction(0))
    if unit == "fraction" and most > 1:
        first.fault("share", f'poll {quoted(name)} has shares above 1; write unit = "percent" under [votes]')
        return None
    if unit == "percent" and len(shares) > 1 and total <= _MOST:
        first.fault(
            "share", f'poll {quoted(name)} adds up to {float(total):g} %; write unit = "fraction" under [votes]'
        )
        return None
    scale = 100 if unit == "percent" else 1
    if total > _MOST * scale:
        percent = float(100 * total / scale)
        first.fault("share", f"poll {quoted(name)} adds up to {percent:.1f} %; is 'undecided' counted twice?")
        return None
    if not any(option not in NO_OPTION and share for option, share in shares.items()):
        first.fault("share", f"poll {quoted(name)} gives no option a share")
        return None
    return {option: float(share / scale) for option, share in shares.items()}


def _check_repeats(polls: list[Poll], rows: dict[str, list[Row]]) -> None:
    keyed = [
        (rows[poll.id][0], f"{same(poll.pollster)}/{poll.start}/{poll.end}/{sorted(poll.shares.items())}")
        for poll in polls
    ]
    repeated = set()
    for row, earlier in duplicates(keyed):
        repeated.add(row.text("poll_id"))
        row.fault(
            "poll_id", f"the same pollster, dates and shares as the poll of line {earlier.line}; is it there twice?"
        )
    overlapping = [
        (poll, other)
        for later, poll in enumerate(polls)
        for other in polls[:later]
        if same(poll.pollster) == same(other.pollster) and poll.id not in repeated
        if poll.start <= other.end and other.start <= poll.end
    ]
    for poll, other in overlapping[:_MOST_NAMED]:
        rows[poll.id][0].warn("fieldwork_start", f"the fieldwork overlaps with that of poll {quoted(other.id)}")
    if len(overlapping) > _MOST_NAMED:
        poll, more = overlapping[_MOST_NAMED][0], len(overlapping) - _MOST_NAMED
        rows[poll.id][0].warn("fieldwork_start", f"and {more} pairs more of polls of one pollster overlap")


def known_polls(
    polls: tuple[Poll, ...], options: tuple[Option, ...], as_of: date, faults: Faults, *, at_day: str, at_polls: str
) -> tuple[Poll, ...]:
    """Return the polls that had ended by the as-of day, and not more than ``OLDEST`` days before it.

    A warning says which were left out. ``at_day`` and ``at_polls`` are where faults of the day and of the polls go.
    """
    ended = tuple(poll for poll in polls if poll.end <= as_of)
    _say_left_out([poll for poll in polls if poll.end > as_of], f"after {as_of}", at_day, faults)
    known = tuple(poll for poll in ended if (as_of - poll.end).days <= OLDEST)
    old = [poll for poll in ended if poll not in known]
    if not ended:
        first = min((poll.end for poll in polls), default=None)
        faults.add(
            at_day, f"no poll is left: none had ended by {as_of}" + (f"; the first ended on {first}" if first else "")
        )
        return ended
    last = max(poll.end for poll in ended)
    if not known:
        faults.add(
            at_day,
            f"no poll is left: the last ended on {last}, {(as_of - last).days} days before {as_of}; polls older than "
            f"{OLDEST} days say nothing that past elections would bear out",
        )
        return known
    _say_left_out(old, f"more than {OLDEST} days before {as_of}", at_day, faults)
    if (as_of - last).days > STALE:
        faults.warn(
            at_day,
            f"the last poll ended on {last}, {(as_of - last).days} days before {as_of}; polls this old are a weak guide",
        )
    if len(known) < 2:
        faults.warn(at_day, f"one poll is left ({known[0].id}); its own errors cannot be told from the truth")
    missing = list(_never_named(options, known))
    if missing:
        faults.add(
            at_polls, f"no poll left names {', '.join(missing)}; every option needs a share in at least one poll"
        )
    return known


def _say_left_out(polls: list[Poll], why: str, where: str, faults: Faults) -> None:
    for poll in polls if len(polls) <= _MOST_NAMED else []:
        faults.warn(where, f"poll {poll.id} ({poll.pollster}) ended on {poll.end}, {why}: left out")
    if len(polls) > _MOST_NAMED:
        days = sorted(poll.end for poll in polls)
        faults.warn(where, f"{len(polls)} polls ended from {days[0]} to {days[-1]}, {why}: left out")


def _never_named(options: tuple[Option, ...], polls: Iterable[Poll]) -> Iterable[str]:
    named = {name for poll in polls for name in poll.shares}
    return (option.name for option in options if option.name not in named)
