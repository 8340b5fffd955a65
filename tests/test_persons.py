from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.documents import read_system
from forecast.rules.nomination import (
    Branch,
    Finding,
    Party,
    lists_of,
    mandate_findings,
    nomination_findings,
)
from forecast.rules.persons import (
    Person,
    PersonsQuota,
    age_on,
    group_distribution,
    in_group,
    mandate_probabilities,
    mandate_shortfall,
    mandate_table,
    mandates,
)
from forecast.rules.persons_law import Candidacy, DualCandidacy, Eligibility, ListSize, PersonsLaw

DAY = date(2023, 3, 19)
QUOTA = PersonsQuota(Fraction(3, 10), ("women", "youth", "disability"), 35, "mandates", law="art. 97-1(5)")
LIST_QUOTA = replace(QUOTA, applies_to="list", law="art. 89(4)")
SYSTEM = read_system("kazakhstan-mazhilis-2023").value
assert SYSTEM.persons is not None
LAW = SYSTEM.persons
MAN = Person("M", 1, date(1970, 1, 1), "male", False, "Kazakhstan", 30, "Astana", "A", row=2)
WOMAN = replace(MAN, name="W", sex="female")


def party_list(pattern: str, party: str = "A") -> list[Person]:
    """A list by letters: m a man outside the groups, w a woman, y a young man, d a man with a disability, x all three."""
    made = []
    for position, letter in enumerate(pattern, 1):
        made.append(
            Person(
                f"{party}-{position}",
                position,
                date(1995 if letter in "yx" else 1970, 1, 1),
                "female" if letter in "wx" else "male",
                letter in "dx",
                "Kazakhstan",
                20,
                "Astana",
                party,
                row=position + 1,
            )
        )
    return made


def positions(people: tuple[Person, ...]) -> list[int]:
    return [person.position for person in people]


def findings(*people: Person, law: PersonsLaw = LAW, seats: int = 69) -> tuple[Finding, ...]:
    return nomination_findings(law, seats, people, (), DAY)


lists = st.text("mmmwydx", max_size=12).map(party_list)


# quota on mandates


@pytest.mark.parametrize(
    ("seats", "needed"), [(0, 0), (1, 1), (3, 1), (4, 2), (5, 2), (6, 2), (8, 3), (10, 3), (40, 12)]
)
def test_thirty_percent_of_the_mandates_is_rounded_up_and_exactly_thirty_is_enough(seats: int, needed: int) -> None:
    assert QUOTA.needed(seats) == needed


def test_nobody_moves_where_the_first_on_the_list_meet_the_quota() -> None:
    assert positions(mandates(party_list("wmmwmmwmmm"), 10, QUOTA, DAY)) == list(range(1, 11))
    assert positions(mandates(party_list("mmwww"), 3, QUOTA, DAY)) == [1, 2, 3]


def test_the_last_outside_the_groups_give_way_to_the_first_inside() -> None:
    assert positions(mandates(party_list("mwmmmmywd"), 5, QUOTA, DAY)) == [1, 2, 3, 4, 7]
    assert positions(mandates(party_list("mmmmmmmmywd"), 8, QUOTA, DAY)) == [1, 2, 3, 4, 5, 9, 10, 11]


def test_a_person_in_two_groups_counts_once() -> None:
    assert sum(QUOTA.covers(person, DAY) for person in party_list("xmmm")) == 1
    assert positions(mandates(party_list("xmmmw"), 4, QUOTA, DAY)) == [1, 2, 3, 5]


def test_a_list_without_anybody_of_the_groups_seats_its_first_and_is_reported() -> None:
    people = party_list("mmmm")
    assert positions(mandates(people, 3, QUOTA, DAY)) == [1, 2, 3]
    assert mandate_shortfall(people, 3, QUOTA, DAY) == 1
    [finding] = mandate_findings(QUOTA, {"A": people}, {"A": 3}, DAY)
    assert (finding.row, finding.who, finding.law) == (2, "A", "art. 97-1(5)")
    assert finding.what == "of 3 mandates at least 1 go to women, youth, disability; the list has 0"


def test_a_list_with_too_few_of_the_groups_seats_as_many_as_it_has() -> None:
    people = party_list("mmmmmmmmmmw")
    assert positions(mandates(people, 10, QUOTA, DAY)) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 11]
    assert mandate_shortfall(people, 10, QUOTA, DAY) == 2


def test_a_list_shorter_than_its_mandates_leaves_seats_vacant() -> None:
    assert positions(mandates(party_list("mw"), 5, QUOTA, DAY)) == [1, 2]
    assert mandates([], 5, QUOTA, DAY) == ()


