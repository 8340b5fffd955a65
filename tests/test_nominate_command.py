from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from forecast import library
from forecast.cli.main import cli
from forecast.documents import read_system
from forecast.errors import DocumentError
from tests.test_documents_toml import SYSTEM as SMALL

SYSTEM = "kazakhstan-mazhilis-2023"
EXAMPLE = library.home() / "configs" / "examples" / "kazakhstan-mazhilis-2023-candidates.csv"
HEADER = "person,party,position,district,birth_date,sex,disability,citizenship,residence_years,region\n"
ANN = "Ann,A,1,,1970-01-01,female,no,Kazakhstan,20,Astana\n"
BOB = "Bob,A,2,,1970-01-01,male,no,Kazakhstan,20,Astana\n"
CEM = "Cem,,,7,1980-01-01,male,yes,Kazakhstan,20,Astana\n"
TABLE = HEADER + ANN + BOB + CEM


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(content: str | bytes, name: str = "people.csv") -> str:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def invoked(*words: str, system: str = SYSTEM) -> Result:
    return CliRunner().invoke(cli, ["--no-color", "nominate", system, *words], catch_exceptions=False)


def form_of(*words: str) -> dict[str, Any]:
    form: dict[str, Any] = json.loads(invoked(*words, "--json").stdout)
    return form


def faults_of(table: str | bytes, *words: str, system: str = SYSTEM) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        invoked("--candidates", write(table), *words, system=system)
    assert caught.value.exit_code == 3
    return caught.value.faults


def parties_file(*rows: str) -> str:
    return write("party,region,members,initiators\n" + "\n".join(rows) + "\n", "parties.csv")


def test_a_nomination_in_order_has_no_findings() -> None:
    result = invoked("--candidates", write(TABLE))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "no findings"
    row = next(line for line in result.stdout.splitlines() if line.strip().startswith("A "))
    assert row.split() == ["A", "2", "90", "1", "0", "0", "1", "1"]


def test_the_shipped_example_has_its_deliberate_findings_and_no_others() -> None:
    result = invoked("--candidates", str(EXAMPLE))
    assert result.exit_code == 1
    marked = [line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if "deliberate finding" in line]
    assert f"{len(marked)} findings" in result.stdout
    found = [line for line in result.stdout.splitlines() if ", line " in line]
    assert len(found) == len(marked) == 4
    assert all("art." in line for line in found)
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    for finding in form_of("--candidates", str(EXAMPLE))["findings"]:
        assert "deliberate finding" in lines[finding["row"] - 1]


def test_json_has_summaries_and_findings_with_their_articles() -> None:
    form = form_of("--candidates", str(EXAMPLE))
    assert (form["system"], form["election_day"], form["mandates"]) == (SYSTEM, "2023-03-19", {})
    assert form["parties"][0] == {
        "party": "Example Party A",
        "list": 12,
        "limit": 90,
        "women": 2,
        "youth": 2,
        "disability": 1,
        "together": 4,
        "needed": 4,
    }
    assert form["findings"][0] == {
        "file": EXAMPLE.name,
        "row": 20,
        "who": "Person B-07",
        "what": "is 24 years old on 2023-03-19; at least 25 are needed",
        "law": "art. 86; Constitution of 1995, art. 51(4)",
    }


def test_the_election_day_can_be_another() -> None:
    form = form_of("--candidates", str(EXAMPLE), "--election-day", "2023-03-20")
    assert "Person B-07" not in [finding["who"] for finding in form["findings"]]


@pytest.mark.parametrize("day", ["19.03.2023", "2023-02-30", "20230319", "today"])
def test_an_election_day_that_is_no_day_is_a_fault_of_usage(day: str) -> None:
    assert invoked("--candidates", write(TABLE), "--election-day", day).exit_code == 2


def test_a_system_without_an_election_day_asks_for_one() -> None:
    words = ("--candidates", write(TABLE), "--set", "persons.election_day=none")
    result = invoked(*words)
    assert result.exit_code == 2
    assert "--election-day" in result.stderr
    assert invoked(*words, "--election-day", "2023-03-19").exit_code == 0


def test_a_system_that_says_nothing_about_persons_says_so() -> None:
    write(SMALL, "small.toml")
    assert "add a table [persons]" in faults_of(TABLE, system="small.toml")[0]


def test_who_sits_is_printed_with_who_moved_up_and_who_gave_way() -> None:
    result = invoked("--candidates", str(EXAMPLE), "--mandates", "Example Party A=8")
    assert "8. Person A-10 (position 10, moved up for the quota)" in result.stdout
    assert "gave way: Person A-07 (position 7)" in result.stdout
    assert "together: 3; needed: 3  [art. 97-1(5)]" in result.stdout
    assert "this one is ours" in result.stdout
    form = form_of("--candidates", str(EXAMPLE), "--mandates", "Example Party A=8")["mandates"]["Example Party A"]
    assert [one["position"] for one in form["sitting"]] == [1, 2, 3, 4, 5, 6, 8, 10]
    assert (form["gave_way"], form["vacant"]) == ([{"position": 7, "person": "Person A-07"}], 0)


