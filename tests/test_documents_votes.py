from __future__ import annotations

from pathlib import Path

import pytest

from forecast.documents import Persons, read_persons, read_system, read_votes, vote_warnings
from forecast.documents.names import clash, name_fault
from forecast.errors import DocumentError
from forecast.rules.ballots import Paper, Votes
from forecast.rules.system import ElectoralSystem
from tests.test_documents_toml import SYSTEM

HEADER = "tier,district,option,votes\n"
LISTS = "party lists,,NA,60\nparty lists,,null,30\nparty lists,,against_all,7\nparty lists,,invalid,3\n"
DISTRICTS = "".join(f"single-member districts,{place}\n" for place in ("007,Ann,5", "007,Bob,4", "8,Ann,1", "8,</b>,2"))
VOTES = HEADER + LISTS + DISTRICTS


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ElectoralSystem:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "small.toml"
    path.write_text(SYSTEM, encoding="utf-8")
    return read_system(path).value


def write(content: str | bytes) -> Path:
    path = Path.cwd() / "votes.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def faults_of(content: str | bytes, system: ElectoralSystem) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read_votes(write(content), system)
    return caught.value.faults


def test_votes_keep_their_order_and_their_text(system: ElectoralSystem) -> None:
    votes = read_votes(write(VOTES), system)
    assert votes.tiers["party lists"] == {"": Paper({"NA": 60, "null": 30}, against_all=7, invalid=3)}
    assert list(votes.tiers["single-member districts"]) == ["007", "8"]
    assert list(votes.tiers["single-member districts"]["8"].votes) == ["Ann", "</b>"]
    assert vote_warnings(votes, system) == ()


def test_a_tier_without_rows_stays_absent(system: ElectoralSystem) -> None:
    assert list(read_votes(write(HEADER + LISTS), system).tiers) == ["party lists"]


def test_a_byte_order_mark_blank_lines_and_quotes_change_nothing(system: ElectoralSystem) -> None:
    odd = "\ufeff" + VOTES.replace("NA,60", '"NA"," 60 "').replace("\n", "\r\n\r\n")
    assert read_votes(write(odd), system) == read_votes(write(VOTES), system)


def test_a_district_with_one_candidate_is_a_warning(system: ElectoralSystem) -> None:
    votes = read_votes(write(VOTES.replace("single-member districts,8,Ann,1\n", "")), system)
    [warning] = vote_warnings(votes, system)
    assert "district '8' has one candidate" in warning


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("NA,60", "NA,-60", "votes.csv, line 2: votes", "at least 0"),
        ("NA,60", "NA,60.0", "votes.csv, line 2: votes", "a whole number"),
        ("NA,60", "NA,6e1", "votes.csv, line 2: votes", "a number is needed"),
        ("NA,60", 'NA,"6,5"', "votes.csv, line 2: votes", "with a point: 6.5"),
        ("NA,60", "NA,3 431 510", "votes.csv, line 2: votes", "3431510"),
        ("NA,60", "NA,3\u202f431\u202f510", "votes.csv, line 2: votes", "3431510"),
        ("NA,60", "NA,", "votes.csv, line 2: votes", "is empty"),
        ("NA,60", "NA," + "9" * 19, "votes.csv, line 2: votes", "18 digits"),
        ("NA,60", ",60", "votes.csv, line 2: option", "empty"),
        ("NA,60", "null,60", "votes.csv, line 3: option", "line 2"),
        ("NA,60", "NULL,60", "votes.csv, line 3: option", "line 2"),
        ("NA,60", "N\u0000A,60", "votes.csv, line 2", "NUL"),
        ("NA,60", "N\u200dA,60", "votes.csv, line 2: option", "U+200D ZERO WIDTH JOINER"),
        ("NA,60", "NA,60,1", "votes.csv, line 2", "5 cells, the header 4"),
        ("NA,60", "60", "votes.csv, line 2", "3 cells, the header 4"),
        ("NA,60", '"NA,60', "votes.csv, line 2", "broken quotes"),
        ("NA,60", "N" * 200_000 + ",60", "votes.csv, line 2", "more than 131,072 characters"),
        ("party lists,,NA", "party list,,NA", "votes.csv, line 2: tier", "did you mean party lists?"),
        ("party lists,,NA", "party lists,1,NA", "votes.csv, line 2: district", "leave it empty"),
        ("districts,007,Ann", "districts,,Ann", "votes.csv, line 6: district", "is empty"),
        ("districts,8,Ann", "districts,9,Ann", "votes.csv: tier.single-member districts", "3 districts, small has 2"),
        ("option,votes", "option,option", "votes.csv, line 1", "'option' is there 2 times"),
        ("option,votes", "option,vots", "votes.csv, line 1", "did you mean votes?"),
        ("option,votes", "option,votes,x", "votes.csv, line 1", "unknown column 'x'"),
    ],
)
def test_a_fault_of_a_table_names_file_line_and_column(
    system: ElectoralSystem, old: str, new: str, place: str, said: str
) -> None:
    assert old in VOTES
    fault = faults_of(VOTES.replace(old, new, 1), system)[0]
    assert fault.startswith(place)
    assert said in fault


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "votes.csv: the file is empty"),
        (HEADER, "votes.csv: has a header, but no rows"),
        (VOTES.replace(",", ";"), "votes.csv, line 1: columns are separated by semicolons"),
        (VOTES.replace(",", "\t"), "votes.csv, line 1: columns are separated by tabs"),
        (VOTES.replace("NA", "Аманат").encode("cp1251"), "votes.csv, line 2: not UTF-8; looks like Windows-1251"),
        (VOTES.encode("utf-16"), "votes.csv: not UTF-8; looks like UTF-16"),
        (b"PK\x03\x04", "votes.csv: this is an xlsx file"),
        (HEADER + "party lists,,NA,0\n", "votes.csv: tier.party lists: all votes are zero"),
        (HEADER + "party lists,,against_all,1\n", "votes.csv: tier.party lists: the tier has no party"),
    ],
)
def test_a_file_that_holds_no_votes_says_why(system: ElectoralSystem, content: str | bytes, said: str) -> None:
    assert faults_of(content, system)[0].startswith(said)


