"""What a batch asks for: every scenario with its documents resolved and its name, the digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forecast.batch.grid import Scenario, scenarios, varied_keys
from forecast.batch.scenario import Assignment
from forecast.batch.versions import versions
from forecast.documents import BatchSpec
from forecast.errors import DocumentError
from forecast.execution import Order, Prepared, digest_for, drawn_seed, prepare, resolve

_MOST_FAULTS = 40


@dataclass(frozen=True, slots=True)
class Item:
    """A scenario that was read: its digest, its draws, the overrides that make it, and the names of its model and laws."""

    scenario: Scenario
    digest: str
    draws: int
    overrides: tuple[str, ...]
    kind: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agenda:
    """Every scenario of a batch.

    ``seed`` was drawn, for a forecast that has none (else None); ``warnings`` are those of all documents, once each;
    ``names`` are what reports call parties and regions, by language.
    """

    spec: BatchSpec
    items: tuple[Item, ...]
    seed: int | None
    warnings: tuple[str, ...]
    allow_outside: bool = False
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The varied keys."""
        return varied_keys(self.spec)

    def shard(self, number: int, of: int) -> list[Item]:
        """Return every ``of``-th scenario, from the ``number``-th on; together the shards are the batch."""
        return list(self.items[number - 1 :: of])

    def prepared(self, item: Item) -> Prepared:
        """Return the run of a scenario, lowered, to be looked at; nothing is written."""
        return prepare(Order(self.spec.forecast, item.overrides, allow_outside=self.allow_outside))

    def assignment(self, item: Item, root: str, *, threads: int, timeout: float | None, force: bool) -> Assignment:
        """Return the work of a scenario, to be done in the folder ``root``."""
        return Assignment(
            work="scenario", digest=item.digest, name=item.scenario.name, forecast=self.spec.forecast,
            overrides=item.overrides, root=root, draws=item.draws, threads=threads, allow_outside=self.allow_outside,
            force=force, versions=versions(), timeout=timeout,
        )  # fmt: skip

    def _scenario_titles(self) -> dict[str, Mapping[Any, str]]:
        return {one.name: one.titles for one in self.spec.named if one.titles}

    def manifest(self, shard: str | None) -> dict[str, Any]:
        """Return what ``batch.json`` says: nothing in it depends on when or where the batch runs."""
        return {
            "id": self.spec.id,
            "name": self.spec.name,
            "forecast": self.spec.forecast,
            "keys": self.keys,
            **({"titles": self.spec.titles} if self.spec.titles else {}),
            **({"scenario_titles": called} if (called := self._scenario_titles()) else {}),
            **({"names": self.names} if self.names else {}),
            "drawn_seed": self.seed,
            "allow_outside": self.allow_outside,
            "shard": shard,
            "scenarios": [
                {
                    "number": item.scenario.number,
                    "name": item.scenario.name,
                    "digest": item.digest,
                    "draws": item.draws,
                    "settings": {one.key: one.cell for one in item.scenario.settings},
                    "overrides": list(item.overrides),
                }
                for item in self.items
            ],
        }


def read_agenda(
    spec: BatchSpec,
    *,
    seed: int | None = None,
    allow_outside: bool = False,
    progress: Callable[[int, int], None] = lambda done, every: None,
) -> Agenda:
    """Resolve every scenario's documents.

    Parameters
    ----------
    seed
        For a forecast without a seed: the one drawn when the batch was begun; None: draw one.
    progress
        Called with (scenarios read, scenarios in all).

    Raises
    ------
    DocumentError
        The faults of all scenarios.
    """
    every = scenarios(spec)
    drawn: int | None = None
    items: list[Item] = []
    faults: list[str] = []
    warnings: dict[str, None] = {}
    names: dict[str, dict[str, str]] = {}
    for scenario in every:
        overrides = tuple(one.override for one in (*spec.common, *scenario.settings))
        try:
            order = Order(spec.forecast, overrides, allow_outside=allow_outside)
            resolved = resolve(order)
        except DocumentError as fault:
            faults += [f"{spec.id}, scenario {scenario.name!r}: {line}" for line in fault.faults]
            if len(faults) > _MOST_FAULTS:
                break
            continue
        own = resolved.value.seed
        if own is None:
            drawn = own = drawn if drawn is not None else seed if seed is not None else drawn_seed()
            overrides = (*overrides, f"seed={own}")
            order = Order(spec.forecast, overrides, allow_outside=allow_outside)
            resolved = resolve(order)
        warnings |= dict.fromkeys(resolved.warnings)
        for code, called in resolved.document["model"].get("names", {}).items():
            names[code] = {**called, **names.get(code, {})}
        spoken = resolved.value
        kind = (spoken.model.value.id, *(system.value.id for system in (*spoken.systems, *(spoken.assemblies or ()))))
        items.append(Item(scenario, digest_for(order, resolved, own), spoken.draws, overrides, kind))
        progress(len(items), len(every))
    if faults:
        raise DocumentError(faults)
    return Agenda(spec, tuple(items), drawn, tuple(warnings), allow_outside, names)


def unique(items: Sequence[Item]) -> list[Item]:
    """Return the items without those that another one's digest names already: each is computed once."""
    return list({item.digest: item for item in reversed(items)}.values())[::-1]
