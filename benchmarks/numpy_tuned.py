"""The strongest NumPy version we could write: one thread, blocks of draws, parties first (``[option, draw]``).

It fills the same tallies as the product but for ``cases``. Tried, on an AMD Zen 4 with AVX-512, and what was kept:

* normals: NumPy's float32 ziggurat, and float32 Box-Muller by its vectorised log, sin and cos, which is twice as
  fast; both are kept as variants, the first being NumPy as it comes;
* winners: the district's maximum, then ``equal`` (kept) against ``argmax`` over candidates, which NumPy does not
  vectorise along the first axis; equal maxima are noticed by the count and then given to the earlier candidate;
* counting: bytes of truth values added as 64-bit words (kept) against ``count_nonzero`` along an axis;
* Hare: float64 quotients of exact integers, which truncate exactly (kept), against int64 ``//``, 10 ns each;
* ranks: pairs compared (kept) against sorting;
* histograms: one joint ``bincount`` of (party, list seats, district seats), from which the three histograms follow
  (kept), against three; coalitions: all sets at once by doubling, in int8;
* blocks of 1,024 to 32,768 draws, districts one by one: NumPy's cost of a call asks for longer blocks than the cache
  would; 8,192 was fastest or close to it on a quiet host, and 16,384 twice as slow on a busy one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.law import ListLaw, list_law, majority_of
from benchmarks.numpy_normals import BoxMuller, Ziggurat
from forecast.kernel.draw import Tallies
from forecast.kernel.plan import Plan
from forecast.kernel.tally import SHARE_BINS

NAME = "tuned NumPy"  # with NumPy's own normals, as it comes
BY_HAND = "tuned NumPy, normals by hand"  # with Box and Muller's pair in NumPy's vectorised float32 functions
BLOCK = 8192
COALITION_BLOCK = 4096  # draws whose seats of all 128 sets stay in the second cache

Array = npt.NDArray[Any]
Normals = Callable[[Array], None]
Generator = Ziggurat | BoxMuller


def simulate(plan: Plan, draws: int, seed: int, generator: type[Generator] = Ziggurat) -> Tallies:
    """Simulate ``draws`` draws (a multiple of 512) in one thread."""
    return drawn(House(plan, generator(seed)), draws)


def drawn(house: House, draws: int) -> Tallies:
    """Draw so many draws, block by block, and return the tallies."""
    for first in range(0, draws, BLOCK):
        house.draw(min(BLOCK, draws - first))
    return house.tallied()


class House:
    """The national vote and the house elected by it, a block of draws at a time."""

    def __init__(self, plan: Plan, normals: Normals) -> None:
        self.plan, self.normals, self.tallies = plan, normals, plan.tallies()
        self.law, self.contests = list_law(plan), Contests(plan)
        groups, districts = len(self.contests.groups), len(self.contests.districts)
        self.joint = np.zeros((groups, self.law.seats + 1, districts + 1), np.int64)

    def draw(self, size: int) -> tuple[Array, Array | None, Array]:
        """Draw and count a block; return utilities ``[option, draw]``, strengths ``[group, region, draw]``, ballots."""
        utility, votes, ballots = national_votes(self.plan, size, self.normals)
        tally_shares(votes, ballots, self.tallies)
        strength = self.contests.strengths(utility, self.normals) if self.contests.districts else None
        nominal = self.contests.hold(strength, self.normals, self.tallies) if strength is not None else None
        seats, admitted = self.counted(self.law, votes[: len(self.law.lengths)], ballots)
        self.tallies.passed[0] += trues(admitted)
        tally_house(seats, nominal, majority_of(self.plan), self.joint, self.tallies)
        return utility, strength, ballots

    @staticmethod
    def counted(law: ListLaw, votes: Array, ballots: Array) -> tuple[Array, Array]:
        """Return seats and the lists that pass, both ``[list, draw]``."""
        return counted_lists(law, votes, ballots)

    def tallied(self) -> Tallies:
        """Return the tallies of all blocks; call it once, at the end."""
        tally_seats(self.joint, self.tallies)
        return self.tallies


def count_lists(law: ListLaw, votes: Array, ballots: Array) -> Array:
    """Return ``seats[list, election]`` of given ballots ``votes[list, election]``."""
    return counted_lists(law, votes.astype(np.int32), ballots.astype(np.int32))[0]


def trues(rows: Array) -> Array:
    """Return the number of trues of each row ``[row, draw]``; rows come in multiples of 512 draws.

    The bytes are added eight at a time as 64-bit words: 64 words of ones and zeros cannot overflow a byte.
    """
    words = np.add.reduce(rows.view(np.uint64).reshape(len(rows), -1, 64), axis=2)
    counts: Array = words.view(np.uint8).sum(axis=1, dtype=np.int64)
    return counts


def national_votes(plan: Plan, size: int, normals: Normals) -> tuple[Array, Array, Array]:
    """Return utilities, whole ballots of every option, and all valid ballots."""
    voters = plan.voters
    options = len(voters.location)
    noise = np.empty((options + 1, size), np.float32)
    normals(noise)
    if voters.tail[0]:
        noise[:-1] += voters.tail[0] * (noise[:-1] * noise[:-1] * noise[:-1])
    utility = voters.scale @ noise[:-1]
    utility += voters.location[:, None]
    mean, sd, most = voters.turnout[:3]
    odds = np.exp(noise[-1] * np.float32(-sd) - np.float32(mean))
    ballots = np.maximum((most / (1.0 + odds.astype(np.float64)) + 0.5).astype(np.int32), 1)
    running = np.exp(utility)
    for o in range(1, options):
        running[o] += running[o - 1]
    reached = running.astype(np.float64)
    reached *= ballots / reached[-1]
    reached += 0.5
    votes = reached.astype(np.int32)
    votes[-1] = ballots
    votes[1:] -= votes[:-1].copy()
    return utility, votes, ballots


def counted_lists(law: ListLaw, votes: Array, ballots: Array) -> tuple[Array, Array]:
    """Return seats and the lists that pass, both ``[list, draw]``: exact integers throughout."""
    lists, size = votes.shape
    least = (ballots.astype(np.int64) * law.numerator + (law.denominator - 1)) // law.denominator
    admitted = votes >= np.maximum(least, 1).astype(np.int32)
    held = votes * admitted
    total = np.add.reduce(held, axis=0, dtype=np.int32)
    divisor = np.maximum(total, 1)
    # Below 2**53 a float64 quotient of integers lies on the same side of every whole number as the true one.
    quotient = np.multiply(held, law.seats, dtype=np.float64)
    quotient /= divisor
    seats = quotient.astype(np.int32)
    remainder = held * np.int32(law.seats) - seats * divisor  # wraps, but the difference fits
    left = np.subtract(law.seats, np.add.reduce(seats, axis=0, dtype=np.int32), dtype=np.int32).astype(np.int8)
    rank = np.repeat(np.arange(lists, dtype=np.int8)[:, None], size, axis=1)
    for p in range(lists - 1):
        later = remainder[p + 1 :] > remainder[p]
        rank[p] += np.add.reduce(later.view(np.int8), axis=0, dtype=np.int8)
        rank[p + 1 :] -= later.view(np.int8)
    seats += rank < left
    passing = np.add.reduce(admitted.view(np.int8), axis=0, dtype=np.int8)
    rare = np.flatnonzero(passing <= 1)
    if len(rare):
        seats[:, rare] = few_lists(law, votes[:, rare], admitted[:, rare], passing[rare])
    np.minimum(seats, law.lengths[:, None], out=seats, casting="unsafe")
    return seats, admitted


def few_lists(law: ListLaw, votes: Array, admitted: Array, passing: Array) -> Array:
    """Return the seats of draws in which one list passes (the second list gets some) or none does."""
    column = np.arange(votes.shape[1])
    first = admitted.argmax(axis=0)
    others = votes.astype(np.int64)
    own = others[first, column]
    others[first, column] = -1
    second = others.argmax(axis=0)
    vote = others[second, column]
    reduced = law.coefficient_numerator * law.seats * vote // (law.coefficient_denominator * np.maximum(own + vote, 1))
    share = np.maximum(reduced, law.minimum_seats)
    seats = np.zeros(votes.shape, np.int32)
    seats[second, column] = share
    seats[first, column] = law.seats - share
    seats[:, passing == 0] = 0
    return seats


@dataclass
class Contests:
    """The districts of a plan, laid out for NumPy: runs of candidates that share a group."""

    plan: Plan

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """Numbers of the groups."""
        return tuple(range(len(self.plan.voters.group_option)))

    @cached_property
    def districts(self) -> list[tuple[int, int, list[tuple[int, int, int, int, np.float32]]]]:
        """(first candidate, last + 1, runs) by district; a run is (start, end, group, region, sd)."""
        voters = self.plan.voters
        edges, of = voters.district_first, voters.candidate_group
        found = []
        for d, region in enumerate(voters.district_region):
            a, b = int(edges[d]), int(edges[d + 1])
            cuts = [a, *(c for c in range(a + 1, b) if of[c] != of[c - 1]), b]
            runs = [
                (start - a, end - a, int(of[start]), int(region), voters.candidate_sd[start])
                for start, end in pairwise(cuts)
            ]
            found.append((a, b, runs))
        return found

    def strengths(self, utility: Array, normals: Normals) -> Array:
        """Return ``[group, region, draw]``: national utility, plus the regional shock, recentred."""
        voters, size = self.plan.voters, utility.shape[1]
        strength = np.empty((len(self.groups), len(voters.region_weight), size), np.float32)
        for g, option in enumerate(voters.group_option):
            own = strength[g]
            normals(own)
            own *= voters.regional_sd[g]
            mean = voters.region_weight @ np.exp(own)
            centre = np.log(mean, out=mean)
            if option >= 0:
                np.subtract(utility[option], centre, out=centre)
            else:
                noise = np.empty(size, np.float32)
                normals(noise)
                noise *= voters.group_sd[g]
                noise += voters.group_location[g]
                np.subtract(noise, centre, out=centre)
            own += centre
        return strength

    def hold(self, strength: Array, normals: Normals, tallies: Tallies) -> Array:
        """Hold the contests, count the winners, and return the seats ``[group, draw]`` in int8."""
        size = strength.shape[2]
        seats = np.zeros((len(self.groups), size), np.int8)
        room = np.empty((max(b - a for a, b, _ in self.districts), size), np.float32)
        truths = np.empty(room.shape, np.bool_)
        best = np.empty(size, np.float32)
        for a, b, runs in self.districts:
            noise, won = room[: b - a], truths[: b - a]
            normals(noise)
            for start, end, group, region, sd in runs:
                own = noise[start:end]
                if sd != 1:
                    own *= sd
                own += strength[group, region]
            np.maximum.reduce(noise, axis=0, out=best)
            np.equal(noise, best, out=won)
            wins = trues(won)
            if wins.sum() != size:  # equal utilities: the earlier candidate
                np.equal(noise.argmax(axis=0), np.arange(b - a)[:, None], out=won)
                wins = trues(won)
            tallies.wins[0, a:b] += wins
            for start, end, group, _, _ in runs[:-1]:
                for c in range(start, end):
                    seats[group] += won[c].view(np.int8)
            start, end, group, _, _ = runs[-1]
            last = np.add.reduce(won[start:end].view(np.int8), axis=0, dtype=np.int8)
            seats[group] += last
        return seats


def tally_shares(votes: Array, ballots: Array, tallies: Tallies) -> None:
    """Add the vote shares, in whole thousandths, to their histograms."""
    options = len(votes)
    thousandths = np.multiply(votes, 1000.0)
    thousandths /= ballots
    bins = thousandths.astype(np.int64)
    bins += (np.arange(options) * SHARE_BINS)[:, None]
    tallies.shares[:] += np.bincount(bins.reshape(-1), minlength=options * SHARE_BINS).reshape(options, SHARE_BINS)


def tally_house(seats: Array, nominal: Array | None, majority: int, joint: Array, tallies: Tallies) -> None:
    """Add a block's seats to the joint histogram, and count who is largest and who can form a majority."""
    lists, size = seats.shape
    groups, _, columns = joint.shape
    code = np.zeros((groups, size), np.int64)
    code[:lists] = seats
    code *= columns
    total = seats.astype(np.int8)
    if nominal is not None:
        code += nominal
        total += nominal[:lists]
    code += (np.arange(groups) * joint[0].size)[:, None]
    joint += np.bincount(code.reshape(-1), minlength=joint.size).reshape(joint.shape)
    most = np.maximum.reduce(total, axis=0)
    holds = total == most
    alone = np.add.reduce(holds.view(np.int8), axis=0, dtype=np.int8) == 1
    alone &= most > 0
    tallies.largest[0, :lists] += trues(holds & alone)
    parties = np.add.reduce((total > 0).view(np.int8), axis=0, dtype=np.int8)
    tallies.parties[0] += np.bincount(parties, minlength=lists + 1)
    for first in range(0, size, COALITION_BLOCK):
        tally_coalitions(total[:, first : first + COALITION_BLOCK], majority, tallies)


def tally_coalitions(total: Array, majority: int, tallies: Tallies) -> None:
    """Count all sets of parties: the sets with party p are those without it, plus p."""
    lists, size = total.shape
    joint, least = np.empty((2, 2**lists, size), np.int8)
    joint[0], least[0] = 0, 127
    for p in range(lists):
        half = 2**p
        np.add(joint[:half], total[p], out=joint[half : 2 * half])
        np.minimum(least[:half], total[p], out=least[half : 2 * half])
    reaches = joint >= np.int8(majority)
    joint -= least
    needed = joint < np.int8(majority)
    needed &= reaches
    tallies.majority[0] += trues(reaches)
    tallies.minimal[0] += trues(needed)


def tally_seats(joint: Array, tallies: Tallies) -> None:
    """Read the histograms of list seats, district seats and all seats off the joint one."""
    lists = tallies.list_seats.shape[1]
    for g, table in enumerate(joint):
        tallies.district_seats[0, g] += table.sum(axis=0)
        if g < lists:
            tallies.list_seats[0, g, : len(table)] += table.sum(axis=1)
        for seats, row in enumerate(table):
            tallies.seats[0, g, seats : seats + len(row)] += row[: tallies.seats.shape[2] - seats]
