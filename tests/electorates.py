"""A small electorate for tests: three parties, "against all", two regions, four districts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np

from forecast.kernel.plan import Plan, lower
from forecast.rules.system import (
    AgainstAll,
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
)
from forecast.voteshare.electorate import (
    Candidate,
    Contests,
    District,
    Electorate,
    Option,
    Quantity,
    Region,
    ResultCentre,
    SelfNominated,
    Turnout,
)
from forecast.voteshare.families import LogisticNormal
from forecast.voteshare.model import VoteModel, fit

PARTIES = ("Alpha", "Beta", "Gamma")


def assumed(value: float) -> Quantity:
    return Quantity(value, "assumed", "for a test")


def candidates(*parties: str | None) -> tuple[Candidate, ...]:
    names = [party or f"Self-nominated {number}" for number, party in enumerate(parties)]
    return tuple(Candidate(name, party) for name, party in zip(names, parties, strict=True))


def electorate() -> Electorate:
    return Electorate(
        id="small",
        name="A small electorate",
        country="Nowhere",
        election_day=date(2030, 1, 31),
        as_of=date(2030, 1, 30),
        options=(
            Option("Alpha", "party", 0.5),
            Option("Beta", "party", 0.3),
            Option("Gamma", "party", None, list_length=6),
            Option("against_all", "against_all"),
        ),
        centre=ResultCentre({"Alpha": 500, "Beta": 330, "Gamma": 70, "against_all": 100}, assumed(0.1)),
        turnout=Turnout(1_000_000, assumed(0.97), assumed(0.03)),
        regions=(Region("North", {"turnout_2026": 0.6}), Region("South", {"turnout_2026": 0.5})),
        regional_sd=assumed(0.3),
        contests=Contests(
            districts=(
                District("1", "North", 300_000, candidates("Alpha", "Beta", None)),
                District("2", "North", 200_000, candidates("Alpha", "Gamma", None, None)),
                District("3", "South", 250_000, candidates("Beta", "Alpha")),
                District("007", "South", 250_000, candidates("Alpha", "Beta", "Gamma", None, None, None)),
            ),
            candidate_sd=assumed(0.4),
            self_nominated=SelfNominated("Self-nominated", 1, 4, assumed(0.8), assumed(0.3)),
        ),
    )


def system(seats: int = 20, districts: int = 4, share: Fraction = Fraction(1, 20)) -> ElectoralSystem:
    tiers: list[ListTier | NominalTier] = [
        ListTier(
            "party lists", seats, Threshold(share), LargestRemainder(), RemainderTies(),
            SecondList(Fraction(7, 10), 2), SilentCases(),
        )
    ]  # fmt: skip
    if districts:
        tiers.append(NominalTier("single-member districts", districts, Plurality(), NominalTies(), AgainstAll()))
    return ElectoralSystem("small-law", "A small law", None, "parallel", tuple(tiers))


def plan(seed: int = 1) -> Plan:
    return lower(fit(electorate()), [system()], seed)


def two_options(location: float, sd: tuple[float, float]) -> VoteModel:
    """Return a model of one party and "against all" whose party share is a known logistic-normal."""
    base = replace(
        electorate(),
        options=(Option("Alpha", "party", 0.5), Option("against_all", "against_all")),
        centre=ResultCentre({"Alpha": 500, "against_all": 500}, assumed(0.1)),
        contests=None,
    )
    votes = LogisticNormal(np.array([location, 0.0]), np.diag(sd))
    return replace(fit(base), votes=votes)
