"""What is measured: the shipped forecast of the Mazhilis, whole, and its list tier alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from forecast.documents import read_forecast
from forecast.kernel.plan import Plan, lower
from forecast.rules.system import ElectoralSystem, ListTier
from forecast.voteshare.electorate import Electorate
from forecast.voteshare.model import fit

FORECAST = "kazakhstan-2023"
SEED = 20230319


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A column of the table: a plan, and the name it goes by."""

    name: str
    plan: Plan


@cache
def subjects() -> tuple[Subject, ...]:
    """Return the list tier alone (no districts drawn, none in the law) and the whole Mazhilis."""
    spec = read_forecast(FORECAST).value
    return subjects_of(spec.model.value, spec.systems[0].value)


def subjects_of(electorate: Electorate, system: ElectoralSystem) -> tuple[Subject, ...]:
    """Return the two subjects of one electorate and one system."""
    lists_only = replace(system, tiers=tuple(tier for tier in system.tiers if isinstance(tier, ListTier)))
    return (
        Subject("list tier only", lower(fit(replace(electorate, contests=None)), [lists_only], SEED)),
        Subject("whole Mazhilis", lower(fit(electorate), [system], SEED)),
    )
