"""The language of events: what it understands, how it points at mistakes, and that it computes exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.events.bind import Misfit, bound
from forecast.events.grammar import parsed
from forecast.events.house import document_of, house_from, house_of
from forecast.events.meaning import Chunk, Integers, Key
from forecast.events.ratio import Ratio
from forecast.events.tokens import EventError
from tests.electorates import electorate, plan, system

HOUSE = house_of(electorate(), system())


def chunk(**columns: list[int]) -> Chunk:
    """Return draws of the small house; columns are seats_Alpha, votes_Beta, winner_1; all others are 0."""
    draws = len(next(iter(columns.values())))
    arrays: dict[Key, Integers] = {("votes", name): np.zeros(draws, np.int32) for name in HOUSE.options}
    arrays |= {("seats", name): np.zeros(draws, np.uint8) for name in HOUSE.groups}
    arrays |= {("list_seats", name): np.zeros(draws, np.uint8) for name in HOUSE.parties}
    arrays |= {("winner", district.id): np.zeros(draws, np.int8) for district in HOUSE.districts}
    for title, values in columns.items():
        kind, _, name = title.partition("_")
        key = next(key for key in arrays if key[0] == kind and key[1] == name)
        arrays[key] = np.array(values)
    return Chunk(arrays, draws)


def happens(sentence: str, draws: Chunk) -> list[bool]:
    meaning = bound(sentence, HOUSE)
    needed = Chunk({key: draws.columns[key] for key in meaning.needs}, len(draws))
    answer: list[bool] = meaning.happens(needed).tolist()
    return answer


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ('seats("Alpha") >= 12', [True, False, False]),
        ('seats("Alpha", "Beta") == 16', [True, True, False]),
        ('seats("Alpha") + seats("Beta") == 16', [True, True, False]),
        ('4 < seats("Beta") <= 9', [False, True, True]),
        ('not seats("Alpha") > 10 and seats("Beta") > 5', [False, True, True]),
        ('seats("Alpha") > 10 or seats("Beta") > 7', [True, True, True]),
        ('seats("Beta") / seats("Alpha") < 1/2', [True, False, False]),
        ('-seats("Alpha") + 12 == 0', [True, False, False]),
        ('max(seats("Alpha"), seats("Beta")) == 8', [False, True, True]),
        ('min(seats("Alpha"), seats("Beta")) == 4', [True, False, False]),
        ('abs(seats("Beta") - seats("Alpha")) == 8', [True, False, False]),
        ("parties() == 2", [True, True, True]),
        ('largest() == "Alpha"', [True, False, False]),
        ('largest() == "nobody"', [False, True, False]),
        ('largest() != "Beta"', [True, True, False]),
        ('majority("Alpha")', [False, False, False]),
        ('majority("Alpha", "Beta")', [True, True, True]),
        ('two_thirds("Alpha", "Beta")', [True, True, False]),
        ("house() == 24", [True, True, True]),
        ("0.1 + 0.2 == 0.3", [True, True, True]),
    ],
)
def test_sentences_about_seats_mean_what_they_say(sentence: str, expected: list[bool]) -> None:
    assert happens(sentence, chunk(seats_Alpha=[12, 8, 7], seats_Beta=[4, 8, 8])) == expected


def test_a_share_on_exactly_five_per_cent_reaches_it() -> None:
    draws = chunk(votes_Alpha=[949, 951, 950], votes_Gamma=[51, 49, 50])
    assert happens('share("Gamma") >= 0.05', draws) == [True, False, True]
    assert happens('share("Gamma") == 1/20', draws) == [False, False, True]
    assert happens('passes("Gamma")', draws) == [True, False, True]
    assert happens('passes("Alpha", "Gamma")', draws) == [True, False, True]
    assert happens('share("Alpha", "Gamma") == 1', draws) == [True] * 3


def test_a_list_without_a_vote_passes_no_threshold() -> None:
    none = house_of(electorate(), system(share=Fraction(0)))
    meaning = bound('passes("Gamma")', none)
    assert not meaning.happens(chunk(votes_Alpha=[10])).any()


def test_against_all_counts_in_the_base_of_the_threshold() -> None:
    draws = chunk(votes_Alpha=[949], votes_Gamma=[50], votes_against_all=[2])
    assert happens('passes("Gamma")', draws) == [False]


def test_a_district_knows_its_winner_by_party_by_name_as_self_nominated_and_as_nobody() -> None:
    district = HOUSE.district("2")
    assert district is not None
    assert district.groups == ("Alpha", "Gamma", "Self-nominated", "Self-nominated")
    draws = chunk(winner_2=[0, 1, 2, 3, -1])
    assert happens('winner(2) == "Alpha"', draws) == [True, False, False, False, False]
    assert happens('winner("2") == "self"', draws) == [False, False, True, True, False]
    assert happens('winner(2) == "Self-nominated"', draws) == [False, False, True, True, False]
    assert happens('winner(2) == "Self-nominated 3"', draws) == [False, False, False, True, False]
    assert happens('winner(2) == "nobody"', draws) == [False, False, False, False, True]
    assert happens('winner(2) != "Alpha"', draws) == [False, True, True, True, True]
    assert happens('winner(2) == "Beta"', draws) == [False] * 5  # stands in other districts only


def test_district_seats_are_those_beyond_the_lists() -> None:
    draws = chunk(seats_Alpha=[12, 8])
    assert happens('district_seats("Alpha") == 12', draws) == [True, False]


def test_an_event_looks_at_its_second_part_only_where_the_first_leaves_it_open() -> None:
    draws = chunk(seats_Alpha=[12, 8], seats_Beta=[0, 8])
    assert happens('seats("Beta") > 0 and seats("Alpha") / seats("Beta") <= 1', draws) == [False, True]
    assert happens('seats("Beta") == 0 or seats("Alpha") / seats("Beta") <= 1', draws) == [True, True]
    with pytest.raises(EventError, match="division by zero in some draws"):
        happens('seats("Alpha") / seats("Beta") <= 1', draws)


@pytest.mark.parametrize(
    ("sentence", "at", "words"),
    [
        ('seats("Alfa") > 1', 6, "did you mean Alpha?"),
        ('seat("Alpha") > 1', 0, "did you mean seats?"),
        ("seats(Alpha) > 1", 6, "Alpha stands alone"),
        ("1 <", 3, "breaks off"),
        ('share("Beta") >= 5', 17, "written 0.05"),
        ('share("Beta") > 5 %', 18, "fraction of 1"),
        ('share("Beta") > 0,05', 17, "decimals have a point"),
        ('seats("Alpha" > 2', 5, "never closed"),
        ('seats("Alpha")) > 2', 14, "never opened"),
        ('seats("Alpha) > 2', 6, "no closing"),
        ('seats("Alpha")/0 > 1', 14, "division by zero"),
        ('seats("Alpha")/(1 - 1) > 1', 14, "division by zero"),
        ('seats("Alpha") = 1', 15, "write =="),
        ('seats("Alpha") > 1 && parties() > 1', 19, "write and"),
        ('__import__("os")', 0, "not known"),
        ('seats("Alpha").__class__', 14, "attributes"),
        ("[1]", 0, "round brackets"),
        ("lambda: 1", 6, "':' is not understood"),
        ('not seats("Alpha")', 4, "an event is needed"),
        ("1 and 2", 0, "an event is needed"),
        ('"x" == "y"', 0, "this is a name"),
        ('winner(1) > "Alpha"', 10, "== or !="),
        ('winner(99) == "Alpha"', 7, "no district"),
        ('winner(1) == "Zeta"', 13, "no party or candidate"),
        ('seats("Alpha", "Alpha") > 1', 15, "twice"),
        ("seats() > 1", 0, "is written"),
        ('mean(seats("Alpha")) > 1', 0, "stands alone, around"),
        ("a\x1b[31m > 1", 1, "U+001B"),
        ("", 0, "nothing is asked"),
        ("(" * 60 + "1" + ")" * 60, 40, "too deeply"),
        ("not " * 60 + "1", 156, "too often"),
        ("1" * 40 + " > 1", 0, "too many digits"),
        ("1 > 0 or " * 1200 + "1 > 0", 0, "at most 4,000"),
    ],
)
def test_a_mistake_is_pointed_at(sentence: str, at: int, words: str) -> None:
    with pytest.raises(EventError) as caught:
        bound(sentence, HOUSE)
    assert words in str(caught.value)
    assert caught.value.at == at
    assert str(caught.value).splitlines()[-1].strip() == "^"


def test_the_caret_stands_under_the_mistake_also_behind_wide_letters() -> None:
    with pytest.raises(EventError) as caught:
        parsed('seats("党") ! 1')
    line, caret = str(caught.value).splitlines()[-2:]
    assert caret.index("^") == line.index("!") + 1  # the wide letter takes two columns of a terminal


def test_what_a_house_lacks_is_told_from_what_nobody_knows() -> None:
    lists_only = house_of(electorate(), system(districts=0))
    with pytest.raises(Misfit, match="has no districts"):
        bound('winner(1) == "Alpha"', lists_only)
    with pytest.raises(Misfit, match="has no districts"):
        bound('district_seats("Alpha") > 1', lists_only)


def test_a_house_survives_being_written_down() -> None:
    assert house_from(document_of(HOUSE)) == HOUSE


def test_candidates_are_numbered_as_the_kernel_numbers_them() -> None:
    contests = plan().model.contests
    assert [district.id for district in HOUSE.districts] == [contest.id for contest in contests]
    for district, contest in zip(HOUSE.districts, contests, strict=True):
        assert district.candidates == tuple(person.name for person in contest.candidates)
        assert district.groups == tuple(plan().model.groups[group] for group in contest.groups)


def test_numbers_beyond_sixty_four_bits_stay_exact() -> None:
    draws = chunk(votes_Alpha=[2**30 - 1, 2**30 - 2], votes_Beta=[1, 1])
    shares = " * ".join(['share("Alpha")'] * 6)
    exact = [Fraction(votes, votes + 1) ** 6 for votes in (2**30 - 1, 2**30 - 2)]
    mark = exact[0].limit_denominator(10**20)
    expected = [one >= mark for one in exact]
    assert happens(f"{shares} >= {mark.numerator}/{mark.denominator}", draws) == expected


def test_products_of_products_end_in_a_clear_word() -> None:
    with pytest.raises(EventError, match="too large"):
        happens(" * ".join(['votes("Alpha")'] * 40) + " > 1", chunk(votes_Alpha=[2**29]))


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.fractions(min_value=-(10**12), max_value=10**12, max_denominator=10**9), min_size=3, max_size=3),
    st.sampled_from(["+", "-", "*"]),
)
def test_ratios_compute_as_fractions_do(numbers: list[Fraction], sign: str) -> None:
    one, other, third = (Ratio.of(number) for number in numbers)
    a, b, c = numbers
    made = {"+": one + other, "-": one - other, "*": one * other}[sign]
    true = {"+": a + b, "-": a - b, "*": a * b}[sign]
    assert Fraction(int(made.over), int(made.under)) == true
    assert bool(made.compared(np.less, third)) == (true < c)
    if a:
        inverse = one.inverse()
        assert Fraction(int(inverse.over), int(inverse.under)) == 1 / a
        assert int(inverse.under) > 0


def test_every_word_is_in_the_help() -> None:
    from click.testing import CliRunner

    from forecast.cli.main import cli
    from forecast.events.quantities import AGGREGATES, QUANTITIES

    shown = CliRunner().invoke(cli, ["query", "--help"]).output
    assert all(f"{word}" in shown for word in (*QUANTITIES, *AGGREGATES))
