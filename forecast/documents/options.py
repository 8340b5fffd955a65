"""``options.csv``, the lines of the list ballot, and ``result.csv``, their votes where those are known."""

from __future__ import annotations

from typing import Literal, cast

from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.names import RESERVED, clash, means_against_all
from forecast.documents.tables import Row, Table
from forecast.voteshare.electorate import Option

COLUMNS = ("name", "kind", "previous_share", "list_length")
OPTIONAL = ("previous_seats",)
RESULT_COLUMNS = ("option", "votes")


def options_of(table: Table, faults: Faults) -> tuple[Option, ...]:
    """Return the options in order of registration; "against all", if there is one, stands last."""
    options: list[Option] = []
    for row in table.rows:
        name, kind = row.name("name"), row.one_of("kind", ("party", "against_all"))
        previous, length = _previous(row), row.whole("list_length", 1, 100_000) if row.text("list_length") else None
        if name is None or kind is None:
            continue
        if (other := clash(name, [option.name for option in options])) is not None:
            row.fault("name", f"{quoted(name)} cannot be told from {quoted(other)}; names must differ")
            continue
        if kind == "party" and means_against_all(name):
            row.warn("name", f'{quoted(name)} reads like the line "against all"; its kind is then against_all')
        if kind == "against_all" and length is not None:
            row.fault("list_length", '"against all" has no list; leave it empty')
        if name in RESERVED and kind == "party" and not means_against_all(name):
            row.fault("name", f"{quoted(name)} is a reserved word of polls and votes; give the party another name")
        seats = row.whole("previous_seats", 0, 100_000) if row.text("previous_seats") else None
        if kind == "against_all" and seats is not None:
            row.fault("previous_seats", '"against all" has no seats; leave it empty')
        options.append(Option(name, cast(Literal["party", "against_all"], kind), previous, length, seats))
    _check(options, table, faults)
    return tuple(options)


def _previous(row: Row) -> float | None:
    if not row.text("previous_share"):
        return None
    share = row.number("previous_share")
    if share is not None and not 0 <= share <= 100:
        row.fault("previous_share", f"is {float(share):g}; a percentage of 0 to 100 is allowed, empty for a new option")
    return None if share is None else float(share / 100)


def _check(options: list[Option], table: Table, faults: Faults) -> None:
    if faults.lines:
        return
    kinds = [option.kind for option in options]
    if "party" not in kinds:
        faults.add(table.file, "there is no party; at least one row of kind party is needed")
    if "against_all" in kinds[:-1]:
        row = table.rows[kinds.index("against_all")]
        row.fault("kind", "the one row of kind against_all stands last, after the parties")
    total = sum(option.previous or 0.0 for option in options)
    if total > 1.005:
        faults.add(f"{table.file}: previous_share", f"the shares add up to {100 * total:.1f} %; at most 100 is allowed")
    if any(option.previous for option in options) and 0 < total <= 0.0101:
        faults.add(f"{table.file}: previous_share", "looks like fractions of 1; percent is needed (53.9, not 0.539)")


def result_of(table: Table, options: tuple[Option, ...], faults: Faults) -> dict[str, int]:
    """Return the votes of every option."""
    names = [option.name for option in options]
    votes: dict[str, int] = {}
    for row in table.rows:
        name, number = row.name("option"), row.whole("votes")
        if name is None:
            continue
        if name not in names:
            row.fault("option", f"{quoted(name)} is no option of this model" + hint(name, names, "options"))
        elif name in votes:
            row.fault("option", f"{quoted(name)} is there twice")
        votes[name] = number or 0
    for name in names:
        if name not in votes:
            faults.add(f"{table.file}: option", f"{quoted(name)} is missing; every option needs a row")
    if not any(votes.values()):
        faults.add(f"{table.file}: votes", "all votes are zero; a result has votes")
    return votes
