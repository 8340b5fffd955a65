"""The fit of a vote model in plain numbers: means, spreads, correlations, and what each poll and pollster did to them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from forecast.voteshare.electorate import Poll, PollCentre
from forecast.voteshare.families import normal_nodes, normal_score
from forecast.voteshare.model import VoteModel
from forecast.voteshare.pooling import CONSTANTS, PooledVote
from forecast.voteshare.remembered import remembered

Floats = npt.NDArray[np.float64]


def fit_document(model: VoteModel) -> dict[str, Any]:
    """Return the fit as JSON has it; shares, sds, weights and house effects are fractions of 1.

    ``options``, ``mean``, ``sd`` and ``correlation[option][option]`` (null where an option never varies) describe the
    votes on election day. With a centre of polls there are ``horizon``, ``tail`` (``families.LogisticNormal``), the chance
    of an error ``beyond_3_sd`` of it, ``polls`` in the order of their last day, and ``pollsters`` from the heaviest to the
    lightest. A poll has ``shares`` of everybody asked by option, its
    ``no_option`` share of everybody, ``weights`` by option and their mean, ``weight``; a pollster's weight is that of
    its polls, and its ``house_effect`` by option what it is estimated to add to an option's share.
    """
    electorate = model.electorate
    centre = "result" if model.pooled is None else "polls"
    document: dict[str, Any] = {
        "centre": "draws" if model.posterior is not None else centre,
        "as_of": electorate.as_of.isoformat(),
        "election_day": electorate.election_day.isoformat(),
        "options": list(model.options),
        "mean": _rounded(model.mean),
        "sd": _rounded(model.sd),
        "correlation": [[None if np.isnan(r) else round(float(r), 4) for r in row] for row in correlations(model)],
    }
    if model.pooled is not None and isinstance(electorate.centre, PollCentre):
        document["horizon"] = electorate.centre.horizon
        document["tail"] = model.pooled.tail
        document["beyond_3_sd"] = round(math.erfc(normal_score(3.0, model.pooled.tail) / math.sqrt(2)), 6)
        document["polls"] = _polls(model, model.pooled)
        document["pollsters"] = _pollsters(model, model.pooled)
    return document


def correlations(model: VoteModel) -> Floats:
    """Return the correlations of the options' shares, ``[option, option]``; NaN where an option never varies."""
    if model.posterior is not None:
        return _correlations(model.posterior)
    votes, options = model.votes, len(model.options)
    return remembered(
        "correlations",
        (votes.location, votes.scale, votes.tail),
        lambda: _correlations(votes.shares(normal_nodes(options))),
    )


def _correlations(shares: Floats) -> Floats:
    spread = shares.std(axis=0)
    varies = spread > 1e-9
    scaled = np.where(varies, (shares - shares.mean(axis=0)) / np.where(varies, spread, 1.0), np.nan)
    matrix: Floats = scaled.T @ scaled / len(shares)
    return matrix


def house_effects(model: VoteModel, pooled: PooledVote) -> dict[str, Floats]:
    """Return what each pollster is estimated to add to each option's share, ``[option]`` by pollster.

    The best linear prediction of the house effects of ``pooling``: a pollster's distances from the pooled vote on the
    scale x / sqrt(p (1 - p)), each less what the random walk and the noise explain.
    """
    centre = model.electorate.centre
    assert isinstance(centre, PollCentre)
    polls = pooled.polls
    age = np.array([(model.electorate.as_of - poll.end).days for poll in polls], dtype=float)
    size = np.array([poll.sample_size or centre.missing_sample_size for poll in polls], dtype=float)
    unallocated = np.array([_no_option(poll) for poll in polls])
    same = np.array([[a.pollster == b.pollster for b in polls] for a in polls], dtype=float)
    house = CONSTANTS.house**2 * same
    covariance = house + CONSTANTS.drift**2 * np.minimum.outer(age, age)
    covariance += np.diag(1 / size + (centre.undecided_sd.value * unallocated) ** 2)
    effects = {poll.pollster: np.zeros(len(model.options)) for poll in polls}
    for o, name in enumerate(model.options):
        present = np.array([name in poll.shares for poll in polls])
        kept = [poll for poll in polls if name in poll.shares]
        named = np.array([_named_mean(model, pooled, poll) for poll in kept])
        share = np.array([poll.shares[name] / sum(poll.shares.values()) for poll in kept]) * named
        both = np.ix_(present, present)
        predicted = house[both] @ np.linalg.solve(covariance[both], share - pooled.polled[o])
        for poll, effect in zip(kept, predicted, strict=True):
            effects[poll.pollster][o] = effect
    return effects


def _named_mean(model: VoteModel, pooled: PooledVote, poll: Poll) -> float:
    """Return the pooled share of the options that a poll names: its own shares are of these."""
    return float(sum(mean for name, mean in zip(model.options, pooled.polled, strict=True) if name in poll.shares))


def _no_option(poll: Poll) -> float:
    return max(0.0, 1.0 - sum(poll.shares.values()))


def _polls(model: VoteModel, pooled: PooledVote) -> list[dict[str, Any]]:
    found = [
        {
            "id": poll.id,
            "pollster": poll.pollster,
            "start": poll.start.isoformat(),
            "end": poll.end.isoformat(),
            "sample_size": poll.sample_size,
            "shares": {name: round(share, 6) for name, share in poll.shares.items()},
            "no_option": round(_no_option(poll), 6),
            "weight": round(float(weights.mean()), 6),
            "weights": dict(zip(model.options, _rounded(weights), strict=True)),
        }
        for poll, weights in zip(pooled.polls, pooled.weights.T, strict=True)
    ]
    return sorted(found, key=lambda poll: (str(poll["end"]), str(poll["id"])))


def _pollsters(model: VoteModel, pooled: PooledVote) -> list[dict[str, Any]]:
    effects = house_effects(model, pooled)
    weight = pooled.weights.mean(axis=0)
    found = []
    for pollster, effect in effects.items():
        own = np.array([poll.pollster == pollster for poll in pooled.polls])
        found.append(
            {
                "pollster": pollster,
                "polls": int(own.sum()),
                "weight": round(float(weight[own].sum()), 6),
                "house_effect": dict(zip(model.options, _rounded(effect), strict=True)),
            }
        )
    return sorted(found, key=lambda one: (-float(str(one["weight"])), str(one["pollster"])))


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), 6) + 0.0 for value in values]
