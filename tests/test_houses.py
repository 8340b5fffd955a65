"""Forecasts under laws of any parliament: what the kernel draws and counts is what the reference counts, draw by draw."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from forecast.distribution import SystemForecast
from forecast.errors import AuditFailure, DocumentError
from forecast.kernel.audit import audit
from forecast.kernel.blocks import Counts, Workspace, draw_house
from forecast.kernel.plan import Plan, lower
from forecast.kernel.random import BLOCK
from forecast.rules.proportional import (
    AdditionalMember,
    Admission,
    Alliances,
    Biproportional,
    Bonus,
    Cap,
    Covered,
    District,
    DivisorFormula,
    ExtraSeats,
    Levelled,
    Levelling,
    MinimumOpposition,
    MixedMember,
    PooledRemainders,
    ProportionalTier,
    QuotaFormula,
    SeatsBar,
    ShareBar,
)
from forecast.rules.system import AgainstAll, ElectoralSystem, NominalTier, NominalTies, Plurality, Tier
from forecast.simulate import simulate
from forecast.voteshare.electorate import Electorate
from forecast.voteshare.model import fit
from tests.electorates import candidates, electorate, plan, system

SAINTE_LAGUE = DivisorFormula("sainte-lague")
WINNERS = NominalTier("districts", 4, Plurality(), NominalTies(), AgainstAll())
FIVE = Admission((ShareBar(Fraction(1, 20)),))
REGIONS = (District("North", 7, "upper", levelling=2), District("South", 5, "lower", levelling=1))
WHERE = {"1": "North", "2": "North", "3": "South", "007": "South"}


def lists(seats: int = 12, **values: Any) -> ProportionalTier:
    return replace(ProportionalTier("lists", seats, SAINTE_LAGUE, admission=FIVE), **values)


def law(*tiers: Tier) -> ElectoralSystem:
    return ElectoralSystem("law", "A law", None, "parallel", tiers)


LAWS = {
    "nationwide quotas": law(lists(formula=QuotaFormula("droop"))),
    "quotas that promise too much": law(lists(60, formula=QuotaFormula("imperiali"))),
    "by region": law(WINNERS, lists(districts=REGIONS)),
    "regions sized by votes": law(lists(districts=REGIONS, magnitudes=QuotaFormula())),
    "second scrutiny": law(
        lists(
            districts=REGIONS,
            formula=QuotaFormula("hagenbach-bischoff", leftovers="nobody"),
            remainders=PooledRemainders(QuotaFormula()),
        )
    ),
    "an alliance": law(
        lists(alliances=Alliances({"Together": ("Alpha", "Gamma")}, "alliance", member_share=Fraction(1, 50)))
    ),
    "bonus": law(lists(bonus=Bonus(8))),
    "further seats": law(lists(extra=ExtraSeats(2, QuotaFormula()))),
    "minimum opposition": law(lists(opposition=MinimumOpposition(Fraction(2, 5)))),
    "a cap": law(WINNERS, lists(cap=Cap(Fraction(11, 10), 16, "districts"))),
    "additional members": law(
        WINNERS, lists(districts=REGIONS, linkage=AdditionalMember("districts", {})), ),
    "overhang kept": law(WINNERS, lists(8, linkage=MixedMember("districts", 12))),
    "overhang of regional lists": law(
        WINNERS, lists(8, districts=REGIONS, linkage=MixedMember("districts", 12, WHERE, sublists=True))
    ),
    "one district admits": law(
        WINNERS, lists(8, admission=Admission(FIVE.all_of, (SeatsBar(1, "districts"),)), linkage=MixedMember("districts", 12))
    ),
    "levelled": law(
        WINNERS, lists(8, districts=REGIONS, linkage=Levelled("districts", 12, {}, {"North": 500, "South": 450}))
    ),
    "partly levelled": law(
        WINNERS,
        lists(
            8,
            districts=REGIONS,
            linkage=Levelled("districts", 12, {}, {"North": 500, "South": 450}, "half", free_overhang=1),
        ),
    ),
    "covered": law(WINNERS, lists(8, districts=REGIONS, linkage=Covered("districts", 12, {}))),
    "levelling seats": law(
        lists(districts=REGIONS),
        ProportionalTier(
            "levelling", 3, SAINTE_LAGUE, REGIONS, admission=FIVE, linkage=Levelling("lists", 15, placement="share")
        ),
    ),
    "biproportional": law(lists(districts=REGIONS, biproportional=Biproportional())),
    "lots": law(lists(districts=REGIONS, ties="lot")),
}  # fmt: skip


def leaning() -> Electorate:
    """Return the small electorate with a last election: Gamma strong in the South, Beta's candidate in district 3."""
    base = electorate()
    assert base.contests is not None
    shares = {"North": {"Alpha": 0.6, "Beta": 0.35, "Gamma": 0.05}, "South": {"Alpha": 0.4, "Beta": 0.25, "Gamma": 0.3}}
    districts = [
        replace(one, candidates=tuple(
            replace(person, base_share=0.7) if (one.id, person.name) == ("3", "Beta") else person for person in one.candidates
        ))
        for one in base.contests.districts
    ]  # fmt: skip
    return replace(base, regional_shares=shares, contests=replace(base.contests, districts=tuple(districts)))


def house(*systems: ElectoralSystem) -> Plan:
    return lower(fit(leaning()), systems, 7)


