"""The audit of local assemblies: in each audited draw a few are drawn again alone and counted by the reference.

Every stream has a name, so an assembly drawn without the others is the same assembly. A draw brings three list
tiers and five districts; over 200 draws that is every law of an election day many times.
"""

from __future__ import annotations

import numpy as np

from forecast.errors import AuditFailure
from forecast.kernel.assemblies import AssemblyRecord, assembly_scratch, elect_assemblies
from forecast.kernel.assembly_plan import candidates_of
from forecast.kernel.draw import Scratch
from forecast.kernel.plan import AssemblyPlan, Plan
from forecast.kernel.random import BLOCK
from forecast.rules.ballots import Paper
from forecast.rules.count import count_list_tier, count_nominal_tier
from forecast.rules.system import ListTier, NominalTier

LISTS, DISTRICTS = 3, 5


class AssemblyAudit:
    """Recounts assemblies of single draws of a plan."""

    def __init__(self, plan: Plan, local: AssemblyPlan) -> None:
        self.plan, self.local = plan, local
        self.listed = np.flatnonzero(np.diff(local.arrays.first_list))
        self.words = np.random.Philox(key=plan.seed)
        self.scratch, self.tallies = assembly_scratch(local.arrays), local.tallies()

    def recount(self, draw: int, drawn: Scratch) -> None:
        """Recount a few assemblies of one draw, whose block has just been drawn with the scratch ``drawn``.

        Raises
        ------
        AuditFailure
            Kernel and reference differ.
        """
        arrays, record = self.local.arrays, self.local.record(1)
        with_lists = self._some(self.listed, LISTS)
        wards = self._some(np.arange(int(arrays.first_ward[-1])), DISTRICTS)
        of_wards = np.searchsorted(arrays.first_ward, wards, side="right") - 1
        chosen = np.unique(np.concatenate([with_lists, of_wards]))
        elect_assemblies(
            arrays, chosen, draw // BLOCK, BLOCK, drawn.shock, drawn.eta, drawn.ballots, self.scratch, self.tallies, record,
            draw % BLOCK,
        )  # fmt: skip
        for a in with_lists.tolist():
            self._recount_lists(a, record, draw)
        for a, w in zip(of_wards.tolist(), wards.tolist(), strict=True):
            self._recount_ward(a, w, record, draw)

    def _some(
        self, of: np.ndarray[tuple[int, ...], np.dtype[np.int64]], number: int
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        """Return at most ``number`` different ones at random."""
        if not len(of):
            return of
        picked: np.ndarray[tuple[int, ...], np.dtype[np.int64]] = np.unique(
            of[(self.words.random_raw(number) % np.uint64(len(of))).astype(np.int64)]
        )
        return picked

    def _recount_lists(self, a: int, record: AssemblyRecord, draw: int) -> None:
        one, system, arrays = self.local.every[a], self.local.systems[a], self.local.arrays
        own = slice(int(arrays.first_list[a]), int(arrays.first_list[a + 1]))
        (tier,) = (tier for tier in system.tiers if isinstance(tier, ListTier))
        votes = dict(zip(one.lists, record.votes[0, own].tolist(), strict=True))
        valid = int(record.valid[0, a])
        cast = max(int(valid / self.plan.model.ballots.valid_share + 0.5), valid)
        paper = Paper(votes, against_all=valid - sum(votes.values()), invalid=cast - valid)
        reference = count_list_tier(tier, paper, dict(one.lists), steps=False).seats
        kernel = dict(zip(one.lists, record.list_seats[0, own].tolist(), strict=True))
        if kernel != {name: reference.get(name, 0) for name in kernel}:
            raise AuditFailure(
                f"draw {draw} of seed {self.plan.seed}, {system.id}, {one.name}: kernel and reference count differ\n"
                f"ballots: {votes}, against all {paper.against_all}\nkernel: {kernel}\nreference: {dict(reference)}"
            )

    def _recount_ward(self, a: int, w: int, record: AssemblyRecord, draw: int) -> None:
        """Compare a district's winner; equal whole ballots are the law's repeat vote, which the utilities decide."""
        one, system, arrays = self.local.every[a], self.local.systems[a], self.local.arrays
        number = w - int(arrays.first_ward[a])
        contests = self.plan.model.electorate.contests
        assert contests is not None
        label = contests.self_nominated.label
        names = [name for name, _ in candidates_of(one.wards[number], self.plan.model.parties, label)]
        utilities = record.utilities[0, arrays.first_candidate[w] : arrays.first_candidate[w + 1]].astype(np.float64)
        ballots = np.rint(1e9 * np.exp(utilities - utilities.max())).astype(np.int64).tolist()
        (tier,) = (tier for tier in system.tiers if isinstance(tier, NominalTier))
        district = f"{one.name}/{number + 1}"
        counted = count_nominal_tier(tier, {district: Paper(dict(zip(names, ballots, strict=True)))}, steps=False)
        kernel = names[int(record.winners[0, w])]
        tied = {name for tie in counted.ties for name in tie.among}
        if kernel != counted.districts[district].winner and kernel not in tied:
            raise AuditFailure(
                f"draw {draw} of seed {self.plan.seed}, {system.id}, district {district}: kernel and reference differ\n"
                f"ballots: {dict(zip(names, ballots, strict=True))}\nkernel: {kernel}\n"
                f"reference: {counted.districts[district].winner}"
            )