def test_without_a_quota_mandates_go_down_the_list() -> None:
    assert positions(mandates(party_list("mmmw"), 3, None, DAY)) == [1, 2, 3]
    assert mandate_shortfall(party_list("mmm"), 3, None, DAY) == 0
    assert mandate_findings(None, {"A": party_list("mmm")}, {"A": 3}, DAY) == ()


def test_the_order_is_that_of_positions_and_not_of_rows() -> None:
    people = party_list("mmmwm")
    assert mandates(people[::-1], 3, QUOTA, DAY) == mandates(people, 3, QUOTA, DAY)


@settings(deadline=None)
@given(lists, st.integers(0, 14))
def test_no_other_choice_meets_the_quota_with_fewer_changes(people: list[Person], seats: int) -> None:
    first = set(people[:seats])
    best = mandates(people, seats, QUOTA, DAY)
    reachable = min(
        QUOTA.needed(seats),
        max(sum(QUOTA.covers(p, DAY) for p in some) for some in combinations(people, min(seats, len(people)))),
    )
    fewest = min(
        len(set(some) - first)
        for some in combinations(people, min(seats, len(people)))
        if sum(QUOTA.covers(p, DAY) for p in some) >= reachable
    )
    assert len(best) == min(seats, len(people))
    assert sum(QUOTA.covers(person, DAY) for person in best) >= reachable
    assert len(set(best) - first) == fewest
    assert positions(best) == sorted(positions(best))
    assert mandate_shortfall(people, seats, QUOTA, DAY) == max(
        0, QUOTA.needed(seats) - sum(QUOTA.covers(person, DAY) for person in people)
    )


# chances


def test_chances_of_a_mandate_are_exact_fractions() -> None:
    people = party_list("mmw")
    table = mandate_table(people, 3, QUOTA, DAY)
    assert [positions(sitting) for sitting in table] == [[], [3], [1, 3], [1, 2, 3]]
    pmf = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(1, 8)]
    chances = mandate_probabilities(table, pmf)
    assert [chances[person] for person in people] == [Fraction(1, 4), Fraction(1, 8), Fraction(1, 2)]
    assert group_distribution(table, pmf, lambda person: person.sex == "female") == [Fraction(1, 2), Fraction(1, 2)]
    assert group_distribution(table, pmf, lambda person: person.disability) == [1]


def test_chances_may_be_floats_and_the_table_longer_than_the_distribution() -> None:
    chances = mandate_probabilities(mandate_table(party_list("wm"), 2, QUOTA, DAY), [0.25, 0.75])
    assert list(chances.values()) == [0.75]


def test_a_distribution_beyond_the_table_is_an_error() -> None:
    table = mandate_table(party_list("wm"), 1, QUOTA, DAY)
    with pytest.raises(ValueError, match="3 numbers of seats"):
        mandate_probabilities(table, [0.5, 0.25, 0.25])
    with pytest.raises(ValueError, match="0 numbers of seats"):
        mandate_probabilities(table, [0.5][:0])


@settings(deadline=None)
@given(lists, st.lists(st.integers(0, 9), min_size=1, max_size=13).filter(any))
def test_chances_add_up_to_the_expected_number_of_deputies(people: list[Person], weights: list[int]) -> None:
    pmf = [Fraction(weight, sum(weights)) for weight in weights]
    table = mandate_table(people, len(pmf) - 1, QUOTA, DAY)
    expected = sum(probability * len(sitting) for probability, sitting in zip(pmf, table, strict=True))
    assert sum(mandate_probabilities(table, pmf).values()) == expected
    women = group_distribution(table, pmf, lambda person: person.sex == "female")
    assert sum(women) == 1
    chances = mandate_probabilities(table, pmf)
    assert sum(number * chance for number, chance in enumerate(women)) == sum(
        chance for person, chance in chances.items() if person.sex == "female"
    )


# ages and groups


def test_a_birthday_on_election_day_counts() -> None:
    assert findings(replace(WOMAN, birth=date(1998, 3, 19))) == ()
    [young] = findings(replace(WOMAN, birth=date(1998, 3, 20)))
    assert young.what == "is 24 years old on 2023-03-19; at least 25 are needed"
    assert (young.who, young.row, young.law) == ("W", 2, "art. 86; Constitution of 1995, art. 51(4)")


def test_who_was_born_on_a_leap_day_is_a_year_older_on_the_first_of_march() -> None:
    born = date(2000, 2, 29)
    assert [age_on(born, day) for day in (date(2025, 2, 28), date(2025, 3, 1), date(2024, 2, 29))] == [24, 25, 24]


def test_youth_lasts_to_the_day_before_the_thirty_sixth_birthday() -> None:
    assert in_group(replace(MAN, birth=date(1987, 3, 20)), "youth", 35, DAY)
    assert not in_group(replace(MAN, birth=date(1987, 3, 19)), "youth", 35, DAY)


