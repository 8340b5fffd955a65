"""The scenarios of a batch: the base, the full grid, columns walked together, and those with names of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod

from forecast.documents import BatchSpec, Setting
from forecast.errors import DocumentError

MOST_SCENARIOS = 20_000
BASE = "base"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One forecast of a batch: its number, its name, and what differs from the base."""

    number: int
    name: str
    settings: tuple[Setting, ...]


def scenarios(spec: BatchSpec) -> list[Scenario]:
    """Return the scenarios in their order; number 0 is the base, the forecast with nothing varied.

    Raises
    ------
    DocumentError
        There are too many, or two have the same name.
    """
    size = prod(len(axis) for axis in spec.vary) * (len(spec.zipped[0]) if spec.zipped else 1)
    if size + len(spec.named) > MOST_SCENARIOS:
        raise DocumentError(f"{spec.id}: the grid has {size:,} scenarios; at most {MOST_SCENARIOS:,}")
    every: list[tuple[str, tuple[Setting, ...]]] = [(BASE, ())]
    every += [(label(spec, settings), settings) for settings in _grid(spec)]
    every += [(one.name, one.settings) for one in spec.named]
    for name, count in Counter(name for name, _ in every).items():
        if count > 1:
            raise DocumentError(f"{spec.id}: two scenarios are called {name!r} ({BASE!r} is the forecast as it is)")
    return [Scenario(number, name, settings) for number, (name, settings) in enumerate(every)]


def _grid(spec: BatchSpec) -> Iterator[tuple[Setting, ...]]:
    if not spec.vary and not spec.zipped:
        return
    axes: list[list[tuple[Setting, ...]]] = [[(one,) for one in axis] for axis in spec.vary]
    if spec.zipped:
        axes.append(list(zip(*spec.zipped, strict=True)))
    for chosen in product(*axes):
        yield tuple(setting for part in chosen for setting in part)


def varied_keys(spec: BatchSpec) -> list[str]:
    """Return every key that differs between scenarios, in the order of the document."""
    keys = [axis[0].key for axis in (*spec.vary, *spec.zipped)]
    keys += [setting.key for one in spec.named for setting in one.settings]
    return list(dict.fromkeys(keys))


def label(spec: BatchSpec, settings: tuple[Setting, ...]) -> str:
    """Return the name of a scenario of the grid: its settings, by the shortest ends of the keys that differ."""
    keys = varied_keys(spec)
    return ", ".join(f"{_short(one.key, keys)}={_value(one)}" for one in settings)


def _value(setting: Setting) -> str:
    return setting.cell if isinstance(setting.cell, str) else f"{setting.cell:.15g}"


def _short(key: str, keys: list[str]) -> str:
    parts = key.split(".")
    for length in range(1, len(parts)):
        end = ".".join(parts[-length:])
        if end != "value" and sum(other == end or other.endswith(f".{end}") for other in keys) == 1:
            return end
    return key
