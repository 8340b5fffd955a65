"""Poll tables of any dialect and layout: read and said, or refused with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from forecast.documents.faults import Faults
from forecast.documents.poll_table import PollRows, read_poll_table

LONG = (
    "pollster,fieldwork_start,fieldwork_end,sample_size,party,share\n"
    "House,2023-02-01,2023-02-05,1000,Alpha,48.6\n"
    "House,2023-02-01,2023-02-05,1000,NA,30.4\n"
    "Other,2023-03-01,2023-03-05,,Alpha,50\n"
    "Other,2023-03-01,2023-03-05,,NA,31.5\n"
)
WIDE = (
    "Институт;Дата;Выборка;Аманат;Ауыл;Против всех;Затрудняюсь ответить\n"
    "X;2023-01-28;1 200;48,6;6,2;2,6;22,8\n"
    "Y;2023-02-28;;50;-;2,6;22,8\n"
)


def read(path: Path, content: str | bytes) -> tuple[PollRows | None, list[str]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    faults = Faults()
    return read_poll_table(path, faults), faults.lines


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "polls.csv"


def cells(rows: PollRows) -> list[tuple[str, ...]]:
    return [tuple(row.text(one) for one in ("poll_id", "sample_size", "party", "share")) for row in rows.table.rows]


def test_a_long_table_keeps_party_codes_that_other_readers_turn_into_numbers(file: Path) -> None:
    codes = ["NA", "None", "null", "nan", "true", "2023", "1e5", "007"]
    text = LONG.splitlines()[0] + "\n" + "".join(f"H,2023-02-01,2023-02-05,9,{code},10\n" for code in codes)
    rows, faults = read(file, text)
    assert not faults
    assert rows is not None
    assert rows.parties == tuple(codes)


def test_a_wide_table_with_semicolons_and_decimal_commas_is_read_and_said(file: Path) -> None:
    rows, faults = read(file, WIDE)
    assert not faults
    assert rows is not None
    assert cells(rows) == [
        ("X 2023-01-28", "1200", "Аманат", "48.6"),
        ("X 2023-01-28", "1200", "Ауыл", "6.2"),
        ("X 2023-01-28", "1200", "against_all", "2.6"),
        ("X 2023-01-28", "1200", "undecided", "22.8"),
        ("Y 2023-02-28", "", "Аманат", "50"),
        ("Y 2023-02-28", "", "against_all", "2.6"),
        ("Y 2023-02-28", "", "undecided", "22.8"),
    ]
    assert rows.parties == ("Аманат", "Ауыл", "against_all")
    said = "\n".join(rows.said)
    for words in (
        "separated by semicolons", "'48,6' is read as 48.6", "'1 200' is read as 1200", "'Против всех' is read as",
        "'-' in a column of shares", "columns are options: Аманат, Ауыл", "does not say when fieldwork began",
    ):  # fmt: skip
        assert words in said


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u202f", "'", "."])
def test_separators_of_thousands_are_taken_out_where_they_can_be_nothing_else(file: Path, space: str) -> None:
    rows, faults = read(file, WIDE.replace("1 200", f"1{space}200"))
    assert not faults
    assert rows is not None
    assert rows.table.rows[0].text("sample_size") == "1200"


def test_windows_1251_is_read_where_every_word_is_cyrillic_and_said(file: Path) -> None:
    rows, faults = read(file, WIDE.encode("cp1251"))
    assert not faults
    assert rows is not None
    assert rows.said[0].startswith("is not UTF-8; read as Windows-1251")
    assert rows.parties[0] == "Аманат"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04rest", "this is an xlsx file"),
        (b"", "the file is empty"),
        (LONG.splitlines()[0].encode() + b"\n", "has a header, but no rows"),
        (LONG.replace("House", "H\x00use").encode(), "line 2: holds a NUL byte"),
        ("Sørensen".encode("latin-1") + b",a\n1,2\n", "not UTF-8"),
        (LONG.encode("utf-16"), "looks like UTF-16"),
        (LONG.replace("1000,Alpha", "Alpha").encode(), "line 2: the row has 5 cells, the header 6"),
        (LONG.replace("48.6", "48,6").encode(), "line 2: the row has 7 cells, the header 6"),
        (LONG.replace("pollster", "share").encode(), "column 'share' is there 2 times"),
        (LONG.replace("pollster", "mood").encode(), "column pollster is missing"),
        (LONG.replace("sample_size", "mood").encode(), "unknown column 'mood'"),
        (LONG.replace("share", "Alpha").encode(), "column share is missing"),
        (LONG.replace("30.4", '"30,4"').encode(), "with a comma here (30,4) and with a point in line 2 (48.6)"),
        (WIDE.replace("1 200", "1,200").encode(), "may be 1200 or a decimal number: write 1200"),
        (LONG.replace("48.6", "1" * 200_000).encode(), "a cell has more than"),
        (("Polls of 2023\n" + LONG).encode(), "'Polls of 2023' is no header"),
        (WIDE.replace(";Ауыл", ";remark").replace("6,2;", "fine;").encode(), "column 'remark' holds no shares"),
        (LONG.replace("48.6", '"48.6').encode(), "broken quotes"),
        (LONG.replace(",NA,", ",Аlpha,").encode(), "cannot be told from 'Alpha'"),
        (("election_id," + LONG.replace("\nH", "\n1,H").replace("\nO", "\n2,O")).encode(), "2 different ones (1, 2, ...)"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_a_line(file: Path, content: bytes, words: str) -> None:
    _, faults = read(file, content)
    assert any(words in fault for fault in faults), faults
    assert all(fault.startswith("polls.csv") for fault in faults)


def test_shares_that_may_be_thousands_or_decimals_are_not_guessed(file: Path) -> None:
    _, faults = read(
        file, WIDE.replace("48,6", "1,234").replace("6,2", "2,345").replace("2,6", "9").replace("22,8", "1")
    )
    assert faults == ["polls.csv, line 2: '1,234' may be 1.234 or 1234; write decimals with a point"]


def test_percent_signs_midnights_whole_floats_and_a_byte_order_mark_are_said(file: Path) -> None:
    text = LONG.replace(",1000,", ",1000.0,").replace("02-05", "02-05 00:00:00")
    text = "\ufeff" + "".join(line + ("%\n" if line[-1].isdigit() else "\n") for line in text.splitlines())
    rows, faults = read(file, text)
    assert not faults
    assert rows is not None
    assert cells(rows)[0] == ("House 2023-02-05", "1000", "Alpha", "48.6")
    said = "\n".join(rows.said)
    for words in ("byte order mark", "% signs", "'1000.0' is read as 1000", "'2023-02-05 00:00:00' is read as"):
        assert words in said
