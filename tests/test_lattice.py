"""The lattice: the same forecast as plain draws, unbiased, with smaller errors, the same bytes, and said to be one."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats
from scipy.stats import qmc

from forecast.distribution import SystemForecast
from forecast.errors import AuditFailure, ForecastError
from forecast.execution import Order, compute, prepare, stored
from forecast.kernel import seats as column
from forecast.kernel.conditional import contest_rows, district_chances
from forecast.kernel.draw import Tallies
from forecast.kernel.gumbel import PER_SD
from forecast.kernel.lattice_plan import lower_lattice
from forecast.kernel.plan import Plan, lower
from forecast.kernel.random import BLOCK
from forecast.kernel.sobol import DIMENSIONS, direction_numbers, net_normals, scrambled_net
from forecast.lattice import simulate_lattice
from forecast.report.folder import read_run
from forecast.report.house import houses
from forecast.rules.system import NominalTier, TwoRounds
from forecast.simulate import Simulation, simulate
from forecast.voteshare.model import fit
from tests.electorates import electorate, plan, system
from tests.test_gumbel import gumbel_plan
from tests.test_simulate import digest_of

DRAWS = 65_536


def forecast_of(simulation: Simulation) -> SystemForecast:
    return SystemForecast(simulation.plan, 0, simulation.tallies, simulation.draws, simulation.replicates)


def test_direction_numbers_are_those_of_joe_and_kuo() -> None:
    points = np.zeros((256, DIMENSIONS), np.uint32)
    numbers = np.array([direction_numbers(j) for j in range(DIMENSIONS)])
    for bit in range(8):
        points[(np.arange(256) >> bit) & 1 == 1] ^= numbers[:, bit]
    theirs = qmc.Sobol(DIMENSIONS, scramble=False).random(256) * 2**32
    assert sorted(map(tuple, points.tolist())) == sorted(map(tuple, theirs.astype(int).tolist()))


def test_every_dimension_of_a_scrambled_net_is_evenly_spread_and_normal() -> None:
    blocks = 16
    out = np.empty((10, blocks * BLOCK), np.float32)
    net_normals(scrambled_net(3, [f"dimension {j}" for j in range(10)]), 5, 0, blocks, out)
    strata = np.floor(special.ndtr(out.astype(np.float64)) * blocks * BLOCK).astype(int)
    for row in strata:  # one point in each stratum, but for those on an edge of it in float32
        assert len(set(row.tolist())) > 0.97 * blocks * BLOCK
    assert np.abs(np.corrcoef(out) - np.eye(10)).max() < 0.02


def test_normals_of_the_net_are_exact_to_a_millionth() -> None:
    net = scrambled_net(3, ["one"])
    out = np.empty((1, 64 * BLOCK), np.float32)
    net_normals(net, 0, 0, 64, out)
    words = np.full(64 * BLOCK, net.shift[0, 0], np.uint32)
    for bit in range(15):
        words[(np.arange(64 * BLOCK) >> bit) & 1 == 1] ^= net.vectors[0, 0, bit]
    assert np.abs(out[0] - special.ndtri((words + 0.5) / 2**32)).max() < 2e-6


@pytest.mark.parametrize("noise", ["normal", "gumbel"])
def test_integrated_chances_are_those_of_adaptive_quadrature(noise: str) -> None:
    """Every district of the small electorate at random strengths, against scipy in float64: over all shifts of the

    nodes to 2 in 100,000, and with any one of them to 1 in 200.
    """
    one = plan() if noise == "normal" else gumbel_plan()
    fields = lower_lattice(one).lattice.fields
    law = stats.norm if noise == "normal" else stats.gumbel_r(-np.euler_gamma * PER_SD, PER_SD)
    shift = ((np.arange(BLOCK) + 0.5) / BLOCK).astype(np.float32)
    random = np.random.default_rng(1)
    for d, _ in itertools.product(range(4), range(3)):
        strengths = random.normal(0, 1, 4).astype(np.float32)
        rows = contest_rows(fields)
        district_chances(fields, d, np.repeat(strengths[:, None], BLOCK, axis=1), shift, rows)
        entries = range(int(fields.first_entry[d]), int(fields.first_entry[d + 1]))
        chances = rows.chance[entries.start : entries.stop, :BLOCK].astype(np.float64)
        np.testing.assert_allclose(chances.sum(axis=0), 1, atol=1e-6)
        at = {e: float(strengths[fields.group[e]]) for e in entries}
        for e in entries:

            def density(u: float, e: int = e, at: dict[int, float] = at) -> float:
                own = (u - at[e]) / float(fields.sd[e])
                value = float(fields.candidates[e]) * law.pdf(own) / float(fields.sd[e])
                for other in at:
                    power = int(fields.candidates[other]) - (other == e)
                    value *= law.cdf((u - at[other]) / float(fields.sd[other])) ** power
                return float(value)

            expected = integrate.quad(density, -8, 14, limit=200, points=[0, 2])[0]
            own = chances[e - entries.start]
            assert own.mean() == pytest.approx(expected, abs=2e-5), (d, e)
            assert np.abs(own - expected).max() < 5e-3, (d, e)


@pytest.mark.parametrize("one", [plan(), gumbel_plan()], ids=["normal", "gumbel"])
def test_a_lattice_agrees_with_plain_draws_and_the_test_fails_on_a_wrong_target(one: Plan) -> None:
    """All seats, list seats, district seats and winners: 5 joint standard errors; each of some 60 figures, so a false

    alarm in fewer than 1 of 10,000 seeds. Another model, whose regions differ by a little more, is noticed.
    """
    even = forecast_of(simulate_lattice(one, DRAWS))
    plain = forecast_of(simulate(one, 4 * DRAWS))
    assert max(distances(even, plain)) < 5
    wrong = lower(replace(one.model, self_location=one.model.self_location + 0.05), one.systems, 1)
    assert max(distances(forecast_of(simulate_lattice(wrong, DRAWS)), plain)) > 5


@pytest.mark.parametrize("tier", [0, 1], ids=["lists alone", "districts alone"])
def test_a_law_of_one_tier_gives_the_seats_of_that_tier_alone(tier: int) -> None:
    """The model has lists and districts all the same; 5 joint standard errors, as above."""
    law = system()
    one = lower(fit(electorate()), [replace(law, tiers=(law.tiers[tier],))], 4)
    even, plain = forecast_of(simulate_lattice(one, DRAWS)), forecast_of(simulate(one, 4 * DRAWS))
    for group in plain.groups:
        p, q = even.seats(group), plain.seats(group)
        assert abs(p.mean - q.mean) <= 5 * np.hypot(p.mcse_mean, q.mcse_mean)


def distances(even: SystemForecast, plain: SystemForecast) -> list[float]:
    found = []
    for group in plain.groups:
        for one, other in (
            (even.seats(group), plain.seats(group)),
            (even.district_seats(group), plain.district_seats(group)),
        ):
            found.append(abs(one.mean - other.mean) / max(np.hypot(one.mcse_mean, other.mcse_mean), 1e-6))
            for number in range(1, 25, 4):
                p, q = one.at_least(number), other.at_least(number)
                if 100 < q.count < q.draws - 100:
                    found.append(abs(p.value - q.value) / np.hypot(p.mcse, q.mcse))
    for c in range(len(plain.wins)):
        p, q = even.wins_by([c]), plain.wins_by([c])
        found.append(abs(p.value - q.value) / np.hypot(p.mcse, q.mcse))
    for party in plain.parties:
        p, q = even.largest(party), plain.largest(party)
        if q.count > 100:
            found.append(abs(p.value - q.value) / np.hypot(p.mcse, q.mcse))
    return found


def test_errors_say_how_far_estimates_are_off_and_are_smaller_than_plain_ones() -> None:
    """Over 24 seeds, against a longer lattice: the spread of the mean is what the errors say, within 3 of 4 and 3/2."""
    truth = forecast_of(simulate_lattice(plan(99), 16 * DRAWS)).seats("Alpha").mean
    runs = [forecast_of(simulate_lattice(plan(seed), 8_192)).seats("Alpha") for seed in range(24)]
    off = np.sqrt(np.mean([(run.mean - truth) ** 2 for run in runs]))
    said = np.sqrt(np.mean([run.mcse_mean**2 for run in runs]))
    assert 0.6 < off / said < 1.6
    assert said < runs[0].sd / np.sqrt(8_192) / 3


def test_threads_and_looks_do_not_change_a_byte() -> None:
    whole = digest_of(simulate_lattice(plan(), DRAWS * 2).tallies)
    assert digest_of(simulate_lattice(plan(), DRAWS * 2, threads=3).tallies) == whole
    looked = simulate_lattice(plan(), DRAWS * 2, enough=lambda *_: False)
    assert digest_of(looked.tallies) == whole
    assert looked.draws == 2 * DRAWS


def test_a_golden_digest_freezes_the_lattice() -> None:
    digests = []
    for one in (plan(), gumbel_plan()):
        replicates = simulate_lattice(one, 8_192).replicates
        assert replicates is not None
        digests.append(digest_of(replicates))
    assert tuple(digests) == GOLDEN


def test_draws_are_rounded_up_to_a_whole_net_and_distributions_add_up() -> None:
    simulation = simulate_lattice(plan(), 9_000)
    assert simulation.draws == 16_384
    assert (simulation.tallies.seats.sum(axis=2) == 16_384).all()
    assert (simulation.tallies.district_seats.sum(axis=2) == 16_384).all()
    assert simulation.tallies.wins.sum() == pytest.approx(4 * 16_384, abs=8)


def test_the_audit_recounts_draws_of_the_lattice(monkeypatch: pytest.MonkeyPatch) -> None:
    assert simulate_lattice(plan(), 8_192).audit.recounts == 200
    one = plan()
    wrong = one.laws.law.copy()
    wrong[0, column.SEATS] -= 1
    with pytest.raises(AuditFailure, match="ballots: "):
        simulate_lattice(replace(one, laws=one.laws._replace(law=wrong)), 8_192)


def test_a_law_that_counts_ballots_of_candidates_is_drawn_on_the_lattice() -> None:
    law = system()
    tier = law.tiers[1]
    assert isinstance(tier, NominalTier)
    one = lower(fit(electorate()), [replace(law, tiers=(law.tiers[0], replace(tier, formula=TwoRounds())))], 4)
    assert "whole ballots" in lower_lattice(one).why_drawn
    even, plain = forecast_of(simulate_lattice(one, DRAWS)), forecast_of(simulate(one, DRAWS))
    for group in plain.groups:
        p, q = even.seats(group), plain.seats(group)
        assert abs(p.mean - q.mean) < 5 * np.hypot(p.mcse_mean, q.mcse_mean)


def test_several_systems_and_stored_draws_are_refused_with_a_reason() -> None:
    two = lower(fit(electorate()), [system(), replace(system(), id="other")], 1)
    with pytest.raises(ForecastError, match="--sampler mc"):
        simulate_lattice(two, 1_000)
    with pytest.raises(ForecastError, match="not independent"):
        prepare(Order("kazakhstan-2023", sampler="lattice", keep=10))


def test_a_stored_lattice_run_is_found_again_with_its_errors(tmp_path: Path) -> None:
    def order(**more: Any) -> Order:
        return Order("kazakhstan-2023", ("draws=10000",), out=tmp_path / "run", **more)

    prepared = prepare(order(sampler="lattice"))
    assert prepared.digest != prepare(order()).digest
    assert prepare(order()).digest == prepare(order(sampler="mc")).digest
    computed = compute(prepared)
    again = stored(prepare(order(sampler="lattice")))
    assert again is not None
    assert again.replicates is not None
    assert computed.replicates is not None
    for one, other in zip(computed.replicates, again.replicates, strict=True):
        np.testing.assert_array_equal(one, other)
    facts = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert facts["draws"] == 16_384
    assert facts["sampler"]["randomisations"] == 16
    assert facts["sampler"]["points_each"] == 1_024
    assert "integrated" in facts["sampler"]["districts"]
    house = houses(read_run(tmp_path / "run"))[0]
    forecast = forecast_of(computed)
    for party in forecast.parties:
        assert house.seats(party).mcse_mean == forecast.seats(party).mcse_mean
        passes = house.passes(party)
        assert passes is not None
        assert passes.mcse == pytest.approx(forecast.passes(party).mcse)
    assert house.no_majority().mcse == pytest.approx(
        next(event.probability.mcse for event in forecast.events() if event.name == "no party has a majority")
    )


def test_a_precision_is_reached_by_the_sampler_that_a_pilot_prefers(tmp_path: Path) -> None:
    """The same order makes the same choice; both samplers stop at a look, as soon as the interval is narrow enough."""
    draws = {}
    for sampler in ("mc", "lattice", None):
        order = Order(
            "kazakhstan-2023", ("draws=2000000",), precision=0.0025, sampler=sampler, out=tmp_path / f"{sampler}"
        )
        simulation = compute(prepare(order))
        draws[sampler] = simulation.draws
        one = forecast_of(simulation)
        low, high = one.passes("Aq Jol").interval()
        assert high - low < 0.005
    assert draws["lattice"] < draws["mc"]
    assert draws[None] in (draws["mc"], draws["lattice"])


def test_replicates_are_needed_for_an_error_and_never_print_certainty() -> None:
    simulation = simulate_lattice(plan(), 8_192)
    one = forecast_of(simulation)
    never = one.seats("Gamma").at_least(24)
    assert never.value == 0
    assert never.mcse > 0
    assert isinstance(simulation.replicates, Tallies)


GOLDEN = ("8a136c279fcd77f0", "6619dd012ef294fc")
