"""Ready systems with districts, certified on official results: a few quoted here, whole elections from a folder of tables."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from forecast.documents import read_system
from forecast.kernel.list_plan import kernel_count
from forecast.rules.admission import admitted
from forecast.rules.ballots import Paper
from forecast.rules.count import count_nominal_tier
from forecast.rules.linkage import Other
from forecast.rules.outcome import DistrictCount, TierCount
from forecast.rules.proportional import Admission, District, DivisorFormula, Levelling, ProportionalTier
from forecast.rules.proportional_count import count_proportional_tier
from forecast.rules.system import ElectoralSystem, NominalTier
from tests.ready import LAW

Rows = dict[str, dict[str, int]]
Papers = dict[str, Paper]

ELECTIONS = Path(os.environ.get("SEATCAST_ELECTIONS", Path(__file__).parents[2] / "shared" / "elections"))
with_elections = pytest.mark.skipif(
    not ELECTIONS.is_dir(),
    reason=f"no folder {ELECTIONS}: it holds the tables of past elections, which are not ours to ship; "
    "SEATCAST_ELECTIONS names another folder",
)


def won(rows: Mapping[str, Mapping[str, int]]) -> Rows:
    """Return the seats by district and list, without lists that have none."""
    kept = {place: {name: seats for name, seats in row.items() if seats} for place, row in rows.items()}
    return {place: row for place, row in kept.items() if row}


def together(rows: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return the seats of all districts by list, without lists that have none."""
    found: dict[str, int] = {}
    for row in won(rows).values():
        for name, seats in row.items():
            found[name] = found.get(name, 0) + seats
    return found


def counted(tier: ProportionalTier, papers: Papers, others: Mapping[str, Other] | None = None) -> Rows:
    """Count a tier by the reference and by the kernel, which must agree on every seat."""
    _, found = count_proportional_tier(tier, papers, others, steps=False)
    assert won(kernel_count(tier, papers, others).seats) == won(found.seats)
    return won(found.seats)


def counted_system(law: ElectoralSystem, papers: Mapping[str, Papers]) -> dict[str, Rows]:
    """Count the tiers of a system that have papers, each with those above it."""
    others: dict[str, Other] = {}
    found: dict[str, Rows] = {}
    for tier in law.tiers:
        if tier.name not in papers:
            continue
        here = papers[tier.name]
        if isinstance(tier, NominalTier):
            nominal = count_nominal_tier(tier, here, steps=False)
            rows = won({place: district.seats for place, district in nominal.districts.items()})
        else:
            assert isinstance(tier, ProportionalTier)
            rows = counted(tier, here, others)
        found[tier.name] = rows
        others[tier.name] = Other(tier_count(tier.name, rows, here), here)
    return found


def added(tiers: Iterable[Rows]) -> Rows:
    """Return the seats of several tiers by district and list."""
    found: Rows = {}
    for rows in tiers:
        for place, row in rows.items():
            here = found.setdefault(place, {})
            for name, seats in row.items():
                here[name] = here.get(name, 0) + seats
    return found


def tier_count(name: str, rows: Rows, papers: Papers) -> TierCount:
    """Return seats by district as another tier sees them; a district with papers is there even without a seat."""
    districts = {place: DistrictCount(dict(rows.get(place, {})), 0) for place in {**papers, **rows}}
    return TierCount(name, "list", together(rows), districts, 0)


def tier_of(system: str, name: str) -> ProportionalTier:
    """Return a tier of a ready system."""
    tier = read_system(system).value.tier(name)
    assert isinstance(tier, ProportionalTier)
    return tier


# ---- districts and nationwide tiers, from a few official figures


@dataclass(frozen=True)
class Official:
    """Votes and seats of one district, or of a tier's whole vote, that some lists won; blank ballots are for nobody."""

    system: str
    tier: str
    district: str
    votes: Mapping[str, int]
    seats: Mapping[str, int]
    blank: int = 0
    changed: Mapping[str, Any] = field(default_factory=dict)