# eligibility


def test_a_foreigner_and_a_newcomer_are_found() -> None:
    [foreign] = findings(replace(WOMAN, citizenship="Kyrgyzstan"))
    assert "citizenship of Kazakhstan is needed" in foreign.what
    assert findings(replace(WOMAN, residence_years=10)) == ()
    [newcomer] = findings(replace(WOMAN, residence_years=9))
    assert newcomer.what == "has lived in the country for 9 years; the last 10 are needed"


def test_a_maslikhat_asks_for_twenty_years_of_age_and_where_it_says_so_for_residence_in_its_area() -> None:
    rule = Eligibility(20, "Kazakhstan", residence="area", area="Abai", law="art. 102")
    law = PersonsLaw(eligibility=rule)
    here = replace(WOMAN, birth=date(2003, 3, 19), region="Abai", residence_years=0)
    assert findings(here, law=law) == ()
    [young] = findings(replace(here, birth=date(2003, 3, 20)), law=law)
    assert "at least 20" in young.what
    [stranger] = findings(replace(here, region="Astana"), law=law)
    assert stranger.what == "lives in Astana; residence in Abai is needed"
    [late] = findings(here, law=PersonsLaw(eligibility=replace(rule, residence_years=1)))
    assert late.what == "has lived in Abai for 0 years; the last 1 are needed"


def test_a_law_without_rules_finds_nothing() -> None:
    people = [replace(MAN, birth=DAY, district=place) for place in ("", "1", "2")]
    assert findings(*people, law=PersonsLaw()) == ()


# standing twice


def test_nobody_stands_on_a_list_and_in_a_district() -> None:
    [finding] = findings(WOMAN, replace(WOMAN, position=0, district="7", row=9))
    assert (finding.row, finding.law) == (9, "art. 87(2)")
    assert finding.what == "stands in district 7 and on the list of A (line 2)"


def test_nobody_stands_in_two_districts_or_on_two_lists() -> None:
    [finding] = findings(replace(WOMAN, district="7"), replace(WOMAN, district="8", row=3))
    assert finding.what == "stands in district 8 and in district 7 (line 2)"
    assert "103(6)" in finding.law
    [finding] = findings(WOMAN, replace(WOMAN, party="B", row=3))
    assert finding.what == "stands on the list of B and on the list of A (line 2)"
    assert "art. 3(2)" in finding.law


def test_namesakes_born_on_other_days_are_two_persons() -> None:
    assert findings(WOMAN, replace(WOMAN, birth=date(1970, 1, 2), district="7")) == ()
    assert len(findings(WOMAN, replace(WOMAN, name="w ", district="7"))) == 1


def test_a_law_may_allow_to_stand_twice() -> None:
    allowed = Candidacy(allowed=True)
    people = [WOMAN, replace(WOMAN, party="B"), replace(WOMAN, district="7"), replace(WOMAN, district="8")]
    assert findings(*people, law=PersonsLaw(dual_candidacy=DualCandidacy(allowed, allowed, allowed))) == ()
    assert len(findings(*people)) == 3


# lists


@pytest.mark.parametrize(("seats", "limit"), [(69, 90), (145, 189), (98, 128), (10, 13), (1, 2)])
def test_a_list_has_at_most_three_tenths_more_persons_than_seats_rounded_up(seats: int, limit: int) -> None:
    assert LAW.list_size is not None
    assert LAW.list_size.limit(seats) == limit
    assert findings(*party_list("w" * limit), seats=seats) == ()
    [finding] = findings(*party_list("w" * (limit + 1)), seats=seats)
    assert finding.what == f"the list has {limit + 1} persons; at most {limit} are allowed for {seats} seats"
    assert finding.law == "art. 89(4)"


def test_the_limit_may_be_rounded_down() -> None:
    assert ListSize(Fraction(3, 10), "down").limit(69) == 89


def test_a_list_with_exactly_thirty_percent_of_the_groups_passes() -> None:
    assert findings(*party_list("wydmmmmmmm")) == ()
    [finding] = findings(*party_list("wydmmmmmmmm"))
    assert finding.what == "3 of the list's 11 persons belong to women, youth, disability; at least 4 are needed"


def test_the_quota_of_a_maslikhat_does_not_count_disability() -> None:
    law = PersonsLaw(list_quota=replace(LIST_QUOTA, groups=("women", "youth"), law="art. 104(4)"))
    assert findings(*party_list("dmm")) == ()
    assert [finding.law for finding in findings(*party_list("dmm"), law=law)] == ["art. 104(4)"]


def test_people_in_districts_are_on_no_list() -> None:
    assert lists_of([replace(MAN, district="1")]) == {}
    assert findings(replace(MAN, district="1", party="")) == ()


