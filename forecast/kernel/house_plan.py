"""Lowering of laws of any parliament: tiers of kind ``proportional``, and electorates whose candidates lean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil
from typing import TypeAlias

import numpy as np

from forecast.kernel import apportion
from forecast.kernel.draw import Laws, Voters
from forecast.kernel.house_draw import Houses
from forecast.kernel.list_plan import ListPlan, lower_tier
from forecast.kernel.random import Keys, stream_keys
from forecast.rules import proportional as law
from forecast.rules.system import AppointedTier, ElectoralSystem, NominalTier, Tier
from forecast.voteshare.model import VoteModel

Ints: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.int64]]

MOST_GROWTH = 3  # times its size: as far as a house is tallied that grows until it is level


@dataclass(frozen=True, slots=True, eq=False)
class TierLaw:
    """A tier of list seats as the kernel counts it; ``place`` is the tier's place of every district of the contests.

    ``lots`` are the keys of the lots ``[(place or last, list or last), 2]``, where the law draws them.
    """

    tier: law.ProportionalTier
    plan: ListPlan
    people: Ints
    place: Ints
    lots: Keys | None

    @property
    def national(self) -> bool:
        """Whether the lists are voted on in the whole country at once."""
        return not self.tier.districts


@dataclass(frozen=True, slots=True, eq=False)
class HouseLaw:
    """A system with tiers of kind ``proportional``; ``system`` is the document's, told the districts of the model."""

    system: ElectoralSystem
    tiers: tuple[TierLaw, ...]
    appointed: int


@dataclass(frozen=True, slots=True, eq=False)
class HousePlan:
    """What a plan holds where its draws take the way of ``house_draw``; ``laws[k]`` is None for other systems."""

    arrays: Houses
    laws: tuple[HouseLaw | None, ...]


def proportional_tiers(system: ElectoralSystem) -> tuple[law.ProportionalTier, ...]:
    """Return the tiers of kind ``proportional``."""
    return tuple(tier for tier in system.tiers if isinstance(tier, law.ProportionalTier))


def needs_houses(model: VoteModel, systems: Sequence[ElectoralSystem]) -> bool:
    """Tell whether a plan's draws take this way: for its law, or for candidates that lean."""
    leans = any(lean.shift or lean.follow for contest in model.contests for lean in contest.leans)
    return leans or any(proportional_tiers(system) for system in systems)


def needs_regions(systems: Sequence[ElectoralSystem]) -> bool:
    """Tell whether a law has lists voted on by district."""
    return any(tier.districts for system in systems for tier in proportional_tiers(system))


def winners_are_covered(system: ElectoralSystem) -> bool:
    """Tell whether district winners sit only as far as their lists cover them."""
    return any(isinstance(tier.linkage, law.Covered) for tier in proportional_tiers(system))


def most_seats(system: ElectoralSystem) -> int:
    """Return the most members that a house is tallied for; more than its size where it may grow."""
    most = system.seats
    for tier in proportional_tiers(system):
        most += tier.extra.seats if tier.extra is not None else 0
        if tier.opposition is not None:
            most += ceil(tier.seats / (1 - tier.opposition.share)) - tier.seats + 1
        if isinstance(tier.linkage, law.MixedMember):
            most += sum(one.districts for one in system.tiers if isinstance(one, NominalTier))
        if isinstance(tier.linkage, law.Levelled):
            most += (MOST_GROWTH - 1) * tier.linkage.house
    return most if most == system.seats else most + 1  # a last one, for what is beyond


def misfits(model: VoteModel, system: ElectoralSystem) -> list[str]:
    """Return why a system's tiers of kind ``proportional`` cannot be put to a model's voters, a line each."""
    faults = []
    regions = [region.name for region in model.electorate.regions if region.name]
    contests = {contest.id for contest in model.contests}
    for tier in proportional_tiers(system):
        where = f"{system.id}: tier.{tier.name}"
        names = [district.name for district in tier.districts]
        if names and set(names) != set(regions):
            odd = sorted(set(names) ^ set(regions))
            faults.append(
                f"{where}.districts: the regions of the model {model.electorate.id} must be the tier's {len(names)} districts; "
                f"different: {', '.join(map(repr, odd[:5]))}{' ...' if len(odd) > 5 else ''}"
            )
        if tier.linkage is not None and _regions_of(tier.linkage) and not contests <= set(_regions_of(tier.linkage)):
            missing = sorted(contests - set(_regions_of(tier.linkage)))
            faults.append(
                f"{where}.linkage.regions: has no district {missing[0]!r} of the model {model.electorate.id}; leave "
                "the table out to take the regions of the model"
            )
    return faults