ONE_DISTRICT = {
    # Spain, 23 July 2023, Navarra: http://fr.m.wikipedia.org/wiki/%C3%89lections_g%C3%A9n%C3%A9rales_espagnoles_de_2023_en_Navarre
    "Navarra 2023": Official(
        "spain-congreso",
        "provinces",
        "Navarra",
        {
            **{"PSOE": 93_553, "EH Bildu": 58_954, "PP": 57_134, "UPN": 52_188, "Sumar": 43_922, "Vox": 19_491},
            **{"Geroa Bai": 9_938, "PACMA": 1_530, "PUM+J": 1_002, "Frente Obrero": 679},
        },
        {"PSOE": 2, "EH Bildu": 1, "PP": 1, "UPN": 1},
        blank=2_890,
    ),
    # Portugal, 10 March 2024, Beja: https://wikimili.com/en/Beja_(Assembly_of_the_Republic_constituency)
    "Beja 2024": Official(
        "portugal-assembleia",
        "constituencies",
        "Beja",
        {"PS": 24_408, "CH": 16_595, "AD": 12_890, "CDU": 11_570, "BE": 3_393, "IL": 1_708, "PAN": 943},
        {"PS": 1, "CH": 1, "AD": 1},
    ),
    # Poland, 15 October 2023, Opole (National Electoral Commission):
    # https://alem.dynip.sapo.pt/wiki/content/wikipedia_en_all_maxi_2024-01/A/Opole_(parliamentary_constituency)
    "Opole 2023": Official(
        "poland-sejm",
        "constituencies",
        "21 Opole",
        {
            **{"KO": 161_241, "PiS": 150_022, "Trzecia Droga": 61_155, "Nowa Lewica": 34_763, "Konfederacja": 31_150},
            **{"Mniejszość Niemiecka": 25_778, "Polska Jest Jedna": 8_338, "Bezpartyjni Samorządowcy": 7_521},
        },
        {"KO": 5, "PiS": 4, "Trzecia Droga": 1, "Nowa Lewica": 1, "Konfederacja": 1},
        changed={"coalition_members": {"KO": 3, "Trzecia Droga": 2}},
    ),
    # Czechia, 20 and 21 October 2017, South Bohemia: http://psephos.adam-carr.net/countries/c/czechrepublic/czechrep20172.txt
    # (all nine lists passed 5 % nationally)
    "South Bohemia 2017": Official(
        "czechia-snemovna-2017",
        "regions",
        "Jihočeský kraj",
        {
            **{"ANO": 91_012, "ODS": 38_232, "Piráti": 33_143, "SPD": 31_062, "KSČM": 29_414, "ČSSD": 23_035},
            **{"KDU-ČSL": 16_983, "TOP 09": 16_713, "STAN": 14_435},
        },
        {"ANO": 5, "ODS": 2, "Piráti": 1, "SPD": 1, "KSČM": 1, "ČSSD": 1, "KDU-ČSL": 1, "TOP 09": 1},
        changed={"seats": 13, "admission": Admission()},
    ),
    # Slovakia, 30 September 2023: https://en.wikipedia.org/wiki/2023_Slovak_parliamentary_election and, for the valid votes,
    # https://electionguide.org/elections/id/4119/ (the lists below their threshold as one, of many parties)
    "Slovakia 2023": Official(
        "slovakia-narodna-rada",
        "national lists",
        "",
        {
            **{"Smer": 681_017, "PS": 533_136, "Hlas": 436_415, "OĽANO": 264_137, "KDH": 202_515, "SaS": 187_645},
            **{"SNS": 166_995} | dict.fromkeys(("others 1", "others 2", "others 3", "others 4"), 124_009),
        },
        {"Smer": 42, "PS": 32, "Hlas": 27, "OĽANO": 16, "KDH": 12, "SaS": 11, "SNS": 10},
        changed={"coalition_members": {"OĽANO": 3}},
    ),
    # Italy, 4 March 2018, final figures of the Ministry of the Interior: lists with seats and coalitions, as quoted by
    # https://wikiclassic.com/wiki/User:Yakme/sandbox/Italian_general_election_infobox ; list seats by
    # https://www.blitzquotidiano.it/politica-italiana/elezioni-2018-risultati-camera-seggi-2841520/
    "Italy 2018": Official(
        "italy-camera-2018",
        "list seats",
        "",
        {
            **{"MOVIMENTO 5 STELLE": 10_732_066, "PARTITO DEMOCRATICO": 6_161_896, "LEGA": 5_698_687},
            **{"FORZA ITALIA": 4_596_956, "FRATELLI D'ITALIA CON GIORGIA MELONI": 1_429_550},
            **{"LIBERI E UGUALI": 1_114_799, "+EUROPA": 841_468, "NOI CON L'ITALIA - UDC": 427_152},
            **{"ITALIA EUROPA INSIEME": 190_601, "CIVICA POPOLARE LORENZIN": 178_107, "SVP - PATT": 134_651},
        },
        {
            **{"MOVIMENTO 5 STELLE": 133, "PARTITO DEMOCRATICO": 86, "LEGA": 73, "FORZA ITALIA": 59},
            **{"FRATELLI D'ITALIA CON GIORGIA MELONI": 19, "LIBERI E UGUALI": 14, "SVP - PATT": 2},
        },
        blank=1_335_772,  # lists without seats outside the coalitions: 32,841,705 votes for lists in all
    ),
    # Czechia, 8 and 9 October 2021, Karlovy Vary: votes by the Czech Statistical Office (volby.cz), their shares and seats as in
    # https://zpravykarlovarsko.cz/?p=4405 ; every seat went in the first scrutiny
    "Karlovy Vary 2021": Official(
        "czechia-snemovna-2021",
        "regions",
        "Karlovarský kraj",
        {"ANO": 43_081, "SPOLU": 26_355, "Piráti+STAN": 18_546, "SPD": 16_629},
        {"ANO": 2, "SPOLU": 1, "Piráti+STAN": 1, "SPD": 1},
        changed={"seats": 5, "admission": Admission()},
    ),
}