def test_a_list_that_cannot_meet_the_quota_on_its_mandates_is_a_finding() -> None:
    table = TABLE.replace("female", "male")
    words = ("--candidates", write(table), "--set", "persons.list_quota=none")
    assert invoked(*words).exit_code == 0
    result = invoked(*words, "--mandates", "A=3")
    assert result.exit_code == 1
    assert "of 3 mandates at least 1 go to" in result.stdout
    assert "vacant: 1" in result.stdout


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("B=3", "'B' has no list; lists: A"),
        ("A=70", "has 69 seats for lists"),
        ("A=-1", "no PARTY=N"),
        ("A=1.5", "no PARTY=N"),
        ("A=" + "9" * 5000, "no PARTY=N"),
        ("A", "no PARTY=N"),
        ("=3", "no PARTY=N"),
    ],
)
def test_mandates_that_cannot_be_read_are_faults(given: str, said: str) -> None:
    assert said in faults_of(TABLE, "--mandates", given)[0]
    assert "twice" in faults_of(TABLE, "--mandates", "A=1", "--mandates", "A=2")[0]


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("1970-01-01,female", "1970-02-30,female", "line 2: birth_date", "the calendar has no such day"),
        ("1970-01-01,female", "01.01.1970,female", "line 2: birth_date", "write 1970-01-01"),
        ("1970-01-01,female", "25569,female", "line 2: birth_date", "day number"),
        ("1970-01-01,female", ",female", "line 2: birth_date", "a date is written"),
        ("1970-01-01,female", "1870-01-01,female", "line 2: birth_date", "from 1900-01-01"),
        ("1970-01-01,female", "2023-03-20,female", "line 2: birth_date", "to election day, 2023-03-19"),
        ("female", "f", "line 2: sex", "allowed: female, male"),
        ("female", "Female", "line 2: sex", "did you mean female?"),
        ("female,no", "female,0", "line 2: disability", "allowed: yes, no"),
        ("Kazakhstan,20", ",20", "line 2: citizenship", "empty"),
        ("20,Astana", "54,Astana", "line 2: residence_years", "the person is 53 years old"),
        ("20,Astana", "9.5,Astana", "line 2: residence_years", "a whole number"),
        ("20,Astana", "-1,Astana", "line 2: residence_years", "0 to 150"),
        ("20,Astana", "20,", "line 2: region", "empty"),
        ("Ann,A,1", ",A,1", "line 2: person", "empty"),
        ("Ann,A,1", "A\u200dnn,A,1", "line 2: person", "U+200D"),
        ("Ann,A,1", "Ann,,1", "line 2: party", "a person on a list belongs to a party"),
        ("Ann,A,1", "Ann,against_all,1", "line 2: party", "is no party"),
        ("Ann,A,1", "Ann,A,0", "line 2: position", "1 to 100,000"),
        ("Ann,A,1", "Ann,A,", "line 2: position", "is empty"),
        ("Ann,A,1", "Ann,A,2", "line 3: position", "is 2, as in line 2"),
        ("Bob,A,2", "Bob,а,2", "line 3: party", "looks like 'A'"),
        ("Bob,A,2", "Ann,A,2", "line 3: person", "on this list already, in line 2"),
        ("Bob,A,2", "ANN,A,2", "line 3: person", "looks like 'Ann' of line 2"),
        ("Cem,,,7", "Cem,,3,7", "line 4: position", "leave it empty"),
        ("residence_years", "residence", "line 1", "did you mean residence_years?"),
        ("Ann,A,1,,", "Ann,A,1,", "line 2", "9 cells, the header 10"),
    ],
)
def test_what_no_table_can_mean_is_a_fault_with_its_line(old: str, new: str, place: str, said: str) -> None:
    faults = faults_of(TABLE.replace(old, new, 1))
    assert any(fault.startswith(f"people.csv, {place}") and said in fault for fault in faults), faults


def test_the_same_person_twice_in_a_district_is_a_fault_and_in_two_districts_a_finding() -> None:
    assert "in this district already" in faults_of(TABLE + CEM)[0]
    [finding] = form_of("--candidates", write(TABLE + CEM.replace(",7,", ",8,")))["findings"]
    assert (finding["row"], finding["who"]) == (5, "Cem")


def test_all_faults_come_at_once() -> None:
    faults = faults_of(TABLE.replace("female", "f").replace("1980-01-01", "1980-13-01"))
    assert len(faults) == 2


def test_more_districts_than_the_system_has_are_a_fault() -> None:
    rows = "".join(CEM.replace("Cem", f"Cem {place}").replace(",7,", f",{place},") for place in range(1, 31))
    assert "names 30 districts, kazakhstan-mazhilis-2023 has 29" in faults_of(TABLE + rows.replace(",7,", ",7,"))[0]


def test_a_system_without_districts_has_no_candidates_there() -> None:
    text = SMALL[: SMALL.index('[[tier]]\nkind = "nominal"')] + "[persons]\nelection_day = 2023-03-19\n"
    write(text, "lists.toml")
    assert "but lists has no districts" in faults_of(TABLE, system="lists.toml")[0]


