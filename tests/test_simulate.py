"""The same seed gives the same bytes; the distribution is the one that was asked for; the audit catches us."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pytest
from scipy import stats

from forecast.distribution import SystemForecast
from forecast.errors import AuditFailure, LawSilent
from forecast.kernel import seats as column
from forecast.kernel.audit import audit
from forecast.kernel.blocks import draw_house
from forecast.kernel.draw import Record, Tallies, scratch_for, simulate_blocks
from forecast.kernel.plan import Plan, lower
from forecast.kernel.random import BLOCK, normals
from forecast.rules.system import AgainstAll, ListTier, NominalTier, Plurality, SilentCases, TwoRounds
from forecast.simulate import simulate
from forecast.voteshare.model import fit
from tests.electorates import electorate, plan, system, two_options


def digest_of(tallies: Tallies) -> str:
    digest = hashlib.sha256()
    for array in tallies:
        digest.update(array.tobytes())
    return digest.hexdigest()[:16]


def record_of(plan: Plan, draws: int, threads: int = 1) -> Record:
    parts: list[Record] = []
    simulate(plan, draws, threads=threads, keep=lambda _, part: parts.append(part), kept=draws)
    return Record(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_do_not_change_a_byte(threads: int) -> None:
    draws = 150_000
    assert digest_of(simulate(plan(), draws, threads=threads).tallies) == digest_of(simulate(plan(), draws).tallies)


@pytest.mark.parametrize("blocks", [1, 7, 100])
def test_chunks_do_not_change_a_byte(blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = digest_of(simulate(plan(), 60_000).tallies)
    monkeypatch.setattr("forecast.simulate.CHUNK_DRAWS", blocks * BLOCK)
    assert digest_of(simulate(plan(), 60_000).tallies) == whole


def test_a_golden_digest_freezes_the_stream() -> None:
    assert digest_of(simulate(plan(), 20_000).tallies) == "8a715437fa6f457f"


def test_a_single_draw_can_be_drawn_again_alone() -> None:
    one = plan()
    stored = record_of(one, 3_000)
    record = one.record(BLOCK)
    simulate_blocks(
        one.voters, one.laws, 2_345 // BLOCK, 1, 3_000, scratch_for(one.voters, one.laws), one.tallies(), record
    )
    for kept, again in zip(stored[:3], record[:3], strict=True):
        np.testing.assert_array_equal(kept[2_345], again[2_345 % BLOCK])


def test_a_shorter_run_is_the_beginning_of_a_longer_one() -> None:
    short, long = record_of(plan(), 1_000), record_of(plan(), 5_000)
    np.testing.assert_array_equal(short.votes, long.votes[:1_000])


def test_whole_ballots_add_up_and_seats_fill_the_house() -> None:
    one = plan()
    record = record_of(one, 5_000)
    assert (record.votes >= 0).all()
    most = one.voters.turnout[2]
    assert (record.votes.sum(axis=1) <= most).all()
    assert (record.list_seats.sum(axis=2) <= 20).all()
    simulation = simulate(one, 5_000)
    forecast = SystemForecast(one, 0, simulation.tallies, 5_000)
    assert sum(forecast.district_seats(group).mean for group in forecast.groups) == pytest.approx(4)


def test_tallies_are_those_of_the_recorded_draws() -> None:
    one = plan()
    record, tallies = record_of(one, 4_000), simulate(one, 4_000).tallies
    for p in range(3):
        counts = np.bincount(record.list_seats[:, 0, p], minlength=25)[:25]
        np.testing.assert_array_equal(tallies.list_seats[0, p], counts)
    shares = 1000 * record.votes.astype(np.int64) // record.votes.sum(axis=1, keepdims=True, dtype=np.int64)
    for option in range(4):
        np.testing.assert_array_equal(tallies.shares[option], np.bincount(shares[:, option], minlength=1001))
    groups = [np.array(contest.groups) for contest in one.model.contests]
    won = np.array([[group[w] for group, w in zip(groups, row, strict=True)] for row in record.winners[:, 0]])
    district = np.array([(won == g).sum(axis=1) for g in range(4)])
    total = district.copy()
    total[:3] += record.list_seats[:, 0, :].T
    for g in range(4):
        np.testing.assert_array_equal(tallies.seats[0, g], np.bincount(total[g], minlength=25)[:25])
    majority, parties = 13, total[:3]
    for mask in range(1, 8):
        members = [p for p in range(3) if mask >> p & 1]
        joint = parties[members].sum(axis=0)
        assert tallies.majority[0, mask] == (joint >= majority).sum()
        least = parties[members].min(axis=0)
        assert tallies.minimal[0, mask] == ((joint >= majority) & (joint - least < majority)).sum()
    most = parties.max(axis=0)
    alone = (parties == most).sum(axis=0) == 1
    for p in range(3):
        assert tallies.largest[0, p] == ((parties[p] == most) & alone).sum()
    np.testing.assert_array_equal(tallies.parties[0], np.bincount((parties > 0).sum(axis=0), minlength=4))


def test_the_chance_to_pass_has_its_closed_form() -> None:
    """One party and "against all": P(share >= t) = Phi((location - logit t) / sd); 5 standard errors, p < 1e-6."""
    draws, location, sd, threshold = 400_000, -2.5, (0.5, 0.4), 0.07
    model = two_options(location, sd)
    law = system(20, districts=0, share=Fraction(7, 100))
    forecast = SystemForecast(lower(model, [law], 3), 0, simulate(lower(model, [law], 3), draws).tallies, draws)
    exact = stats.norm.cdf((location - np.log(threshold / (1 - threshold))) / np.hypot(*sd))
    assert abs(forecast.passes("Alpha").value - exact) < 5 * np.sqrt(exact * (1 - exact) / draws)


def test_shares_have_the_moments_correlations_and_tails_that_were_asked_for() -> None:
    """Against a NumPy sample of the same family; limits of 5 standard errors, false alarms below 1 in 10,000."""
    one = plan()
    draws = 100_000
    votes = record_of(one, draws, threads=2).votes
    shares = votes / votes.sum(axis=1, keepdims=True)
    twin = one.model.votes.sample(draws, np.random.default_rng(1))
    np.testing.assert_allclose(
        shares.mean(axis=0), one.model.mean, atol=5 * float(twin.std(axis=0).max()) / draws**0.5 + 2e-4
    )
    np.testing.assert_allclose(shares.std(axis=0), one.model.sd, rtol=0.02)
    np.testing.assert_allclose(np.corrcoef(shares.T), np.corrcoef(twin.T), atol=5 * np.sqrt(2 / draws))
    for option in range(4):
        assert stats.ks_2samp(shares[:, option], twin[:, option]).pvalue > 2.5e-5


@pytest.mark.parametrize("tail", [0.0, 0.05, 0.3])
def test_national_votes_are_those_of_the_twin_from_the_same_normals(tail: float) -> None:
    """Ballot by ballot: float32 against float64, within 2 of 100,000; other tails are off by more than 200."""
    one = plan()
    one = lower(replace(one.model, votes=replace(one.model.votes, tail=tail)), list(one.systems), one.seed)
    rows = np.zeros((len(one.model.options), 2 * BLOCK), np.float32)
    normals(one.voters.national_keys, 0, 2, rows)
    votes = record_of(one, 2 * BLOCK, threads=1).votes
    twin = one.model.votes.shares(rows.T.astype(np.float64))
    np.testing.assert_allclose(votes / votes.sum(axis=1, keepdims=True), twin, atol=2e-5)
    other = replace(one.model.votes, tail=tail + 0.05).shares(rows.T.astype(np.float64))
    assert np.abs(votes / votes.sum(axis=1, keepdims=True) - other).max() > 2e-3


def test_a_wrong_target_is_noticed() -> None:
    """The test of the test: the same comparison fails for a scale that is 6 % too wide."""
    one = plan()
    votes = record_of(one, 100_000, threads=2).votes
    shares = votes / votes.sum(axis=1, keepdims=True)
    wrong = replace(one.model.votes, scale=one.model.votes.scale * 1.06).sample(100_000, np.random.default_rng(1))
    assert min(stats.ks_2samp(shares[:, option], wrong[:, option]).pvalue for option in range(4)) < 2.5e-5


def test_the_regions_give_back_the_national_vote_in_every_draw() -> None:
    one = plan()
    scratch = scratch_for(one.voters, one.laws)
    simulate_blocks(one.voters, one.laws, 0, 1, BLOCK, scratch, one.tallies(), one.record(0))
    parties, groups = len(one.model.parties), len(one.model.groups)
    strengths = scratch.shock[:, :BLOCK].reshape(2, groups, BLOCK)[:, :parties].astype(np.float64)
    regional = np.exp(strengths) * one.voters.region_weight[:, None, None]
    national = np.exp(scratch.eta[:parties, :BLOCK].astype(np.float64))
    np.testing.assert_allclose(regional.sum(axis=0), national, rtol=2e-6)
    assert np.abs(strengths[0] - strengths[1]).std() > 0.1


def test_the_audit_stops_a_kernel_that_counts_wrongly() -> None:
    one = plan()
    assert str(audit(one, 50_000)) == "200 of 200 recounts agree"
    wrong = one.laws.law.copy()
    wrong[0, column.SEATS] -= 1
    with pytest.raises(AuditFailure, match="ballots: "):
        audit(replace(one, laws=one.laws._replace(law=wrong)), 50_000)


def test_the_audit_stops_a_district_won_by_the_wrong_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong_winners(*arguments: Any) -> None:
        draw_house(*arguments)
        record = arguments[-1]
        record.winners[:, 0, 2] = 1 - record.winners[:, 0, 2]

    monkeypatch.setattr("forecast.kernel.audit.draw_house", wrong_winners)
    with pytest.raises(AuditFailure, match="district 3"):
        audit(plan(), 50_000)


def test_an_error_where_the_law_is_silent_stops_the_run() -> None:
    law = system(20, districts=0, share=Fraction(1, 2))
    tier = law.tiers[0]
    assert isinstance(tier, ListTier)
    strict = replace(law, tiers=(replace(tier, silent=SilentCases(no_list_passes="error")),))
    with pytest.raises(LawSilent, match="no_list_passes"):
        simulate(lower(plan().model, [strict], 1), 5_000)


def test_a_run_stops_when_it_is_precise_enough_and_not_before_the_first_look() -> None:
    looks: list[int] = []

    def enough(_: Tallies, draws: int) -> bool:
        looks.append(draws)
        return len(looks) == 2

    simulation = simulate(plan(), 10**6, enough=enough)
    assert looks == [65_536, 131_072]
    assert simulation.draws == 131_072


def contests(
    formula: Plurality | TwoRounds, use: Literal["counted", "not on the ballot", "voids the district"]
) -> Plan:
    law = system()
    tier = law.tiers[1]
    assert isinstance(tier, NominalTier)
    changed = replace(tier, formula=formula, against_all=AgainstAll(use))
    return lower(fit(electorate()), [system(), replace(law, id="changed", tiers=(law.tiers[0], changed))], 4)


@pytest.mark.parametrize("use", ["counted", "not on the ballot", "voids the district"])
@pytest.mark.parametrize(
    "formula",
    [
        Plurality(),
        TwoRounds(),
        TwoRounds(of="ballots cast"),
        TwoRounds(of="party votes", comparison="at least"),
        TwoRounds(share=Fraction(3, 5)),
    ],
    ids=["plurality", "half", "half of the cast", "half of the party votes", "three fifths"],
)
def test_contests_on_whole_ballots_equal_the_reference(
    formula: Plurality | TwoRounds, use: Literal["counted", "not on the ballot", "voids the district"]
) -> None:
    """3,000 draws of four districts each, every one recounted, beside plurality in the same kernel pass."""
    assert audit(contests(formula, use), 3_000, recounts=3_000).recounts == 3_000


def test_a_second_round_is_held_and_changes_winners() -> None:
    one = contests(TwoRounds(), "counted")
    winners = record_of(one, 20_000).winners
    changed = (winners[:, 0] != winners[:, 1]) & (winners[:, 1] >= 0)
    assert 0.01 < changed.mean() < 0.3
    two_stand = winners[:, 1, 2]
    assert (two_stand == -1).mean() > 0.001
    assert (two_stand >= 0).mean() > 0.5
    tallies = simulate(one, 20_000).tallies
    np.testing.assert_array_equal(tallies.wins[1, 7:9], [(two_stand == 0).sum(), (two_stand == 1).sum()])
    assert tallies.district_seats[1].sum(axis=1).tolist() == [20_000] * 4


def test_against_all_voids_a_district_only_where_the_law_says_so() -> None:
    assert (record_of(contests(Plurality(), "counted"), 20_000).winners >= 0).all()
    void = record_of(contests(Plurality(), "voids the district"), 20_000).winners[:, 1] == -1
    assert 0 < void.mean() < 0.2


def test_another_system_in_the_same_pass_changes_no_seat() -> None:
    alone = simulate(lower(fit(electorate()), [system()], 4), 20_000).tallies
    beside = simulate(contests(TwoRounds(), "voids the district"), 20_000).tallies
    np.testing.assert_array_equal(alone.seats[0], beside.seats[0])
    np.testing.assert_array_equal(alone.wins[0], beside.wins[0])
