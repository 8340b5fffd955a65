"""Official results of real elections.

2023: votes announced by the Central Election Commission on 27 March 2023, as quoted by
https://vlast.kz/novosti/54446-cik-raspredelil-deputatskie-mandaty-mezdu-partiami.html and (against all)
https://newtimes.kz/vybory-2023/166548-u-cik-rezultaty-vyborov-polnostyu-sovpali-s-ekzitpolom .
2021: https://www.caravan.kz/news/obyavleny-okonchatelnye-itogi-parlamentskikh-vyborov-v-kazakhstane-706317 and
https://archiv.elitar.kz/ru/materialy/news/v-tsik-rk-ozvuchili-itogi-vyborov-v-mazhilis-parlamenta-rk .
2007: https://franco.wiki/fr/%C3%89lections_l%C3%A9gislatives_kazakhes_de_2007.html (secondary).
2004: https://sagapedia.com/pl/Wybory_parlamentarne_w_Kazachstanie_w_2004_roku (secondary).
"""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import pytest

from forecast.documents import read_system
from forecast.rules.ballots import Paper, Votes
from forecast.rules.count import count, count_list_tier
from forecast.rules.system import (
    AgainstAll,
    ElectoralSystem,
    LargestRemainder,
    ListTier,
    NominalTier,
    NominalTies,
    Plurality,
    RemainderTies,
    SecondList,
    SilentCases,
    Threshold,
    ThresholdBase,
)

OFFICIAL_2023 = {
    "Amanat": 40,
    "Auyl": 8,
    "Respublica": 6,
    "Aq Jol": 6,
    "People's Party": 5,
    "JSDP": 4,
    "Baytaq": 0,
}


def tier_of_year(seats: int, percent: int, second: SecondList | None, of: ThresholdBase = "valid ballots") -> ListTier:
    return ListTier(
        "party lists",
        seats,
        Threshold(Fraction(percent, 100), of),
        LargestRemainder(),
        RemainderTies(),
        second,
        SilentCases(),
    )


def paper_of_2023() -> Paper:
    path = Path(__file__).parent / "law" / "kazakhstan-mazhilis-2023.csv"
    with path.open(encoding="utf-8", newline="") as table:
        votes = {row["option"]: int(row["votes"]) for row in csv.DictReader(table)}
    against_all = votes.pop("against_all")
    return Paper(votes, against_all)


def test_the_votes_of_2023_add_up_to_the_official_total() -> None:
    assert paper_of_2023().valid == 6_366_441


def test_list_seats_of_2023_are_the_official_ones() -> None:
    nominal = NominalTier("single-member districts", 29, Plurality(), NominalTies(), AgainstAll())
    lists = tier_of_year(69, 5, SecondList(Fraction(7, 10), 2))
    system = ElectoralSystem("kazakhstan-mazhilis-2023", "Mazhilis", None, "parallel", (lists, nominal))
    counted = count(system, Votes({"party lists": {"": paper_of_2023()}}))
    assert counted.seats == OFFICIAL_2023
    assert list(counted.seats) == list(OFFICIAL_2023)
    assert counted.uncounted == ("single-member districts",)
    assert (counted.total, counted.vacant) == (69, 0)
    assert counted.tier("party lists").ties == ()
    assert counted.tier("party lists").silent == ()


def test_the_lists_registered_in_2023_were_long_enough() -> None:
    lengths = {"Amanat": 90, "Aq Jol": 54, "People's Party": 52, "Auyl": 25, "Respublica": 23, "JSDP": 19, "Baytaq": 18}
    counted = count_list_tier(tier_of_year(69, 5, SecondList(Fraction(7, 10), 2)), paper_of_2023(), lengths)
    assert counted.seats == OFFICIAL_2023


def test_list_seats_of_2021_are_the_official_ones() -> None:
    paper = Paper(
        {"Nur Otan": 5_148_074, "Ak Zhol": 792_828, "People's Party": 659_019, "Auyl": 383_023, "Adal": 258_618}
    )
    assert paper.valid == 7_241_562
    counted = count_list_tier(tier_of_year(98, 7, SecondList(Fraction(7, 10), 2)), paper)
    assert counted.seats == {"Nur Otan": 76, "Ak Zhol": 12, "People's Party": 10, "Auyl": 0, "Adal": 0}


@pytest.mark.parametrize(
    ("of", "expected"),
    [("valid ballots", [7, 1, 1, 1]), ("ballots cast", [7, 2, 1, 0])],
)
def test_in_2004_the_aist_bloc_passes_only_because_invalid_ballots_are_no_base(
    of: ThresholdBase, expected: list[int]
) -> None:
    paper = Paper(
        {
            "Otan": 2_883_706,
            "Ak Zhol": 572_672,
            "Asar": 541_239,
            "AIST bloc": 336_177,
            "Communists and DVK bloc": 163_824,
            "CPPK": 94_140,
            "Auyl": 82_523,
            "Democratic Party": 36_379,
            "Party of Patriots": 26_287,
            "Rukhaniyat": 20_826,
        },
        invalid=135_431,
    )
    assert (paper.valid, paper.cast) == (4_757_773, 4_893_204)
    counted = count_list_tier(tier_of_year(10, 7, None, of), paper)
    assert [counted.seats[name] for name in list(paper.votes)[:4]] == expected
    assert sum(counted.seats.values()) == 10


@pytest.mark.parametrize(
    ("system", "overrides", "votes", "against_all", "seats"),
    [
        (
            "kazakhstan-mazhilis-2004",
            [],
            {"Otan": 2_883_706, "Ak Zhol": 572_672, "Asar": 541_239, "AIST": 336_177, "Communists and DVK": 163_824,
             "CPPK": 94_140, "Auyl": 82_523, "Democratic Party": 36_379, "Patriots": 26_287, "Rukhaniyat": 20_826},
            0,
            [7, 1, 1, 1, 0, 0, 0, 0, 0, 0],
        ),
        (
            "kazakhstan-mazhilis-2007",
            [],
            {"Nur Otan": 5_247_720, "NSDP": 269_310, "Ak Zhol": 183_346, "Auyl": 89_855, "CPPK": 76_799,
             "Patriots": 46_436, "Rukhaniyat": 22_159},
            0,
            [98, 0, 0, 0, 0, 0, 0],
        ),
        (
            "kazakhstan-mazhilis-2012",
            [],
            {"Nur Otan": 5_148_074, "Ak Zhol": 792_828, "People's Party": 659_019, "Auyl": 383_023, "Adal": 258_618},
            0,
            [76, 12, 10, 0, 0],
        ),
        (
            "kazakhstan-maslikhat-region-2023",
            ["tier.party lists.seats=17"],
            {"Amanat": 227_307, "Aq Jol": 56_045, "People's Party": 18_174, "Baytaq": 18_154, "Respublica": 5_401,
             "Auyl": 2_147},
            3_269,
            [12, 3, 1, 1, 0, 0],
        ),
    ],
    ids=["2004", "2007", "2021", "Astana 2023"],
)  # fmt: skip
def test_the_shipped_systems_reproduce_the_official_list_seats(
    system: str, overrides: list[str], votes: dict[str, int], against_all: int, seats: list[int]
) -> None:
    """Sources as above; Astana: https://bes.media/news/amanat-pervye-s-68-ak-zhol-vtorye-s-16-–-vybory-v-maslihat-astany-956 ."""
    tier = read_system(system, overrides).value.tier("party lists")
    assert isinstance(tier, ListTier)
    counted = count_list_tier(tier, Paper(votes, against_all=against_all))
    assert list(counted.seats.values()) == seats
