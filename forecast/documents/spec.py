"""``configs/forecasts``: a model, the systems it is put through, draws and a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from forecast import library
from forecast.documents.faults import Faults, hint, quoted
from forecast.documents.locate import Path as Key
from forecast.documents.model import resolve_model
from forecast.documents.overrides import Override, UnknownKey, apply, find, parse_overrides
from forecast.documents.places import beside
from forecast.documents.resolved import Input, Resolved, spoken
from forecast.documents.schema import Document, Name, Titles, within
from forecast.documents.system import resolve_system
from forecast.documents.system_schema import SystemDocument
from forecast.documents.toml import Source, read_toml
from forecast.documents.validate import validated
from forecast.errors import DocumentError
from forecast.rules.proportional import ProportionalTier
from forecast.rules.system import ElectoralSystem
from forecast.voteshare.electorate import Electorate

MOST_DRAWS = 10**12
COALITION_PARTIES = 8  # the kernel tallies joint majorities of the first parties registered


class AssembliesTable(Document):
    """The law of the model's local assemblies, by level."""

    regional: str
    local: str


class ForecastDocument(Document):
    """What to run."""

    name: Name
    titles: Titles = Field(default_factory=dict)
    model: str
    systems: Annotated[list[str], Field(min_length=1)]
    draws: Annotated[int, AfterValidator(within(1, MOST_DRAWS))] = 1_000_000
    seed: Annotated[int, AfterValidator(within(0, 2**64 - 1))] | None = None
    coalitions: list[list[str]] = Field(default_factory=list)
    assemblies: AssembliesTable | None = None


@dataclass(frozen=True, slots=True)
class ForecastSpec:
    """A forecast to run. ``coalitions`` are sets of parties whose chance of a majority is asked for.

    ``assemblies`` are the laws of regional and of all other local assemblies; None where none are elected.
    """

    id: str
    name: str
    model: Resolved[Electorate]
    systems: tuple[Resolved[ElectoralSystem], ...]
    draws: int
    seed: int | None
    coalitions: tuple[tuple[str, ...], ...] = ()
    assemblies: tuple[Resolved[ElectoralSystem], Resolved[ElectoralSystem]] | None = None


def read_forecast(
    name_or_path: str | Path, overrides: Sequence[str] = (), *, allow_outside: bool = False
) -> Resolved[ForecastSpec]:
    """Read a forecast with its model and its systems.

    Parameters
    ----------
    overrides
        ``key=value`` in the forecast, ``model.key=value`` in its model, ``system.key=value`` in every one of its
        systems that has the key, ``assembly.key=value`` in the systems of local assemblies.
    allow_outside
        Read files outside the documents' folders too.

    Raises
    ------
    DocumentError
        Every fault of all the documents, their tables and the overrides.
    """
    faults = Faults()
    changes = parse_overrides(overrides, faults)
    source = read_toml(library.find("forecasts", name_or_path))
    of_model, of_systems, of_assemblies, own = _shared_out(changes)
    apply(own, ForecastDocument, source, faults)
    document = validated(ForecastDocument, source, faults)
    if document is None:
        faults.stop_if_any()
    assert document is not None
    model_source = _source("models", source, ("model",), document.model, faults, allow_outside)
    model = resolve_model(model_source, of_model, faults, allow_outside=allow_outside) if model_source else None
    named = [(("systems", number), name) for number, name in enumerate(document.systems)]
    systems = _systems(named, source, of_systems, faults, allow_outside)
    local = _assemblies(document, source, of_assemblies, faults, allow_outside)
    if model is not None:
        _check_coalitions(document, source, model.value, faults)
        _check_lists(systems, model.value, faults)
        if document.assemblies is not None and model.value.assemblies is None:
            faults.add(source.where(("assemblies",)), f"the model {model.id} has no [assemblies]; delete this key")
    faults.stop_if_any()
    assert model is not None
    spec = ForecastSpec(
        id=source.path.stem,
        name=document.name,
        model=model,
        systems=systems,
        draws=document.draws,
        seed=document.seed,
        coalitions=tuple(tuple(coalition) for coalition in document.coalitions),
        assemblies=local,
    )
    inputs = {f"forecasts/{source.path.name}": Input(source.sha256, None)}
    inputs |= {f"models/{model.id}/{name}": one for name, one in model.inputs.items()}
    inputs |= {f"systems/{name}": one for system in (*systems, *(local or ())) for name, one in system.inputs.items()}
    return Resolved(
        spec, spec.id, source.path, _document(document, model, systems, local), inputs, tuple(faults.warnings)
    )


def _shared_out(changes: list[Override]) -> tuple[list[Override], list[Override], list[Override], list[Override]]:
    of_model = [inner for change in changes if (inner := change.within("model."))]
    of_systems = [inner for change in changes if (inner := change.within("system."))]
    of_assemblies = [inner for change in changes if (inner := change.within("assembly."))]
    own = [change for change in changes if not change.path.startswith(("model.", "system.", "assembly."))]
    return of_model, of_systems, of_assemblies, own


