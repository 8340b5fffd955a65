"""The tables of a run: their columns, what each means, and their rows. The codebook is this file's ``COLUMNS``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from forecast.assemblies import AssembliesForecast
from forecast.compare import Comparison, Sample, index_estimates, threshold_curve
from forecast.deposits import TierDeposits
from forecast.distribution import Probability, SeatDistribution, SystemForecast
from forecast.files import Cell
from forecast.kernel.plan import Plan
from forecast.mandates import GROUPS, LIST_GROUPS, ListMandates, joint_members
from forecast.rules.system import ListTier
from forecast.simulate import Simulation

COLUMNS: dict[str, dict[str, str]] = {
    "summary.csv": {
        "system": "electoral system (file stem of its document)",
        "party": "party, or the label of the self-nominated",
        "mean": "mean seats in the house",
        "median": "median seats in the house",
        "lo50": "25 % quantile of seats",
        "hi50": "75 % quantile of seats",
        "lo80": "10 % quantile of seats",
        "hi80": "90 % quantile of seats",
        "lo95": "2.5 % quantile of seats",
        "hi95": "97.5 % quantile of seats",
        "p_threshold": "probability that the list reaches the threshold (empty: no list)",
        "p_any_seat": "probability of at least one seat",
        "p_largest": "probability of having more seats than every other party",
        "p_majority": "probability of an absolute majority of the house",
        "mcse_mean": "Monte Carlo standard error of mean",
        "mcse_p_threshold": "Monte Carlo standard error of p_threshold",
        "mcse_p_any_seat": "Monte Carlo standard error of p_any_seat",
        "mcse_p_largest": "Monte Carlo standard error of p_largest",
        "mcse_p_majority": "Monte Carlo standard error of p_majority",
        "mean_list_seats": "mean seats from the list tier",
        "mean_district_seats": "mean seats from the districts",
        "mean_share": "mean share of the valid list ballots, a fraction; draws are tallied to a thousandth, rounded down, "
        "and half a thousandth is added to the mean of shares that vary",
    },
    "seat_pmf.csv": {
        "system": "electoral system",
        "party": "party, or the label of the self-nominated",
        "seats": "number of seats in the house",
        "probability": "probability of exactly that number",
        "cumulative": "probability of at most that number",
        "mark": "median, last result, majority or two thirds, where the number is one of them",
    },
    "districts.csv": {
        "system": "electoral system",
        "district": "district id",
        "region": "region of the district",
        "region_basis": "sourced or assumed",
        "electorate": "registered voters of the district",
        "electorate_basis": "sourced or assumed",
        "candidates": "number of candidates in the district",
        "candidates_basis": "sourced or assumed",
        "party": "party, or the label of the self-nominated",
        "party_candidates": "candidates of that party in the district",
        "probability": "probability that one of them wins the district",
        "mcse": "Monte Carlo standard error of probability",
        "rating": "on the favourite's row: open (< 65 %), lean (65-85), likely (85-95), safe (> 95)",
    },
    "candidates.csv": {
        "system": "electoral system",
        "district": "district id",
        "candidate": "name in the model's candidates.csv",
        "party": "party, or the label of the self-nominated",
        "probability": "probability of winning the district",
        "mcse": "Monte Carlo standard error of probability",
        "basis": "whether this candidacy is sourced or assumed",
    },
    "events.csv": {
        "system": "electoral system",
        "event": "what happens",
        "probability": "its probability",
        "mcse": "Monte Carlo standard error of probability",
    },
}

# Tables of a run with two systems or more.
COMPARE_COLUMNS: dict[str, dict[str, str]] = {
    "compare.csv": {
        "base": "the first system of the run",
        "system": "another electoral system on the same draws",
        "party": "party, or the label of the self-nominated",
        "difference": "seats under the system less seats under the base",
        "probability": "probability of exactly that difference (differences that never occur are left out, 0 is kept)",
    },
    "compare_summary.csv": {
        "base": "the first system of the run",
        "system": "another electoral system on the same draws",
        "party": "party, or the label of the self-nominated",
        "mean_difference": "mean difference in seats",
        "mean_difference_share": "mean difference as a share of the house, a fraction",
        "p_gain": "probability of more seats than under the base",
        "p_lose": "probability of fewer seats than under the base",
        "mcse": "Monte Carlo standard error of mean_difference",
        "mcse_share": "Monte Carlo standard error of mean_difference_share",
        "p_gain_share": "probability of a larger share of the house (over the sample)",
        "p_lose_share": "probability of a smaller share of the house (over the sample)",
        "majority_change": "change in the probability of an absolute majority",
        "mcse_majority_change": "Monte Carlo standard error of majority_change",
        "two_thirds_change": "change in the probability of a two-thirds majority",
        "mcse_two_thirds_change": "Monte Carlo standard error of two_thirds_change",
    },
    "compare_indices.csv": {
        "system": "electoral system",
        "index": "what is measured; see INDICES in forecast/compare.py",
        "mean": "mean over the sample",
        "mcse": "Monte Carlo standard error of mean",
        "difference": "mean difference to the first system, draw by draw",
        "mcse_difference": "Monte Carlo standard error of difference",
    },
    "thresholds.csv": {
        "system": "electoral system",
        "party": "party",
        "threshold": "threshold of the list tier, a fraction; all else as in the system",
        "p_passes": "probability that the list passes it (over the sample)",
        "mcse_p_passes": "Monte Carlo standard error of p_passes",
        "mean_list_seats": "mean list seats (over the sample)",
        "mcse_mean_list_seats": "Monte Carlo standard error of mean_list_seats",
    },
}

# results.csv and results.parquet of a batch: these columns, a column for every key that varies after ``draws``, and then
# those of summary.csv before ``house_seats``. Differences are to the base scenario.
TALLY_FILES: dict[str, dict[str, str]] = {
    "tallies.json": {
        "draws": "number of draws",
        "tallies": "by name of a tally: its shape, the places of its entries that are not 0 (at), and their draws (count)",
    },
    "replicates.json (of runs with --sampler lattice)": {
        "draws": "number of draws, of all randomisations together",
        "tallies": "as in tallies.json, with a leading axis of independent randomisations; count is in units of "
        "1 / 16,777,216 draws, for districts are integrated. A figure is the mean over the randomisations, each a "
        "distribution that adds up to 1, and its Monte Carlo standard error is from their spread",
    },
}

BATCH_COLUMNS: dict[str, str] = {
    "number": "number of the scenario; 0 is the base",
    "scenario": "name of the scenario",
    "digest": "digest of its resolved documents, inputs, seed, draws and stream version; it names the run folder",
    "draws": "number of draws; after it a column for every key that varies, then those of summary.csv",
    "house_seats": "seats of the house by the system's law",
    "p_two_thirds": "probability of a two-thirds majority of the house",
    "mcse_p_two_thirds": "Monte Carlo standard error of p_two_thirds",
    "base_system": "system of the base that the differences are to: the same one, or the base's first",
    "paired": "yes: the scenario and the base share their draws; no: their seeds differ",
    "d_mean": "difference of mean seats to the base",
    "mcse_d_mean": "Monte Carlo standard error of d_mean; paired draw by draw over the first 16,384 draws",
    "d_house_share": "difference of the mean share of the house, mean / house_seats, to the base: for houses of different size",
    "mcse_d_house_share": "Monte Carlo standard error of d_house_share, likewise",
    "d_p_any_seat": "difference of p_any_seat to the base",
    "mcse_d_p_any_seat": "Monte Carlo standard error of d_p_any_seat, likewise",
    "d_p_largest": "difference of p_largest to the base",
    "mcse_d_p_largest": "Monte Carlo standard error of d_p_largest, likewise",
    "d_p_majority": "difference of p_majority to the base",
    "mcse_d_p_majority": "Monte Carlo standard error of d_p_majority, likewise",
    "d_p_two_thirds": "difference of p_two_thirds to the base",
    "mcse_d_p_two_thirds": "Monte Carlo standard error of d_p_two_thirds, likewise",
}

# Tables about persons: of a model that names the people on its lists, and of a system that asks for deposits.
PERSON_COLUMNS: dict[str, dict[str, str]] = {
    "list_candidates.csv": {
        "system": "electoral system",
        "party": "party",
        "position": "place on the list",
        "person": "name in the model's table of persons",
        "women": "yes or no",
        "youth": "yes or no: young on election day, under the age of the system's quotas (35 where it has none)",
        "disability": "yes or no",
        "probability": "probability of a mandate: down the list, but for the quota on mandates; the party's choice "
        "is not known, this policy is ours",
        "mcse": "Monte Carlo standard error of probability",
    },
    "composition.csv": {
        "system": "electoral system",
        "party": "party, or all lists: those whose people the model names, together",
        "group": "women, youth, disability, or any of the three",
        "number": "number of deputies from the list tier who belong to the group",
        "probability": "probability of exactly that number (of a party: over every draw; of all lists: over the first "
        "16,384 draws)",
        "mcse": "Monte Carlo standard error of probability",
    },
    "deposits.csv": {
        "system": "electoral system",
        "tier": "tier of the system",
        "district": "district id (empty: a list)",
        "candidate": "name in the model's candidates.csv (empty: a list)",
        "party": "party, or the label of the self-nominated",
        "p_returned": "probability that the deposit is given back: elected, or the share of the valid ballots that the "
        "law asks for (over the first 16,384 draws; in districts it follows from assumed strengths of candidates)",
        "mcse": "Monte Carlo standard error of p_returned",
    },
}

# Tables of a run that elects local assemblies.
ASSEMBLY_COLUMNS: dict[str, dict[str, str]] = {
    "assemblies.csv": {
        "system": "electoral system, with the assembly's own numbers of seats",
        "assembly": "name in the model's assemblies.csv",
        "level": "regional, city or district",
        "region": "region of the assembly",
        "seats": "seats of the assembly",
        "list_seats": "of them from party lists",
        "party": "party, or the label of the self-nominated; those who stand there",
        "mean": "mean seats",
        "median": "median seats",
        "lo80": "10 % quantile of seats",
        "hi80": "90 % quantile of seats",
        "p_control": "probability of an absolute majority of the assembly",
        "mcse_mean": "Monte Carlo standard error of mean",
        "mcse_p_control": "Monte Carlo standard error of p_control",
    },
    "assembly_pmf.csv": {
        "system": "electoral system",
        "assembly": "name in the model's assemblies.csv",
        "party": "party, the label of the self-nominated, or empty: the number of parties with a seat",
        "seats": "number of seats, or of parties",
        "probability": "probability of exactly that number (numbers that never occur are left out)",
    },
    "assembly_totals.csv": {
        "party": "party, the label of the self-nominated, or empty: nobody",
        "measure": "seats: in all assemblies together; controlled: assemblies in which the party has a majority",
        "mean": "mean",
        "median": "median",
        "lo80": "10 % quantile",
        "hi80": "90 % quantile",
        "lo95": "2.5 % quantile",
        "hi95": "97.5 % quantile",
        "mcse_mean": "Monte Carlo standard error of mean",
    },
}


def rating(probability: float) -> str:
    """Return the rating of a district by its favourite's probability.

    >>> [rating(p) for p in (0.5, 0.65, 0.9, 0.99)]
    ['open', 'lean', 'likely', 'safe']
    """
    if probability < 0.65:
        return "open"
    if probability < 0.85:
        return "lean"
    return "likely" if probability <= 0.95 else "safe"


def _mean_share(shares: SeatDistribution) -> float:
    """Return the mean of shares that were rounded down to thousandths: half of one is added, where they vary."""
    varies = np.count_nonzero(shares.counts) > 1
    return (shares.mean + (0.5 if varies else 0.0)) / 1000


def summary_rows(forecast: SystemForecast) -> Iterator[list[Cell]]:
    """Yield the rows of ``summary.csv``."""
    for group in forecast.groups:
        seats = forecast.seats(group)
        listed = group in forecast.parties and forecast.has_lists
        passes = forecast.passes(group) if listed else None
        chances = [seats.at_least(1), forecast.largest(group), forecast.majority(group)]
        yield [
            forecast.system.id,
            group,
            seats.mean,
            seats.median,
            *seats.interval(0.5),
            *seats.interval(0.8),
            *seats.interval(0.95),
            passes.value if passes else None,
            *(chance.value for chance in chances),
            seats.mcse_mean,
            passes.mcse if passes else None,
            *(chance.mcse for chance in chances),
            forecast.list_seats(group).mean if listed else None,
            forecast.district_seats(group).mean if forecast.has_districts else None,
            _mean_share(forecast.share(group)) if group in forecast.parties else None,
        ]


def seat_pmf_rows(forecast: SystemForecast) -> Iterator[list[Cell]]:
    """Yield the rows of ``seat_pmf.csv``: every number of seats from 0 to the size of the house, or what it grew to."""
    house = forecast.system
    last = {option.name: option.previous_seats for option in forecast.plan.model.electorate.options}
    for group in forecast.groups:
        seats = forecast.seats(group)
        for number in range(forecast.most_seats + 1):
            marks = [
                name
                for name, at in (
                    ("median", seats.median),
                    ("last result", last.get(group)),
                    ("majority", house.majority),
                    ("two thirds", house.two_thirds),
                )
                if number == at
            ]
            yield [
                house.id,
                group,
                number,
                float(seats.pmf[number]),
                float(seats.cumulative[number]),
                ", ".join(marks),
            ]


def district_rows(forecast: SystemForecast) -> Iterator[list[Cell]]:
    """Yield the rows of ``districts.csv``: a row a district and party that stands in it."""
    model = forecast.plan.model
    if model.electorate.contests is None or not forecast.has_districts:
        return
    first = forecast.plan.voters.district_first
    for d, (contest, district) in enumerate(zip(model.contests, model.electorate.contests.districts, strict=True)):
        groups = np.array(contest.groups)
        by_group = {
            group: forecast.wins_by((first[d] + np.flatnonzero(groups == group)).tolist())
            for group in sorted(set(contest.groups))
        }
        favourite = max(by_group, key=lambda group: by_group[group].value)
        for group, chance in by_group.items():
            yield [
                forecast.system.id,
                contest.id,
                district.region,
                district.region_basis,
                district.electorate,
                district.electorate_basis,
                len(contest.candidates),
                district.candidates_basis,
                model.groups[group],
                int((groups == group).sum()),
                chance.value,
                chance.mcse,
                rating(chance.value) if group == favourite else "",
            ]


def candidate_rows(forecast: SystemForecast) -> Iterator[list[Cell]]:
    """Yield the rows of ``candidates.csv``: a row a district candidate."""
    model = forecast.plan.model
    if not forecast.has_districts:
        return
    people = (
        (contest, person, group)
        for contest in model.contests
        for person, group in zip(contest.candidates, contest.groups, strict=True)
    )
    for c, (contest, person, group) in enumerate(people):
        chance = forecast.wins_by([c])
        yield [
            forecast.system.id, contest.id, person.name, model.groups[group], chance.value, chance.mcse, person.basis,
        ]  # fmt: skip


def event_rows(forecast: SystemForecast, coalitions: tuple[tuple[str, ...], ...]) -> Iterator[list[Cell]]:
    """Yield the rows of ``events.csv``."""
    for event in forecast.events(coalitions):
        yield [forecast.system.id, event.name, event.probability.value, event.probability.mcse]


def list_candidate_rows(forecast: SystemForecast, lists: list[ListMandates]) -> Iterator[list[Cell]]:
    """Yield the rows of ``list_candidates.csv`` of one system: a row a person on a list."""
    for one in lists:
        for person, chance in one.chances():
            flags = ["yes" if one.belongs(person, group) else "no" for group in GROUPS]
            yield [
                forecast.system.id, one.party, person.position, person.name, *flags, chance.value, chance.mcse,
            ]  # fmt: skip


def composition_rows(forecast: SystemForecast, lists: list[ListMandates], sample: Sample) -> Iterator[list[Cell]]:
    """Yield the rows of ``composition.csv`` of one system: every list, then all of them together."""
    numbers = [(one.party, group, one.members(group)) for one in lists for group in LIST_GROUPS]
    if lists:
        numbers += [("all lists", group, joint_members(lists, sample, forecast.number, group)) for group in LIST_GROUPS]
    for party, group, members in numbers:
        for number, count in enumerate(members.counts.tolist()):
            chance = Probability(count, members.draws, members.certain)
            yield [forecast.system.id, party, group, number, chance.value, chance.mcse]


def deposit_rows(plan: Plan, tiers: list[TierDeposits]) -> Iterator[list[Cell]]:
    """Yield the rows of ``deposits.csv``: a row a list, and a row a district candidate."""
    model = plan.model
    standing: list[list[Cell]] = [
        [contest.id, person.name, model.groups[group]]
        for contest in model.contests
        for person, group in zip(contest.candidates, contest.groups, strict=True)
    ]
    lists: list[list[Cell]] = [["", "", party] for party in model.parties]
    for one in tiers:
        for number, who in enumerate(lists if isinstance(one.tier, ListTier) else standing):
            chance = one.chance(number)
            yield [plan.systems[one.number].id, one.tier.name, *who, chance.value, chance.mcse]


def assembly_rows(forecast: AssembliesForecast) -> Iterator[list[Cell]]:
    """Yield the rows of ``assemblies.csv``: a row an assembly and group that stands for it."""
    for number, (one, system) in enumerate(forecast.every):
        for group in forecast.standing(number):
            seats, control = forecast.seats(number, group), forecast.control(number, group)
            yield [
                system.id, one.name, one.level, one.region, one.seats, one.list_seats, group, seats.mean, seats.median,
                *seats.interval(0.8), control.value, seats.mcse_mean, control.mcse,
            ]  # fmt: skip


def assembly_pmf_rows(forecast: AssembliesForecast) -> Iterator[list[Cell]]:
    """Yield the rows of ``assembly_pmf.csv``."""
    for number, (one, system) in enumerate(forecast.every):
        columns = [(group, forecast.seats(number, group)) for group in forecast.standing(number)]
        for group, seats in [*columns, ("", forecast.parties_in(number))]:
            for value in np.flatnonzero(seats.counts).tolist():
                yield [system.id, one.name, group, value, float(seats.counts[value] / seats.draws)]


def assembly_total_rows(forecast: AssembliesForecast) -> Iterator[list[Cell]]:
    """Yield the rows of ``assembly_totals.csv``."""
    columns = [(group, "seats", forecast.all_seats(group)) for group in forecast.groups]
    columns += [(group, "controlled", forecast.controlled(group)) for group in forecast.groups]
    for group, measure, one in [*columns, ("", "controlled", forecast.controlled_by_nobody())]:
        yield [group, measure, one.mean, one.median, *one.interval(0.8), *one.interval(0.95), one.mcse_mean]


def compare_rows(comparison: Comparison) -> Iterator[list[Cell]]:
    """Yield the rows of ``compare.csv`` of one system."""
    for group in comparison.other.groups:
        change = comparison.difference(group)
        for value, count in zip(change.values.tolist(), change.counts.tolist(), strict=True):
            if count or value == 0:
                yield [comparison.base.system.id, comparison.other.system.id, group, value, count / change.draws]


def compare_summary_rows(comparison: Comparison) -> Iterator[list[Cell]]:
    """Yield the rows of ``compare_summary.csv`` of one system."""
    for group in comparison.other.groups:
        change, share = comparison.difference(group), comparison.share_difference(group)
        larger, smaller = comparison.share_changes(group)
        listed = group in comparison.other.parties
        majority, thirds = comparison.majority_change(group), comparison.two_thirds_change(group)
        yield [
            comparison.base.system.id,
            comparison.other.system.id,
            group,
            change.mean,
            share.value,
            change.gains.value,
            change.loses.value,
            change.mcse,
            share.mcse,
            larger.value,
            smaller.value,
            *([majority.value, majority.mcse, thirds.value, thirds.mcse] if listed else [None] * 4),
        ]


def index_rows(sample: Sample) -> Iterator[list[Cell]]:
    """Yield the rows of ``compare_indices.csv``."""
    for system, name, value, difference in index_estimates(sample):
        yield [system, name, value.value, value.mcse, difference.value, difference.mcse]


def threshold_rows(sample: Sample) -> Iterator[list[Cell]]:
    """Yield the rows of ``thresholds.csv``."""
    for point in threshold_curve(sample):
        passes, seats = point.passes, point.seats
        yield [
            point.system,
            point.party,
            float(point.threshold),
            passes.value,
            passes.mcse,
            seats.value,
            seats.mcse,
        ]


def comparison_document(simulation: Simulation, compared: list[Comparison], sample: Sample) -> dict[str, Any]:
    """Return a comparison as one JSON document; its columns are those of the tables."""
    names = list(COMPARE_COLUMNS["compare_summary.csv"])
    indices = list(COMPARE_COLUMNS["compare_indices.csv"])
    return {
        "base": simulation.plan.systems[0].id,
        "systems": [system.id for system in simulation.plan.systems],
        "seed": simulation.plan.seed,
        "draws": simulation.draws,
        "sample": sample.draws,
        "audit": {"recounts": simulation.audit.recounts, "agree": simulation.audit.recounts},
        "parties": [dict(zip(names, row, strict=True)) for one in compared for row in compare_summary_rows(one)],
        "indices": [dict(zip(indices, row, strict=True)) for row in index_rows(sample)],
    }
