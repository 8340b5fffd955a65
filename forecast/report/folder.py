"""A run's folder as a reader meets it: every file checked against ``run.json`` before a word is made of it.

Nothing here trusts the folder: schema version, sizes, checksums, columns and row counts are looked at first, text is
freed of control and direction characters, and nothing is ever unpickled.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecast.errors import EnvironmentTrouble, ForecastError
from forecast.files import sha256_of
from forecast.runfile import MOST_DRAWS, RUN_FILE, SCHEMA
from forecast.runs import REPLICATES_FILE, TALLIES_FILE
from forecast.tables import ASSEMBLY_COLUMNS, COLUMNS, COMPARE_COLUMNS, PERSON_COLUMNS

MOST_BYTES = 256 * 2**20  # of one table or JSON file
MOST_ROWS = 2_000_000  # of one table
DRAWS_FILE = "draws.parquet"

Row = dict[str, str]

KNOWN = {**COLUMNS, **COMPARE_COLUMNS, **PERSON_COLUMNS, **ASSEMBLY_COLUMNS}
# Control characters, and those that turn the direction of text (bidi embeddings, overrides, isolates, marks).
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_OUTPUT = re.compile(r"[a-z][a-z_]{0,60}\.(?:csv|json|parquet)")
_FOLDERS = re.compile(r"(?<![\w.])(?:~?/|[A-Za-z]:[\\/])[^:,\n]*[\\/](?=[^\\/:,\n]+\.(?:toml|csv|parquet|xlsx)\b)")
_SHIELDED = re.compile(r"^'(?=[=+\-@])")


@dataclass(frozen=True, eq=False)
class RunFolder:
    """A finished run, read and checked; ``tables`` maps a file's name to its rows, all cells as text."""

    folder: Path
    record: Mapping[str, Any]
    tables: Mapping[str, list[Row]]
    tallies: Mapping[str, Any] = field(repr=False)
    replicates: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The run's name: the stem of its forecast document."""
        return plain_text(str(self.record["name"]))

    @property
    def document(self) -> Mapping[str, Any]:
        """The resolved document."""
        document: Mapping[str, Any] = self.record["document"]
        return document

    def title(self, code: str) -> str:
        """Return what the forecast is called in a language."""
        return title_of(self.document, code)

    def names(self, code: str) -> dict[str, str]:
        """Return what parties and regions are called in a language, as far as the model says."""
        return names_in(self.document.get("model", {}), code)

    @property
    def assumptions(self) -> list[str]:
        """What was assumed, a line an assumption."""
        return [pathless_text(str(line)) for line in self.record["assumptions"]]

    @property
    def warnings(self) -> list[str]:
        """What the run warned of."""
        return [pathless_text(str(line)) for line in self.record["warnings"]]

    @property
    def draws(self) -> int:
        """Number of draws."""
        return int(self.record["draws"])

    @property
    def systems(self) -> list[str]:
        """The systems, the first of a comparison first."""
        return list(dict.fromkeys(row["system"] for row in self.tables["summary.csv"]))

    @property
    def draws_file(self) -> Path | None:
        """The stored draws; None where the run kept none."""
        return self.folder / DRAWS_FILE if DRAWS_FILE in self.record["outputs"] else None

    def rows(self, table: str, system: str | None = None) -> list[Row]:
        """Return the rows of a table, of one system where it is named; none where the run has no such table."""
        rows = self.tables.get(table, [])
        return rows if system is None else [row for row in rows if row.get("system") == system]


def read_run(folder: Path) -> RunFolder:
    """Read a finished run.

    Raises
    ------
    ForecastError
        The folder is no run.
    EnvironmentTrouble
        A file is missing, damaged, changed by hand, too large, or of another schema; the text names it.
    """
    record = _record(folder)
    for name, entry in record["outputs"].items():
        _check_file(folder / name, entry)
    for name in (*COLUMNS, TALLIES_FILE):
        if name not in record["outputs"]:
            raise EnvironmentTrouble(f"{folder / RUN_FILE}: outputs: {name} is missing; compute the run again")
    tables = {
        name: read_table(folder / name, KNOWN[name], entry.get("rows"))
        for name, entry in record["outputs"].items()
        if name in KNOWN
    }
    tallies = read_json(folder / TALLIES_FILE)
    if not isinstance(tallies.get("tallies"), dict):
        raise EnvironmentTrouble(f"{folder / TALLIES_FILE}: holds no tallies; compute the run again with --force")
    _check_draws(folder / RUN_FILE, record["draws"], tables["summary.csv"], tallies["tallies"])
    replicates = read_json(folder / REPLICATES_FILE).get("tallies") if REPLICATES_FILE in record["outputs"] else None
    if replicates is not None and not isinstance(replicates, dict):
        raise EnvironmentTrouble(f"{folder / REPLICATES_FILE}: holds no tallies; compute the run again with --force")
    return RunFolder(folder, record, tables, tallies["tallies"], replicates)


