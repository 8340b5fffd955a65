"""A user's own polls become a model and a forecast: the documents, and every input that was assumed for them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from forecast import library
from forecast.documents.dialect import ForeignTable, read_foreign_table
from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.names import RESERVED, clash, clean, means_against_all
from forecast.documents.poll_table import (
    ALIASES,
    NOT_AN_OPTION,
    PollRows,
    one_election,
    read_poll_table,
    rename_columns,
)
from forecast.documents.polls import COLUMNS, known_polls, polls_of
from forecast.documents.starter_districts import WHOLE_COUNTRY, district_names, place_files, places_of
from forecast.documents.system import read_system
from forecast.documents.tables import Row
from forecast.errors import DocumentError
from forecast.rules.system import AppointedTier, ElectoralSystem, NominalTier
from forecast.voteshare.electorate import Option, Poll

AHEAD = 30  # days from the last poll to the election, where nobody says when it is
VOTERS, TURNOUT, VALID = 10_000_000, 0.65, 0.98
_MOST_FAULTS = 25
_SPLIT = "voters of no option split like the rest, give or take this times sqrt(p(1-p)): Dirichlet, one pseudo-voter an option"


@dataclass(frozen=True)
class Wishes:
    """What the user says beside the polls; None where nothing was said."""

    name: str | None = None
    election_day: date | None = None
    as_of: date | None = None
    previous: Path | None = None
    voters: int | None = None
    turnout: float | None = None


@dataclass
class Starter:
    """New documents by file name; ``said`` is how the tables were read, ``assumed`` what nobody said, a line each.

    ``loose`` are those assumptions for which the model's document has no basis of its own.
    """

    forecast: str
    files: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    said: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def assume(self, line: str) -> None:
        """Note an assumption that the model's document lists."""
        self.assumed.append(line)
        self.loose.append(line)


def starter_for(stem: str, polls: Path, system_name: str, wishes: Wishes) -> Starter:
    """Return a model and a forecast from a poll table; ``stem`` is the name of the folder they will stand in.

    Raises
    ------
    DocumentError
        Every fault of the poll table, of the previous result, and of the system.
    """
    faults = Faults()
    system = read_system(system_name)
    tiers = [tier for tier in system.value.tiers if not isinstance(tier, AppointedTier)]
    if not tiers:
        faults.add(system.id, "has neither lists nor districts: there is nothing that votes decide")
    rows = read_poll_table(polls, faults)
    districts = sum(tier.districts for tier in tiers if isinstance(tier, NominalTier))
    if wishes.voters is not None and wishes.voters < districts:
        faults.add("--voters", f"{wishes.voters:,} are fewer than the {districts} districts of {system.id}")
    if rows is None:
        raise _shortened(faults)
    names = [name for name in rows.parties if name != "against_all"]
    names += ["against_all"] if "against_all" in rows.parties else []
    for name in names:
        if name in RESERVED and name != "against_all":
            faults.add(rows.table.file, f"{quoted(name)} is a reserved word; give the party another name")
    previous = _previous(wishes.previous, names, faults) if wishes.previous else None
    made = Starter(f"{stem}.toml" if stem != "model" else "model-forecast.toml")
    day, as_of, found = _polls(rows, names, wishes, made, faults)
    if faults.lines:
        raise _shortened(faults)
    made.said = [f"{rows.table.file}: {line}" for line in rows.said] + made.said
    if previous is not None:
        made.said += previous.said
    made.warnings += faults.warnings
    made.summary = (
        f"{_counted(len(found), 'poll')} of {_counted(len({poll.pollster for poll in found}), 'pollster')}, "
        f"{min(poll.end for poll in found)} to {max(poll.end for poll in found)}; {_counted(len(names), 'option')}; "
        f"{system.value.name} ({system.value.seats} seats)"
    )
    shares = previous.shares if previous is not None else {}
    made.files["polls.csv"] = _csv(COLUMNS, _poll_cells(rows.table.rows))
    made.files["options.csv"] = _options(names, shares)
    if previous is None:
        made.assumed.append(
            "no previous result is given (--previous): every option counts as new on the ballot, with a wider error"
        )
    _assume_order(rows, made)
    others = [poll for poll in found if 1 - sum(poll.shares.values()) > 0.005]
    if others:
        mean = sum(1 - sum(poll.shares.values()) for poll in others) / len(others)
        made.assumed.append(
            f"voters of no named option ({100 * mean:.1f} % on average in {_counted(len(others), 'poll')}) split like the rest"
        )
    _write_model(made, polls, rows, names, day, as_of, system.value, wishes)
    _write_forecast(made, system.path, system_name, wishes.name or stem, day)
    _write_sources(made, polls, rows, wishes)
    return made


@dataclass(frozen=True)
class _Previous:
    shares: dict[str, str]
    said: list[str]


