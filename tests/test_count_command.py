from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from forecast.cli.main import cli

SYSTEM = "kazakhstan-mazhilis-2023"
OFFICIAL = Path(__file__).parent / "law" / "kazakhstan-mazhilis-2023.csv"
LISTS = {"Amanat": 40, "Auyl": 8, "Respublica": 6, "Aq Jol": 6, "People's Party": 5, "JSDP": 4, "Baytaq": 0}


def invoked(*words: str) -> Result:
    return CliRunner().invoke(cli, ["--no-color", "count", *words], catch_exceptions=False)


def counted(*words: str) -> dict[str, Any]:
    result = invoked(*words, "--json")
    assert result.exit_code == 0, result.output
    form: dict[str, Any] = json.loads(result.stdout)
    return form


def votes_file(folder: Path, *rows: str) -> str:
    path = folder / "votes.csv"
    path.write_text("tier,district,option,votes\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def test_json_has_the_official_list_seats_of_2023() -> None:
    form = counted(SYSTEM, str(OFFICIAL))
    assert form["system"] == SYSTEM
    assert form["seats"] == LISTS
    assert list(form["seats"]) == list(LISTS)
    assert (form["vacant"], form["total"], form["uncounted"]) == (0, 69, ["single-member districts"])
    [tier] = form["tiers"]
    assert (tier["name"], tier["seats"], tier["ties"], tier["vacant"]) == ("party lists", LISTS, [], 0)
    assert tier["districts"] == {"": {"seats": LISTS, "vacant": 0, "winner": None}}
    assert {"text", "law"} == set(tier["steps"][0])


def test_the_table_says_seats_and_the_tier_that_was_not_counted() -> None:
    result = invoked(SYSTEM, str(OFFICIAL))
    assert result.exit_code == 0
    row = next(line for line in result.stdout.splitlines() if line.strip().startswith("Amanat"))
    assert row.split() == ["Amanat", "40", "40"]
    assert "Not counted: single-member districts (29 seats)" in result.stdout
    assert "these choices are ours" in result.stdout
    assert "no_list_passes = vacant" in result.stdout


def test_steps_are_printed_with_their_articles() -> None:
    result = invoked(SYSTEM, str(OFFICIAL), "--steps")
    assert "6,118,150 party votes + 248,291 against all = 6,366,441" in result.stdout
    assert "5 % of 6,366,441 = 318,322.05 votes" in result.stdout
    assert "5,971,719 votes / 69 seats = 1,990,573/23 = 86,546.6521..." in result.stdout
    assert "One seat more each: JSDP, Amanat" in result.stdout
    assert "art. 97-1" in result.stdout


def test_set_changes_the_law() -> None:
    form = counted(SYSTEM, str(OFFICIAL), "--set", "tier.party lists.seats=10")
    assert form["total"] == 10
    form = counted(SYSTEM, str(OFFICIAL), "--set", "tier.party lists.threshold.share=0.5")
    assert form["seats"]["Amanat"] + form["seats"]["Auyl"] == 69


def test_a_tie_is_an_outcome_and_not_an_error(tmp_path: Path) -> None:
    path = votes_file(tmp_path, "party lists,,B,50", "party lists,,A,50")
    form = counted(SYSTEM, path)
    assert form["seats"] == {"B": 35, "A": 34}
    assert form["tiers"][0]["ties"] == [{"rule": "registration order", "among": ["B", "A"], "chosen": "B"}]
    assert "Tie in party lists: B, A; registration order: to B." in invoked(SYSTEM, path).stdout


def test_an_undecided_district_is_vacant(tmp_path: Path) -> None:
    rows = [f"single-member districts,{number},{name},5" for number in range(1, 30) for name in ("a", "b")]
    rows[0] = "single-member districts,1,a,6"
    path = votes_file(tmp_path, *rows)
    form = counted(SYSTEM, path)
    assert (form["seats"], form["vacant"], form["uncounted"]) == ({"a": 1, "b": 0}, 28, ["party lists"])
    assert form["tiers"][0]["districts"]["1"] == {"seats": {"a": 1, "b": 0}, "vacant": 0, "winner": "a"}
    assert form["tiers"][0]["ties"][0]["chosen"] is None
    assert "district 2: a, b; repeat voting" in invoked(SYSTEM, path).stdout


def test_names_print_as_text_whatever_they_look_like(tmp_path: Path) -> None:
    names = ["[bold]", "</script>", "Ауыл Қазақстан", ":smile:", "[/]"]
    path = votes_file(tmp_path, *(f"party lists,,{name},{100 - place}" for place, name in enumerate(names)))
    result = invoked(SYSTEM, path, "--steps")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in names)
    assert list(counted(SYSTEM, path)["seats"]) == names


def test_a_silent_case_set_to_error_ends_with_three(tmp_path: Path) -> None:
    path = votes_file(tmp_path, "party lists,,A,1", "party lists,,B,1", "party lists,,against_all,98")
    from forecast.errors import LawSilent

    with pytest.raises(LawSilent, match="no_list_passes"):
        invoked(SYSTEM, path, "--set", "tier.party lists.silent.no_list_passes=error")
    result = invoked(SYSTEM, path)
    assert "* no_list_passes = vacant" in result.stdout


def test_control_characters_are_escaped_on_a_terminal() -> None:
    from forecast.cli.count import json_text
    from forecast.cli.render import plain
    from forecast.rules.outcome import Count

    assert plain("a\x1b[31mb\u202ec\u009b") == "a\\x1b[31mb\\u202ec\\x9b"
    text = json_text(Count("house", (), {"a\x1b\u202e\u009bҚ": 1}))
    assert json.loads(text)["seats"] == {"a\x1b\u202e\u009bҚ": 1}
    assert "\u202e" not in text
    assert "\u009b" not in text
