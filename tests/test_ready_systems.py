"""Ready systems of other parliaments, certified on the official totals of a real election."""

from __future__ import annotations

from forecast.documents import read_system
from forecast.rules.ballots import Paper, Votes
from forecast.rules.count import count


def test_the_netherlands_of_2023() -> None:
    """Kiesraad, election of 22 November 2023: votes and seats of the lists with one quota or more."""
    official = NETHERLANDS
    votes = Paper({name: number for name, (number, _) in official.items()})
    counted = count(read_system("netherlands-tweede-kamer").value, Votes({"national lists": {"": votes}}))
    assert counted.seats == {name: seats for name, (_, seats) in official.items()}


def test_new_zealand_of_2020() -> None:
    """Electoral Commission, election of 17 October 2020: party votes, electorates won, and seats."""
    electorates = {"Labour": 46, "National": 23, "Green": 1, "ACT": 1, "Maori Party": 1}
    names = [name for name, won in electorates.items() for _ in range(won)]
    papers = {str(number): Paper({winner: 1}) for number, winner in enumerate(names)}
    # New Zealand Electoral Commission, official results of 6 November 2020
    party = {"Labour": 1_443_545, "National": 738_275, "Green": 226_757, "ACT": 219_031, "NZ First": 75_020}
    party |= {"Maori Party": 33_630}
    votes = Votes(
        {"electorates": papers, "list seats": {"": Paper(party, against_all=2_886_420 - sum(party.values()))}}
    )
    counted = count(read_system("new-zealand-2020").value, votes)
    assert counted.seats == {"Labour": 65, "National": 33, "Green": 10, "ACT": 10, "NZ First": 0, "Maori Party": 2}
    assert counted.total == 120


NETHERLANDS = {
    "VVD": (1_589_519, 24),
    "D66": (656_292, 9),
    "GROENLINKS / Partij van de Arbeid (PvdA)": (1_643_073, 25),
    "PVV (Partij voor de Vrijheid)": (2_450_878, 37),
    "CDA": (345_822, 5),
    "SP (Socialistische Partij)": (328_225, 5),
    "Forum voor Democratie": (232_963, 3),
    "Partij voor de Dieren": (235_148, 3),
    "ChristenUnie": (212_532, 3),
    "Volt": (178_802, 2),
    "JA21": (71_345, 1),
    "Staatkundig Gereformeerde Partij (SGP)": (217_270, 3),
    "DENK": (246_765, 3),
    "BBB": (485_551, 7),
    "Nieuw Sociaal Contract": (1_343_287, 20),
}