def _previous(path: Path, names: Sequence[str], faults: Faults) -> _Previous | None:
    """Return the shares of the last election in percent, by option, as text."""
    table = read_foreign_table(path, faults)
    if table is None:
        return None
    before = len(faults.lines)
    rename_columns(
        table, {"party": ALIASES["party"], "share": (*ALIASES["share"], "previous_share", "prev_share", "previous")}
    )
    one_election(table)
    for column in ("party", "share"):
        if column not in table.columns:
            faults.add(f"{table.file}, line 1", f"column {column} is missing" + hint("", table.columns, "there are"))
    if len(faults.lines) > before:
        return None
    table.read_decimals(["share"])
    found = _shares_of(table, names, faults)
    if len(faults.lines) > before:
        return None
    total = sum(found.values())
    scale = 100 if 0 < total <= 1.005 else 1
    if total * scale > 100.5:
        faults.add(table.file, f"the shares add up to {total * scale:.1f} %; at most 100 is allowed")
    shares = {name: f"{scale * share:.6g}" for name, share in found.items() if name in names}
    said = [f"{table.file}: {line}" for line in table.said]
    said += [f"{table.file}: shares are fractions of 1 (they add up to {total:g})"] if scale == 100 else []
    gone = [name for name in found if name not in names]
    said += [f"{table.file}: in no poll, left out: {', '.join(gone)}"] if gone else []
    new = [name for name in names if name not in shares]
    said += [f"{table.file}: has no share of {', '.join(new)}: new on the ballot"] if new else []
    return _Previous(shares, said)


def _shares_of(table: ForeignTable, names: Sequence[str], faults: Faults) -> dict[str, float]:
    found: dict[str, float] = {}
    for line, cells in table.rows:
        row = Row(table.file, line, cells, faults)
        name = clean(cells["party"])
        name = "against_all" if means_against_all(name) else name
        if any(name.casefold() in usual for usual in NOT_AN_OPTION.values()) or not cells["share"]:
            continue
        share = row.number("share")
        if name in found:
            row.fault("party", f"{quoted(name)} is there twice")
        elif name not in names and (other := clash(name, names)) is not None:
            row.fault("party", f"{quoted(name)} is {quoted(other)} in the polls; write it the same way")
        elif share is not None and not 0 <= share <= 100:
            row.fault("share", f"is {float(share):g}; 0 to 100 is allowed")
        elif share is not None:
            found[name] = float(share)
    return found


def _polls(
    rows: PollRows, names: Sequence[str], wishes: Wishes, made: Starter, faults: Faults
) -> tuple[date, date, tuple[Poll, ...]]:
    """Return election day, as-of day and the polls known by then, checked as every model's are."""
    file = rows.table.file
    ends = [day for row in rows.table.rows if (day := _day(row.text("fieldwork_end"))) is not None]
    last = max(ends, default=date.min)
    day = wishes.election_day or _day(rows.election_date)
    if day is None:
        day = last + timedelta(days=AHEAD) if ends else date.max
        made.assume(f"election day {day}: {AHEAD} days after the last poll (--election-date says better)")
    elif wishes.election_day is None:
        made.said.append(f"{file}: election day {day}, from the column election_date")
    as_of = wishes.as_of
    if as_of is None:
        as_of = min(last, day)
        made.said.append(f"as of {as_of}, when the last poll ended (--as-of says otherwise)")
    if as_of > day:
        faults.add("--as-of", f"{as_of} is after election day, {day}; a forecast is made before")
    unit = _unit(rows.table.rows)
    if unit == "fraction":
        made.said.append(f"{file}: shares are fractions of 1, as no poll adds up to more")
    options = tuple(Option(name, "against_all" if name == "against_all" else "party") for name in names)
    before = len(faults.lines)
    every = polls_of(rows.table, options, unit, day, faults)
    known: tuple[Poll, ...] = ()
    if len(faults.lines) == before:
        known = known_polls(every, options, as_of, faults, at_day=f"{file}: as of {as_of}", at_polls=file)
    return day, as_of, known


def _unit(rows: Iterable[Row]) -> str:
    """Return the unit of the shares: fractions if no poll adds up to more than 1, else percent."""
    totals: dict[str, float] = {}
    for row in rows:
        try:
            share = float(row.text("share"))
        except ValueError:
            continue
        totals[row.text("poll_id")] = totals.get(row.text("poll_id"), 0.0) + share
    return "fraction" if totals and max(totals.values()) <= 1.005 else "percent"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _assume_order(rows: PollRows, made: Starter) -> None:
    """Note what the tables leave open: the order of the lists, and how many people were asked."""
    made.assumed.append(
        "registration order of the lists: as the poll table names them first; it decides equal remainders"
    )
    silent = {row.text("poll_id") for row in rows.table.rows if not row.text("sample_size")}
    if silent:
        made.assume(f"1,000 people asked where a poll does not say how many ({len(silent)} of them)")