def title_of(document: Mapping[str, Any], code: str) -> str:
    """Return what a document is called in a language: its title there, else its name.

    >>> title_of({"name": "Mazhilis", "titles": {"ru": "Мажилис"}}, "ru"), title_of({"name": "Mazhilis"}, "kk")
    ('Мажилис', 'Mazhilis')
    """
    return plain_text(str(document.get("titles", {}).get(code) or document.get("name", "")))


def names_in(document: Mapping[str, Any], code: str) -> dict[str, str]:
    """Return what a model, or the manifest of a batch, calls parties and regions in a language."""
    called = document.get("names", {}).get(code, {})
    return {plain_text(name): plain_text(text) for name, text in called.items()}


def plain_text(text: str) -> str:
    """Return text without control and direction characters.

    >>> plain_text("Ama\\u202enat\\n")
    'Amanat'
    """
    return _UNSEEN.sub("", text)


def pathless_text(text: str) -> str:
    """Return plain text in which files are named without their folders, since those are a machine's own.

    >>> pathless_text("/home/a b/polls.csv, line 3: 1/2 counts")
    'polls.csv, line 3: 1/2 counts'
    """
    return _FOLDERS.sub("", plain_text(text))


def _record(folder: Path) -> dict[str, Any]:
    path = folder / RUN_FILE
    if not path.is_file():
        raise ForecastError(f"{folder}: holds no {RUN_FILE}: it is no finished run; name the folder a run has written")
    record = read_json(path)
    schema = record.get("schema")
    if schema != SCHEMA:
        raise EnvironmentTrouble(
            f"{path}: schema: is {schema!r}; this version reads {SCHEMA}: compute the run again, or use the version of "
            "seatcast that wrote it"
        )
    missing = [
        f"{path}: {key}: is missing or no {kind.__name__}; compute the run again"
        for key, kind in _EXPECTED.items()
        if not isinstance(record.get(key), kind) or (kind is int and isinstance(record[key], bool))
    ]
    if missing:
        raise EnvironmentTrouble("\n".join(missing))
    for name, entry in record["outputs"].items():
        if not _OUTPUT.fullmatch(name) or not isinstance(entry, dict) or not isinstance(entry.get("sha256"), str):
            raise EnvironmentTrouble(f"{path}: outputs: {name[:60]!r} is no file of a run; compute the run again")
    if not 1 <= record["draws"] <= MOST_DRAWS:
        raise EnvironmentTrouble(f"{path}: draws: is no number from 1 to {MOST_DRAWS:,}; compute the run again")
    if not isinstance(record["document"].get("name"), str) or not isinstance(record["document"].get("systems"), dict):
        raise EnvironmentTrouble(f"{path}: document: has no name or no systems; compute the run again")
    asked = record.get("asked", {})
    lists = [asked.get(key) or [] for key in ("overrides", "systems")] if isinstance(asked, dict) else [None]
    shapes = {
        "asked": all(isinstance(one, list) for one in lists),
        "sampler": isinstance(record.get("sampler", {}), dict),
        "silent_choices": all(isinstance(one, dict) for one in record["silent_choices"]),
        "inputs": all(isinstance(one, dict) for one in record["inputs"].values()),
        "document: systems": all(map(_is_law, record["document"]["systems"].values())),
        "document: titles": are_texts(record["document"].get("titles", {})),
        "document: model": _is_model(record["document"].get("model", {})),
    }
    for key, sound in shapes.items():
        if not sound:
            raise EnvironmentTrouble(f"{path}: {key}: has another shape than a run writes; compute the run again")
    return record


