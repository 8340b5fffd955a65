"""The steps of a count in sentences that a person can follow with a pencil, each with its article."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from forecast.rules.ballots import Paper
from forecast.rules.outcome import DistrictCount, Step, Tie
from forecast.rules.system import ListTier, NominalTier, TwoRounds

if TYPE_CHECKING:
    from forecast.rules.count import ListWork, SecondListSeats
    from forecast.rules.formulas import RemainderSeats

SILENT = {
    "no_list_passes": "no list passes the threshold",
    "minimum_overflows": "the first list's whole quotas and the second list's seats exceed the house",
    "short_list": "a list wins more seats than it has people",
    "only_one_list": "a single list stands",
    "second_place_tie": "lists are tied for second place",
}

_OURS = "our choice where the law is silent"


def decimal(number: Fraction | int, places: int = 4) -> str:
    """Write a number of 0 or more in decimals, cut rather than rounded; dots say that digits follow.

    >>> decimal(Fraction(2, 3)), decimal(Fraction(12345, 2)), decimal(Fraction(7, 1))
    ('0.6666...', '6,172.5', '7')
    """
    number = Fraction(number)
    scaled, rest = divmod(number.numerator * 10**places, number.denominator)
    whole, part = divmod(scaled, 10**places)
    digits = f"{part:0{places}d}"
    if rest:
        return f"{whole:,}.{digits}..."
    digits = digits.rstrip("0")
    return f"{whole:,}.{digits}" if digits else f"{whole:,}"


def fraction(number: Fraction) -> str:
    """Write a number as a fraction in lowest terms.

    >>> fraction(Fraction(6000, 9)), fraction(Fraction(12, 4))
    ('2,000/3', '3')
    """
    if number.denominator == 1:
        return f"{number.numerator:,}"
    return f"{number.numerator:,}/{number.denominator:,}"


def value(number: Fraction) -> str:
    """Write a number as a fraction and, where that says more, in decimals.

    >>> value(Fraction(100, 7)), value(Fraction(3))
    ('100/7 = 14.2857...', '3')
    """
    return fraction(number) if number.denominator == 1 else f"{fraction(number)} = {decimal(number)}"


def list_steps(
    tier: ListTier, paper: Paper, work: ListWork, seats: Mapping[str, int], ties: Sequence[Tie], silent: Sequence[str]
) -> tuple[Step, ...]:
    """Write the steps of a list count from its working."""
    steps = _threshold_steps(tier, paper, work)
    for case in ("no_list_passes", "only_one_list"):
        if case in silent:
            steps.append(_silent_step(tier, case))
    if work.second is not None:
        steps += _second_list_steps(tier, paper, work.second, ties, silent)
    elif work.remainder is not None:
        steps += _remainder_steps(tier, paper, work, work.remainder, ties)
    if "short_list" in silent:
        short = [f"{name} won {work.won[name]} and has {seats[name]}" for name in seats if seats[name] < work.won[name]]
        steps.append(_silent_step(tier, "short_list", f" ({'; '.join(short)} on its list)"))
    result = ", ".join(f"{name} {won}" for name, won in seats.items() if won) or "no list has a seat"
    vacant = tier.seats - sum(seats.values())
    steps.append(Step(f"Seats: {result}" + (f"; vacant {vacant}" if vacant else ""), tier.law))
    return tuple(steps)


def nominal_steps(
    tier: NominalTier,
    papers: Mapping[str, Paper],
    second_round: Mapping[str, Paper],
    districts: Mapping[str, DistrictCount],
    ties: Sequence[Tie],
) -> tuple[Step, ...]:
    """Write what happened in each district: a step a round, and one more where the top vote is shared."""
    steps: list[Step] = []
    tied = {tie.district: tie for tie in ties}
    for district, paper in papers.items():
        winner = ", ".join(districts[district].elected)
        where = f"District {district}: {_result(paper)}"
        if isinstance(tier.formula, TwoRounds) and district in second_round:
            steps.append(Step(f"{where}. Nobody has the majority: second round", tier.formula.law))
            where = f"District {district}, second round: {_result(second_round[district])}"
        if district in tied:
            steps += _nominal_tie(tier, where, district, winner, tied[district])
        elif winner:
            steps.append(Step(f"{where}. Elected: {winner}", tier.formula.law))
        elif tier.against_all.use == "voids the district" and paper.against_all > max(paper.votes.values()):
            steps.append(Step(f"{where}. Against all leads: nobody is elected", tier.against_all.law))
        else:
            steps.append(Step(f"{where}. Nobody has the majority: the seat is undecided", tier.formula.law))
    return tuple(steps)


def _nominal_tie(tier: NominalTier, where: str, district: str, elected: str, tie: Tie) -> list[Step]:
    told = f"District {district}: tie of {', '.join(tie.among)}; {tie.rule}"
    before = f"Elected: {elected}" if elected and tie.chosen is None else "Nobody has the most votes"
    after = "The seat is undecided" if tie.chosen is None else f"Elected: {elected}"
    return [Step(f"{where}. {before}", tier.formula.law), Step(f"{told}. {after}", tier.ties.law)]


def _result(paper: Paper) -> str:
    order = sorted(paper.votes.items(), key=lambda entry: entry[1], reverse=True)
    votes = ", ".join(f"{name} {number:,}" for name, number in order)
    return votes + (f"; against all {paper.against_all:,}, no candidate" if paper.against_all else "")


def _threshold_steps(tier: ListTier, paper: Paper, work: ListWork) -> list[Step]:
    threshold = tier.threshold
    parts = f"{paper.party_votes:,} party votes"
    if threshold.of != "party votes" and tier.against_all.use != "not on the ballot":
        parts += f" + {paper.against_all:,} against all"
    if threshold.of == "ballots cast":
        parts += f" + {paper.invalid:,} invalid"
    need = threshold.share * work.base
    failing = [f"{name} {votes:,}" for name, votes in paper.votes.items() if name not in work.passing]
    passing = [f"{name} {paper.votes[name]:,}" for name in work.passing]
    return [
        Step(f"Base of the threshold, {threshold.of}: {parts} = {work.base:,}", threshold.law),
        Step(
            f"Threshold: {threshold.comparison} {decimal(threshold.share * 100)} % of {work.base:,} = "
            f"{decimal(need)} votes",
            threshold.law,
        ),
        Step(
            f"Lists that pass: {', '.join(passing) or 'none'}. Lists that do not: {', '.join(failing) or 'none'}",
            threshold.law,
        ),
    ]


def _remainder_steps(
    tier: ListTier, paper: Paper, work: ListWork, remainder: RemainderSeats, ties: Sequence[Tie]
) -> list[Step]:
    law = tier.formula.law
    quota = remainder.quota
    total = sum(paper.votes[name] for name in work.admitted)
    steps = [
        Step(f"Quota ({tier.formula.quota.capitalize()}): {total:,} votes / {tier.seats} seats = {value(quota)}", law)
    ]
    for name in work.admitted:
        votes = paper.votes[name]
        rest = Fraction(remainder.remainders[name], quota.numerator)
        steps.append(
            Step(
                f"{name}: {votes:,} / quota = {decimal(votes / quota)}: {remainder.whole[name]} whole, "
                f"remainder {remainder.remainders[name]:,}/{quota.numerator:,} = {decimal(rest)}",
                law,
            )
        )
    given = sum(remainder.whole.values())
    steps.append(Step(f"Whole parts: {given} of {tier.seats} seats; left over: {tier.seats - given}", law))
    if remainder.extra:
        order = ", ".join(
            f"{name} {decimal(Fraction(remainder.remainders[name], quota.numerator))}" for name in remainder.ranked
        )
        steps.append(Step(f"Remainders in order: {order}", law))
        steps.append(Step(f"One seat more each: {', '.join(remainder.extra)}", law))
    steps += [_tie_step("Equal remainders", tie, tier.ties.law) for tie in ties]
    return steps


def _second_list_steps(
    tier: ListTier, paper: Paper, work: SecondListSeats, ties: Sequence[Tie], silent: Sequence[str]
) -> list[Step]:
    rule = tier.second_list
    assert rule is not None
    first, second = paper.votes[work.first], paper.votes[work.second]
    steps = [
        Step(
            f"Only {work.first} passes: the list with the next largest vote, {work.second} ({second:,}), "
            "is admitted too",
            rule.law,
        )
    ]
    steps += [_tie_step("Equal votes for second place", tie, _OURS) for tie in ties]
    steps += [
        Step(
            f"Quota: ({first:,} + {second:,}) votes / {tier.seats} seats = {value(work.quota)}",
            rule.law,
        ),
        Step(f"{work.first}: {first:,} / quota = {decimal(first / work.quota)}: {work.whole} whole", rule.law),
        Step(
            f"{work.second}: {second:,} / quota = {decimal(second / work.quota)}, x {decimal(rule.coefficient)} = "
            f"{decimal(rule.coefficient * second / work.quota)}: {work.reduced} whole, at least "
            f"{rule.minimum_seats}: {work.claim}",
            rule.law,
        ),
    ]
    if "minimum_overflows" in silent:
        over = f" ({work.whole} + {work.claim} is more than {tier.seats})"
        steps.append(_silent_step(tier, "minimum_overflows", over))
    else:
        left = tier.seats - work.whole - work.claim
        steps.append(Step(f"Left over: {left}; all to {work.first}", rule.law))
    return steps


def _tie_step(what: str, tie: Tie, law: str) -> Step:
    chosen = tie.chosen if isinstance(tie.chosen, str) else ", ".join(tie.chosen or ())
    return Step(f"{what} of {', '.join(tie.among)}: {tie.rule}: {chosen}", law)


def _silent_step(tier: ListTier, case: str, detail: str = "") -> Step:
    text = SILENT[case]
    return Step(f"{text[0].upper()}{text[1:]}{detail}: {getattr(tier.silent, case)}", _OURS)