def _source(
    kind: library.Kind, source: Source, key: Key, name: str, faults: Faults, allow_outside: bool
) -> Source | None:
    try:
        if library.is_bare(name):
            return read_toml(library.find(kind, name))
        path = beside(source, key, name, faults, allow_outside=allow_outside)
        return read_toml(library.find(kind, path)) if path else None
    except DocumentError as fault:
        if library.is_bare(name) and str(fault).startswith(repr(name)):
            faults.add(source.where(key), str(fault))
        else:
            faults.lines += fault.faults
        return None


def _assemblies(
    document: ForecastDocument, source: Source, changes: list[Override], faults: Faults, allow_outside: bool
) -> tuple[Resolved[ElectoralSystem], Resolved[ElectoralSystem]] | None:
    table = document.assemblies
    if table is None:
        for change in changes:
            faults.add(f"--set {change.key}", "unknown key; this forecast has no assemblies")
        return None
    named: list[tuple[Key, str]] = [
        (("assemblies", "regional"), table.regional),
        (("assemblies", "local"), table.local),
    ]
    found = _systems(named, source, changes, faults, allow_outside)
    return (found[0], found[1]) if len(found) == len(named) else None


def _systems(
    named: Sequence[tuple[Key, str]], source: Source, changes: list[Override], faults: Faults, allow_outside: bool
) -> tuple[Resolved[ElectoralSystem], ...]:
    sources: list[Source] = []
    for key, name in named:
        one = _source("systems", source, key, name, faults, allow_outside)
        if one is not None and one.path.stem in {other.path.stem for other in sources}:
            faults.add(source.where(key), f"{one.path.stem!r} is there already; each system once")
        elif one is not None:
            sources.append(one)
    fitting = [_fitting(changes, one) for one in sources]
    for number, change in enumerate(changes):
        if sources and not any(number in numbers for numbers, _ in fitting):
            faults.add(f"--set {change.key}", next(iter(fitting[0][1][number :: len(changes)]), "unknown key"))
    found = []
    for one, (numbers, _) in zip(sources, fitting, strict=True):
        silent = Faults()
        resolved = resolve_system(one, [changes[number] for number in sorted(numbers)], silent)
        faults.lines += silent.lines
        faults.warnings += silent.warnings
        if resolved is not None:
            found.append(resolved)
    return tuple(found)


def _fitting(changes: list[Override], source: Source) -> tuple[set[int], list[str]]:
    """Return the numbers of the overrides whose key a system has, and why the others do not fit."""
    fitting, reasons = set(), []
    for number, change in enumerate(changes):
        try:
            find(change.path, SystemDocument, source.tree)
            fitting.add(number)
            reasons.append("")
        except UnknownKey as fault:
            reasons.append(f"no system of this forecast has it: {fault}")
    return fitting, reasons


def _check_coalitions(document: ForecastDocument, source: Source, model: Electorate, faults: Faults) -> None:
    counted = model.parties[:COALITION_PARTIES]
    if not document.coalitions and len(model.parties) > len(counted):
        faults.warn(
            source.where(("coalitions",)),
            f"only coalitions of the first {len(counted)} of {len(model.parties)} parties registered are counted",
        )
    for number, coalition in enumerate(document.coalitions):
        place = source.where(("coalitions", number))
        if not coalition:
            faults.add(place, "the coalition is empty; name at least one party")
        for member in dict.fromkeys(coalition):
            if member not in model.parties:
                faults.add(place, f"{quoted(member)} is no party of the model" + hint(member, model.parties, "parties"))
            elif member not in counted:
                faults.add(
                    place,
                    f"{quoted(member)} is not among the first {len(counted)} parties registered; "
                    f"coalitions of these are counted: {', '.join(counted)}",
                )
            if coalition.count(member) > 1:
                faults.add(place, f"{quoted(member)} is in the coalition twice")


def _check_lists(systems: tuple[Resolved[ElectoralSystem], ...], model: Electorate, faults: Faults) -> None:
    """Warn of lists that a law names and that do not stand: alliances, exemptions, coalitions of another election."""
    for system in systems:
        for tier in system.value.tiers:
            if not isinstance(tier, ProportionalTier):
                continue
            groups = tier.alliances.groups.values() if tier.alliances is not None else ()
            named = [*tier.admission.exempt, *tier.coalition_members, *(name for names in groups for name in names)]
            strange = [name for name in dict.fromkeys(named) if name not in model.parties]
            if strange:
                faults.warn(
                    f"{system.path.name}: tier.{tier.name}",
                    f"names {', '.join(map(quoted, strange))}: no parties of the model, so what is said of them has no effect",
                )


def _document(
    document: ForecastDocument,
    model: Resolved[Electorate],
    systems: tuple[Resolved[ElectoralSystem], ...],
    local: tuple[Resolved[ElectoralSystem], Resolved[ElectoralSystem]] | None,
) -> dict[str, Any]:
    resolved = spoken(document, "titles")
    resolved["model"] = model.document
    resolved["systems"] = {system.id: system.document for system in systems}
    del resolved["assemblies"]  # as if the key did not exist: a digest names what a document says
    if local is not None:
        resolved["assemblies"] = {
            level: {system.id: system.document} for level, system in zip(("regional", "local"), local, strict=True)
        }
    return resolved