@settings(deadline=None)
@given(lists)
def test_a_list_that_meets_its_quota_meets_that_on_any_number_of_mandates_it_can_fill(people: list[Person]) -> None:
    if sum(QUOTA.covers(person, DAY) for person in people) >= QUOTA.needed(len(people)):
        assert not any(mandate_shortfall(people, seats, QUOTA, DAY) for seats in range(len(people) + 1))


# parties


def party(members: int, each: int, branches: int = 20, initiators: int | None = None) -> Party:
    regions = tuple(Branch(f"Region {number}", each, 3 + number) for number in range(branches))
    return Party("A", members, initiators, regions, row=2)


@pytest.mark.parametrize(
    ("overrides", "members", "each", "initiators"),
    [
        ((), 5_000, 200, 700),
        (
            (
                "persons.registration.members=20000",
                "persons.registration.members_per_region=600",
                "persons.registration.initiators=1000",
                "persons.registration.regions=17",
            ),
            20_000,
            600,
            1_000,
        ),
    ],
)
def test_a_party_is_registered_with_just_enough_and_not_with_one_less(
    overrides: tuple[str, ...], members: int, each: int, initiators: int
) -> None:
    law = read_system("kazakhstan-mazhilis-2023", overrides).value.persons
    assert law is not None
    assert nomination_findings(law, 69, (), [party(members, each, 20, initiators)], DAY) == ()
    lacking = nomination_findings(law, 69, (), [party(members - 1, each - 1, 20, initiators - 1)], DAY)
    assert [finding.row for finding in lacking] == [2, 2, *range(3, 23)]
    assert "initiators" in lacking[0].what
    assert f"at least {members:,} are needed" in lacking[1].what
    assert lacking[2].what == f"has {each - 1} members in Region 0; at least {each} are needed"


def test_a_party_needs_a_branch_in_every_region_and_initiators_need_not_be_known() -> None:
    [finding] = nomination_findings(LAW, 69, (), [party(9_000, 400, 19)], DAY)
    assert finding.what == "has branches in 19 regions; all 20 are needed"
    assert finding.law == "law on political parties, art. 6(1), 10(6)"


# deposit


def test_the_deposit_falls_with_the_share_of_the_last_election() -> None:
    assert LAW.deposit is not None
    owed = [LAW.deposit.owed(90, Fraction(share, 1000)) for share in (0, 9, 10, 29, 30, 49, 50, 539)]
    assert owed == [1350, 1350, 945, 945, 675, 675, 0, 0]
    assert LAW.deposit.returned_at == Fraction(1, 20)


@pytest.mark.parametrize(
    ("system", "age", "list_groups", "mandate_groups", "back"),
    [
        ("kazakhstan-mazhilis-2023", 25, 3, 3, Fraction(1, 20)),
        ("kazakhstan-kurultai-2026", 25, 3, 3, Fraction(1, 20)),
        ("kazakhstan-mazhilis-2012", 25, 0, 0, Fraction(7, 100)),
        ("kazakhstan-maslikhat-region-2023", 20, 2, 0, Fraction(1, 20)),
        ("kazakhstan-maslikhat-local-2023", 20, 0, 0, Fraction(1, 20)),
    ],
)
def test_the_law_on_persons_of_each_system_is_that_of_its_edition(
    system: str, age: int, list_groups: int, mandate_groups: int, back: Fraction
) -> None:
    law = read_system(system).value.persons
    assert law is not None
    assert law.eligibility is not None
    assert law.deposit is not None
    assert law.eligibility.age == age
    assert len(law.list_quota.groups if law.list_quota else ()) == list_groups
    assert len(law.mandate_quota.groups if law.mandate_quota else ()) == mandate_groups
    assert law.deposit.returned_at == back
    assert law.deposit.owed(10, back) == (0 if law.deposit.steps else 50)


def test_nobody_stands_on_a_list_and_in_a_district_of_a_maslikhat() -> None:
    law = read_system("kazakhstan-maslikhat-region-2023").value.persons
    assert law is not None
    young = replace(WOMAN, birth=date(2003, 3, 20), residence_years=0)
    standing = replace(young, position=0, district="4", row=3)
    found = nomination_findings(law, 15, [young, standing], (), DAY)
    assert [(one.who, one.law) for one in found] == [
        ("W", "art. 102; Constitution of 1995, art. 86(3)"),
        ("W", "art. 102; Constitution of 1995, art. 86(3)"),
        ("W", "art. 103(3-1)"),
    ]
    of_age = [replace(one, birth=date(2003, 3, 19)) for one in (young, standing)]
    assert [one.law for one in nomination_findings(law, 15, of_age, (), DAY)] == ["art. 103(3-1)"]