def test_gaps_in_positions_and_namesakes_are_warnings() -> None:
    table = TABLE.replace("Bob,A,2", "Bob,A,4") + CEM.replace("1980", "1981").replace(",7,", ",8,")
    result = invoked("--candidates", write(table))
    assert result.exit_code == 0
    assert "people.csv, line 3: position: is 4, but the list has no 2" in result.stderr
    assert "line 5: person: has the same name as line 4" in result.stderr


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"", "Кандидат".encode("cp1251"), HEADER.encode()])
def test_a_file_that_is_no_table_is_a_fault(content: bytes) -> None:
    assert faults_of(content)


def test_names_print_as_text_whatever_they_look_like() -> None:
    names = ["[bold]", "</script>", "Әйгерім Қ."]
    table = HEADER + "".join(ANN.replace("Ann,A,1", f"{name},{name},1").replace("1970", "2000") for name in names)
    result = invoked("--candidates", write(table), *(w for name in names for w in ("--mandates", f"{name}=1")))
    assert result.exit_code == 1
    assert all(f"{name}: is 23 years old" in result.stdout for name in names)


def test_a_partys_registration_is_checked_with_its_table() -> None:
    people = write(TABLE)
    regions = [f"A,Region {number},200," for number in range(20)]
    good = invoked("--candidates", people, "--parties", parties_file("A,,5000,700", *regions))
    assert (good.exit_code, good.stdout.splitlines()[-1]) == (0, "no findings")
    regions[3] = "A,Region 3,199,"
    words = ("--candidates", people, "--parties", parties_file("A,,4999,699", *regions))
    form = form_of(*words)
    assert [(one["file"], one["row"]) for one in form["findings"]] == [("parties.csv", row) for row in (2, 2, 6)]
    old = ("members=20000", "members_per_region=600", "initiators=1000")
    sets = [word for key in old for word in ("--set", f"persons.registration.{key}")]
    assert (
        len(form_of("--candidates", people, "--parties", parties_file("A,,5000,700", *regions), *sets)["findings"])
        == 22
    )


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("B,,5000,700",), "'A' of the candidates has no row here; allowed: B"),
        (("A,,5000,700", "A,,5000,700"), "parties.csv, line 3: party: 'A' is there already"),
        (("A,,5000,700", "A,Abai,9,", "A,abai,9,"), "parties.csv, line 4: party"),
        (("A,,5000,700", "Q,Abai,9,"), "'Q' has no row of its own"),
        (("A,,5000,700", "A,Abai,9,7"), "leave it empty"),
        (("A,,100,700", "A,Abai,101,"), "branches add up to 101"),
        (("A,,many,700",), "a number is needed"),
    ],
)
def test_a_table_of_parties_that_cannot_be_is_a_fault(rows: tuple[str, ...], said: str) -> None:
    faults = faults_of(TABLE, "--parties", parties_file(*rows))
    assert any(said in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("persons.mandate_qouta.share=0.3", "did you mean persons.mandate_quota?"),
        ("persons.list_quota.share=30", "5 % is 0.05"),
        ("persons.list_quota.groups=[]", "at least 1"),
        ("persons.list_quota.groups=['men']", "allowed: women, youth, disability"),
        ("persons.eligibility.age=25.5", "a whole number"),
        ("persons.eligibility.residence=area", "go together"),
        ("persons.eligibility.area=Abai", "go together"),
        ("persons.election_day=19", "a date"),
    ],
)
def test_a_wrong_law_on_persons_is_a_fault(override: str, said: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_system(SYSTEM, [override])
    assert said in caught.value.faults[0]


def test_a_way_to_stand_twice_that_the_law_does_not_name_is_allowed() -> None:
    table = write(TABLE + CEM.replace(",7,", ",8,"))
    assert invoked("--candidates", table).exit_code == 1
    assert invoked("--candidates", table, "--set", "persons.dual_candidacy.two_districts=none").exit_code == 0


def test_a_maslikhats_area_is_set_by_name() -> None:
    overrides = ["persons.eligibility={age=20, citizenship='Kazakhstan', residence='area', area='Abai'}"]
    persons = read_system(SYSTEM, overrides).value.persons
    assert persons is not None
    assert persons.eligibility is not None
    assert (persons.eligibility.age, persons.eligibility.area) == (20, "Abai")


def test_the_whole_command_ends_with_its_exit_codes() -> None:
    def code(*words: str) -> int:
        command = [sys.executable, "-m", "forecast", "nominate", SYSTEM, *words]
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode

    assert code("--candidates", write(TABLE)) == 0
    assert code("--candidates", str(EXAMPLE)) == 1
    assert code() == 2
    assert code("--candidates", "missing.csv") == 3


def test_help_loads_no_heavy_library() -> None:
    script = (
        "import sys\n"
        "from forecast.cli.main import cli\n"
        "try:\n    cli.main(['nominate', '--help'], standalone_mode=False)\nexcept SystemExit:\n    pass\n"
        "heavy = {'numba', 'pandas', 'scipy', 'pyarrow', 'numpy', 'pydantic', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "--candidates" in done.stdout