@pytest.mark.parametrize("official", ONE_DISTRICT.values(), ids=list(ONE_DISTRICT))
def test_a_ready_system_gives_the_official_seats_of_a_district(official: Official) -> None:
    tier = replace(tier_of(official.system, official.tier), **official.changed)
    if tier.magnitudes is not None:
        tier = replace(tier, magnitudes=None, districts=(District(official.district, tier.seats),))
    found = counted(tier, {official.district: Paper(official.votes, official.blank)})
    assert found == {official.district: official.seats}


def test_austria_of_2024_in_three_steps() -> None:
    """29 September 2024, Federal Ministry of the Interior, open data of 3 October (data.gv.at, CC BY 4.0), 39 constituencies.

    Seats: https://parlament.gv.at/aktuelles/news/Wahl-2024-Endergebnis-liegt-vor . The 80 seats of the first step are derived.
    """
    with (LAW / "austria-nationalrat-2024.csv").open(encoding="utf-8", newline="") as text:
        papers = {
            row.pop("district"): Paper({name: int(votes) for name, votes in row.items()})
            for row in csv.DictReader(text)
        }
    assert sum(paper.valid for paper in papers.values()) == 4_882_888
    tier = tier_of("austria-nationalrat", "party lists")
    found = counted(tier, papers)
    assert together(found) == {"FPÖ": 57, "ÖVP": 51, "SPÖ": 41, "NEOS": 18, "GRÜNE": 16}
    later = found.pop("")
    assert together(found) == {"FPÖ": 34, "ÖVP": 30, "SPÖ": 15, "GRÜNE": 1}
    assert found["Graz und Umgebung"] == {"FPÖ": 2, "ÖVP": 2, "SPÖ": 1, "GRÜNE": 1}  # the Land's quota is 27,417
    assert later == {"FPÖ": 23, "ÖVP": 21, "SPÖ": 26, "NEOS": 18, "GRÜNE": 15}


def test_one_seat_in_a_constituency_of_austria_is_enough() -> None:
    """A party with the quota of Osttirol's Land, and less than 4 % of the country, gets what d'Hondt gives it."""
    tier = tier_of("austria-nationalrat", "party lists")
    papers = {district.name: Paper({"A": 10_000 * district.seats, "B": 0}) for district in tier.districts}
    papers["Osttirol"] = Paper({"A": 0, "B": 10_000})
    found = counted(tier, papers)
    assert found["Osttirol"] == {"B": 1}
    assert together(found) == {"A": 182, "B": 1}
    papers["Osttirol"] = Paper({"A": 1, "B": 9_999})  # below the quota, and below 4 %
    assert together(counted(tier, papers)) == {"A": 183}


