"""One draw of a run, drawn again alone: streams are counted, so no other draw is needed but those of its block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from forecast.kernel.audit import district_papers, house_votes, paper_of, second_paper
from forecast.kernel.blocks import Workspace, draw_house
from forecast.kernel.draw import Record
from forecast.kernel.house_reference import invalid_beside, lots_of
from forecast.kernel.plan import Plan
from forecast.kernel.random import BLOCK
from forecast.rules.ballots import Paper, Votes
from forecast.rules.count import has_majority, plurality_winners, run_off_candidates
from forecast.rules.system import ElectoralSystem, NominalTier, TwoRounds
from forecast.rules.ties import Lots

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """A draw with everything the kernel knew of it; ``row`` is its place in the ``record`` of its block.

    ``valid`` are the country's valid ballots, ``against`` the national utility of "against all" (None without it).
    """

    plan: Plan
    draw: int
    record: Record
    row: int
    valid: int
    against: float | None

    @property
    def list_paper(self) -> Paper:
        """The list ballots of the whole country."""
        return paper_of(self.plan, self.record.votes[self.row])

    def house_votes(self, number: int) -> Votes | None:
        """Return the papers of every tier under a law with tiers of kind ``proportional``; None under another."""
        known = self.plan.houses.laws[number] if self.plan.houses is not None else None
        return None if known is None else house_votes(self.plan, known, number, self.record, self.row)

    def lots(self, number: int) -> Mapping[str, Lots]:
        """Return the lots of the draw by tier, where a law decides equal claims by them."""
        known = self.plan.houses.laws[number] if self.plan.houses is not None else None
        return {} if known is None else lots_of(self.plan, known, self.draw)

    def system(self, number: int) -> ElectoralSystem:
        """Return a system of the plan, told in which of its districts those of the model lie."""
        known = self.plan.houses.laws[number] if self.plan.houses is not None else None
        return self.plan.systems[number] if known is None else known.system

    def list_seats(self, number: int) -> dict[str, int]:
        """Return the list seats that the kernel gave under a system."""
        return dict(zip(self.plan.model.parties, self.record.list_seats[self.row, number].tolist(), strict=True))

    def winners(self, number: int) -> dict[str, str | None]:
        """Return who won each district in the kernel under a system; None for nobody."""
        way = int(self.plan.laws.contest_of[number])
        of_districts = zip(self.plan.model.contests, self.record.winners[self.row, way].tolist(), strict=True)
        return {one.id: one.candidates[winner].name if winner >= 0 else None for one, winner in of_districts}

    def district_papers(self, number: int) -> dict[str, Paper]:
        """Return the ballots of each district under a system.

        For a plurality the kernel makes none: a district's ballots are shared out by its candidates' strengths, by
        largest remainders, which keep their order.
        """
        way = int(self.plan.laws.contest_of[number])
        if way:
            return district_papers(self.plan, way, self.record, self.row)
        return {one.id: self._shared_out(d) for d, one in enumerate(self.plan.model.contests)}

    def second_papers(self, tier: NominalTier, papers: dict[str, Paper]) -> dict[str, Paper]:
        """Return the ballots of second rounds, as many valid ones as in the first; none where the law holds none."""
        if not isinstance(tier.formula, TwoRounds):
            return {}
        second = {}
        for d, contest in enumerate(self.plan.model.contests):
            paper = papers[contest.id]
            first = max(paper.votes[name] for name in plurality_winners(paper))
            if len(paper.votes) > 2 and not has_majority(tier.formula, paper, tier.against_all, first):
                drawn = second_paper(self.plan, self.record, self.row, d, run_off_candidates(paper))
                *votes, against = shared_out([*drawn.votes.values(), drawn.against_all], paper.valid)
                second[contest.id] = Paper(dict(zip(drawn.votes, votes, strict=True)), against, paper.invalid)
        return second

    def _shared_out(self, d: int) -> Paper:
        voters = self.plan.voters
        utilities = self.record.utilities[self.row, voters.district_first[d] : voters.district_first[d + 1]].tolist()
        names = [person.name for person in self.plan.model.contests[d].candidates]
        valid = max(int(self.valid * float(voters.district_part[d]) + 0.5), 1)
        everything = np.exp(np.array([*utilities, *([] if self.against is None else [self.against])]))
        ballots = shared_out(everything.tolist(), valid)
        against = 0 if self.against is None else ballots.pop()
        return Paper(
            dict(zip(names, ballots, strict=True)), against, invalid_beside(valid, self.plan.model.ballots.valid_share)
        )


def drawn_again(plan: Plan, draw: int) -> Replay:
    """Return one draw of a plan, drawn again."""
    work, row = Workspace.of(plan), draw % BLOCK
    scratch = work.scratch
    record = plan.record(BLOCK, utilities=True)
    draw_house(plan, draw // BLOCK, 1, draw + 1, work, plan.tallies(), record)
    option = int(plan.voters.against_option[0])
    against = float(scratch.eta[option, row]) if option >= 0 else None
    return Replay(plan, draw, record, row, int(scratch.ballots[row]), against)


def shared_out(weights: Sequence[float], ballots: int) -> list[int]:
    """Share out ballots by weights and largest remainders: a larger weight never gets fewer.

    >>> shared_out([2.0, 1.0, 1.0], 10)
    [5, 3, 2]
    """
    exact = np.array(weights) * (ballots / sum(weights))
    whole = np.floor(exact).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: ballots - int(whole.sum())]] += 1
    shared: list[int] = whole.tolist()
    return shared
