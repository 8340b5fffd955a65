"""The headline: what the numbers say, in a few sentences of one language."""

from __future__ import annotations

from forecast.report.house import House
from forecast.report.languages import Language


def headline(house: House, words: Language, names: dict[str, str]) -> str:
    """Return the one line above everything: who has a majority, or that nobody has."""
    none, leader = house.no_majority(), house.leader
    if none.value > 0.5:
        return words("headline_none", frequency=_capital(words.frequency(none)))
    majority = house.has_majority(leader)
    return words("headline_majority", party=names[leader], frequency=words.frequency(majority))


def sentences(house: House, words: Language, names: dict[str, str]) -> list[str]:
    """Return the forecast in a few sentences, most important first."""
    return [
        _majority(house, words, names),
        *_leader_seats(house, words, names),
        *_lists(house, words, names),
        *_independents(house, words),
        *_vacant(house, words),
        *_members(house, words),
    ]


def _majority(house: House, words: Language, names: dict[str, str]) -> str:
    leader, none = house.leader, house.no_majority()
    if none.value > 0.5:
        first = house.chance(leader, "p_largest")
        largest = words.frequency(first) if first is not None else ""
        often = _capital(words.frequency(none))
        if house.grows:
            return words("sentence_none_grows", frequency=often, party=names[leader], largest=largest)
        return words(
            "sentence_none", size=words.whole(house.size), majority=words.whole(house.majority),
            frequency=often, party=names[leader], largest=largest,
        )  # fmt: skip
    if house.grows:
        return words(
            "sentence_majority_grows", party=names[leader], frequency=words.frequency(house.has_majority(leader)),
            thirds=words.frequency(house.has_two_thirds(leader)),
        )  # fmt: skip
    return words(
        "sentence_majority", party=names[leader], size=words.whole(house.size), majority=words.whole(house.majority),
        two_thirds=words.whole(house.two_thirds), frequency=words.frequency(house.has_majority(leader)),
        thirds=words.frequency(house.has_two_thirds(leader)),
    )  # fmt: skip


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _leader_seats(house: House, words: Language, names: dict[str, str]) -> list[str]:
    seats = house.seats(house.leader)
    return [
        words(
            "sentence_seats", party=names[house.leader], median=words.counted("n_seats", seats.median),
            span=words.span(*seats.interval(0.8)),
        )
    ]  # fmt: skip


def _lists(house: House, words: Language, names: dict[str, str]) -> list[str]:
    low, high = house.parties_in_house.interval(0.8)
    if low == high:
        made = [words("sentence_parties_one", parties=words.counted("n_parties", low))]
    else:
        made = [words("sentence_parties", low=low, high=high)]
    if not house.selects:
        return made
    sure = [
        names[party]
        for party in house.by_seats
        if party in house.parties and (chance := house.passes(party)) is not None and chance.value >= 0.5
    ]
    if house.threshold is None:
        told = words("sentence_part", parties=words.listed(sure)) if sure else words("sentence_part_none")
        return [*made, told]
    limit = words.limit(house.threshold)
    if not sure:
        return [*made, words("sentence_passing_none", threshold=limit)]
    return [*made, words("sentence_passing", threshold=limit, parties=words.listed(sure))]


def _vacant(house: House, words: Language) -> list[str]:
    """Say how many seats stay vacant, where it is one or more on average, and whether lists ran out of people."""
    if house.vacant < 1:
        return []
    short = any(
        choice.get("system") == house.system and choice.get("case") == "short_list" and choice.get("draws")
        for choice in house.run.record["silent_choices"]
    )
    key = "sentence_vacant_short" if short else "sentence_vacant"
    return [words(key, n=words.whole(round(house.vacant)), size=words.whole(house.size))]


def _members(house: House, words: Language) -> list[str]:
    if not house.grows:
        return []
    members = house.members
    return [
        words(
            "sentence_members", size=words.whole(house.size), median=words.whole(members.median),
            span=words.span(*members.interval(0.8)), most=words.whole(house.most),
        )
    ]  # fmt: skip


def _independents(house: House, words: Language) -> list[str]:
    own = house.self_nominated
    if own is None:
        return []
    low, high = house.seats(own).interval(0.8)
    return [words("sentence_independents", span=words.span(low, high), districts=words.whole(house.districts))]
