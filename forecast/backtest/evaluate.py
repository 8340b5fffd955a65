"""Every case forecast by the model and by the baselines, and scored against the result."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from forecast.backtest import baselines
from forecast.backtest.cases import Case, recent_polls, shares, stacked
from forecast.backtest.learn import effective_size, learned
from forecast.scoring import (
    LEVELS,
    brier_score,
    crps_of_draws,
    energy_score,
    is_covered,
    log_loss,
    pit_of_draws,
    probability_of_count,
)
from forecast.voteshare.families import logistic_normal_with
from forecast.voteshare.pooling import CONSTANTS, Constants

Floats = npt.NDArray[np.float64]
Learning = Literal["loeo", "loco", "shipped"]

MODEL = "seatcast"
MODELS = (MODEL, "sampling error", "latest polls", "effective size")
DRAWS = 4_000
ENERGY_DRAWS = 2_000  # pairs of draws are costly
NEAR = 0.03  # a party this near to the threshold in the polls has a threshold score
RECENT_DAYS = 14


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One model's scores in one case. CRPS and energy score are in points; arrays are ``[named party]``.

    ``log_loss`` and ``brier`` are of passing the threshold, one for each party near to it.
    """

    election: str
    group: str
    country: str
    horizon: int
    model: str
    crps: Floats
    energy: float
    covered: npt.NDArray[np.bool_]  # [level, party]
    pit: Floats
    log_loss: Floats
    brier: Floats
    mean: Floats  # points
    sd: Floats
    outcome: Floats
    parties: tuple[str, ...]


def evaluate(
    cases: Sequence[Case],
    learning: Learning,
    draws: int = DRAWS,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> list[Scored]:
    """Score every model in every case.

    ``loeo`` learns the constants anew for each election from all the others, ``loco`` from those of other countries,
    ``shipped`` takes those of the package. Fitted baselines are learned in the same way.
    """
    found = []
    constants, size = _constants(cases, learning), _sizes(cases, learning)
    for done, case in enumerate(cases):
        key = _left_out(case, learning)
        rng = np.random.default_rng([zlib.crc32(case.election.id.encode()), case.horizon])
        samples = (
            our_draws(case, constants[key], draws, rng),
            baselines.sampling(case, draws, rng),
            baselines.latest(case, draws, rng),
            baselines.effective(case, size[key, case.horizon], draws, rng),
        )
        found += [_scored(case, name, shares) for name, shares in zip(MODELS, samples, strict=True)]
        told(done + 1, len(cases))
    return found


def our_draws(case: Case, constants: Constants, draws: int, rng: np.random.Generator) -> Floats:
    """Return draws ``[draw, option]`` of the vote as `forecast run` makes them."""
    mean, sd = stacked([case]).forecast(constants)
    return logistic_normal_with(mean[0], sd[0], float(constants.tail(case.horizon))).sample(draws, rng)


def _left_out(case: Case, learning: Learning) -> str:
    return {"loeo": case.election.id, "loco": case.election.country, "shipped": ""}[learning]


def _constants(cases: Sequence[Case], learning: Learning) -> dict[str, Constants]:
    if learning == "shipped":
        return {"": CONSTANTS}
    begin = learned(cases)
    keys = dict.fromkeys(_left_out(case, learning) for case in cases)
    return {key: learned([case for case in cases if _left_out(case, learning) != key], begin) for key in keys}


def _sizes(cases: Sequence[Case], learning: Learning) -> dict[tuple[str, int], float]:
    """Return the fitted sample size of the last baseline, by what was left out and horizon."""
    horizons = dict.fromkeys(case.horizon for case in cases)
    if learning == "shipped":
        return {("", horizon): baselines.shipped_size(horizon) for horizon in horizons}
    found = {}
    for horizon in horizons:
        at = [case for case in cases if case.horizon == horizon]
        means = [baselines.latest_mean(case) for case in at]
        for key in dict.fromkeys(_left_out(case, learning) for case in cases):
            kept = [c for c, case in enumerate(at) if _left_out(case, learning) != key]
            if kept:
                found[key, horizon] = effective_size([at[c] for c in kept], [means[c] for c in kept])
            else:
                found[key, horizon] = baselines.shipped_size(horizon)
    return found


def _scored(case: Case, model: str, draws: Floats) -> Scored:
    election = case.election
    named = [o for o, option in enumerate(election.options) if option in election.parties]
    points, outcome = 100 * draws[:, named], 100 * case.outcome[named]
    log, brier = _threshold_scores(case, draws[:, named], case.outcome[named])
    return Scored(
        election=election.id,
        group=election.group,
        country=election.country,
        horizon=case.horizon,
        model=model,
        crps=crps_of_draws(points, outcome),
        energy=energy_score(points[:ENERGY_DRAWS], outcome),
        covered=np.array([is_covered(points, outcome, level) for level in LEVELS]),
        pit=pit_of_draws(points, outcome),
        log_loss=log,
        brier=brier,
        mean=points.mean(axis=0),
        sd=points.std(axis=0),
        outcome=outcome,
        parties=election.parties,
    )


def _threshold_scores(case: Case, draws: Floats, outcome: Floats) -> tuple[Floats, Floats]:
    threshold = case.election.threshold
    if threshold is None:
        return np.zeros(0), np.zeros(0)
    polled = shares(case.election.parties, recent_polls(case, RECENT_DAYS)).mean(axis=0)
    named = sum(case.election.result[party] for party in case.election.parties)
    near = np.abs(polled * named - threshold) <= NEAR
    chance = probability_of_count((draws[:, near] >= threshold).sum(axis=0), len(draws))
    passed = outcome[near] >= threshold
    return log_loss(chance, passed), brier_score(chance, passed)
