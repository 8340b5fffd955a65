"""The steps of a count of list seats in any number of districts, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from forecast.rules.admission import Papers, base_votes, combined
from forecast.rules.apportion import apportionment, average, quota_of
from forecast.rules.outcome import Step
from forecast.rules.proportional import (
    AverageBar,
    DivisorFormula,
    FirstBar,
    Formula,
    ProportionalTier,
    QuotaBar,
    SeatsBar,
    ShareBar,
)
from forecast.rules.steps import decimal, value
from forecast.rules.ties import TieBreaks

if TYPE_CHECKING:
    from forecast.rules.linkage import Spread


def formula_name(formula: Formula) -> str:
    """Return a formula in words.

    >>> from fractions import Fraction
    >>> formula_name(DivisorFormula("sainte-lague", Fraction(7, 5)))
    'highest averages, Sainte-Lague divisors, the first 1.4'
    """
    if isinstance(formula, DivisorFormula):
        first = f", the first {decimal(formula.first_divisor)}" if formula.first_divisor is not None else ""
        name = {"d'hondt": "d'Hondt"}.get(formula.divisors, formula.divisors.title())
        return f"highest averages, {name} divisors{first}"
    rounding = "" if formula.rounding == "exact" else f" rounded {formula.rounding}"
    return f"{formula.quota.title()} quota{rounding}, seats left over: {formula.leftovers}"


def proportional_steps(
    tier: ProportionalTier,
    papers: Papers,
    lists: Mapping[str, tuple[str, ...]],
    found: Spread,
    groups: Mapping[str, int],
    breaks: TieBreaks,
) -> tuple[Step, ...]:
    """Write the steps of a count: who takes part and why, the formula, and the seats of every district."""
    whole = combined(papers)
    steps = [Step(f"Votes for lists: {whole.party_votes:,} of {whole.cast:,} ballots", tier.law)]
    steps += [_bar_step("Bar", bar, tier, papers) for bar in tier.admission.all_of]
    for number, bar in enumerate(tier.admission.any_of):
        steps.append(_bar_step("Or" if number or tier.admission.all_of else "Bar", bar, tier, papers))
    if tier.admission.exempt:
        steps.append(Step(f"Exempt: {', '.join(tier.admission.exempt)}", tier.law))
    names = [name for name in whole.votes if any(name in row for row in lists.values())]
    out = [f"{name} {number:,}" for name, number in whole.votes.items() if name not in names]
    taking = ", ".join(f"{name} {whole.votes[name]:,}" for name in names) or "none"
    steps.append(Step(f"Lists that take part: {taking}. Lists that do not: {', '.join(out) or 'none'}", tier.law))
    steps.append(Step(f"Formula: {formula_name(tier.formula)}", tier.formula.law))
    if tier.magnitudes is not None and tier.districts:
        first = tier.initial_magnitude
        by = {one.name: one.population or papers[one.name].party_votes for one in tier.districts if one.name in papers}
        found_sizes = apportionment(tier.magnitudes, by, tier.seats - first * len(by), ties=breaks.between()).seats
        sizes = {name: seats + first for name, seats in found_sizes.items()}
        shared = ", ".join(f"{name} {seats}" for name, seats in sizes.items())
        steps.append(Step(f"Seats of the districts: {shared}", tier.magnitudes.law))
    if tier.remainders is not None:
        pooled = f"What whole quotas leave in the districts is pooled: {formula_name(tier.remainders.formula)}"
        steps.append(Step(pooled, tier.remainders.law))
    if tier.scrutinies is not None:
        then = formula_name(tier.scrutinies.formula)
        steps.append(Step(f"Then whole quotas in the regions, and in the nation: {then}", tier.scrutinies.law))
    if tier.fused is not None:
        steps.append(Step(f"The votes are those of the candidates in {tier.fused.tier}", tier.fused.law))
    if tier.linkage is not None:
        steps.append(Step(f"Linked to {tier.linkage.tier}: {_linkage_name(tier)}", tier.linkage.law))
    if groups:
        steps.append(Step("Alliances and lone lists: " + ", ".join(f"{n} {s}" for n, s in groups.items()), tier.law))
    for district, row in found.seats.items():
        where = f"District {district}: " if district else "Seats: "
        won = ", ".join(f"{name} {seats}" for name, seats in row.items() if seats) or "no list has a seat"
        steps.append(Step(where + won + _price(tier, papers, lists, district, row), tier.formula.law))
    for tie in found.ties:
        chosen = tie.chosen if isinstance(tie.chosen, str) else ", ".join(tie.chosen or ())
        place = f"District {tie.district}: tie" if tie.district else "Tie"
        steps.append(Step(f"{place} of {', '.join(tie.among)}: {tie.rule}: {chosen}", tier.law))
    for district, winner in found.uncovered:
        steps.append(Step(f"District {district}: {winner} is not covered by list seats and does not sit", tier.law))
    if found.vacant:
        steps.append(Step(f"Vacant: {found.vacant}", tier.law))
    return tuple(steps)


def _bar_step(
    word: str, bar: ShareBar | QuotaBar | SeatsBar | AverageBar | FirstBar, tier: ProportionalTier, papers: Papers
) -> Step:
    if isinstance(bar, SeatsBar):
        return Step(f"{word}: {bar.seats} seat{'' if bar.seats == 1 else 's'} of {bar.tier}", bar.law)
    if isinstance(bar, AverageBar):
        return Step(f"{word}: the average votes per seat in {bar.regions} regions", bar.law)
    if isinstance(bar, FirstBar):
        return Step(f"{word}: the most votes of the district", bar.law)
    if isinstance(bar, QuotaBar):
        return Step(f"{word}: {decimal(bar.quotas)} Hare quotas of {bar.of}, {bar.area}", bar.law)
    told = f"{bar.comparison} {decimal(bar.share * 100)} % of {bar.of}, {bar.area}"
    if bar.area == "tier":
        base = base_votes(combined(papers), bar.of)
        told += f": {base:,} x {value(bar.share)} = {decimal(base * bar.share)} votes"
    joint = "".join(f"; coalitions of {least} or more {decimal(share * 100)} %" for least, share in bar.coalitions)
    return Step(f"{word}: {told}{joint}", bar.law)


def _linkage_name(tier: ProportionalTier) -> str:
    words = {
        "AdditionalMember": "the divisors go on from the seats won there",
        "MixedMember": "the seats won there are deducted, overhang is kept",
        "Levelled": "the house grows until every party has its minimum",
        "Covered": "winners sit as far as list seats cover them",
        "Levelling": "levelling seats make up for the districts",
    }
    return words[type(tier.linkage).__name__]


def _price(
    tier: ProportionalTier,
    papers: Papers,
    lists: Mapping[str, tuple[str, ...]],
    district: str,
    row: Mapping[str, int],
) -> str:
    """Return what a seat cost: the quota, or the smallest quotient that won one."""
    seats = sum(row.values())
    linked = tier.linkage or tier.alliances or tier.biproportional or tier.remainders or tier.scrutinies
    if linked or not seats:
        return ""
    paper = papers[district] if district in papers else combined(papers)
    if isinstance(tier.formula, DivisorFormula):
        if tier.formula.divisors == "huntington-hill" or tier.initial_seats or tier.bonus or tier.cap or tier.extra:
            return ""
        last = [average(tier.formula, paper.votes[name], won - 1) for name, won in row.items() if won]
        return f" (smallest quotient with a seat {value(min(last)[1])})"
    taking = sum(paper.votes.get(name, 0) for name in lists.get(district, tuple(row)))
    votes = taking if tier.formula.quota_votes == "admitted lists" else paper.valid
    if tier.initial_seats or tier.bonus or tier.cap or tier.extra or tier.opposition:
        return ""
    return f" (quota {value(quota_of(tier.formula.quota, votes, seats, tier.formula.rounding))})"
