"""Ready systems whose list seats are shared over the whole country, on official totals.

Armenia: Central Electoral Commission, 2 April 2017, as published the next day
(https://er.anca.org/which-parties-and-blocs-will-make-up-armenias-new-parliament), and 9 December 2018, as in
https://www.electionguide.org/elections/id/3132 ; lists below the bar together. Georgia, 1 October 2012: Central Election
Commission, https://www.electionguide.org/elections/id/1638/ ; list seats and districts won as in
https://dfwatch.net/results-show-georgian-dream-short-of-two-third-majority-42069-13930 .
Russia: Central Election Commission, 18 September 2016. Ukraine: Central Election Commission, 28 October 2012.
Lithuania: Central Electoral Commission, 9 October 2016. Korea: National Election Commission, 15 April 2004 and
13 April 2016. Israel: Central Elections Committee, 17 March 2015. Georgia: Central Election Commission, 31 October 2020
(final for the first three lists, the sum of all precincts for the others) and 26 October 2024 (the lists that passed).
Taiwan: Central Election Commission, 11 January 2020. United States: Census Bureau, apportionment of 2020. United
Kingdom: House of Commons Library, 4 July 2024. Japan: Ministry of Internal Affairs and Communications, 31 October 2021.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from forecast.documents import read_system
from forecast.kernel.list_plan import kernel_count
from forecast.rules.ballots import Paper, Votes
from forecast.rules.count import count_nominal_tier
from forecast.rules.proportional import ProportionalTier
from forecast.rules.proportional_count import count_proportional_tier
from forecast.rules.system import NominalTier
from tests.ready import LAW, check_kernel, counted, winners, without_zeros


@dataclass(frozen=True)
class Official:
    """Votes and seats of lists, and districts won.

    ``beside`` are valid votes for lists that are not named (all below the bar); ``settings`` are facts of the election
    that the system leaves open.
    """

    system: str
    votes: dict[str, int]
    seats: dict[str, int]
    beside: int = 0
    invalid: int = 0
    districts: dict[str, int] = field(default_factory=dict)
    settings: tuple[str, ...] = ()


OFFICIAL = {
    "Russia 2016": Official(
        "russia-duma-2016",
        {
            "United Russia": 28_527_828, "CPRF": 7_019_752, "LDPR": 6_917_063, "A Just Russia": 3_275_053,
            "Communists of Russia": 1_192_595, "Yabloko": 1_051_335,
        },
        {"United Russia": 140, "CPRF": 35, "LDPR": 34, "A Just Russia": 16},
        beside=3_665_627,
        invalid=982_596,
        districts={
            "United Russia": 203, "CPRF": 7, "A Just Russia": 7, "LDPR": 5, "Rodina": 1, "Civic Platform": 1,
            "Self-nominated": 1,
        },
    ),
    "Ukraine 2012": Official(
        "ukraine-rada-2012",
        {
            "Party of Regions": 6_116_746, "Batkivshchyna": 5_209_090, "UDAR": 2_847_979, "Communist Party": 2_687_269,
            "Svoboda": 2_129_933, "Ukraine - Forward!": 322_202,
        },
        {"Party of Regions": 72, "Batkivshchyna": 62, "UDAR": 34, "Communist Party": 32, "Svoboda": 25},
        beside=1_074_919,
        invalid=409_068,
    ),
    "Lithuania 2016": Official(
        "lithuania-seimas",
        {
            "Homeland Union": 276_275, "Peasants and Greens": 274_108, "Social Democrats": 183_597,
            "Liberal Movement": 115_361, "Anti-Corruption Coalition": 77_114, "Electoral Action of Poles": 69_810,
            "Order and Justice": 67_817, "Labour Party": 59_620,
        },
        {
            "Homeland Union": 20, "Peasants and Greens": 19, "Social Democrats": 13, "Liberal Movement": 8,
            "Electoral Action of Poles": 5, "Order and Justice": 5,
        },
        beside=97_183,
        invalid=52_469,
        settings=("tier.nationwide lists.coalition_members={'Anti-Corruption Coalition' = 2}",),
    ),
    "Korea 2004": Official(
        "south-korea-2004",
        {
            "Uri Party": 8_145_814, "Grand National Party": 7_613_660, "Democratic Labor Party": 2_774_061,
            "Millennium Democratic Party": 1_510_178, "United Liberal Democrats": 600_462, "Christian Party": 228_837,
            "National Integration 21": 119_746, "Green Social Democratic Party": 103_845,
        },
        {
            "Uri Party": 23, "Grand National Party": 21, "Democratic Labor Party": 8, "Millennium Democratic Party": 4,
        },
        districts={
            "Uri Party": 129, "Grand National Party": 100, "Millennium Democratic Party": 5,
            "United Liberal Democrats": 4, "Democratic Labor Party": 2, "National Integration 21": 1, "Independent": 2,
        },
    ),
    "Korea 2016": Official(
        "south-korea-2016",
        {
            "Saenuri Party": 7_960_272, "Democratic Party": 6_069_744, "People's Party": 6_355_572,
            "Justice Party": 1_719_891, "Christian Liberal Party": 626_853,
        },
        {"Saenuri Party": 17, "Democratic Party": 13, "People's Party": 13, "Justice Party": 4},
        beside=1_028_645,
        districts={
            "Saenuri Party": 105, "Democratic Party": 110, "People's Party": 25, "Justice Party": 2, "Independent": 11,
        },
    ),
    "Israel 2015": Official(
        "israel-knesset",
        {
            "Likud": 985_408, "Zionist Union": 786_313, "Joint List": 446_583, "Yesh Atid": 371_602, "Kulanu": 315_360,
            "Jewish Home": 283_910, "Shas": 241_613, "Yisrael Beitenu": 214_906, "United Torah Judaism": 210_143,
            "Meretz": 165_529,
        },
        {
            "Likud": 30, "Zionist Union": 24, "Joint List": 13, "Yesh Atid": 11, "Kulanu": 10, "Jewish Home": 8,
            "Shas": 7, "Yisrael Beitenu": 6, "United Torah Judaism": 6, "Meretz": 5,
        },
        beside=189_517,
        invalid=43_854,
    ),
    "Taiwan 2020": Official(
        "taiwan-legislative-yuan",
        {
            "DPP": 4_811_241, "KMT": 4_723_504, "TPP": 1_588_806, "NPP": 1_098_100, "Statebuilding": 447_286,
        },
        {"DPP": 13, "KMT": 13, "TPP": 5, "NPP": 3},
    ),
    "Armenia 2017": Official(
        "armenia-national-assembly-2016",
        {
            "Republican Party": 770_718, "Tsarukyan Alliance": 428_892, "Way Out": 121_997, "Dashnaktsutyun": 103_148,
            "Armenian Renaissance": 58_274, "ORO": 32_487, "Congress-PPA": 25_973,
        },
        {"Republican Party": 58, "Tsarukyan Alliance": 31, "Way Out": 9, "Dashnaktsutyun": 7},
        settings=("tier.national lists.coalition_members={'Tsarukyan Alliance' = 2, 'Way Out' = 2, 'ORO' = 2}",),
    ),
    "Armenia 2018": Official(
        "armenia-national-assembly-2016",
        {
            "My Step": 884_864, "Prosperous Armenia": 103_801, "Bright Armenia": 80_047, "Republican Party": 59_083,
            "Dashnaktsutyun": 48_816, "We": 25_176, "Sasna Tsrer": 22_868, "Orinats Yerkir": 12_393,
        },
        {"My Step": 88, "Prosperous Armenia": 26, "Bright Armenia": 18},
        beside=19_351,
        invalid=4_706,
        settings=("tier.national lists.coalition_members={'My Step' = 2, 'We' = 2}",),
    ),
    "Georgia 2012": Official(
        "georgia-parliament-2012",
        {
            "Georgian Dream": 1_181_862, "United National Movement": 867_432, "Christian-Democratic Movement": 43_805,
        },
        {"Georgian Dream": 44, "United National Movement": 33},
        beside=59_688,
        invalid=62_874,
        districts={"Georgian Dream": 41, "United National Movement": 32},
    ),
    "Georgia 2020": Official(
        "georgia-parliament-2020",
        {
            "Georgian Dream": 928_004, "United National Movement": 523_127, "European Georgia": 72_986, "Lelo": 60_691,
            "Strategy Aghmashenebeli": 60_592, "Alliance of Patriots": 60_493, "Girchi": 55_600, "Citizens": 25_534,
            "Labour": 19_281, "United Georgia": 16_328,
        },
        {
            "Georgian Dream": 60, "United National Movement": 36, "European Georgia": 5, "Lelo": 4,
            "Strategy Aghmashenebeli": 4, "Alliance of Patriots": 4, "Girchi": 4, "Citizens": 2, "Labour": 1,
        },
        beside=101_884,  # of the valid votes, of which Georgian Dream had 48.22 %
        districts={"Georgian Dream": 30},
    ),
    "Georgia 2024": Official(
        "georgia-parliament-2024",
        {
            "Georgian Dream": 1_120_053, "Coalition for Change": 229_161, "Unity": 211_216, "Strong Georgia": 182_922,
            "For Georgia": 161_521,
        },
        {"Georgian Dream": 89, "Coalition for Change": 19, "Unity": 16, "Strong Georgia": 14, "For Georgia": 12},
    ),
}  # fmt: skip


def test_every_ready_system_is_in_the_table_of_the_readme() -> None:
    configs = Path(__file__).parents[1] / "configs"
    listed = re.findall(r"^\| [\w ]+ \| `([\w-]+)` \| ", (configs / "README.md").read_text(encoding="utf-8"), re.M)
    there = [one.stem for one in (configs / "systems").glob("*.toml") if not one.stem.startswith("kazakhstan-")]
    assert sorted(listed) == sorted(there)


@pytest.mark.parametrize("official", OFFICIAL.values(), ids=OFFICIAL)
def test_an_election_has_its_official_list_seats(official: Official) -> None:
    system = read_system(official.system, official.settings).value
    votes: dict[str, dict[str, Paper]] = {}
    for tier in system.tiers:
        if isinstance(tier, ProportionalTier) and not tier.districts:
            votes[tier.name] = {"": Paper(official.votes, official.beside, official.invalid)}
        elif isinstance(tier, NominalTier) and official.districts:
            votes[tier.name] = winners(official.districts)
    found = counted(system, Votes(votes))
    lists = next(tier for tier in found.tiers if tier.kind == "list")
    assert without_zeros(lists.seats) == official.seats
    if official.districts:
        assert sum(official.districts.values()) == next(t.districts for t in system.tiers if isinstance(t, NominalTier))
        assert found.total == system.seats


def test_agreements_move_a_seat_in_israel() -> None:
    """Without its agreement with Yisrael Beitenu, Kulanu would have lost a seat to the Joint List in 2015."""
    official = OFFICIAL["Israel 2015"]
    system = read_system(official.system, ("tier.national lists.alliances=none",)).value
    votes = Votes({"national lists": {"": Paper(official.votes, official.beside, official.invalid)}})
    assert counted(system, votes).seats == official.seats | {"Joint List": 14, "Kulanu": 9}


def test_the_others_hold_a_third_in_armenia() -> None:
    """In 2018 the others had 17 of 105 seats; 27 more gave them 44 of 132."""
    official = OFFICIAL["Armenia 2018"]
    votes = Votes({"national lists": {"": Paper(official.votes, official.beside, official.invalid)}})
    for setting, seats in (("tier.national lists.opposition=none", 105), ("tier.national lists.extra=none", 126)):
        found = counted(read_system(official.system, (*official.settings, setting)).value, votes)
        assert found.total == seats, setting


def test_three_lists_sit_in_armenia_however_few_pass() -> None:
    votes = Votes({"national lists": {"": Paper({"A": 900, "B": 45, "C": 35, "D": 20})}})
    found = counted(read_system("armenia-national-assembly-2016").value, votes)
    assert without_zeros(found.seats).keys() == {"A", "B", "C"}


def test_a_small_list_has_six_seats_in_georgia_in_2012() -> None:
    """5.2 % of the votes are four whole quotas; the two seats left over go to the larger lists."""
    votes = Votes({"national lists": {"": Paper({"A": 600, "B": 328, "C": 52, "D": 20})}})
    system = read_system("georgia-parliament-2012").value
    assert counted(system, votes).tiers[-1].seats["C"] == 6
    without = read_system("georgia-parliament-2012", ("tier.national lists.minimum_seats=0",)).value
    assert counted(without, votes).tiers[-1].seats["C"] == 4


def test_lots_decide_where_the_law_draws_them() -> None:
    """Equal votes in a constituency of the Commons, equal averages in the Knesset: the lower lot comes first."""
    commons = read_system("united-kingdom-commons").value.tiers[0]
    assert isinstance(commons, NominalTier)
    level = {"Poole": Paper({"Labour": 14_150, "Conservative": 14_150})}
    knesset = read_system("israel-knesset", ("tier.national lists.alliances=none",)).value.tiers[0]
    assert isinstance(knesset, ProportionalTier)
    three = {"": Paper({"Labour": 1_000, "Conservative": 1_000, "third": 999})}
    for first, second in (("Labour", "Conservative"), ("Conservative", "Labour")):
        lots = {first: 1, second: 2}
        count = count_nominal_tier(commons, level, lots={"Poole": lots}, steps=False)
        assert count.districts["Poole"].winner == first
        odd = replace(knesset, seats=1)
        found, _ = count_proportional_tier(odd, three, lots={"": lots}, steps=False)
        assert without_zeros(found.seats) == {first: 1}
        assert without_zeros(kernel_count(odd, three, lots={"": lots}).seats[""]) == {first: 1}


def test_the_states_have_the_seats_of_the_census_of_2020() -> None:
    with (LAW / "us-house-apportionment-2020.csv").open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    votes = Votes({"states": {"": Paper({row["state"]: int(row["population"]) for row in rows})}})
    found = counted(read_system("us-house-apportionment").value, votes)
    assert found.seats == {row["state"]: int(row["seats"]) for row in rows}
    assert (len(rows), found.total) == (50, 435)


def test_three_candidates_with_the_most_votes_sit_in_taiwan() -> None:
    """The single non-transferable vote: nobody gets a second seat, however many votes."""
    system = read_system("taiwan-legislative-yuan").value
    papers = {
        "Lowland indigenous": Paper({"A": 100, "B": 900, "C": 30, "D": 31, "E": 5}),
        "Highland indigenous": Paper({"F": 8, "G": 7, "H": 6, "I": 5}),
    }
    found = counted(system, Votes({"indigenous districts": papers})).tiers[0]
    assert without_zeros(found.seats) == dict.fromkeys(("A", "B", "D", "F", "G", "H"), 1)


def test_three_constituencies_of_the_united_kingdom() -> None:
    """The three smallest majorities of 4 July 2024: 15, 18 and 20 votes."""
    papers = {
        "Hendon": Paper({"Labour": 15_855, "Conservative": 15_840, "Reform UK": 3_038, "Green": 2_667}),
        "Poole": Paper({"Labour": 14_168, "Conservative": 14_150, "Reform UK": 7_429, "Liberal Democrats": 5_507}),
        "Basildon and Billericay": Paper({"Conservative": 12_905, "Labour": 12_885, "Reform UK": 11_354}),
    }
    found = counted(read_system("united-kingdom-commons").value, Votes({"constituencies": papers}))
    assert {name: one.winner for name, one in found.tiers[0].districts.items()} == {
        "Hendon": "Labour", "Poole": "Labour", "Basildon and Billericay": "Conservative"
    }  # fmt: skip


JAPAN = {
    "Tokyo": {
        "LDP": (2_000_084, 6), "CDP": (1_293_281, 4), "Ishin": (858_577, 2), "Komeito": (715_450, 2),
        "JCP": (670_340, 2), "Reiwa": (360_387, 1), "DPP": (306_180, 0), "SDP": (92_995, 0),
    },
    "Tokai": {
        "LDP": (2_515_841, 9), "CDP": (1_485_947, 5), "Komeito": (784_976, 3), "Ishin": (694_630, 2),
        "JCP": (408_606, 1), "DPP": (382_734, 1), "Reiwa": (273_208, 0), "SDP": (84_220, 0),
    },
    "Kinki": {
        "Ishin": (3_180_219, 10), "LDP": (2_407_699, 8), "Komeito": (1_155_683, 3), "CDP": (1_090_666, 3),
        "JCP": (736_156, 2), "DPP": (303_480, 1), "Reiwa": (292_483, 1), "SDP": (100_980, 0),
    },
}  # fmt: skip


def test_three_blocks_of_japan() -> None:
    """In Tokai nobody was left on the list of Reiwa, and its seat went to the next quotient, of Komeito."""
    system = read_system("japan-shugiin-2017").value
    papers = {block: Paper({name: votes for name, (votes, _) in row.items()}) for block, row in JAPAN.items()}
    found = check_kernel(system, Votes({"proportional blocks": papers}), {"Tokai": {"Reiwa": 0}})
    for block, row in JAPAN.items():
        counted_there = found["proportional blocks"].counted.districts[block].seats
        assert {name: counted_there.get(name, 0) for name in row} == {name: seats for name, (_, seats) in row.items()}
