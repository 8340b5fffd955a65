"""What a careful analyst writes in NumPy: one array a quantity, ``[draw, ...]``, float64, sorting for the remainders.

It fills the same tallies as the product but for ``cases``.
"""

from __future__ import annotations

import numpy as np

from benchmarks.law import ListLaw, list_law, majority_of
from benchmarks.numpy_tuned import Array
from forecast.kernel.draw import Tallies
from forecast.kernel.plan import Plan
from forecast.kernel.tally import SHARE_BINS

NAME = "textbook NumPy"
TOGETHER = 10_000  # draws in one array


def simulate(plan: Plan, draws: int, seed: int) -> Tallies:
    """Simulate ``draws`` draws in one thread."""
    rng, law, tallies = np.random.default_rng(seed), list_law(plan), plan.tallies()
    for first in range(0, draws, TOGETHER):
        size = min(TOGETHER, draws - first)
        utility, votes, ballots = national_votes(plan, rng, size)
        for o in range(votes.shape[1]):
            tallies.shares[o] += np.bincount(1000 * votes[:, o] // ballots, minlength=SHARE_BINS)
        nominal = district_seats(plan, rng, utility, tallies)
        passes, seats = counted_lists(law, votes[:, : plan.lists], ballots)
        tallies.passed[0] += passes.sum(axis=0)
        tally(plan, seats, nominal, tallies)
    return tallies


def count_lists(law: ListLaw, votes: Array, ballots: Array) -> Array:
    """Return ``seats[list, election]`` of given ballots ``votes[list, election]``."""
    return counted_lists(law, votes.T, ballots)[1].T


def national_votes(plan: Plan, rng: np.random.Generator, size: int) -> tuple[Array, Array, Array]:
    """Return utilities and whole ballots ``[draw, option]``, and all valid ballots ``[draw]``."""
    voters = plan.voters
    normals = rng.standard_normal((size, len(voters.location)))
    normals += voters.tail[0] * normals**3
    utility = voters.location + normals @ voters.scale.T.astype(np.float64)
    mean, sd, most = voters.turnout[:3]
    ballots = np.maximum((most / (1 + np.exp(-(mean + sd * rng.standard_normal(size)))) + 0.5).astype(np.int64), 1)
    share = np.exp(utility)
    share /= share.sum(axis=1, keepdims=True)
    reached = np.floor(np.cumsum(share, axis=1) * ballots[:, None] + 0.5).astype(np.int64)
    reached[:, -1] = ballots
    return utility, np.diff(reached, axis=1, prepend=0), ballots


def district_seats(plan: Plan, rng: np.random.Generator, utility: Array, tallies: Tallies) -> Array:
    """Hold the contests, count the winners, and return the district seats ``[draw, group]``."""
    voters, size = plan.voters, len(utility)
    groups, draw = len(voters.group_option), np.arange(size)
    seats = np.zeros((size, groups), np.int64)
    if len(voters.district_region) == 0:
        return seats
    shock = rng.standard_normal((size, len(voters.region_weight), groups)) * voters.regional_sd
    centre = np.log((np.exp(shock) * voters.region_weight[:, None]).sum(axis=1))
    own = voters.group_location + voters.group_sd * rng.standard_normal((size, groups))
    with_option = voters.group_option >= 0
    own[:, with_option] = utility[:, voters.group_option[with_option]]
    strength = shock + (own - centre)[:, None, :]
    for d, region in enumerate(voters.district_region):
        people = slice(int(voters.district_first[d]), int(voters.district_first[d + 1]))
        of = voters.candidate_group[people]
        noise = rng.standard_normal((size, len(of))) * voters.candidate_sd[people]
        winner = (strength[:, region, of] + noise).argmax(axis=1)
        tallies.wins[0, people] += np.bincount(winner, minlength=len(of))
        seats[draw, of[winner]] += 1
    return seats


def counted_lists(law: ListLaw, votes: Array, ballots: Array) -> tuple[Array, Array]:
    """Return the lists that pass and the seats, both ``[draw, list]``."""
    passes = (votes * law.denominator >= ballots[:, None] * law.numerator) & (votes > 0)
    held = np.where(passes, votes, 0)
    total = np.maximum(held.sum(axis=1, keepdims=True), 1)
    seats, remainder = np.divmod(held * law.seats, total)
    order = np.argsort(-remainder, axis=1, kind="stable")
    rank = np.argsort(order, axis=1)
    seats += rank < law.seats - seats.sum(axis=1, keepdims=True)
    number = passes.sum(axis=1)
    seats[number == 0] = 0
    for draw in np.flatnonzero(number == 1):
        first = passes[draw].argmax()
        others = votes[draw].copy()
        others[first] = -1
        second = others.argmax()
        both = votes[draw, first] + votes[draw, second]
        share = law.coefficient_numerator * law.seats * votes[draw, second] // (law.coefficient_denominator * both)
        seats[draw] = 0
        seats[draw, second] = max(share, law.minimum_seats)
        seats[draw, first] = law.seats - seats[draw, second]
    return passes, np.minimum(seats, law.lengths)


def tally(plan: Plan, seats: Array, nominal: Array, tallies: Tallies) -> None:
    """Add the seats to their histograms, and count who is largest and who can form a majority."""
    lists, majority = plan.lists, majority_of(plan)
    total = nominal.copy()
    total[:, :lists] += seats
    for name, rows in (("list_seats", seats), ("district_seats", nominal), ("seats", total)):
        counts = getattr(tallies, name)[0]
        for g in range(rows.shape[1]):
            counts[g] += np.bincount(rows[:, g], minlength=counts.shape[1])
    of_parties = total[:, :lists]
    most = of_parties.max(axis=1)
    holds = of_parties == most[:, None]
    alone = (holds.sum(axis=1) == 1) & (most > 0)
    tallies.largest[0, :lists] += (holds & alone[:, None]).sum(axis=0)
    tallies.parties[0] += np.bincount((of_parties > 0).sum(axis=1), minlength=lists + 1)
    for coalition in range(1, 2**lists):
        members = [p for p in range(lists) if coalition >> p & 1]
        joint = of_parties[:, members]
        held = joint.sum(axis=1)
        reaches = held >= majority
        tallies.majority[0, coalition] += reaches.sum()
        tallies.minimal[0, coalition] += (reaches & (held - joint.min(axis=1) < majority)).sum()