def _regions_of(link: law.Linkage | None) -> Mapping[str, str]:
    regions: Mapping[str, str] = getattr(link, "regions", {})
    return regions


def adapted(model: VoteModel, system: ElectoralSystem) -> ElectoralSystem:
    """Return a system whose linked tiers know in which of their districts each district of the model lies."""
    tiers: list[Tier] = []
    for tier in system.tiers:
        link = tier.linkage if isinstance(tier, law.ProportionalTier) else None
        if not isinstance(tier, law.ProportionalTier) or link is None or isinstance(link, law.Levelling):
            tiers.append(tier)
            continue
        places = {contest.id: place for contest, place in zip(model.contests, _places(model, tier), strict=True)}
        tiers.append(replace(tier, linkage=replace(link, regions=places)))
    return replace(system, tiers=tuple(tiers))


def _places(model: VoteModel, tier: law.ProportionalTier) -> list[str]:
    """Return the tier's district of each district of the model: as the document says, else the district's region."""
    regions, said = model.electorate.regions, _regions_of(tier.linkage)
    own = [regions[contest.region].name for contest in model.contests]
    return [
        said.get(contest.id, name) if tier.districts else "" for contest, name in zip(model.contests, own, strict=True)
    ]


def lower_houses(
    model: VoteModel, systems: Sequence[ElectoralSystem], voters: Voters, laws: Laws, seed: int
) -> HousePlan | None:
    """Lower what a plan needs beside voters and laws; None where its draws take the plain way."""
    if not needs_houses(model, systems):
        return None
    parties, groups = model.parties, model.groups if model.contests else model.parties
    covered = [int(laws.contest_of[k]) for k, system in enumerate(systems) if winners_are_covered(system)]
    slots = [number for contest in model.contests for number in range(len(contest.candidates))]
    arrays = Houses(
        option_group=np.array([groups.index(o) if o in parties else -1 for o in model.options], np.int64),
        shift=np.array([lean.shift for contest in model.contests for lean in contest.leans], np.float32),
        follow=np.array([lean.follow for contest in model.contests for lean in contest.leans], np.float32),
        contested=voters._replace(
            candidate_group=np.array(slots, np.int64), district_region=np.zeros(len(model.contests), np.int64)
        ),
        regional=np.array([needs_regions(systems)], np.int64),
        covered=np.array([*covered, -1][:1], np.int64),
    )
    return HousePlan(arrays, tuple(_house_law(model, system, seed) for system in systems))


def _house_law(model: VoteModel, system: ElectoralSystem, seed: int) -> HouseLaw | None:
    if not proportional_tiers(system):
        return None
    known = adapted(model, system)
    tiers = []
    for tier in proportional_tiers(known):
        places = [region.name for region in model.electorate.regions] if tier.districts else [""]
        lowered = lower_tier(tier, model.parties, places)
        people = np.full((len(places) + 1, len(model.parties)), apportion.NO_CAP, np.int64)
        for p, option in enumerate(o for o in model.electorate.options if o.kind == "party"):
            if option.list_length is not None and not tier.districts:
                people[:, p] = option.list_length
        place = np.array([places.index(name) for name in _places(model, tier)], np.int64)
        lots = None
        if "lot" in tier.ties:
            names = [f"lot/{tier.name}/{one}/{name}" for one in (*places, "") for name in (*model.parties, "")]
            lots = stream_keys(seed, names)
        tiers.append(TierLaw(tier, lowered, people, place, lots))
    appointed = sum(tier.seats for tier in system.tiers if isinstance(tier, AppointedTier))
    return HouseLaw(known, tuple(tiers), appointed)


def share_of_bar(tier: law.ProportionalTier) -> Fraction | None:
    """Return the share that a tier asks of a list first of all; None where it asks for none."""
    bars = (*tier.admission.all_of, *tier.admission.any_of)
    return next((bar.share for bar in bars if isinstance(bar, law.ShareBar)), None)