def test_a_district_without_candidates_is_named(system: ElectoralSystem) -> None:
    rows = "single-member districts,1,Ann,5\nsingle-member districts,2,against_all,5\n"
    assert "district '2' has no candidate" in faults_of(HEADER + rows, system)[0]


def test_persons_are_counted_on_lists_and_named_in_districts(system: ElectoralSystem) -> None:
    rows = "party lists,,Ann,NA\nparty lists,,Bob,NA\nsingle-member districts,007,Cem,NA\n"
    path = write("tier,district,candidate,party\n" + rows + "single-member districts,007,Dan,\n")
    parties = {("007", "Cem"): "NA", ("007", "Dan"): "Self-nominated"}
    assert read_persons(path, system) == Persons({"NA": 2}, parties)


def test_a_person_twice_and_a_list_person_without_a_party_are_faults(system: ElectoralSystem) -> None:
    path = write("tier,district,candidate,party\nparty lists,,Ann,NA\nparty lists,,ann,NA\nparty lists,,Bob,\n")
    with pytest.raises(DocumentError) as caught:
        read_persons(path, system)
    assert sorted(fault.partition(": ")[0] for fault in caught.value.faults) == [
        "votes.csv, line 3",
        "votes.csv, line 4",
    ]


@pytest.mark.parametrize(
    "name", ["</script>", "=cmd()", "[bold]", "Әділ Ғалым Қ. Ңүө Ұлы", "Däulet", "007", "null", "😀"]
)
def test_odd_names_are_only_names(name: str) -> None:
    assert name_fault(name) is None


@pytest.mark.parametrize("name", ["", "a\nb", "a\u202eb", "a\u200bb", "a\u00adb", "a\x1b[1m", "Aманат", "x" * 20_001])
def test_names_that_hide_something_are_refused(name: str) -> None:
    assert name_fault(name) is not None


@pytest.mark.parametrize(("name", "other"), [("АСЕ", "ACE"), ("Ауыл", "АУЫЛ"), ("é", "e\u0301")])
def test_names_that_look_the_same_clash(name: str, other: str) -> None:
    assert clash(name, ["x", other]) == other


def test_against_all_by_another_name_is_warned_of() -> None:
    votes = Votes({"party lists": {"": Paper({"Alpha": 3, "Против всех": 2, "None of the above": 1})}})
    system = read_system("kazakhstan-mazhilis-2023").value
    warnings = vote_warnings(votes, system)
    assert len(warnings) == 2
    assert all('reads like the line "against all"' in warning for warning in warnings)
