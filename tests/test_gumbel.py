"""Gumbel noise of candidates: the law that was asked for, another model than the normal one, and said to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from forecast.documents import read_model
from forecast.documents.assumptions import GUMBEL_LINE
from forecast.kernel.audit import audit
from forecast.kernel.gumbel import gumbels
from forecast.kernel.plan import Plan, lower
from forecast.kernel.random import BLOCK, stream_keys
from forecast.simulate import simulate
from forecast.voteshare.electorate import Contests, District, Electorate, Noise, Quantity
from forecast.voteshare.families import gumbel_noise
from forecast.voteshare.model import fit
from tests.electorates import candidates, electorate, system
from tests.test_simulate import digest_of

STANDARD = stats.gumbel_r(loc=-np.euler_gamma * np.sqrt(6) / np.pi, scale=np.sqrt(6) / np.pi)


def sample(names: list[str], blocks: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    out = np.empty((len(names), blocks * BLOCK), np.float32)
    gumbels(stream_keys(7, names), 0, blocks, out)
    return out


def with_gumbel(one: Electorate, candidate_sd: float | None = None) -> Electorate:
    assert one.contests is not None
    contests = replace(one.contests, noise="gumbel")
    if candidate_sd is not None:
        contests = replace(contests, candidate_sd=Quantity(candidate_sd, "assumed"))
    return replace(one, contests=contests)


def gumbel_plan(seed: int = 1) -> Plan:
    return lower(fit(with_gumbel(electorate())), [system()], seed)


def test_gumbel_numbers_have_their_moments_and_their_law() -> None:
    """Moments to 5 standard errors, Kolmogorov-Smirnov at the level 1e-5; fixed seeds, so no run differs."""
    z = sample([str(i) for i in range(4)], 1_000).astype(np.float64).ravel()
    n = len(z)
    assert abs(z.mean()) < 5 / np.sqrt(n)
    assert abs(z.std() - 1) < 5 * np.sqrt((5.4 - 1) / 4 / n)
    assert abs(stats.skew(z) - 1.1395) < 0.02
    assert stats.kstest(z[:1_000_000], STANDARD.cdf).pvalue > 1e-5
    assert stats.kstest(1.01 * z[:1_000_000], STANDARD.cdf).pvalue < 1e-5  # the test of the test


def test_the_tails_go_on_beyond_the_resolution_of_float32() -> None:
    z = sample([str(i) for i in range(16)], 4_000).ravel()
    for level in (1e-3, 1e-4, 1e-5, 1e-6):
        for count in ((z > STANDARD.isf(level)).sum(), (z < STANDARD.ppf(level)).sum()):
            assert abs(count - level * z.size) < 5 * np.sqrt(level * z.size) + 1
    assert np.isfinite(z).all()
    assert z.max() < STANDARD.isf(2.0**-31) + 0.1


def test_the_numpy_twin_draws_the_same_law() -> None:
    twin = gumbel_noise(np.random.default_rng(1).random(200_000))
    assert stats.ks_2samp(twin, sample(["twin"], 400)[0]).pvalue > 1e-5
    assert stats.ks_2samp(twin + 0.02, sample(["twin"], 400)[0]).pvalue < 1e-5


def test_a_candidate_keeps_their_numbers_whoever_else_stands() -> None:
    np.testing.assert_array_equal(sample(["b", "a"], 2)[1], sample(["a"], 2)[0])


def test_equal_spreads_make_the_winner_a_softmax_of_the_strengths() -> None:
    """McFadden (1974): P(c) = exp(s_c / scale) / sum; no national or regional chance, 5 standard errors."""
    base = electorate()
    assert base.contests is not None
    rule = replace(base.contests.self_nominated, sd=Quantity(0.4, "assumed"), national_sd=Quantity(0.0, "assumed"))
    still = replace(
        with_gumbel(base), regional_sd=Quantity(0.0, "assumed"),
        contests=replace(base.contests, self_nominated=rule, noise="gumbel"),
    )  # fmt: skip
    model = fit(still)
    model = replace(model, votes=replace(model.votes, scale=np.zeros_like(model.votes.scale)))
    draws = 400_000
    tallies = simulate(lower(model, [system()], 5), draws).tallies
    location = np.array([*model.votes.location[:3], model.self_location])
    first = 0
    for contest in model.contests:
        strength = location[list(contest.groups)] / (0.4 * np.sqrt(6) / np.pi)
        expected = np.exp(strength) / np.exp(strength).sum()
        won = tallies.wins[0, first : first + len(strength)] / draws
        np.testing.assert_array_less(np.abs(won - expected), 5 * np.sqrt(expected * (1 - expected) / draws) + 1e-5)
        first += len(strength)


def test_long_shots_win_more_often_than_under_normal_noise() -> None:
    """Two candidates 2.6 joint standard deviations apart, exactly: 1 of 201 under normal noise, 1 of 109 under Gumbel."""
    base = electorate()
    assert base.contests is not None
    gap, sd, draws = 2.6 * np.sqrt(2) * 0.4, 0.4, 400_000
    won = {}
    for noise in LAWS:
        contests = Contests(
            (District("1", "North", 1_000_000, candidates("Alpha", "Beta")),),
            Quantity(sd, "assumed"), base.contests.self_nominated, noise,
        )  # fmt: skip
        model = fit(replace(base, contests=contests, regional_sd=Quantity(0.0, "assumed")))
        votes = replace(model.votes, location=np.array([gap, 0.0, -1.0, -1.0]), scale=np.zeros_like(model.votes.scale))
        plan = lower(replace(model, votes=votes), [system(districts=1)], 3)
        won[noise] = simulate(plan, draws).tallies.wins[0, 1] / draws
    for noise, expected in (
        ("normal", stats.norm.sf(2.6)),
        ("gumbel", 1 / (1 + np.exp(gap / (sd * np.sqrt(6) / np.pi)))),
    ):
        assert abs(won[noise] - expected) < 5 * np.sqrt(expected / draws)
    assert won["gumbel"] > 1.5 * won["normal"]


def test_every_audited_draw_agrees_with_the_reference() -> None:
    assert audit(gumbel_plan(), 3_000, recounts=3_000).recounts == 3_000


def test_a_golden_digest_freezes_the_gumbel_stream() -> None:
    assert digest_of(simulate(gumbel_plan(), 20_000).tallies) == GOLDEN
    assert digest_of(simulate(gumbel_plan(), 20_000, threads=2).tallies) == GOLDEN


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    from shutil import copytree

    folder = tmp_path / "mine"
    copytree(Path(__file__).parent.parent / "models" / "kazakhstan-2023", folder)
    return folder


def test_a_model_declares_gumbel_noise_and_every_run_says_so(model_folder: Path) -> None:
    without = read_model(model_folder)
    assert GUMBEL_LINE not in without.value.assumptions
    text = (model_folder / "model.toml").read_text(encoding="utf-8")
    (model_folder / "model.toml").write_text(
        text.replace("[districts]\n", '[districts]\nnoise = "gumbel"\n'), encoding="utf-8"
    )
    declared = read_model(model_folder)
    assert GUMBEL_LINE in declared.value.assumptions
    assert fit(declared.value).noise == "gumbel"
    assert "noise" not in without.document["districts"]  # digests of models that do not name it stay what they were
    assert declared.document["districts"]["noise"] == "gumbel"


GOLDEN = "3c1e726fcf267ab7"
LAWS: tuple[Noise, Noise] = ("normal", "gumbel")
