"""``configs/systems``: a document of the law becomes an ``ElectoralSystem``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from forecast import library
from forecast.documents.faults import Faults
from forecast.documents.names import clash
from forecast.documents.overrides import Override, apply, parse_overrides
from forecast.documents.persons_law import persons_law
from forecast.documents.proportional import check_proportional, proportional_tier
from forecast.documents.proportional_schema import ProportionalTable
from forecast.documents.resolved import Input, Resolved, spoken
from forecast.documents.system_schema import (
    AppointedTable,
    BlockVoteTable,
    ListTable,
    NominalTable,
    PluralityTable,
    SystemDocument,
    TwoRoundsTable,
)
from forecast.documents.toml import Source, read_toml
from forecast.documents.validate import validated
from forecast.rules.system import (
    AgainstAll,
    AppointedTier,
    BlockVote,
    ElectoralSystem,
    LargestRemainder,
    ListTier,
    NominalTier,
    NominalTies,
    Plurality,
    RemainderTies,
    SecondList,
    SilentCases,
    Threshold,
    Tier,
    TwoRounds,
)


def read_system(name_or_path: str | Path, overrides: Sequence[str] = ()) -> Resolved[ElectoralSystem]:
    """Read an electoral system by its name or path; ``overrides`` are ``key=value`` in its document.

    Raises
    ------
    DocumentError
        Every fault of the document and of the overrides.
    """
    faults = Faults()
    changes = parse_overrides(overrides, faults)
    source = read_toml(library.find("systems", name_or_path))
    resolved = resolve_system(source, changes, faults)
    faults.stop_if_any()
    assert resolved is not None
    return resolved


def resolve_system(source: Source, overrides: Sequence[Override], faults: Faults) -> Resolved[ElectoralSystem] | None:
    """Change and check a parsed document; None (and its faults noted) if it is not valid."""
    apply(overrides, SystemDocument, source, faults)
    document = validated(SystemDocument, source, faults)
    if document is None or not _is_consistent(document, source, faults):
        return None
    stem = source.path.stem
    system = ElectoralSystem(
        id=stem,
        name=document.name,
        in_force=document.in_force,
        linkage=document.linkage,
        tiers=tuple(_tier(table) for table in document.tier),
        sources=tuple(document.sources),
        persons=persons_law(document.persons),
    )
    inputs = {source.path.name: Input(source.sha256, None)}
    return Resolved(system, stem, source.path, spoken(document, "titles"), inputs, tuple(faults.warnings))


def _is_consistent(document: SystemDocument, source: Source, faults: Faults) -> bool:
    before = len(faults.lines)
    above: list[Tier] = []
    names: list[str] = []
    for number, table in enumerate(document.tier):
        path = ("tier", number)
        if (other := clash(table.name, names)) is not None:
            faults.add(source.where((*path, "name")), f"there is a tier {other!r} already; tiers need different names")
        names.append(table.name)
        if isinstance(table, ProportionalTable):
            check_proportional(table, above, path, source, faults)
        above.append(_tier(table))
        if isinstance(table, NominalTable) and len(getattr(table.formula, "magnitudes", ())) > table.districts:
            faults.add(source.where((*path, "formula", "magnitudes")), f"names more than {table.districts} districts")
        if isinstance(table, ListTable) and table.second_list and table.second_list.minimum_seats > table.seats:
            faults.add(
                source.where((*path, "second_list", "minimum_seats")),
                f"is {table.second_list.minimum_seats}; at most the tier's {table.seats} seats are allowed",
            )
    return len(faults.lines) == before


def _tier(table: ListTable | NominalTable | AppointedTable | ProportionalTable) -> Tier:
    if isinstance(table, ProportionalTable):
        return proportional_tier(table)
    if isinstance(table, AppointedTable):
        return AppointedTier(table.name, table.seats, table.by, table.law)
    if isinstance(table, NominalTable):
        return NominalTier(
            name=table.name,
            districts=table.districts,
            formula=_nominal_formula(table.formula),
            ties=NominalTies(table.ties.rule, table.ties.law),
            against_all=AgainstAll(table.against_all.use, table.against_all.law),
            law=table.law,
        )
    second = table.second_list
    return ListTier(
        name=table.name,
        seats=table.seats,
        threshold=Threshold(table.threshold.share, table.threshold.of, table.threshold.comparison, table.threshold.law),
        formula=LargestRemainder(table.formula.quota, table.formula.law),
        ties=RemainderTies(table.ties.rule, table.ties.law),
        second_list=SecondList(second.coefficient, second.minimum_seats, second.law) if second else None,
        silent=SilentCases(**table.silent.model_dump()),
        against_all=AgainstAll(table.against_all.use, table.against_all.law),
        law=table.law,
    )


def _nominal_formula(table: PluralityTable | TwoRoundsTable | BlockVoteTable) -> Plurality | TwoRounds | BlockVote:
    if isinstance(table, BlockVoteTable):
        return BlockVote(table.seats, dict(table.magnitudes), table.law)
    if isinstance(table, PluralityTable):
        return Plurality(table.law)
    return TwoRounds(table.share, table.of, table.comparison, table.second_place_tie, table.law)
