from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from forecast.documents.locate import Locator
from forecast.documents.system import read_system
from forecast.documents.toml import BadNumber, exact, parsed
from forecast.errors import DocumentError

SYSTEM = """\
name = "Small house"
in_force = 2023-01-01
linkage = "parallel"

[[tier]]
kind = "list"
name = "party lists"
seats = 10
threshold = {share = 0.05, law = "art. 1"}
formula = {method = "largest remainder"}
second_list = {coefficient = 0.7, minimum_seats = 2}

[[tier]]
kind = "nominal"
name = "single-member districts"
districts = 2
formula = {method = "plurality"}
"""


@pytest.fixture(autouse=True)
def _in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(content: str | bytes) -> Path:
    path = Path.cwd() / "small.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def faults_of(content: str | bytes, *overrides: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read_system(write(content), overrides)
    assert caught.value.exit_code == 3
    return caught.value.faults


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "said"),
    [
        ("threshold =", "threshhold =", 9, "tier.party lists.threshhold", "did you mean threshold?"),
        ("seats = 10\n", "", 5, "tier.party lists.seats", "missing"),
        ("seats = 10", 'seats = "98"', 8, "tier.party lists.seats", "write 98 without quotes"),
        ("seats = 10", "seats = 98.5", 8, "tier.party lists.seats", "the number 98.5; a whole number is needed"),
        ("seats = 10", "seats = true", 8, "tier.party lists.seats", "is true; a whole number is needed"),
        ("seats = 10", "seats = 0", 8, "tier.party lists.seats", "at least 1"),
        ("seats = 10", "seats = -1", 8, "tier.party lists.seats", "at least 1"),
        ("seats = 10", "seats = 100001", 8, "tier.party lists.seats", "at most 100000"),
        ("seats = 10", "seats = " + "9" * 40, 8, "tier.party lists.seats", "40 digits is too large"),
        ("seats = 10", "seats = 1e3", 8, "tier.party lists.seats", "a whole number is needed"),
        ("0.05", "nan", 9, "tier.party lists.threshold.share", "not a finite number"),
        ("0.05", "-inf", 9, "tier.party lists.threshold.share", "not a finite number"),
        ("0.05", "1e400", 9, "tier.party lists.threshold.share", "out of range"),
        ("0.05", "1e999999999", 9, "tier.party lists.threshold.share", "out of range"),
        ("0.05", "1e-999999999", 9, "tier.party lists.threshold.share", "out of range"),
        ("0.05", "0." + "1" * 500, 9, "tier.party lists.threshold.share", "too many digits"),
        ("0.05", "0.0000001", 9, "tier.party lists.threshold.share", "1,000,000"),
        ("0.05", "5", 9, "tier.party lists.threshold.share", "5 % is 0.05"),
        ("0.05", "1", 9, "tier.party lists.threshold.share", "below 1"),
        ("0.05", "-0.05", 9, "tier.party lists.threshold.share", "at least 0"),
        ("0.05", '"0.05"', 9, "tier.party lists.threshold.share", "write 0.05 without quotes"),
        ("0.7", "1.1", 11, "tier.party lists.second_list.coefficient", "at most 1"),
        ("minimum_seats = 2", "minimum_seats = -1", 11, "tier.party lists.second_list.minimum_seats", "at least 0"),
        ("minimum_seats = 2", "minimum_seats = 11", 11, "tier.party lists.second_list.minimum_seats", "10 seats"),
        ('"largest remainder"', '"largest remainders"', 10, "tier.party lists.formula.method", "did you mean"),
        ('kind = "list"', 'kind = "lists"', 6, "tier.party lists.kind", "did you mean list?"),
        ('kind = "list"\n', "", 5, "tier.party lists.kind", "missing"),
        ('"single-member districts"', '"Party Lists"', 15, "tier.Party Lists.name", "different names"),
        ('"party lists"', '"party\u200blists"', 7, "tier.party", "U+200B ZERO WIDTH SPACE"),
        ('"party lists"', '""', 7, "tier.", "empty"),
        ("2023-01-01", '"2023-01-01"', 2, "in_force", "without quotes"),
        ("2023-01-01", "2023-01-01T10:00:00", 2, "in_force", "without a time"),
        ('"parallel"', '"compensatory"', 3, "linkage", "parallel"),
        ("threshold = {share = 0.05", "threshold = 0.05 #", 9, "tier.party lists.threshold", "a table {...}"),
    ],
)
def test_a_fault_names_file_line_and_key(old: str, new: str, line: int, key: str, said: str) -> None:
    assert old in SYSTEM
    [fault] = faults_of(SYSTEM.replace(old, new, 1))
    assert fault.startswith(f"small.toml, line {line}: {key}")
    assert said in fault


