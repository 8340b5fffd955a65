"""Deposits: who gets theirs back, against ballots counted one by one in fractions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal

import numpy as np
import pytest

from forecast.deposits import TierDeposits, returned_deposits
from forecast.kernel.district_ballots import district_ballots, district_rows
from forecast.kernel.draw import Record, scratch_for, simulate_blocks
from forecast.kernel.plan import Plan, lower
from forecast.kernel.random import BLOCK
from forecast.rules.persons_law import Deposit, DepositStep, PersonsLaw
from forecast.rules.system import AgainstAll, ElectoralSystem, ListTier, NominalTier, TwoRounds
from forecast.tables import PERSON_COLUMNS, deposit_rows
from forecast.voteshare.electorate import Electorate, ResultCentre
from forecast.voteshare.model import fit
from tests.electorates import assumed, candidates, electorate, plan, system

DEPOSIT = Deposit(Fraction(15), (DepositStep(Fraction(1, 20), Fraction(0)),), Fraction(1, 20), "art. 88")
Use = Literal["counted", "not on the ballot", "voids the district"]


def with_deposit(law: ElectoralSystem, share: Fraction = Fraction(1, 20), use: Use = "counted") -> ElectoralSystem:
    tiers = tuple(
        replace(tier, against_all=AgainstAll(use)) if isinstance(tier, ListTier | NominalTier) else tier
        for tier in law.tiers
    )
    return replace(law, tiers=tiers, persons=PersonsLaw(deposit=replace(DEPOSIT, returned_at=share)))


def in_two_rounds(law: ElectoralSystem) -> ElectoralSystem:
    tiers = tuple(replace(tier, formula=TwoRounds()) if isinstance(tier, NominalTier) else tier for tier in law.tiers)
    return replace(law, id="two-rounds", tiers=tiers)


def recorded(one: Plan, draws: int) -> Record:
    blocks = -(-draws // BLOCK)
    record = one.record(blocks * BLOCK, utilities=True)
    simulate_blocks(one.voters, one.laws, 0, blocks, draws, scratch_for(one.voters, one.laws), one.tallies(), record)
    return record


def test_ballots_of_districts_are_those_that_a_contest_on_ballots_counts() -> None:
    """Equal, not close: 512 draws of four districts, "against all" among them."""
    one = lower(fit(electorate()), [in_two_rounds(system())], 4)
    record, scratch = one.record(BLOCK, utilities=True), scratch_for(one.voters, one.laws)
    simulate_blocks(one.voters, one.laws, 0, 1, BLOCK, scratch, one.tallies(), record)
    rows = district_rows(one.voters)
    rows.utilities[:] = record.utilities.T
    rows.against[:] = scratch.eta[one.voters.against_option, :BLOCK]
    district_ballots(one.voters, scratch.ballots, rows)
    np.testing.assert_array_equal(rows.ballots[:-2].T, record.ballots)
    assert (record.ballots[:, -4:] > 0).all()


@pytest.mark.parametrize("use", ["counted", "not on the ballot", "voids the district"])
@pytest.mark.parametrize("draws", [300, 700])
def test_deposits_are_those_of_ballots_counted_one_by_one(draws: int, use: Use) -> None:
    laws = [with_deposit(system(), Fraction(1, 10), use), with_deposit(in_two_rounds(system()), Fraction(1, 10), use)]
    one = lower(fit(electorate()), laws, 4)
    record = recorded(one, draws)
    found = returned_deposits(one, draws)
    assert [(tier.number, tier.tier.name) for tier in found] == [
        (number, name) for number in (0, 1) for name in ("party lists", "single-member districts")
    ]
    first = one.voters.district_first
    for tier in found:
        expected = np.zeros_like(tier.returned)
        for draw in range(draws):
            if isinstance(tier.tier, ListTier):
                *votes, against = record.votes[draw].tolist()
                expected += [_reach(v, votes, against, use) for v in votes]
                continue
            for d in range(4):
                votes = record.ballots[draw, first[d] : first[d + 1]].tolist()
                against = int(record.ballots[draw, one.candidates + d])
                winner = record.winners[draw, int(one.laws.contest_of[tier.number]), d]
                for c, v in enumerate(votes):
                    expected[first[d] + c] += c == winner or _reach(v, votes, against, use)
        np.testing.assert_array_equal(tier.returned, expected)
        assert tier.draws == draws


def _reach(own: int, votes: list[int], against: int, use: Use) -> bool:
    return Fraction(own, sum(votes) + (0 if use == "not on the ballot" else against)) >= Fraction(1, 10)


def certain() -> Electorate:
    """Alpha 60 %, Beta 27 %, Gamma 3 %, against all 10 % everywhere; nothing is random."""
    base, none = electorate(), assumed(0.0)
    assert base.contests is not None
    districts = tuple(
        replace(district, candidates=candidates(*parties))
        for district, parties in zip(
            base.contests.districts,
            [("Alpha", "Gamma"), ("Gamma", "Beta"), ("Alpha", "Beta", "Gamma"), ("Beta", "Alpha")],
            strict=True,
        )
    )
    own = replace(base.contests.self_nominated, sd=none, national_sd=none)
    return replace(
        base,
        centre=ResultCentre({"Alpha": 600, "Beta": 270, "Gamma": 30, "against_all": 100}, none),
        turnout=replace(base.turnout, sd=none),
        regional_sd=none,
        contests=replace(base.contests, districts=districts, candidate_sd=none, self_nominated=own),
    )


def test_deposits_of_an_election_counted_by_hand() -> None:
    """Gamma: 3 of 73 against Alpha, 3 of 40 against Beta, 3 of 100 against both and on the lists."""
    one = lower(fit(certain()), [with_deposit(system())], 1)
    rows = list(deposit_rows(one, returned_deposits(one, 600)))
    names = list(PERSON_COLUMNS["deposits.csv"])
    table = [dict(zip(names, row, strict=True)) for row in rows]
    lost = [(row["district"], row["party"]) for row in table if row["p_returned"] == 0]
    assert lost == [("", "Gamma"), ("1", "Gamma"), ("3", "Gamma")]
    assert {row["p_returned"] for row in table} == {0.0, 1.0}
    assert {row["mcse"] for row in table} == {0.0}
    assert len(table) == 3 + 9


def test_an_elected_candidate_gets_the_deposit_back_whatever_the_share() -> None:
    one = lower(fit(certain()), [with_deposit(system(), share=Fraction(1))], 1)
    lists, districts = returned_deposits(one, BLOCK)
    assert lists.returned.sum() == 0
    assert districts.returned.sum() == 4 * BLOCK


def test_the_share_of_the_law_is_reached_in_whole_ballots() -> None:
    """List votes are 60, 27, 3 and 10 parts of a whole number of ballots: at its own share a list gets it back."""
    one = lower(fit(certain()), [with_deposit(system())], 1)
    votes = recorded(one, 1).votes[0].tolist()
    for above in (0, 1):
        share = Fraction(votes[2] + above, sum(votes))
        lists = returned_deposits(lower(fit(certain()), [with_deposit(system(), share)], 1), 1)[0]
        assert lists.returned.tolist() == [1, 1, 1 - above]


def test_a_system_without_a_deposit_has_no_table() -> None:
    assert returned_deposits(plan(), 1_000) == []
    beside = lower(fit(electorate()), [system(), with_deposit(replace(system(districts=0), id="lists"))], 1)
    found: list[TierDeposits] = returned_deposits(beside, 1_000)
    assert [(one.number, one.tier.name) for one in found] == [(1, "party lists")]
