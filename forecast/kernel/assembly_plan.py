"""Lowering of local assemblies: their voters and laws become flat arrays beside those of the plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from forecast.errors import DocumentError
from forecast.kernel import seats as column
from forecast.kernel.assemblies import Assemblies
from forecast.kernel.plan import AssemblyPlan, Plan, contest_columns, house_columns, list_columns
from forecast.kernel.random import stream_keys
from forecast.kernel.tally import MOST_SEATS
from forecast.rules.system import ElectoralSystem, ListTier, NominalTier
from forecast.voteshare.electorate import Assembly, Ward


def with_assemblies(plan: Plan, regional: ElectoralSystem, local: ElectoralSystem) -> Plan:
    """Return a plan that elects the model's assemblies too: regional ones under one law, all others under another.

    Raises
    ------
    DocumentError
        The model has no assemblies, or they do not fit the systems.
    """
    known = plan.model.electorate.assemblies
    if known is None:
        raise DocumentError(f"assemblies: the model {plan.model.electorate.id} has no [assemblies]")
    faults = [*_misfits(regional, "regional"), *_misfits(local, "local")]
    faults += _tier_misfits(known.every, regional, local)
    seats = sum(one.list_seats + len(one.wards) for one in known.every)
    if seats > MOST_SEATS:
        faults.append(f"assemblies: {seats:,} seats in all; at most {MOST_SEATS:,} can be forecast")
    if faults:
        raise DocumentError(faults)
    systems = tuple(law_of(regional if one.level == "regional" else local, one) for one in known.every)
    return replace(plan, assemblies=AssemblyPlan(known.every, systems, _arrays(plan, known.every, systems)))


def law_of(system: ElectoralSystem, assembly: Assembly) -> ElectoralSystem:
    """Return the law of an assembly: the system's tiers, with the assembly's numbers of seats."""
    tiers = tuple(
        replace(tier, seats=assembly.list_seats)
        if isinstance(tier, ListTier)
        else replace(tier, districts=len(assembly.wards))
        if isinstance(tier, NominalTier)
        else tier
        for tier in system.tiers
    )
    return replace(system, tiers=tiers)


def candidates_of(ward: Ward, parties: tuple[str, ...], label: str) -> Iterator[tuple[str, int]]:
    """Yield a district's candidates by name and number of their group: parties in order, then the self-nominated."""
    for party in ward.parties:
        yield party, parties.index(party)
    for number in range(1, ward.self_nominated + 1):
        yield f"{label} {number}", len(parties)


def _misfits(system: ElectoralSystem, key: str) -> list[str]:
    kinds = [type(tier) for tier in system.tiers]
    faults = []
    if kinds.count(NominalTier) != 1 or kinds.count(ListTier) > 1 or not set(kinds) <= {NominalTier, ListTier}:
        faults.append(f"assemblies.{key}: {system.id} needs one nominal tier and at most one list tier")
    if any(isinstance(tier, NominalTier) and any(contest_columns(tier)) for tier in system.tiers):
        faults.append(f"assemblies.{key}: {system.id}: districts of assemblies are drawn under plurality alone")
    return faults


def _tier_misfits(every: tuple[Assembly, ...], regional: ElectoralSystem, local: ElectoralSystem) -> list[str]:
    faults = []
    for one in every:
        system, key = (regional, "regional") if one.level == "regional" else (local, "local")
        listed = any(isinstance(tier, ListTier) for tier in system.tiers)
        if listed != (one.list_seats > 0):
            have = "a list tier" if listed else "no list tier"
            faults.append(f"assemblies.{key}: {system.id} has {have}, {one.name} has {one.list_seats} list seats")
    return faults


def _arrays(plan: Plan, every: tuple[Assembly, ...], systems: tuple[ElectoralSystem, ...]) -> Assemblies:
    model, seed = plan.model, plan.seed
    known, contests = model.electorate.assemblies, model.electorate.contests
    assert known is not None
    assert contests is not None
    rule, groups, parties = contests.self_nominated, model.groups, model.parties
    alone = len(parties)
    region = {one.name: r for r, one in enumerate(model.electorate.regions)}
    wards = [(one, number, ward) for one in every for number, ward in enumerate(one.wards, 1)]
    people = [
        (f"ward/{one.name}/{number}/{name}", group)
        for one, number, ward in wards
        for name, group in candidates_of(ward, parties, rule.label)
    ]
    law = np.zeros((len(every), column.LAW_COLUMNS), np.int64)
    for row, system in zip(law, systems, strict=True):
        house_columns(row, system)
        for tier in system.tiers:
            if isinstance(tier, ListTier):
                list_columns(row, tier)
    most = np.zeros((len(every), len(groups)), np.int64)
    for a, one in enumerate(every):
        for party, length in one.lists.items():
            most[a, parties.index(party)] += min(length, one.list_seats)
        for ward in one.wards:
            most[a, sorted({group for _, group in candidates_of(ward, parties, rule.label)})] += 1
    shift = np.zeros(len(groups), np.float32)
    shift[alone] = model.ward_location - model.self_location
    return Assemblies(
        region=np.array([region[one.region] for one in every], np.int64),
        law=law,
        ballots_part=model.ballots.weights[[region[one.region] for one in every]].astype(np.float64),
        valid_share=np.array([model.ballots.valid_share]),
        against_option=plan.voters.against_option,
        noise_keys=stream_keys(seed, [f"assembly/{one.name}/{group}" for one in every for group in groups]).reshape(
            len(every), len(groups), 2
        ),
        noise_sd=np.full(len(groups), known.local_sd.value, np.float32),
        shift=shift,
        present=(most > 0).astype(np.int64),
        most=most,
        first_list=np.cumsum([0, *(len(one.lists) for one in every)]),
        list_group=np.array([parties.index(party) for one in every for party in one.lists], np.int64),
        list_length=np.array([min(n, one.list_seats) for one in every for n in one.lists.values()], np.int32),
        first_ward=np.cumsum([0, *(len(one.wards) for one in every)]),
        first_candidate=np.cumsum([0, *(len(ward.parties) + ward.self_nominated for _, _, ward in wards)]),
        candidate_group=np.array([group for _, group in people], np.int64),
        candidate_sd=np.array(
            [rule.sd.value if group == alone else contests.candidate_sd.value for _, group in people], np.float32
        ),
        candidate_keys=stream_keys(seed, [name for name, _ in people]),
        noise=plan.voters.noise,
        parties=np.array([len(parties)], np.int64),
    )
