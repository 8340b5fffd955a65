"""Lowering: a vote model and electoral systems become flat arrays that the kernel can run over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecast.errors import DocumentError
from forecast.kernel import contests as way
from forecast.kernel import seats as column
from forecast.kernel.assemblies import Assemblies, AssemblyRecord, AssemblyTallies
from forecast.kernel.draw import COALITION_PARTIES, MARKS, Laws, Record, Tallies, Voters, needs_ballots
from forecast.kernel.gumbel import GUMBEL, NORMAL
from forecast.kernel.house_plan import (
    HousePlan,
    lower_houses,
    misfits,
    most_seats,
    needs_regions,
    winners_are_covered,
)
from forecast.kernel.list_plan import beyond_forecasts
from forecast.kernel.random import stream_keys
from forecast.kernel.tally import MOST_SEATS, SHARE_BINS
from forecast.rules.proportional import ProportionalTier
from forecast.rules.system import AppointedTier, ElectoralSystem, ListTier, NominalTier, ThresholdBase, TwoRounds
from forecast.voteshare.electorate import Assembly
from forecast.voteshare.model import VoteModel
from forecast.voteshare.posterior import utilities

MOST_BALLOTS = 2**30 - 1
LARGEST_DENOMINATOR = 1000


@dataclass(frozen=True, slots=True, eq=False)
class AssemblyPlan:
    """Local assemblies as the kernel sees them, beside what they were lowered from; ``systems[a]`` is the law of each."""

    every: tuple[Assembly, ...]
    systems: tuple[ElectoralSystem, ...]
    arrays: Assemblies

    @property
    def seats(self) -> int:
        """Seats of all assemblies."""
        return sum(system.seats for system in self.systems)

    def all_of_them(self) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        """Return the numbers of all assemblies."""
        return np.arange(len(self.every), dtype=np.int64)

    def tallies(self) -> AssemblyTallies:
        """Return empty tallies of these assemblies' shapes."""
        number, groups = self.arrays.present.shape
        largest = max(system.seats for system in self.systems)
        return AssemblyTallies(
            assembly_seats=np.zeros((number, groups, largest + 1), np.int64),
            assembly_parties=np.zeros((number, groups), np.int64),
            assembly_cases=np.zeros((number, column.CASES), np.int64),
            all_seats=np.zeros((groups, self.seats + 1), np.int64),
            controlled=np.zeros((groups + 1, number + 1), np.int64),
        )

    def record(self, draws: int) -> AssemblyRecord:
        """Return an empty record of one draw; ``draws`` 0 asks the kernel to keep none."""
        arrays = self.arrays
        return AssemblyRecord(
            votes=np.zeros((draws, len(arrays.list_group)), np.int32),
            valid=np.zeros((draws, len(arrays.region)), np.int32),
            list_seats=np.zeros((draws, len(arrays.list_group)), np.int32),
            winners=np.zeros((draws, len(arrays.first_candidate) - 1), np.int32),
            utilities=np.zeros((draws, len(arrays.candidate_group)), np.float32),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A forecast as the kernel sees it, beside what it was lowered from."""

    model: VoteModel
    systems: tuple[ElectoralSystem, ...]
    seed: int
    voters: Voters
    laws: Laws
    assemblies: AssemblyPlan | None = None
    houses: HousePlan | None = None

    @property
    def lists(self) -> int:
        """Number of party lists."""
        return len(self.model.parties)

    @property
    def candidates(self) -> int:
        """Number of district candidates."""
        return len(self.voters.candidate_group)

    def normals_per_draw(self) -> int:
        """Number of standard normals one draw uses."""
        own = sum(option < 0 for option in self.voters.group_option) if self.model.contests else 0
        regional = int(np.prod(self.voters.region_keys.shape[:2]))
        house = len(self.model.options) + 1 + int(own) + regional + self.candidates
        local = self.assemblies.arrays if self.assemblies else None
        return house + (int(local.present.sum()) + len(local.candidate_group) if local else 0)

    def tallies(self) -> Tallies:
        """Return empty tallies of this plan's shapes."""
        systems, lists, groups = len(self.systems), self.lists, max(len(self.model.groups), self.lists)
        house = max(most_seats(system) for system in self.systems)
        sets = 2 ** min(lists, COALITION_PARTIES)
        districts = len(self.model.contests)
        growing = systems if self.grows else 0

        def zeros(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
            return np.zeros(shape, np.int64)

        return Tallies(
            list_seats=zeros(systems, lists, house + 1),
            district_seats=zeros(len(self.laws.contests), groups, districts + 1),
            seats=zeros(systems, groups, house + 1),
            passed=zeros(systems, lists),
            largest=zeros(systems, groups),
            parties=zeros(systems, lists + 1),
            majority=zeros(systems, sets),
            minimal=zeros(systems, sets),
            wins=zeros(len(self.laws.contests), self.candidates),
            shares=zeros(len(self.model.options), SHARE_BINS),
            cases=zeros(systems, column.CASES),
            difference=zeros(systems - 1, groups, 2 * house + 1),
            crossings=zeros(systems - 1, groups, 4),
            sizes=zeros(growing, house + 1),
            marks=zeros(growing, groups, MARKS),
        )

    @property
    def grows(self) -> bool:
        """Whether a house may have more members than its law names."""
        return any(most_seats(system) > system.seats for system in self.systems)

    def record(self, draws: int, utilities: bool = False) -> Record:
        """Return an empty record of whole draws; ``draws`` 0 asks the kernel to keep none."""
        districts = len(self.model.contests)
        ballots = draws if utilities and needs_ballots(self.laws) else 0
        regional = len(self.voters.region_weight) if needs_regions(self.systems) else 0
        return Record(
            votes=np.zeros((draws, len(self.model.options)), np.int32),
            list_seats=np.zeros((draws, len(self.systems), self.lists), np.int32),
            winners=np.zeros((draws, len(self.laws.contests), districts), np.int32),
            utilities=np.zeros((draws if utilities else 0, self.candidates), np.float32),
            run_off=np.zeros((ballots, self.candidates + 1), np.float32),
            ballots=np.zeros((ballots, self.candidates + districts), np.int32),
            regional=np.zeros((draws if utilities and regional else 0, regional, len(self.model.options)), np.int32),
        )


def lower(model: VoteModel, systems: Sequence[ElectoralSystem], seed: int) -> Plan:
    """Lower a model and the systems it is put through.

    Raises
    ------
    DocumentError
        The model and a system do not fit together, or a number is beyond the kernel's exact range.
    """
    faults = [fault for system in systems for fault in _misfits(model, system)]
    if model.ballots.most > MOST_BALLOTS:
        faults.append(f"turnout.electorate: at most {MOST_BALLOTS:,} valid ballots can be counted exactly")
    if faults:
        raise DocumentError(faults)
    voters, laws = _voters(model, seed, needs_regions(systems)), _laws(model, systems)
    houses = lower_houses(model, systems, voters, laws, seed)
    return Plan(model, tuple(systems), seed, voters, laws, houses=houses)


def _misfits(model: VoteModel, system: ElectoralSystem) -> list[str]:
    faults = misfits(model, system)
    if most_seats(system) > MOST_SEATS:
        faults.append(f"{system.id}: {system.seats:,} seats; houses of at most {MOST_SEATS:,} can be forecast")
    for tier in system.tiers:
        if isinstance(tier, AppointedTier):
            continue
        where = f"{system.id}: tier.{tier.name}"
        if isinstance(tier, NominalTier) and tier.districts != len(model.contests):
            have = f"{len(model.contests)} districts" if model.contests else "no [districts]"
            faults.append(
                f"{where}.districts: the system has {tier.districts} districts, the model "
                f"{model.electorate.id} has {have}; give it a districts.csv and a candidates.csv of {tier.districts}"
            )
        second = tier.second_list if isinstance(tier, ListTier) else None
        if second is not None and second.coefficient.denominator > LARGEST_DENOMINATOR:
            faults.append(f"{where}.second_list.coefficient: at most three decimals can be counted exactly")
    faults += beyond_forecasts(system)
    kinds = [type(tier) for tier in system.tiers]
    if kinds.count(ListTier) > 1 or kinds.count(NominalTier) > 1 or {ListTier, ProportionalTier} <= set(kinds):
        faults.append(
            f'{system.id}: tier: a forecast draws at most one nominal tier, and one tier of kind "list" or any number of '
            'kind "proportional"'
        )
    return faults


def _laws(model: VoteModel, systems: Sequence[ElectoralSystem]) -> Laws:
    law = np.zeros((len(systems), column.LAW_COLUMNS), np.int64)
    lengths = np.zeros((len(systems), len(model.parties)), np.int32)
    contest_of = np.full(len(systems), -1, np.int64)
    ways: list[tuple[int, ...]] = [(0,) * way.CONTEST_COLUMNS]  # plurality comes first, asked for or not
    for k, system in enumerate(systems):
        row = law[k]
        house_columns(row, system)
        for tier in system.tiers:
            if isinstance(tier, ListTier):
                list_columns(row, tier)
                for p, option in enumerate(o for o in model.electorate.options if o.kind == "party"):
                    lengths[k, p] = tier.seats if option.list_length is None else min(option.list_length, tier.seats)
            elif isinstance(tier, NominalTier):
                contest = contest_columns(tier, covered=winners_are_covered(system))
                if contest not in ways:
                    ways.append(contest)
                contest_of[k] = ways.index(contest)
    return Laws(law, lengths, np.array(ways, np.int64), contest_of)


_BASES: dict[ThresholdBase, int] = {
    "valid ballots": column.VALID_BALLOTS,
    "party votes": column.PARTY_VOTES,
    "ballots cast": column.BALLOTS_CAST,
}


def contest_columns(tier: NominalTier, *, covered: bool = False) -> tuple[int, ...]:
    """Return how a tier's districts are won, as a row of numbers; plurality is all zeros.

    ``covered``: winners sit only as far as their lists have seats for them.
    """
    row = [0] * way.CONTEST_COLUMNS
    row[way.COVERED] = covered
    row[way.AGAINST_VOIDS] = tier.against_all.use == "voids the district"
    if isinstance(tier.formula, TwoRounds):
        row[way.TWO_ROUNDS] = 1
        row[way.NUMERATOR] = tier.formula.share.numerator
        row[way.DENOMINATOR] = tier.formula.share.denominator
        row[way.BASE] = _BASES[tier.formula.of]
        row[way.AT_LEAST] = tier.formula.comparison == "at least"
        row[way.AGAINST_ABSENT] = tier.against_all.use == "not on the ballot"
    return tuple(int(value) for value in row)


def house_columns(row: np.ndarray[tuple[int, ...], np.dtype[np.int64]], system: ElectoralSystem) -> None:
    """Write the size of a house and its majorities into a system's row of the law."""
    row[column.HOUSE] = system.seats
    row[column.MAJORITY] = system.majority
    row[column.TWO_THIRDS] = system.two_thirds


def list_columns(row: np.ndarray[tuple[int, ...], np.dtype[np.int64]], tier: ListTier) -> None:
    """Write a list tier into a system's row of the law."""
    row[column.HAS_LIST] = 1
    row[column.SEATS] = tier.seats
    row[column.SHARE_NUMERATOR] = tier.threshold.share.numerator
    row[column.SHARE_DENOMINATOR] = tier.threshold.share.denominator
    row[column.BASE] = _BASES[tier.threshold.of]
    row[column.AGAINST_ABSENT] = tier.against_all.use == "not on the ballot"
    row[column.MORE_THAN] = tier.threshold.comparison == "more than"
    if tier.second_list is not None:
        row[column.SECOND_LIST] = 1
        row[column.COEFFICIENT_NUMERATOR] = tier.second_list.coefficient.numerator
        row[column.COEFFICIENT_DENOMINATOR] = tier.second_list.coefficient.denominator
        row[column.MINIMUM_SEATS] = tier.second_list.minimum_seats
    row[column.NO_LIST_ADMITS_ALL] = tier.silent.no_list_passes == "all lists"
    row[column.SECOND_LIST_YIELDS] = tier.silent.minimum_overflows == "second list yields"
    row[column.ONLY_LIST_VACANT] = tier.silent.only_one_list == "vacant"


def _voters(model: VoteModel, seed: int, by_region: bool) -> Voters:
    options, parties = model.options, model.parties
    groups = model.groups if model.contests else parties
    by_region = by_region or bool(model.contests)
    regions = [region.name for region in model.electorate.regions] if by_region else []
    option_of = [options.index(group) if group in parties else -1 for group in groups]
    own = np.array([option < 0 for option in option_of])
    first = np.cumsum([0, *(len(contest.candidates) for contest in model.contests)])
    people = [(contest.id, person.name) for contest in model.contests for person in contest.candidates]
    return Voters(
        location=model.votes.location.astype(np.float32),
        scale=model.votes.scale.astype(np.float32),
        tail=np.array([model.votes.tail], np.float32),
        national_keys=stream_keys(seed, [f"national/{name}" for name in options]),
        turnout=np.array([model.ballots.mean, model.ballots.sd, model.ballots.most, model.ballots.valid_share]),
        turnout_key=stream_keys(seed, ["turnout"]),
        group_option=np.array(option_of, np.int64),
        group_location=np.where(own, model.self_location, 0.0).astype(np.float32),
        group_sd=np.where(own, model.self_national_sd, 0.0).astype(np.float32),
        group_keys=stream_keys(seed, [f"group/{name}" for name in groups]),
        region_weight=(model.ballots.weights if by_region else np.zeros(0)).astype(np.float32),
        regional_sd=np.full(len(groups), model.regional_sd, np.float32),
        region_lean=_leans(model, len(regions), len(groups)),
        region_keys=stream_keys(seed, [f"region/{region}/{group}" for region in regions for group in groups]).reshape(
            len(regions), len(groups), 2
        ),
        district_region=np.array([contest.region for contest in model.contests], np.int64),
        district_first=first.astype(np.int64),
        candidate_group=np.array([g for contest in model.contests for g in contest.groups], np.int64),
        candidate_sd=np.array([sd for contest in model.contests for sd in contest.sds], np.float32),
        candidate_keys=stream_keys(seed, [f"candidate/{district}/{name}" for district, name in people]),
        run_off_keys=stream_keys(seed, [f"second round/{district}/{name}" for district, name in people]),
        noise=np.array([GUMBEL if model.noise == "gumbel" else NORMAL], np.int64),
        district_part=model.district_parts(),
        against_option=np.array([options.index(o) for o in options if o not in parties] or [-1], np.int64),
        parties=np.array([len(parties)], np.int64),
        posterior=_posterior(model),
        posterior_key=stream_keys(seed, ["posterior"]),
    )


def _leans(model: VoteModel, regions: int, groups: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    leans = model.regional_leans
    return np.zeros((regions, groups), np.float32) if leans is None or not regions else leans.astype(np.float32)


def _posterior(model: VoteModel) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return the table of ``kernel.posterior``; no rows where the votes have a family."""
    if model.posterior is None:
        return np.zeros((2, 0, len(model.options)), np.float32)
    return np.stack([utilities(model.posterior), model.posterior.cumsum(axis=1)]).astype(np.float32)
