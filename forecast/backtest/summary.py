"""The scores of a backtest, averaged: elections weigh equally, and so do the parties within one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.backtest.evaluate import MODEL, MODELS, Scored
from forecast.scoring import Difference, paired_bootstrap, pit_histogram

Floats = npt.NDArray[np.float64]
BINS = 10


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean scores of one model at one horizon; threshold scores are None where no party was near a threshold."""

    n: int
    crps: float
    energy: float
    cov50: float
    cov80: float
    cov95: float
    log_loss: float | None
    brier: float | None
    near_threshold: int
    pit: tuple[int, ...]


def horizons_of(scored: Sequence[Scored]) -> list[int]:
    """Return the horizons, in ascending order."""
    return sorted({one.horizon for one in scored})


def summary(scored: Sequence[Scored], model: str, horizon: int) -> Summary | None:
    """Return the mean scores of a model at a horizon; None if there is no election."""
    chosen = [one for one in scored if one.model == model and one.horizon == horizon]
    if not chosen:
        return None
    log = np.concatenate([one.log_loss for one in chosen])
    brier = np.concatenate([one.brier for one in chosen])
    covered = np.mean([one.covered.mean(axis=1) for one in chosen], axis=0)
    return Summary(
        n=len(chosen),
        crps=float(np.mean([one.crps.mean() for one in chosen])),
        energy=float(np.mean([one.energy for one in chosen])),
        cov50=float(covered[0]),
        cov80=float(covered[1]),
        cov95=float(covered[2]),
        log_loss=float(log.mean()) if log.size else None,
        brier=float(brier.mean()) if brier.size else None,
        near_threshold=int(log.size),
        pit=tuple(pit_histogram(np.concatenate([one.pit for one in chosen]), BINS).tolist()),
    )


def summaries(scored: Sequence[Scored]) -> dict[str, dict[int, Summary]]:
    """Return the mean scores of every model at every horizon."""
    found: dict[str, dict[int, Summary]] = {}
    for model in MODELS:
        at = {horizon: summary(scored, model, horizon) for horizon in horizons_of(scored)}
        found[model] = {horizon: one for horizon, one in at.items() if one is not None}
    return found


def differences(scored: Sequence[Scored], resamples: int = 4_000) -> dict[str, dict[int, Difference]]:
    """Return our CRPS less each baseline's, paired over elections, in points, by horizon."""
    found: dict[str, dict[int, Difference]] = {}
    for model in MODELS[1:]:
        found[model] = {}
        for horizon in horizons_of(scored):
            ours, theirs = (
                [one.crps.mean() for one in scored if one.model == name and one.horizon == horizon]
                for name in (MODEL, model)
            )
            found[model][horizon] = paired_bootstrap(ours, theirs, np.random.default_rng(horizon), resamples)
    return found