@pytest.mark.parametrize("name", LAWS)
def test_every_draw_is_what_the_reference_counts(name: str) -> None:
    assert audit(house(LAWS[name]), BLOCK // 2, recounts=BLOCK // 2).recounts == BLOCK // 2


def test_lots_that_were_drawn_with_the_votes_decide_ties_in_both_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    hamlet = replace(leaning(), turnout=replace(leaning().turnout, electorate=60))
    one = lower(fit(hamlet), [LAWS["lots"]], 7)
    assert audit(one, BLOCK, recounts=BLOCK).recounts == BLOCK
    monkeypatch.setattr("forecast.kernel.audit.lots_of", lambda *where: {})
    with pytest.raises(AuditFailure, match="kernel and reference count differ"):
        audit(one, BLOCK, recounts=BLOCK)


def test_a_wrong_count_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_many(*arguments: Any) -> object:
        seats, left, cover = right(*arguments)
        seats[:, 0, 0] += 1
        return seats, left, cover

    from forecast.kernel import house_blocks

    right = house_blocks._count_tier
    monkeypatch.setattr(house_blocks, "_count_tier", too_many)
    with pytest.raises(AuditFailure, match="kernel and reference count differ"):
        audit(house(LAWS["by region"]), BLOCK, recounts=5)


def test_regional_ballots_add_up_to_the_nation_and_lean_as_they_did() -> None:
    one = house(LAWS["by region"])
    record = one.record(BLOCK, utilities=True)
    draw_house(one, 0, 1, BLOCK, Workspace.of(one), one.tallies(), record)
    assert (record.regional.sum(axis=1) == record.votes).all()
    shares = record.regional.mean(axis=0) / record.regional.sum(axis=2).mean(axis=0)[:, None]
    gamma, against = one.model.options.index("Gamma"), one.model.options.index("against_all")
    assert shares[1, gamma] > 3 * shares[0, gamma]
    # "against all" has no regional strength of its own: what is left of it follows from the other options' parts.
    assert 0.5 < shares[1, against] / shares[0, against] < 2
    ballots = record.regional.sum(axis=2)
    expected = one.model.ballots.weights * record.votes.sum(axis=1)[:, None]
    assert np.abs(ballots / expected - 1).max() < 2e-3


def test_a_candidate_who_leans_wins_more_often_than_one_who_does_not() -> None:
    chances = []
    for voters in (electorate(), leaning()):
        one = lower(fit(voters), [LAWS["nationwide quotas"], law(WINNERS)], 7)
        forecast = SystemForecast(one, 1, simulate(one, 4 * BLOCK).tallies, 4 * BLOCK)
        first = int(one.voters.district_first[2])
        beta = [person.name for person in one.model.contests[2].candidates].index("Beta")
        chances.append(forecast.wins_by([first + beta]).value)
    assert chances[1] > chances[0] + 0.2


def test_the_plain_list_tier_is_counted_the_same_beside_another_law() -> None:
    alone = simulate(plan(seed=7), 2 * BLOCK)
    beside = simulate(lower(fit(electorate()), [system(), LAWS["by region"]], 7), 2 * BLOCK)
    for name in ("list_seats", "seats", "passed", "largest", "parties", "majority", "minimal", "cases"):
        first, second = getattr(alone.tallies, name)[0], getattr(beside.tallies, name)[0]
        room = tuple(slice(size) for size in first.shape)
        assert (first == second[room]).all(), name
    assert (alone.tallies.wins[0] == beside.tallies.wins[0]).all()


def test_a_house_that_grows_is_tallied_by_its_size_in_every_draw() -> None:
    one = house(LAWS["levelled"])
    done = simulate(one, 4 * BLOCK)
    forecast = SystemForecast(one, 0, done.tallies, done.draws)
    assert forecast.grows
    assert forecast.size.counts.sum() == done.draws
    assert forecast.size.counts[:12].sum() == 0
    assert forecast.size.counts[12] < done.draws
    # A majority of the members there are is never easier than one of the 12 that the law names.
    for party in one.model.parties:
        assert forecast.majority(party).count <= forecast.seats(party).at_least(forecast.system.majority).count
        mask = 1 << one.model.parties.index(party)
        assert forecast.majority(party).count == done.tallies.majority[0, mask]


def test_equal_bytes_for_threads_and_chunks() -> None:
    one = house(LAWS["covered"], LAWS["levelling seats"])
    whole, parts = simulate(one, 3 * BLOCK, threads=2).tallies, Counts.of(one)
    work = Workspace.of(one)
    for block in range(3):
        draw_house(one, block, 1, 3 * BLOCK, work, parts.house, one.record(0))
    for left, right in zip(whole, parts.house, strict=True):
        assert (left == right).all()


def test_the_regions_of_the_model_must_be_the_districts_of_the_law() -> None:
    odd = law(lists(districts=(District("North", 7), District("East", 5))))
    with pytest.raises(DocumentError, match="'East', 'South'"):
        house(odd)


def test_candidates_of_no_party_may_have_a_base_share() -> None:
    base = electorate()
    assert base.contests is not None
    people = (*candidates("Alpha", "Beta"), replace(candidates(None)[0], base_share=0.9))
    districts = (replace(base.contests.districts[0], candidates=people), *base.contests.districts[1:])
    one = fit(replace(base, contests=replace(base.contests, districts=districts)))
    assert one.contests[0].leans[-1].shift > 0
    done = simulate(lower(one, [law(WINNERS)], 3), 2 * BLOCK)
    assert done.tallies.wins[0, 2] > 0.6 * done.draws