@pytest.mark.parametrize(
    ("content", "place", "said"),
    [
        ('name = "x"\nseats == 3\n', "small.toml, line 2, column 8", "'seats == 3'"),
        ("Аманат = 53.9\n", "small.toml, line 1", 'in quotes: "Аманат" = ...'),
        ("name = 'x'\nshare = 5,0\n", "small.toml, line 2", "written with a point"),
        ("name = 'x'\n\nname = 'y'\n", "small.toml, line 3: name", "line 1 has it already"),
        ("[a]\nb = 1\n[c]\n[a]\n", "small.toml, line 4: a", "line 1 has it already"),
        ("a = {b = 1, b = 2}\n", "small.toml, line 1: a.b", "given twice"),
        ("a = " + "[" * 3000 + "]" * 3000, "small.toml", "nested too deeply"),
        ("a = " + "[" * 100 + "]" * 100, "small.toml", "nested too deeply"),
        ("a = 1\nb = " + "9" * 5000, "small.toml, line 2", "too large"),
        ("", "small.toml", "empty"),
        ("  \n", "small.toml", "empty"),
        (SYSTEM.encode("utf-16"), "small.toml", "looks like UTF-16"),
        ('# Закон о выборах\nname = "Мажилис"\n'.encode("cp1251"), "small.toml, line 1", "looks like Windows-1251"),
        (b'name = "a\x00b"', "small.toml, line 1", "NUL"),
        (b"PK\x03\x04rest", "small.toml", "xlsx"),
    ],
)
def test_a_text_that_is_no_toml_says_where_and_what_to_write(content: str | bytes, place: str, said: str) -> None:
    [fault] = faults_of(content)
    assert fault.startswith(place)
    assert said in fault


def test_all_faults_come_at_once() -> None:
    broken = SYSTEM.replace("seats = 10", "seats = 0").replace("0.05", "nan").replace("districts = 2", "distrits = 2")
    assert [fault.split(": ")[1] for fault in sorted(faults_of(broken))] == [
        "tier.single-member districts.distrits",
        "tier.party lists.seats",
        "tier.party lists.threshold.share",
    ]


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    marked = read_system(write(b"\xef\xbb\xbf" + SYSTEM.replace("\n", "\r\n").encode())).value
    assert marked == read_system(write(SYSTEM)).value


def test_lines_are_right_with_windows_line_ends() -> None:
    [fault] = faults_of(SYSTEM.replace("districts = 2", "districts = 0").replace("\n", "\r\n"))
    assert fault.startswith("small.toml, line 16: tier.single-member districts.districts")


def test_minus_zero_is_zero() -> None:
    document = read_system(write(SYSTEM.replace("0.05", "-0.0"))).document
    assert document["tier"][0]["threshold"]["share"] == "0"


@pytest.mark.parametrize(
    ("name", "said"),
    [("-", "standard input"), (".", "folder"), ("missing.toml", "no such file"), ("small.toml/x.toml", "no such file")],
)
def test_a_file_that_cannot_be_a_document_is_named(name: str, said: str) -> None:
    write(SYSTEM)
    with pytest.raises(DocumentError, match=said):
        read_system(Path(name))


def test_a_file_that_is_too_big_is_not_read() -> None:
    path = write(SYSTEM)
    with path.open("r+b") as stream:
        stream.truncate(2 * 10**9)
    with pytest.raises(DocumentError, match="2,000,000,000 bytes; at most 10,000,000"):
        read_system(path)


def test_a_control_character_in_a_key_cannot_steer_the_terminal() -> None:
    [fault] = faults_of('"\\u001b[31m" = 1\n' + SYSTEM)
    assert "\x1b" not in fault


@pytest.mark.parametrize(
    ("written", "number"), [("0.05", Fraction(1, 20)), ("1_0.5", Fraction(21, 2)), ("7e-1", Fraction(7, 10))]
)
def test_numbers_of_the_law_are_exact(written: str, number: Fraction) -> None:
    assert exact(written) == number


def test_a_number_out_of_range_is_kept_as_written() -> None:
    assert isinstance(exact("1e999999999"), BadNumber)


def test_the_locator_knows_every_line() -> None:
    text = (
        'a = """\nx = 1\n"""\nb."c.d" = [\n  {e = "]"}, # ] }\n  {e = 2},\n]\n[[t.u]]\n[t.u.v]\nw = 1\n[[t.u]]\nw = 2\n'
    )
    tree, locator = parsed(text, "x")
    assert tree["t"]["u"][1] == {"w": 2}
    expected = {("a",): 1, ("b", "c.d"): 4, ("b", "c.d", 0, "e"): 5, ("b", "c.d", 1, "e"): 6}
    expected |= {("t", "u", 0): 8, ("t", "u", 0, "v", "w"): 10, ("t", "u", 1): 11, ("t", "u", 1, "w"): 12}
    assert {path: locator.lines[path] for path in expected} == expected
    assert locator.line_of(("t", "u", 1, "missing")) == 11


def test_the_locator_finds_the_key_that_is_given_twice() -> None:
    assert Locator("[a]\nx = 1\n[b]\nx = 1\n\nx = 2\n").twice == (("b", "x"), 4, 6)