def _options(names: Sequence[str], shares: dict[str, str]) -> str:
    cells = [[name, "against_all" if name == "against_all" else "party", shares.get(name, ""), ""] for name in names]
    return _csv(("name", "kind", "previous_share", "list_length"), cells)


def _poll_cells(rows: Iterable[Row]) -> Iterable[list[str]]:
    return ([clean(row.text(column)) for column in COLUMNS] for row in rows)


def _write_model(
    made: Starter,
    polls: Path,
    rows: PollRows,
    names: Sequence[str],
    day: date,
    as_of: date,
    system: ElectoralSystem,
    wishes: Wishes,
) -> None:
    title = wishes.name or made.forecast.removesuffix(".toml")
    voters = wishes.voters
    if voters is None:
        voters = VOTERS
        made.assume(f"registered voters {voters:,}: a round number; seats hardly depend on it (--voters says better)")
    turnout = _quantity(
        wishes.turnout, TURNOUT, "set with --turnout", "nobody said; seats of lists hardly depend on it"
    )
    spread = 1 / (len(names) + 1) ** 0.5
    text = f"""# Made by `forecast init` from {_comment(polls.name)}. SOURCES.md says what was read and what was assumed.
name         = {_toml(title)}
election_day = {day}
as_of        = {as_of}                 # only polls whose fieldwork had ended by then
assumptions  = {_toml_list(made.loose)}

[options]
table = "options.csv"                     # rows stand in the order of registration
registration_order = {{basis = "assumed", note = "as the poll table names them first"}}

[votes]
family = "logistic-normal"
centre = "polls"
polls  = "polls.csv"
unit   = "{_unit(rows.table.rows)}"
missing_sample_size = 1000
undecided = {{rule = "proportional", sd = {{value = {spread:.4f}, basis = "assumed", note = {_toml(_SPLIT)}}}}}

[turnout]
electorate  = {voters}
valid_share = {{value = {VALID}, basis = "assumed", note = "nobody said"}}
sd          = {{value = 0.05, basis = "assumed", note = "nobody said"}}
"""
    if district_names(system) or places_of(system) != (WHOLE_COUNTRY,):
        tables, made_text, notes = place_files(system, names, voters, wishes.turnout or TURNOUT)
        made.files |= tables
        text += made_text
        made.assumed += notes
    else:
        text += f"expected    = {turnout}\n"
    made.files["model.toml"] = text
    if wishes.turnout is None:
        made.assumed.append(f"turnout {100 * TURNOUT:g} %, give or take 5 points (--turnout says better)")
    made.assumed.append(f"valid ballots: {100 * VALID:g} % of those cast")


def _write_forecast(made: Starter, system: Path, named: str, title: str, day: date) -> None:
    law = named
    if not library.is_bare(named):
        copy = system.name if system.name not in ("model.toml", made.forecast) else f"system-{system.name}"
        made.files[copy] = system.read_text(encoding="utf-8-sig")
        made.said.append(f"{named} is copied to {copy}")
        law = f"./{copy}"
    made.files[made.forecast] = f"""# Made by `forecast init`. Run it, then put your own figures into model.toml.
name    = {_toml(title)}
model   = "./model.toml"
systems = [{_toml(law)}]
draws   = 1_000_000
seed    = {day:%Y%m%d}
"""


def _write_sources(made: Starter, polls: Path, rows: PollRows, wishes: Wishes) -> None:
    lines = [f"# Sources of {made.forecast.removesuffix('.toml')}", ""]
    lines += [f"- polls.csv: {polls.name}, SHA-256 {rows.table.sha256}"]
    if wishes.previous is not None:
        lines.append(f"- options.csv, previous_share: {wishes.previous.name}")
    lines += ["", "## How the tables were read", *(f"- {line}" for line in made.said)]
    lines += ["", "## Assumed, not sourced", *(f"- {line}" for line in made.assumed)]
    made.files["SOURCES.md"] = "\n".join(lines) + "\n"


def _quantity(given: float | None, otherwise: float, said: str, why: str) -> str:
    if given is not None:
        return f'{{value = {given}, basis = "set", note = "{said}"}}'
    return f'{{value = {otherwise}, basis = "assumed", note = "{why}"}}'


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue()


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _toml_list(lines: Sequence[str]) -> str:
    return "[" + "".join(f"\n  {_toml(line)}," for line in lines) + ("\n]" if lines else "]")


def _comment(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("s" if number != 1 else "")


def _shortened(faults: Faults) -> DocumentError:
    more = len(faults.lines) - _MOST_FAULTS
    lines = faults.lines[:_MOST_FAULTS]
    return DocumentError([*lines, f"and {more} faults more"] if more > 0 else lines)
