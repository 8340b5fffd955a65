"""Numbers in words: frequencies, percentages that claim no more than the simulation knows, and the headline."""

from __future__ import annotations

from forecast.distribution import Probability, SystemForecast


def percentage(probability: Probability) -> str:
    """Return a probability as a percentage with no more digits than its Monte Carlo error allows.

    >>> percentage(Probability(970, 1000)), percentage(Probability(970_000, 1_000_000))
    ('97 %', '97.0 %')
    >>> percentage(Probability(0, 1000)), percentage(Probability(1000, 1000))
    ('<0.1 %', '>99.9 %')
    """
    percent = 100 * probability.value
    if probability.certain:
        return f"{percent:.0f} %"
    if percent < 0.1:
        return "<0.1 %"
    if percent > 99.9:
        return ">99.9 %"
    fine = probability.mcse < 0.0005 or percent < 1 or percent > 99
    return f"{percent:.1f} %" if fine else f"{percent:.0f} %"


def frequency(probability: Probability) -> str:
    """Return a probability as a frequency that a reader can picture.

    >>> frequency(Probability(970, 1000)), frequency(Probability(1, 1000)), frequency(Probability(99_999, 100_000))
    ('97 of 100', 'about 1 of 1,000', 'more than 999 of 1,000')
    """
    p = probability.value
    if probability.certain:
        return "all" if p else "no"
    if p < 0.0005:
        return "fewer than 1 of 1,000"
    if p > 0.9995:
        return "more than 999 of 1,000"
    if 1 <= round(100 * p) <= 99:
        return f"{round(100 * p)} of 100"
    return f"about {min(max(round(1000 * p), 1), 999)} of 1,000"


def span(low: int, high: int) -> str:
    """Return an interval of whole numbers.

    >>> span(3, 7), span(4, 4)
    ('3 to 7', '4')
    """
    return str(low) if low == high else f"{low} to {high}"


def headline(forecast: SystemForecast) -> list[str]:
    """Return the forecast in a few sentences, most important first."""
    house = forecast.system
    leader = max(forecast.parties, key=lambda party: forecast.seats(party).mean)
    seats = forecast.seats(leader)
    majority, thirds = frequency(forecast.majority(leader)), frequency(forecast.two_thirds(leader))
    if forecast.grows:
        sentences = [f"{leader} wins a majority of the house in {majority} simulations, and two thirds in {thirds}."]
    else:
        sentences = [
            f"{leader} wins a majority of the {house.seats} seats ({house.majority} or more) "
            f"in {majority} simulations, and two thirds ({house.two_thirds} or more) in {thirds}."
        ]
    low, high = seats.interval(0.8)
    sentences.append(f"Its seats: {seats.median} at the median, {span(low, high)} in 8 of 10 simulations.")
    if forecast.has_lists:
        share = forecast.threshold
        passing = "take part" if forecast.list_tier is None or share is None else f"pass {100 * float(share):g} %"
        sure = [party for party in forecast.parties if forecast.passes(party).value >= 0.5]
        low, high = forecast.parties_in_house().interval(0.8)
        some = "party wins" if low == high == 1 else "parties win"
        sentences.append(
            f"{span(low, high)} {some} seats in 8 of 10 simulations; more likely than not to {passing}: "
            f"{', '.join(sure) if sure else 'none'}."
        )
    own = [group for group in forecast.groups if group not in forecast.parties]
    for group in own if forecast.has_districts else []:
        if not any(person.party is None for contest in forecast.plan.model.contests for person in contest.candidates):
            continue
        low, high = forecast.district_seats(group).interval(0.8)
        districts = len(forecast.plan.model.contests)
        sentences.append(
            f"{group} candidates win {span(low, high)} of the {districts} districts in 8 of 10 simulations."
        )
    return sentences
