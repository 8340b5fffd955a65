"""The tables of a run: their columns, what each means, and their rows. The codebook is this file's ``COLUMNS``."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from forecast.distribution import Probability, SystemForecast
from forecast.files import Cell

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
        "mean_share": "mean share of the valid list ballots, a fraction (to a thousandth per draw)",
    },
    "seat_pmf.csv": {
        "system": "electoral system",
        "party": "party, or the label of the self-nominated",
        "seats": "number of seats in the house",
        "probability": "probability of exactly that number",
        "cumulative": "probability of at most that number",
        "mark": "median, majority or two thirds, where the number is one of them",
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


def summary_rows(forecast: SystemForecast) -> Iterator[list[Cell]]:
    """Yield the rows of ``summary.csv``."""
    for group in forecast.groups:
        seats = forecast.seats(group)
        listed = group in forecast.parties and forecast.list_tier is not None
        passes = forecast.passes(group) if listed else None
        chances = [seats.at_least(1), forecast.largest(group), seats.at_least(forecast.system.majority)]
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
            forecast.share(group).mean / 1000 if group in forecast.parties else None,
        ]


def seat_pmf_rows(forecast: SystemForecast) -> Iterator[list[Cell]]:
    """Yield the rows of ``seat_pmf.csv``: every number of seats from 0 to the size of the house."""
    house = forecast.system
    for group in forecast.groups:
        seats = forecast.seats(group)
        reached = np.cumsum(seats.counts[: house.seats + 1])
        for number in range(house.seats + 1):
            marks = [
                name
                for name, at in (
                    ("median", seats.median),
                    ("majority", house.majority),
                    ("two thirds", house.two_thirds),
                )
                if number == at
            ]
            yield [
                house.id,
                group,
                number,
                float(seats.counts[number] / seats.draws),
                float(reached[number] / seats.draws),
                ", ".join(marks),
            ]


def district_rows(forecast: SystemForecast) -> Iterator[list[Cell]]:
    """Yield the rows of ``districts.csv``: a row a district and party that stands in it."""
    model = forecast.plan.model
    if model.electorate.contests is None or not forecast.has_districts:
        return
    first = forecast.plan.voters.district_first
    for d, (contest, district) in enumerate(zip(model.contests, model.electorate.contests.districts, strict=True)):
        wins = forecast.wins[first[d] : first[d + 1]]
        groups = np.array(contest.groups)
        by_group = {group: int(wins[groups == group].sum()) for group in sorted(set(contest.groups))}
        favourite = max(by_group, key=lambda group: by_group[group])
        for group, count in by_group.items():
            chance = Probability(count, forecast.draws)
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
    for (contest, person, group), count in zip(people, forecast.wins, strict=True):
        chance = Probability(int(count), forecast.draws)
        yield [
            forecast.system.id, contest.id, person.name, model.groups[group], chance.value, chance.mcse, person.basis,
        ]  # fmt: skip


def event_rows(forecast: SystemForecast, coalitions: tuple[tuple[str, ...], ...]) -> Iterator[list[Cell]]:
    """Yield the rows of ``events.csv``."""
    for event in forecast.events(coalitions):
        yield [forecast.system.id, event.name, event.probability.value, event.probability.mcse]
