"""What is measured: the shipped Mazhilis, its list tier alone, under five laws at once, and the whole election day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from forecast.documents import read_forecast, read_system
from forecast.kernel.assembly_plan import with_assemblies
from forecast.kernel.plan import Plan, lower
from forecast.rules.system import ElectoralSystem, ListTier, Tier
from forecast.voteshare.electorate import Electorate
from forecast.voteshare.model import fit

FORECAST, DAY = "kazakhstan-2023", "kazakhstan-2023-cycle"
OTHER_LAWS = ("kazakhstan-mazhilis-2012", "kazakhstan-mazhilis-2007", "kazakhstan-kurultai-2026")
SEED = 20230319

LIST_TIER, WHOLE, FIVE_LAWS, ELECTION_DAY = "list tier", "whole Mazhilis", "under five laws", "election day"


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A column of the table: a plan, and the name it goes by."""

    name: str
    plan: Plan


@cache
def subjects() -> tuple[Subject, ...]:
    """Return the list tier alone (no districts drawn, none in the law), the whole Mazhilis, and the election day."""
    spec = read_forecast(FORECAST).value
    return (*subjects_of(spec.model.value, spec.systems[0].value), Subject(ELECTION_DAY, plan_of_the_day()))


def subjects_of(electorate: Electorate, system: ElectoralSystem) -> tuple[Subject, ...]:
    """Return the first two subjects of one electorate and one system."""
    lists_only = replace(system, tiers=tuple(tier for tier in system.tiers if isinstance(tier, ListTier)))
    return (
        Subject(LIST_TIER, lower(fit(replace(electorate, contests=None)), [lists_only], SEED)),
        Subject(WHOLE, lower(fit(electorate), [system], SEED)),
    )


def under_five_laws() -> Subject:
    """Return the whole Mazhilis under its own law, under that law with a threshold of 3 %, and under three others."""
    spec = read_forecast(FORECAST).value
    own = spec.systems[0].value
    lower_threshold = replace(own, tiers=tuple(_at_three_percent(tier) for tier in own.tiers))
    laws = [own, lower_threshold, *(read_system(name).value for name in OTHER_LAWS)]
    return Subject(FIVE_LAWS, lower(fit(spec.model.value), laws, SEED))


def plan_of_the_day() -> Plan:
    """Return the shipped election day, lowered: the Mazhilis and all 223 maslikhats."""
    spec = read_forecast(DAY).value
    assert spec.assemblies is not None
    plan = lower(fit(spec.model.value), [one.value for one in spec.systems], SEED)
    return with_assemblies(plan, *(one.value for one in spec.assemblies))


def _at_three_percent(tier: Tier) -> Tier:
    if isinstance(tier, ListTier):
        return replace(tier, threshold=replace(tier.threshold, share=Fraction(3, 100)))
    return tier
