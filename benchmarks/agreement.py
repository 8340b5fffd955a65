"""Before anything is timed: every variant counts like the reference, and draws from the same distribution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.law import list_law, list_tier_of
from benchmarks.peers import peers
from forecast.kernel.audit import list_lengths, paper_of
from forecast.kernel.blocks import Counts
from forecast.kernel.draw import Record
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.kernel.seats import CASES, count_lists
from forecast.rules.count import count_list_tier
from forecast.simulate import simulate

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DRAWS = 51_200
LIMIT = 5.0  # standard errors; some 750 figures are compared, so 1 false alarm in 2,000 runs; 2,800 on the election day
HISTOGRAMS = ("list_seats", "district_seats", "seats", "parties", "shares")
ASSEMBLY_HISTOGRAMS = ("assembly_seats", "assembly_parties", "all_seats", "controlled")


class Disagreement(Exception):
    """A variant does not do the work it is timed for."""


def check(plan: Plan, draws: int = DRAWS) -> None:
    """Raise ``Disagreement`` unless all variants agree with the reference and with the product."""
    ballots = sample_ballots(plan)
    expected, ties = reference_seats(plan, ballots), tied_remainders(plan, ballots)
    for name, seats, in_floats in counted(plan, ballots):
        wrong = np.flatnonzero((seats != expected).any(axis=0) & ~(ties & in_floats))
        if len(wrong):
            e = wrong[0]
            raise Disagreement(
                f"{name}: {len(wrong)} of {ballots.shape[1]} elections counted otherwise than by the reference, "
                f"ballots {ballots[:, e].tolist()}: {seats[:, e].tolist()}, not {expected[:, e].tolist()}"
            )
    product = _counts(plan, draws)
    for peer in peers(plan):
        where, distance = farthest(product, peer.simulate(plan, draws, plan.seed), draws)
        if distance > LIMIT:
            raise Disagreement(f"{peer.name}: {where} lies {distance:.1f} standard errors from the product's")


def _counts(plan: Plan, draws: int) -> Counts:
    simulation = simulate(plan, draws)
    return Counts(simulation.tallies, simulation.assemblies)


def sample_ballots(plan: Plan, seed: int = 1) -> Ints:
    """Return 2,048 list elections ``[option, election]``: half drawn, half on the edges of the law."""
    rng = np.random.default_rng(seed)
    options, lists = len(plan.model.options), plan.lists
    kept: list[Record] = []
    simulate(plan, 2 * BLOCK, keep=lambda _, record: kept.append(record), kept=2 * BLOCK)
    drawn = np.concatenate([record.votes for record in kept]).astype(np.int64).T
    shares = rng.dirichlet(np.ones(options), BLOCK)
    small = np.array([rng.multinomial(rng.integers(1, 200), share) for share in shares]).T
    lone, none, edge = (rng.integers(0, 40_000, (options, n)) for n in (BLOCK // 2, BLOCK // 4, BLOCK // 4))
    lone[rng.integers(0, lists, lone.shape[1]), np.arange(lone.shape[1])] += 2_000_000
    none[lists:] += 3_000_000
    threshold = list_tier_of(plan).threshold.share
    edge[-1] += 1_000_000
    valid = edge.sum(axis=0)
    edge[-1] += -valid % threshold.denominator
    exact = edge.sum(axis=0) // threshold.denominator * threshold.numerator + rng.integers(-1, 2, edge.shape[1])
    edge[-1] += edge[1] - exact
    edge[1] = exact
    return np.concatenate([drawn, small, lone, none, edge], axis=1)


def reference_seats(plan: Plan, ballots: Ints) -> Ints:
    """Return ``seats[list, election]`` by ``rules.count``."""
    tier, lengths = list_tier_of(plan), list_lengths(plan)
    papers = [paper_of(plan, election) for election in ballots.T.astype(np.int32)]
    results = [count_list_tier(tier, paper, lengths, steps=False).seats for paper in papers]
    return np.array([[result.get(party, 0) for party in plan.model.parties] for result in results]).T


def tied_remainders(plan: Plan, ballots: Ints) -> Bools:
    """Tell in which elections two lists with equal remainders stand on either side of the last seat."""
    law = list_law(plan)
    votes, valid = ballots[: plan.lists].astype(object), ballots.sum(axis=0).astype(object)
    held = np.where(votes * law.denominator >= valid * law.numerator, votes, 0)
    total = np.maximum(held.sum(axis=0), 1)
    left = law.seats - (held * law.seats // total).sum(axis=0)
    ordered = -np.sort(-(held * law.seats % total), axis=0)
    number = np.clip(left.astype(np.int64), 1, plan.lists - 1)
    election = np.arange(ballots.shape[1])
    tied: Bools = (left > 0) & (ordered[number - 1, election] == ordered[number, election])
    return tied


def counted(plan: Plan, ballots: Ints) -> Iterator[tuple[str, Ints, bool]]:
    """Yield ``seats[list, election]`` of every variant, and whether it compares remainders in floats."""
    law, votes, valid = list_law(plan), ballots[: plan.lists], ballots.sum(axis=0)
    yield "kernel", _kernel_seats(plan, votes, valid), False
    for peer in peers(plan):
        yield peer.name, peer.count_lists(law, votes, valid), peer.remainders_in_floats


def _kernel_seats(plan: Plan, votes: Ints, valid: Ints) -> Ints:
    blocks = votes.shape[1] // BLOCK
    cut = np.ascontiguousarray(votes.reshape(plan.lists, blocks, BLOCK).swapaxes(0, 1), np.int32)
    seats, cases = np.zeros_like(cut), np.zeros((blocks, CASES), np.int64)
    law, lengths = np.repeat(plan.laws.law, blocks, axis=0), np.repeat(plan.laws.list_lengths, blocks, axis=0)
    ballots = valid.reshape(blocks, BLOCK).astype(np.int32)
    count_lists(cut, ballots, ballots, law, lengths, seats, cases)  # no invalid ballots: valid ones are those cast
    return seats.swapaxes(0, 1).reshape(plan.lists, -1).astype(np.int64)


def farthest(one: Counts, other: Counts, draws: int) -> tuple[str, float]:
    """Return the figure in which two runs differ most, and by how many standard errors.

    Means of histograms are compared as they are, frequencies after Anscombe's arcsine, so that rare events do not
    cry wolf.
    """
    distances: list[tuple[float, str]] = []
    for part, other_part, histograms in (
        (one.house, other.house, HISTOGRAMS),
        (one.assemblies, other.assemblies, ASSEMBLY_HISTOGRAMS),
    ):
        for name in histograms if part is not None else ():
            (mean, error), (other_mean, other_error) = (_mean(getattr(counts, name)) for counts in (part, other_part))
            gap = np.abs(mean - other_mean) / np.maximum(np.hypot(error, other_error), 1e-12)
            distances += [(float(x), f"{name} {i}") for i, x in enumerate(gap)]
    for name in ("passed", "largest", "majority", "minimal", "wins"):
        angle, other_angle = (_angle(getattr(counts.house, name).ravel(), draws) for counts in (one, other))
        gap = np.abs(angle - other_angle) * np.sqrt(2 * draws)
        distances += [(float(x), f"{name} {i}") for i, x in enumerate(gap)]
    distance, where = max(distances)
    return where, distance


def _mean(counts: Any) -> tuple[Any, Any]:
    rows = counts.reshape(-1, counts.shape[-1])
    value = np.arange(rows.shape[1])
    number = np.maximum(rows.sum(axis=1), 1)
    mean = rows @ value / number
    return mean, np.sqrt(np.maximum(rows @ value**2 / number - mean**2, 0) / number)


def _angle(counts: Any, draws: int) -> Any:
    return np.arcsin(np.sqrt((counts + 0.375) / (draws + 0.75)))
