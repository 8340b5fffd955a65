"""Votes of election documents as papers: what is a list, what is only a ballot, and what official bases add."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from forecast.rules.apportion import apportionment
from forecast.rules.ballots import Paper
from forecast.rules.proportional import Admission, QuotaFormula, ShareBar

MANY = re.compile(r"^\(?(?:all )?others?\b", re.I)  # a row that adds up several
WINNER = re.compile(r"^\(other winner: (.+)\)$")  # a row of its own for the one among them who won
NO_LIST = re.compile(r"^against[ _]all$|^blank$|^invalid$|do not support anyone|support nobody", re.I)
REGION_FIELDS = ("region", "land", "province", "nation")

# Lists that election laws exempt as those of national minorities. The documents say only that there is such a rule.
MINORITY_LISTS = re.compile(
    r"\bSSW\b|südschleswig|\bSVP\b|südtiroler|vallée d'aoste|mniejszość niemiecka|german minority|"
    r"hungarian alliance of vojvodina|minorité|slovenska skupnost",
    re.I,
)
# The Länder where the electoral law of 1990 counted five per cent by themselves; East Berlin has no rows of its own.
ACCESSION_AREA = ("Brandenburg", "Mecklenburg-Vorpommern", "Sachsen", "Sachsen-Anhalt", "Thüringen")


def is_list(name: str) -> bool:
    """Return whether a row of votes is a list or candidate that could be elected.

    >>> [is_list(name) for name in ("against all", "others (incl. Saadet)", "Otherwise Party")]
    [False, False, True]
    """
    return not NO_LIST.search(name) and not MANY.search(name)


def standing(votes: Mapping[str, Any]) -> dict[str, int]:
    """Return the votes of lists or candidates that could be elected.

    >>> standing({"A": 3, "(other winner: Ind)": 5, "(all other candidates together)": 9})
    {'A': 3, 'Ind': 5}
    """
    found: dict[str, int] = {}
    for name, number in votes.items():
        if winner := WINNER.match(name):
            found[winner[1]] = int(number)
        elif is_list(name):
            found[name] = int(number)
    return found


def paper(row: Mapping[str, Any], blank_is_valid: bool) -> Paper:
    """Return the paper of a district (or of a tier) from ``votes``, ``other_votes`` and ``invalid``."""
    votes = row.get("votes") or {}
    lists = standing(votes)
    other = row.get("other_votes") or {}
    blank = int(other.get("blank") or 0)
    invalid = int(other.get("invalid") or row.get("invalid") or 0) + int(other.get("inaccuracies") or 0)
    outside = sum(map(int, votes.values())) - sum(lists.values())
    outside += sum(int(n) for name, n in other.items() if "against all" in name and isinstance(n, int))
    if blank_is_valid:
        return Paper(lists, outside + blank, invalid)
    return Paper(lists, outside, invalid + blank)


def names_of(districts: list[dict[str, Any]]) -> list[str]:
    """Return a name for each district; a number is added where two share one."""
    found: list[str] = []
    for number, row in enumerate(districts):
        name = str(row.get("name") or row.get("code") or number)
        found.append(f"{name} ({number})" if name in found else name)
    return found


def region_of(row: Mapping[str, Any]) -> str:
    """Return the region that a district lies in."""
    return next((str(row[field]) for field in REGION_FIELDS if row.get(field)), "")


def only(papers: dict[str, Paper], names: set[str]) -> dict[str, Paper]:
    """Return papers with the votes of some lists; the others' are ballots beside them."""
    return {
        place: Paper(
            {name: votes for name, votes in one.votes.items() if name in names},
            one.against_all + sum(votes for name, votes in one.votes.items() if name not in names),
            one.invalid,
        )
        for place, one in papers.items()
    }


def on_base(papers: dict[str, Paper], admission: Admission, base: int | None) -> tuple[dict[str, Paper], Admission]:
    """Let the shares of the whole tier be taken of an official base, which the rows need not add up to."""
    votes = sum(one.party_votes for one in papers.values())
    if base is None or base < votes:
        return papers, admission
    bars = (*admission.all_of, *admission.any_of)
    if any(isinstance(bar, ShareBar) and bar.area != "tier" for bar in bars):
        return with_ballots_beside(papers, base), admission
    first = next(iter(papers))
    beside = {place: Paper(one.votes) for place, one in papers.items()}
    beside[first] = Paper(papers[first].votes, against_all=base - votes)
    all_of = tuple(replace(bar, of="valid ballots") for bar in admission.all_of)
    any_of = tuple(replace(bar, of="valid ballots") if isinstance(bar, ShareBar) else bar for bar in admission.any_of)
    return beside, replace(admission, all_of=all_of, any_of=any_of)


def with_ballots_beside(papers: dict[str, Paper], base: int) -> dict[str, Paper]:
    """Return papers that add up to an official number of ballots, where none of them has any beside its votes.

    They are spread in proportion to the votes: a share of all votes is exact, one of a district nearly so.

    >>> with_ballots_beside({"x": Paper({"A": 20}), "y": Paper({"A": 10})}, 33)["x"].cast
    22
    """
    votes = sum(one.party_votes for one in papers.values())
    if base <= votes or any(one.cast > one.party_votes for one in papers.values()):
        return papers
    beside = apportionment(
        QuotaFormula(), {place: one.party_votes for place, one in papers.items()}, base - votes
    ).seats
    return {place: Paper(one.votes, against_all=beside[place]) for place, one in papers.items()}


def with_joined_names(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document in which a list has one name where its names differ in small words only.

    Two names are joined if they never meet in one district.

    >>> votes = [{"votes": {"Unida del Norte": 1, "X": 2}}, {"votes": {"Unida Norte": 3}}]
    >>> with_joined_names({"tiers": [{"districts": votes}]})["tiers"][0]["districts"][1]
    {'votes': {'Unida del Norte': 3}}
    """
    names: dict[str, list[set[str]]] = {}
    for tier in document["tiers"]:
        for row in tier.get("districts") or []:
            for name in row.get("votes") or {}:
                names.setdefault(name, []).append(set(row["votes"]))
    first: dict[tuple[str, ...], str] = {}
    joined: dict[str, str] = {}
    for name in names:
        words = tuple(word for word in name.lower().split() if len(word) > 3)
        other = first.setdefault(words, name)
        if other != name and len(words) > 1 and not any(other in row for row in names[name]):
            joined[name] = other
    return _renamed(document, joined) if joined else document


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_renamed(one, names) for one in node]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = {}
    for key, value in node.items():
        name = names.get(key, key)
        add = name in found and isinstance(value, int)
        found[name] = found[name] + value if add else _renamed(value, names)
    return found
