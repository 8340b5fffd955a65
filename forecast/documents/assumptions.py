"""What a model assumes, a line each: whatever its document and tables mark as ``assumed``."""

from __future__ import annotations

from collections.abc import Iterator

from forecast.documents.model_schema import ModelDocument
from forecast.documents.schema import Document, QuantityTable
from forecast.documents.tables import Row, Table
from forecast.voteshare.electorate import Poll

_WORDS = {
    "votes.undecided.sd": "spread of the undecided",
    "votes.error": "error around the result",
    "turnout.valid_share": "valid share of the ballots",
    "turnout.sd": "sd of national turnout",
    "turnout.expected": "expected turnout",
    "regions.shock_sd": "sd of regional shocks",
    "districts.swing": "part of a party's swing that its candidates follow",
    "districts.candidate_sd": "sd of the personal vote of party candidates",
    "districts.self_nominated.sd": "sd of single self-nominated candidates",
    "assemblies.local_sd": "sd of an assembly's own shock, a party or group",
    "districts.self_nominated.national_sd": "sd of all self-nominated candidates together",
}
_MOST_NOTES = 3
GUMBEL_LINE = (
    "candidates' personal votes follow a Gumbel law of the same spread, not a normal one (districts.noise): another "
    "model, with a heavier right tail, in which long shots win more often"
)
_LONGEST_NOTE = 160


def assumptions_of(document: ModelDocument, tables: dict[str, Table], polls: tuple[Poll, ...]) -> tuple[str, ...]:
    """Return the lines. ``tables`` go by their role: options, polls, regions, districts, candidates, result, persons."""
    lines = list(document.assumptions)
    lines += [
        f"{_WORDS.get(key, key)} = {quantity.value:g}{_after(quantity.note)}" for key, quantity in _assumed(document)
    ]
    order = document.options.registration_order
    if order.basis == "assumed":
        lines.append(f"registration order of the lists{_after(order.note)}")
    if document.districts is not None and document.districts.noise == "gumbel":
        lines.append(GUMBEL_LINE)
    used = {poll.id for poll in polls}
    for poll, rows in _by_poll(tables.get("polls"), used).items():
        lines += _counted(rows, "basis", f"poll {poll}: figures", "rows")
    for role, what, unit in (("options", "list figures", "options"), ("regions", "turnout", "regions")):
        lines += _counted(_rows(tables, role), "basis", what, unit)
    lines += _counted(_rows(tables, "result"), "basis", "votes of the result", "options")
    lines += _counted(_rows(tables, "regional votes"), "basis", "shares by region at the last election", "rows")
    lines += _counted(_rows(tables, "persons"), "basis", "persons on lists", "rows")
    for what in ("region", "electorate", "candidates"):
        named = "number of candidates" if what == "candidates" else what
        lines += _counted(_rows(tables, "districts"), f"{what}_basis", named, "districts")
    lines += _counted(_rows(tables, "candidates"), "basis", "candidacy", "candidates")
    for role, what, unit in (
        ("assemblies", "size", "assemblies"),
        ("assembly lists", "list", "lists of assemblies"),
        ("assembly candidates", "field of candidates", "rows of assembly districts"),
    ):
        lines += _counted(_rows(tables, role), "basis", what, unit)
    return tuple(lines)


def _assumed(table: Document, key: str = "") -> Iterator[tuple[str, QuantityTable]]:
    for name, value in table:
        path = f"{key}.{name}" if key else name
        if isinstance(value, QuantityTable):
            if value.basis == "assumed":
                yield path, value
        elif isinstance(value, Document):
            yield from _assumed(value, path)


def _by_poll(table: Table | None, used: set[str]) -> dict[str, list[Row]]:
    polls: dict[str, list[Row]] = {}
    for row in table.rows if table else ():
        if row.text("poll_id") in used:
            polls.setdefault(row.text("poll_id"), []).append(row)
    return polls


def _counted(rows: list[Row], column: str, what: str, unit: str) -> Iterator[str]:
    """Yield one line that counts the assumed rows of a column and quotes their distinct notes; none if there are none."""
    notes = [note for word, note in (row.basis(column) for row in rows) if word == "assumed"]
    if not notes:
        return
    distinct = [note for note in dict.fromkeys(notes) if note]
    clauses = [clause for note in distinct[:_MOST_NOTES] for clause in _short(note).split("; ")]
    said = "; ".join(dict.fromkeys(clauses))
    more = f"; and {len(distinct) - _MOST_NOTES} more notes" if len(distinct) > _MOST_NOTES else ""
    many = f"all {len(rows)}" if len(notes) == len(rows) else f"{len(notes)} of {len(rows)}"
    yield f"{what} assumed in {many} {unit}" + (f" ({said}{more})" if said else "")


def _rows(tables: dict[str, Table], role: str) -> list[Row]:
    return list(tables[role].rows) if role in tables else []


def _after(note: str) -> str:
    return f": {note}" if note else ""


def _short(note: str) -> str:
    return note if len(note) <= _LONGEST_NOTE else note[: _LONGEST_NOTE - 3] + "..."