_EXPECTED: dict[str, type] = {
    "name": str, "digest": str, "seed": int, "draws": int, "audit": dict, "document": dict, "outputs": dict,
    "inputs": dict, "tool": dict, "kernel_stream": dict, "silent_choices": list, "assumptions": list, "warnings": list,
}  # fmt: skip


def _is_law(entry: Any) -> bool:
    """Return whether a resolved system has tiers that can be read."""
    tiers = entry.get("tier", []) if isinstance(entry, dict) else None
    sound = isinstance(tiers, list) and all(isinstance(tier, dict) for tier in tiers)
    return sound and are_texts(entry.get("titles", {}))


def _is_model(entry: Any) -> bool:
    """Return whether what a resolved model calls parties and regions can be read."""
    return isinstance(entry, dict) and are_names(entry.get("names", {})) and are_texts(entry.get("titles", {}))


def are_names(entry: Any) -> bool:
    """Return whether an entry is the names of parties and regions by language, as a model has them."""
    return isinstance(entry, dict) and all(map(are_texts, entry.values()))


def are_texts(entry: Any) -> bool:
    """Return whether an entry has a text for every key."""
    return isinstance(entry, dict) and all(isinstance(text, str) for text in entry.values())


def _check_file(path: Path, entry: Mapping[str, Any]) -> None:
    if path.is_symlink() or not path.is_file():
        raise EnvironmentTrouble(f"{path}: is missing, or a link; compute the run again with --force")
    if path.suffix != ".parquet" and path.stat().st_size > MOST_BYTES:
        raise EnvironmentTrouble(f"{path}: is larger than {MOST_BYTES // 2**20} MiB; no run writes such a table")
    if sha256_of(path) != entry["sha256"]:
        raise EnvironmentTrouble(
            f"{path}: damaged or changed: its checksum is not the one in {RUN_FILE}; compute the run again with --force"
        )


def _check_draws(path: Path, draws: int, summary: list[Row], tallies: Mapping[str, Any]) -> None:
    """Refuse a number of draws that is not the one tallied; every draw has one number of parties under each system."""
    parties = tallies.get("parties")
    counts = parties.get("count") if isinstance(parties, dict) else None
    if not isinstance(counts, list) or not all(isinstance(count, int) for count in counts):
        raise EnvironmentTrouble(
            f"{path.with_name(TALLIES_FILE)}: parties: is no tally; compute the run again with --force"
        )
    if sum(counts) != draws * len({row["system"] for row in summary}):
        raise EnvironmentTrouble(
            f"{path}: draws: is {draws:,}, which is not what {TALLIES_FILE} holds; compute the run again with --force"
        )


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object; EnvironmentTrouble if the file is no whole one."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise EnvironmentTrouble(f"{path}: is larger than {MOST_BYTES // 2**20} MiB; no run writes such a file")
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        raise EnvironmentTrouble(f"{path}: is no whole JSON ({fault}); compute the run again with --force") from None
    if not isinstance(content, dict):
        raise EnvironmentTrouble(f"{path}: holds no JSON object; compute the run again with --force")
    return content


def read_table(path: Path, columns: Mapping[str, str], expected: object) -> list[Row]:
    """Return a table's rows as text; EnvironmentTrouble if columns are missing, or rows too long, too many or too few."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        try:
            header = next(reader, [])
            if missing := set(columns) - set(header):
                raise EnvironmentTrouble(f"{path}: has no column {', '.join(sorted(missing))}; compute the run again")
            rows: list[Row] = []
            for line in reader:
                if len(line) != len(header):
                    raise EnvironmentTrouble(f"{path}, line {reader.line_num}: has another number of cells than line 1")
                if len(rows) >= MOST_ROWS:
                    raise EnvironmentTrouble(f"{path}: has more than {MOST_ROWS:,} rows; no report can show them")
                rows.append(dict(zip(header, map(_cell, line), strict=True)))
        except (csv.Error, UnicodeDecodeError) as fault:
            raise EnvironmentTrouble(f"{path}, line {reader.line_num}: {fault}; compute the run again") from None
    if isinstance(expected, int) and expected != len(rows):
        raise EnvironmentTrouble(f"{path}: has {len(rows):,} rows where {RUN_FILE} says {expected:,}")
    return rows


def _cell(text: str) -> str:
    """Return a cell as it was before it was shielded from spreadsheets."""
    return _SHIELDED.sub("", plain_text(text))