@dataclass(frozen=True)
class Levelled:
    """National votes, the seats that parties had from the constituencies, and what all their seats came to.

    Parties whose constituency seats are left out had fewer of them than seats in all: how many does not matter.
    """

    system: str
    tier: str
    votes: Mapping[str, int]
    held: Mapping[str, int]
    totals: Mapping[str, int]
    others: int = 0


LEVELLED = {
    # Norway, 13 September 2021: http://psephos.adam-carr.net/countries/n/norway/norway2021.txt ; SV, V, R and FrP shared the
    # levelling seats: https://www.fjt.no/nyheter/2021/09/14/Sikra-seg-stortingsplass-p%C3%A5-utjamningsmandat-24579120.ece
    "Norway 2021": Levelled(
        "norway-storting",
        "levelling seats",
        {
            **{"Ap": 783_394, "H": 607_316, "Sp": 402_961, "FrP": 346_474, "SV": 228_063, "R": 140_931, "V": 137_433},
            **{"MDG": 117_647, "KrF": 113_344, "PF": 4_950},
        },
        {"Ap": 48, "H": 36, "Sp": 28, "MDG": 3, "KrF": 3, "PF": 1},
        {"Ap": 48, "H": 36, "Sp": 28, "FrP": 21, "SV": 13, "R": 8, "V": 8, "MDG": 3, "KrF": 3, "PF": 1},
        others=97_910,
    ),
    # Denmark, 1 November 2022: https://denstoredanske.lex.dk/folketingsvalg_2022 ; A had more constituency seats than its due,
    # which happened for the first time since 1947:
    # https://www.dst.dk/da/presse/Pressemeddelelser/2022/2022-11-03-valideret-mandatfordeling-klar-senest-fredag
    "Denmark 2022": Levelled(
        "denmark-folketing",
        "compensatory seats",
        {
            **{"A": 971_995, "V": 470_546, "M": 327_699, "F": 293_186, "Æ": 286_796, "I": 278_656, "C": 194_820},
            **{"Ø": 181_452, "B": 133_931, "D": 129_524, "Å": 117_567, "O": 93_428, "Q": 31_787, "K": 18_276},
        },
        {"A": 50},
        {
            **{"A": 50, "V": 23, "M": 16, "F": 15, "Æ": 14, "I": 14, "C": 10, "Ø": 9, "B": 7, "D": 6, "Å": 6, "O": 5},
        },
        others=4_288,
    ),
    # Iceland, 25 September 2021: votes and constituency seats https://secure.mbl.is/frettir/kosningar/results/ , adjustment seats
    # http://althingi.is/thingmenn/althingiskosningar/kosningar-og-kosningaurslit/kosningar-fra-1919/althingiskosningar-2021/
    "Iceland 2021": Levelled(
        "iceland-althingi",
        "adjustment seats",
        {
            **{"D": 48_708, "B": 34_501, "V": 25_114, "S": 19_825, "F": 17_672, "P": 17_233, "C": 16_628, "M": 10_879},
        },
        {"D": 16, "B": 13, "V": 6, "S": 5, "F": 6, "P": 3, "C": 3, "M": 2},
        {"D": 16, "B": 13, "V": 8, "S": 6, "F": 6, "P": 6, "C": 5, "M": 3},
        others=9_170,
    ),
}


