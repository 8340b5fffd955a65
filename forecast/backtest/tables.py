"""A backtest as JSON and as CSV tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from forecast.backtest.cases import Unscored
from forecast.backtest.evaluate import Scored
from forecast.backtest.summary import differences, summaries
from forecast.errors import EnvironmentTrouble, OutputExists
from forecast.files import write_csv
from forecast.scoring import LEVELS

_SCORES = ("n", "crps", "energy", "cov50", "cov80", "cov95", "log_loss", "brier", "near_threshold")


def backtest_document(
    scored: Sequence[Scored], unscored: Sequence[Unscored], unusable: Sequence[str], learning: str
) -> dict[str, Any]:
    """Return the scores as JSON has them; CRPS and energy score in points of vote share.

    ``models[model][horizon]`` and ``groups[group][model][horizon]`` are means; ``differences[baseline][horizon]`` is
    our CRPS less theirs, with a bootstrap interval of 95 %; ``elections`` has a row for each election, horizon and model.
    """
    groups = dict.fromkeys(one.group for one in scored)
    return {
        "constants": learning,
        "models": _means(scored),
        "groups": {group: _means([one for one in scored if one.group == group]) for group in groups},
        "differences": {
            model: {str(horizon): _rounded(asdict(one)) for horizon, one in at.items()}
            for model, at in differences(scored).items()
        },
        "elections": [
            {
                "id": one.election,
                "horizon": one.horizon,
                "model": one.model,
                "crps": round(float(one.crps.mean()), 6),
                "energy": round(one.energy, 6),
            }
            for one in scored
        ],
        "not_scored": [
            *({"id": name, "horizon": None, "reason": "marked as not usable (ok)"} for name in unusable),
            *({"id": one.election, "horizon": one.horizon, "reason": one.reason} for one in unscored),
        ],
    }


def free_folder(folder: Path) -> None:
    """Stop before the work if tables could not be written.

    Raises
    ------
    OutputExists
        The folder holds something, or is no folder.
    EnvironmentTrouble
        It cannot be made.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExists(f"{folder}: is there already; choose another --out, or remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise EnvironmentTrouble(f"{folder}: cannot be made: {fault.strerror}") from fault


def write_tables(folder: Path, scored: Sequence[Scored], unscored: Sequence[Unscored]) -> None:
    """Write ``scores.csv`` (means), ``elections.csv``, ``parties.csv``, ``pit.csv`` and ``not_scored.csv``."""
    every = summaries(scored)
    write_csv(
        folder / "scores.csv",
        ("model", "horizon", *_SCORES),
        [(m, h, *(getattr(one, name) for name in _SCORES)) for m, at in every.items() for h, one in at.items()],
    )
    write_csv(
        folder / "pit.csv",
        ("model", "horizon", "bin", "shares"),
        [(m, h, b + 1, n) for m, at in every.items() for h, one in at.items() for b, n in enumerate(one.pit)],
    )
    write_csv(
        folder / "elections.csv",
        ("election_id", "country", "group", "horizon", "model", "crps", "energy"),
        [
            (one.election, one.country, one.group, one.horizon, one.model, float(one.crps.mean()), one.energy)
            for one in scored
        ],
    )
    write_csv(
        folder / "parties.csv",
        (
            *("election_id", "horizon", "model", "party", "mean", "sd", "result", "crps", "pit"),
            *(f"in{100 * level:g}" for level in LEVELS),
        ),
        [
            (one.election, one.horizon, one.model, party, float(one.mean[p]), float(one.sd[p]), float(one.outcome[p]),
             float(one.crps[p]), float(one.pit[p]), *(int(inside[p]) for inside in one.covered))
            for one in scored
            for p, party in enumerate(one.parties)
        ],
    )  # fmt: skip
    write_csv(
        folder / "not_scored.csv",
        ("election_id", "horizon", "reason"),
        [(one.election, one.horizon, one.reason) for one in unscored],
    )


def _means(scored: Sequence[Scored]) -> dict[str, dict[str, Any]]:
    return {
        model: {str(horizon): _rounded(asdict(one)) for horizon, one in at.items()}
        for model, at in summaries(scored).items()
    }


def _rounded(scores: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in scores.items()}
