"""``configs/batches``: a base forecast, and what is varied: a grid, columns walked together, named scenarios."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from pydantic import Field

from forecast import library
from forecast.documents.faults import Faults
from forecast.documents.locate import Path as Key
from forecast.documents.overrides import parse_overrides
from forecast.documents.places import beside
from forecast.documents.schema import Document, Name, Titles, described, rational
from forecast.documents.toml import Source, read_toml
from forecast.documents.validate import validated
from forecast.errors import DocumentError

MOST_VALUES = 10_000
AS_OF = "as_of"  # short for model.as_of

Cell = float | str


class ScenarioTable(Document):
    """A scenario with a name of its own."""

    name: Name
    titles: Titles = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)


class BatchDocument(Document):
    """A base forecast, and what is varied."""

    name: Name
    titles: Titles = Field(default_factory=dict)
    forecast: str
    set: dict[str, Any] = Field(default_factory=dict)
    vary: dict[str, Any] = Field(default_factory=dict)
    zip: dict[str, Any] = Field(default_factory=dict)
    scenario: list[ScenarioTable] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Setting:
    """A dotted key, its value as ``--set`` takes it, and as a table shows it."""

    key: str
    written: str
    cell: Cell

    @property
    def override(self) -> str:
        """The setting as ``key=value``."""
        return f"{self.key}={self.written}"


@dataclass(frozen=True, slots=True)
class NamedScenario:
    """A scenario that the document names."""

    name: str
    settings: tuple[Setting, ...]
    titles: Titles = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """A batch as its document has it.

    Parameters
    ----------
    forecast
        Name or path of the base forecast's document.
    common
        What is set in every scenario, the base included.
    vary
        Axes of the full grid, the first one slowest: the settings of one key.
    zipped
        Axes of equal length that are walked together; together they are one more axis of the grid.
    named
        Scenarios beside the grid.
    titles
        What reports call the batch, by language, instead of its name.
    """

    id: str
    name: str
    forecast: str
    common: tuple[Setting, ...] = ()
    vary: tuple[tuple[Setting, ...], ...] = ()
    zipped: tuple[tuple[Setting, ...], ...] = ()
    named: tuple[NamedScenario, ...] = ()
    titles: Titles = field(default_factory=dict)


def read_batch(name_or_path: str | Path, overrides: tuple[str, ...] = (), *, allow_outside: bool = False) -> BatchSpec:
    """Read a batch document, or a forecast's, which is a batch of that forecast alone.

    Parameters
    ----------
    overrides
        ``key=value``, set in every scenario after the document's own ``[set]``.

    Raises
    ------
    DocumentError
        Every fault of the document; those of the forecasts in it are found when they are read.
    """
    faults = Faults()
    source = _source(name_or_path)
    extra = tuple(_given(overrides, faults))
    if "model" in source.tree or "systems" in source.tree:
        faults.stop_if_any()
        is_name = isinstance(name_or_path, str) and library.is_bare(name_or_path)
        named = str(name_or_path) if is_name else str(source.path.absolute())
        called = source.tree.get("titles", {})  # its forecast checks them
        return BatchSpec(source.path.stem, str(source.tree.get("name", source.path.stem)), named, extra, titles=called)
    document = validated(BatchDocument, source, faults)
    if document is None:
        faults.stop_if_any()
    assert document is not None
    common = tuple(_settings(document.set, ("set",), source, faults))
    vary = _axes(document.vary, "vary", source, faults)
    zipped = _axes(document.zip, "zip", source, faults)
    lengths = {len(axis) for axis in zipped}
    if len(lengths) > 1:
        counts = ", ".join(f"{axis[0].key}: {len(axis)}" for axis in zipped)
        faults.add(source.where(("zip",)), f"its keys are walked together and need as many values each, not {counts}")
    twice = sorted({axis[0].key for axis in vary} & {axis[0].key for axis in zipped})
    for key in twice:
        faults.add(source.where(("zip", key)), "is varied in [vary] already; write it in one place")
    named_scenarios = []
    for number, one in enumerate(document.scenario):
        place: Key = ("scenario", number, "set")
        named_scenarios.append(NamedScenario(one.name, tuple(_settings(one.set, place, source, faults)), one.titles))
    forecast = _forecast(document.forecast, source, faults, allow_outside)
    faults.stop_if_any()
    return BatchSpec(
        source.path.stem, document.name, forecast, common + extra, vary, zipped, tuple(named_scenarios), document.titles
    )  # fmt: skip


def _source(name_or_path: str | Path) -> Source:
    if isinstance(name_or_path, str) and library.is_bare(name_or_path):
        for kind in ("batches", "forecasts"):
            if (path := library.paths(kind).get(name_or_path)) is not None:
                return read_toml(path)
    return read_toml(library.find("batches", name_or_path))


def _forecast(name: str, source: Source, faults: Faults, allow_outside: bool) -> str:
    try:
        if library.is_bare(name):
            library.find("forecasts", name)
            return name
    except DocumentError as fault:
        faults.add(source.where(("forecast",)), str(fault))
        return name
    path = beside(source, ("forecast",), name, faults, allow_outside=allow_outside)
    return str(path.absolute()) if path is not None else name


def _given(overrides: tuple[str, ...], faults: Faults) -> Iterator[Setting]:
    for one in parse_overrides(overrides, faults):
        yield Setting(_long(one.key), written(one.value), _cell(one.value))


def _axes(table: dict[str, Any], name: str, source: Source, faults: Faults) -> tuple[tuple[Setting, ...], ...]:
    axes = []
    for key, values in table.items():
        place: Key = (name, key)
        try:
            listed = list(_values(values))
        except ValueError as fault:
            faults.add(source.where(place), str(fault))
            continue
        if not listed:
            faults.add(source.where(place), "has no values; write at least one")
            continue
        axis = tuple(Setting(_long(key), written(value), _cell(value)) for value in listed)
        if len({one.written for one in axis}) < len(axis) and name == "vary":
            faults.add(source.where(place), "has a value twice")
        axes.append(axis)
    return tuple(axes)


def _values(given: Any) -> Iterator[Any]:
    """Yield the values of a list, or of a range ``{from, to, step}`` with both ends in it."""
    if isinstance(given, list):
        yield from given
        return
    if not isinstance(given, dict) or not {"from", "to"} <= set(given) <= {"from", "to", "step"}:
        raise ValueError(f"is {described(given)}; write a list [...] or a range {{from = 1, to = 10, step = 1}}")
    first, last, step = (rational(given[name]) if name in given else Fraction(1) for name in ("from", "to", "step"))
    if step <= 0 or last < first:
        raise ValueError("is an empty range; step is more than 0, and from is at most to")
    count = int((last - first) / step) + 1
    if count > MOST_VALUES:
        raise ValueError(f"is a range of {count:,} values; at most {MOST_VALUES:,}")
    for number in range(count):
        value = first + number * step
        yield int(value) if value.denominator == 1 else value


def _settings(table: dict[str, Any], place: Key, source: Source, faults: Faults) -> Iterator[Setting]:
    for key, value in table.items():
        if not key.strip():
            faults.add(source.where(place), "has an empty key")
            continue
        yield Setting(_long(key), written(value), _cell(value))


def _long(key: str) -> str:
    return f"model.{AS_OF}" if key.strip() == AS_OF else key.strip()


def written(value: Any) -> str:
    """Return a value as TOML has it; plain text, which needs no quotes in a setting, stays plain only as ``none``.

    >>> written(Fraction(3, 100)), written(["a", 1]), written({"share": Fraction(1, 2)}), written("none")
    ('0.03', '["a", 1]', '{"share" = 0.5}', 'none')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Fraction):
        return _decimal(value)
    if isinstance(value, str):
        return value if value == "none" else json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(written(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {written(one)}" for key, one in value.items()) + "}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _decimal(value: Fraction) -> str:
    """Return a fraction that was read from a decimal as that decimal."""
    places, whole = 0, value
    while whole.denominator != 1 and places < 400:
        places, whole = places + 1, whole * 10
    digits = str(abs(whole.numerator)).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}.0"


def _cell(value: Any) -> Cell:
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " + ".join(value)
    return value if isinstance(value, str) else written(value)