@pytest.mark.parametrize("official", LEVELLED.values(), ids=list(LEVELLED))
def test_levelling_seats_make_up_what_the_constituencies_left_short(official: Levelled) -> None:
    tier = tier_of(official.system, official.tier)
    link = tier.linkage
    assert isinstance(link, Levelling)
    tier = replace(tier, linkage=replace(link, placement="none"))
    votes = {**official.votes, **{f"others {k}": official.others // 10 for k in range(10)}}
    below = Other(TierCount(link.tier, "list", dict(official.held), {}, 0), {})
    rows = counted(tier, {"": Paper(votes)}, {link.tier: below})
    assert together(added([rows, {"": dict(official.held)}])) == official.totals


def test_the_five_percent_of_latvia_are_of_valid_envelopes() -> None:
    """Latvia, 1 October 2022: 45,452 votes are 5.03 % of the valid ballots and 4.97 % of the valid envelopes: no seat.

    914,022 envelopes with 903,639 ballots:
    https://cvk.lv/lv/jaunums/14-saeimas-velesanas-piedalijusies-916-594-jeb-5943-balsstiesigo-pilsonu
    Votes: http://ca.wikipedia.org/wiki/Eleccions_legislatives_letones_de_2022
    """
    lists = {
        **{"JV": 173_425, "ZZS": 113_676, "AS": 100_631, "NA": 84_939, "Stabilitātei!": 62_168, "LPV": 57_033},
        **{"PRO": 56_327, "AP!": 45_452, "Saskaņa": 43_943, "LKS": 33_203},
    }
    paper = Paper(lists, against_all=914_022 - sum(lists.values()))
    taking = admitted(tier_of("latvia-saeima", "constituencies"), {"Rīga": paper}, {})
    assert taking == {"Rīga": ("JV", "ZZS", "AS", "NA", "Stabilitātei!", "LPV", "PRO")}


def test_zurich_of_2018() -> None:
    """City of Zürich, 4 March 2018, lists' votes by Wahlkreis and seats of lists in the whole city.

    https://stadt-zuerich.ch/misc/de/archiv-wahlen/stadtrat-gemeinderat/180304/resultate_erneuerungswahlen.html
    """
    tier = tier_of("zurich-gemeinderat", "Wahlkreise")
    votes = {
        "SP": (37_360, 67_129, 49_212, 34_296, 71_164, 60_063, 52_231, 89_477, 13_192),
        "SVP": (15_856, 19_340, 8_339, 8_974, 28_050, 33_783, 17_789, 55_160, 8_980),
        "FDP": (23_990, 20_529, 13_844, 16_857, 69_536, 26_712, 23_098, 40_194, 3_826),
        "Grüne": (15_007, 26_471, 19_388, 12_571, 31_442, 20_296, 15_534, 28_713, 4_191),
        "glp": (12_551, 19_573, 16_442, 11_613, 28_414, 16_488, 14_630, 31_911, 2_931),
        "AL": (7_668, 22_692, 22_136, 7_612, 13_659, 10_164, 12_054, 12_435, 1_954),
        "EVP/BDP": (1_841, 2_939, 1_152, 2_101, 5_655, 9_777, 3_374, 13_901, 2_568),
    }
    papers = {
        district.name: Paper({name: row[number] for name, row in votes.items()})
        for number, district in enumerate(tier.districts)
    }
    rows = counted(tier, papers)
    assert together(rows) == {"SP": 43, "SVP": 17, "FDP": 21, "Grüne": 16, "glp": 14, "AL": 10, "EVP/BDP": 4}
    assert {place: sum(row.values()) for place, row in rows.items()} == {one.name: one.seats for one in tier.districts}


def test_steps_tell_the_sizes_of_districts_what_is_pooled_alternatives_and_exemptions() -> None:
    regions = replace(tier_of("czechia-snemovna-2021", "regions"), seats=10)
    papers = {"Hlavní město Praha": Paper({"A": 600, "B": 300}), "Zlínský kraj": Paper({"A": 300, "B": 300})}
    told = [step.text for step in count_proportional_tier(regions, papers)[0].steps]
    assert "Seats of the districts: Hlavní město Praha 6, Zlínský kraj 4" in told
    assert any(
        text.startswith("What whole quotas leave in the districts is pooled: Hagenbach-Bischoff") for text in told
    )
    below = {"constituency seats": Other(TierCount("constituency seats", "list", {"A": 1}, {}, 0), {})}
    tier = tier_of("denmark-folketing", "compensatory seats")
    assert isinstance(tier.linkage, Levelling)
    tier = replace(tier, linkage=replace(tier.linkage, placement="none"))
    told = [step.text for step in count_proportional_tier(tier, {"": Paper({"A": 1, "B": 99})}, below)[0].steps]
    assert told[1:4] == [
        "Bar: 1 seat of constituency seats",
        "Or: the average votes per seat in 2 regions",
        "Or: at least 2 % of party votes, tier: 100 x 1/50 = 0.02 = 2 votes",
    ]
    minority = Paper({"Mniejszość Niemiecka": 1, "B": 99})
    steps = count_proportional_tier(tier_of("poland-sejm", "constituencies"), {"21 Opole": minority})[0].steps
    assert "Exempt: Mniejszość Niemiecka" in [step.text for step in steps]


# ---- whole elections, from the folder


@dataclass(frozen=True)
class Election:
    """An election of the folder, and how it is read for a ready system.

    ``tiers`` names the tier of the folder whose districts each of ours is counted on; ``blank``: blank ballots are
    valid votes for nobody; ``name`` turns the folder's district into ours; ``changed`` is what that election had
    otherwise than the document, beside the seats of its districts; ``levelling`` their levelling seats, where the folder
    does not say.
    """

    file: str
    system: str
    tiers: Mapping[str, int]
    blank: bool = False
    name: Callable[[str], str] = str
    changed: Mapping[str, Any] = field(default_factory=dict)
    levelling: Mapping[str, int] = field(default_factory=dict)

    def place(self, row: Mapping[str, Any]) -> str:
        """Return the name that a district of the folder has here."""
        return self.name(row.get("name") or row.get("code") or "")


def spanish(name: str) -> str:
    """Return a province as the royal decrees write it: the folder has three spellings."""
    name = name.replace("Araba - Álava", "Araba/Álava").replace(" / ", "/")
    return " ".join(reversed(name.split(", ")))


def norwegian(name: str) -> str:
    """Return a constituency without its Sámi name."""
    return name.removesuffix(" Romsa").removesuffix(" Finnmárku")


def icelandic(name: str) -> str:
    """Return a constituency without ``kjördæmi`` and its English name."""
    short = name.split(" [")[0].replace("urkjördæmi", "ur").replace("víkur ", "vík ")
    return short.replace(" Suður", " suður").replace(" Norður", " norður")


def zurich(name: str) -> str:
    """Return a Wahlkreis without the letters WK."""
    return name.removeprefix("WK")


CONSTITUENCIES = {"constituency seats": 0, "adjustment seats": 0}
AUSTRIA = (1994, 1999, 2006, 2013, 2019, 2024)
THIRD_STEP = {"districts": (), "scrutinies": None, "level": "nation", "formula": DivisorFormula("d'hondt")}
PAST = [
    *(
        Election(f"es_congreso_{year}", "spain-congreso", {"provinces": 0}, blank=True, name=spanish)
        for year in (1979, 1986, 1993, 2000, 2008, 2015)
    ),
    Election("pt_ar_2015", "portugal-assembleia", {"constituencies": 0}),
    *(
        Election(
            f"no_storting_{year}", "norway-storting", {"constituency seats": 0, "levelling seats": 0}, name=norwegian
        )
        for year in (2009, 2017)
    ),
    Election(
        "dk_folketing_2011",
        "denmark-folketing",
        {"constituency seats": 0, "compensatory seats": 0},
        levelling={"København": 10, "Sjælland": 16, "Østjylland": 14},
    ),
    *(Election(f"is_althingi_{year}", "iceland-althingi", CONSTITUENCIES, name=icelandic) for year in (2009, 2016)),
    Election("cz_psp_2017", "czechia-snemovna-2017", {"regions": 0}),
    Election(
        "cz_psp_2021",
        "czechia-snemovna-2021",
        {"regions": 0},
        changed={"coalition_members": {"SPOLU": 3, "Piráti+STAN": 2}},
    ),
    Election("pl_sejm_2019", "poland-sejm", {"constituencies": 0}, changed={"coalition_members": {"KO": 2}}),
    Election("lv_saeima_2018", "latvia-saeima", {"constituencies": 0}),
    Election("it_camera_2018", "italy-camera-2018", {"list seats": 1}),
    *(Election(f"at_nr_{year}", "austria-nationalrat", {"party lists": 0}, changed=THIRD_STEP) for year in AUSTRIA),
    Election("ch_zurich_2006", "zurich-gemeinderat", {"Wahlkreise": 1}, name=zurich),
]


def election_papers(election: Election, tier: Mapping[str, Any]) -> Papers:
    """Return the papers of a tier of the folder; where the official base is larger, by ballots for nobody."""
    rows = tier.get("districts") or [{**tier, "name": ""}]
    papers = {}
    for row in rows:
        other = row.get("other_votes") or {}
        blank = other.get("blank", 0)
        papers[election.place(row)] = Paper(
            row["votes"], blank if election.blank else 0, other.get("invalid", 0) + (0 if election.blank else blank)
        )
    base = tier.get("threshold_base_votes") or (tier.get("other_votes") or {}).get("list votes in total")
    missing = (base or 0) - sum(paper.valid for paper in papers.values())
    if missing > 0:
        place, paper = next(iter(papers.items()))
        papers[place] = replace(paper, against_all=paper.against_all + missing)
    return papers


def placed(entries: list[Any], election: Election) -> Rows:
    """Return where the seats of an upper tier sit: pairs of district and list, or rows of districts and provinces."""
    rows = [(one["district"], one["name"], one["seats"]) if isinstance(one, dict) else (*one, 1) for one in entries]
    lists = [tier for tier in read_system(election.system).value.tiers if isinstance(tier, ProportionalTier)]
    known = {district.name for tier in lists for district in tier.districts}
    found: Rows = {}
    for place, name, seats in rows:
        if election.name(place) in known:
            here = found.setdefault(election.name(place), {})
            here[name] = here.get(name, 0) + seats
    return found


def of_that_year(law: ElectoralSystem, election: Election, tiers: list[dict[str, Any]]) -> ElectoralSystem:
    """Return a ready system with the seats that the districts had in an election."""

    def district(found: District, rows: Mapping[str, Mapping[str, Any]]) -> District:
        row = rows[found.name]
        seats = row.get("seats") or row.get("constituency_seats") or 0
        levelling = election.levelling.get(found.name, row.get("adjustment_seats", found.levelling))
        return replace(found, seats=seats, levelling=levelling)

    changed = []
    for tier in law.tiers:
        if isinstance(tier, ProportionalTier) and tier.name in election.tiers:
            tier = replace(tier, **election.changed)
            rows = {election.place(row): row for row in tiers[election.tiers[tier.name]].get("districts") or []}
            assert set(rows) == {one.name for one in tier.districts}
            if tier.magnitudes is None:
                tier = replace(tier, districts=tuple(district(one, rows) for one in tier.districts))
        changed.append(tier)
    return replace(law, tiers=tuple(changed))


@with_elections
@pytest.mark.parametrize("election", PAST, ids=lambda election: election.file)
def test_a_ready_system_gives_every_official_seat_of_a_whole_election(election: Election) -> None:
    document = json.loads((ELECTIONS / f"{election.file}.json").read_text(encoding="utf-8"))
    tiers = document["tiers"]
    law = of_that_year(read_system(election.system).value, election, tiers)
    found = counted_system(law, {name: election_papers(election, tiers[k]) for name, k in election.tiers.items()})
    both = added(found.values())
    last = list(election.tiers)[-1]
    assert together(both) == won({"": document.get("totals") or tiers[election.tiers[last]]["official_seats"]})[""]
    for name, number in election.tiers.items():
        for row in tiers[number].get("districts") or []:
            place = election.place(row)
            if name == next(iter(election.tiers)) and row.get("official_seats"):
                assert found[name][place] == row["official_seats"]
            if row.get("official_seats_total"):
                assert both[place] == row["official_seats_total"]
    official = placed([entry for tier in tiers for entry in tier.get("placement") or []], election)
    if official:
        assert won({place: row for place, row in found[last].items() if place in official}) == official
        assert together(found[last]) == together(official)


@with_elections
def test_italy_of_2018_elects_who_was_declared_elected_in_every_district() -> None:
    """222 of the 232 districts have a declared winner in the folder."""
    document = json.loads((ELECTIONS / "it_camera_2018.json").read_text(encoding="utf-8"))
    rows = document["tiers"][2]["districts"]
    tier = read_system("italy-camera-2018").value.tier("single-member districts")
    assert isinstance(tier, NominalTier)
    papers = {str(number): Paper(row["votes"]) for number, row in enumerate(rows)}
    found = count_nominal_tier(tier, papers, steps=False)
    declared = {str(number): row["official_winner"] for number, row in enumerate(rows) if row.get("official_winner")}
    assert len(declared) == 222
    assert {place: found.districts[place].winner for place in declared} == declared
