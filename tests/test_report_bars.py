"""What reports say of bars, of houses that grow, of who stands, and of what differs between two runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from forecast.report.bars import bars_sheet
from forecast.report.comparison import compared_runs, run_labels
from forecast.report.folder import RunFolder, read_run
from forecast.report.headline import sentences
from forecast.report.hemicycle import median_chamber
from forecast.report.house import House, group_names, houses
from forecast.report.languages import LANGUAGES
from forecast.report.polls import MOST_TOGETHER, fit_of, poll_sheets
from forecast.report.sheets import MOST_COLUMNS, passes_sheet, pmf_sheet, seats_sheet, written
from forecast.report.threshold import curve_figure, passes_figure
from tests.reports import forecast, small_run

SHARE = {"kind": "share", "share": "1/20", "of": "valid ballots", "area": "tier", "comparison": "at least"}


@pytest.fixture(scope="module")
def zealand(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("zealand") / "run"
    done = forecast("-q", "run", "new-zealand-2023", "--draws", "512", "--out", folder)
    assert done.exit_code == 0, done.output
    return houses(read_run(folder))[0]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[RunFolder]:
    folder = tmp_path_factory.mktemp("two")
    setting = "system.tier.party lists.threshold.share=0.07"
    return [read_run(small_run(folder / "a")), read_run(small_run(folder / "b", "--set", setting))]


def under(house: House, **admission: object) -> House:
    """Return a house whose law asks of lists what is given, and nothing else."""
    document = dict(house.run.document)
    law = dict(house.law) | {"tier": [{"kind": "proportional", "name": "lists", "admission": admission}]}
    document["systems"] = {house.system: law}
    record = {**house.run.record, "document": document}
    return House(replace(house.run, record=record), house.system)


def test_a_law_of_several_bars_is_told_bar_by_bar_and_has_no_curve(zealand: House) -> None:
    for words in LANGUAGES.values():
        names = group_names(zealand, words)
        assert passes_figure(zealand, words, names, 0) is not None
        assert curve_figure(zealand, words, names, 0) is None
        assert [row[2] for row in bars_sheet(zealand, words).rows] == ["s. 191(4)(a)", "s. 191(4)(b)"]
        assert ["National", zealand.passes("National")] in passes_sheet(zealand, words, names).rows
        assert words("col_takes_part") in seats_sheet(zealand, words, names).columns


def test_one_share_of_all_votes_is_a_threshold_with_its_curve(zealand: House) -> None:
    words = LANGUAGES["en"]
    one = under(zealand, all_of=[SHARE])
    assert (one.threshold, one.admission, one.varies) == (0.05, None, True)
    assert curve_figure(one, words, group_names(one, words), 0) is not None
    for more in ({"exempt": ["ACT"]}, {"minimum_lists": 3}, {"any_of": [{"kind": "first"}]}):
        several = under(zealand, all_of=[SHARE], **more)
        assert (several.threshold, several.varies, several.selects) == (None, False, True)
        assert len(bars_sheet(several, words).rows) == 2
    assert not under(zealand).selects


def test_a_house_that_grows_says_so_and_its_chamber_is_as_large_as_at_the_median(zealand: House) -> None:
    assert zealand.grows
    assert sum(median_chamber(zealand).values()) == zealand.usual_size == zealand.members.median < zealand.most
    for words in LANGUAGES.values():
        told = " ".join(sentences(zealand, words, group_names(zealand, words)))
        assert words.whole(zealand.most) in told
        assert "61" not in told


def test_a_group_in_which_nobody_stands_has_no_row(zealand: House, two: list[RunFolder]) -> None:
    words = LANGUAGES["en"]
    assert "Self-nominated" in zealand.groups
    for sheet in (seats_sheet, pmf_sheet):
        told = sheet(zealand, words, group_names(zealand, words))
        assert "Self-nominated" not in [*told.columns, *(row[0] for row in told.rows)]
    assert "Self-nominated" in houses(two[0])[0].by_seats


def test_a_score_has_no_row_of_a_group_in_which_nobody_stands(zealand: House, tmp_path: Path) -> None:
    done = forecast("score", zealand.run.folder, "--actual", "new-zealand-2023-result")
    assert done.exit_code == 0, done.output
    assert "National" in done.output
    assert "Self-nominated" not in done.output
    won = {"National": 48, "Labour": 34, "Green": 15, "ACT": 11, "NZ First": 8, "Te Pāti Māori": 6, "TOP": 0}
    table = tmp_path / "actual.csv"
    table.write_text("party,seats\n" + "".join(f"{party},{seats}\n" for party, seats in won.items()), encoding="utf-8")
    assert forecast("score", zealand.run.folder, "--actual", table).exit_code == 0
    table.write_text(table.read_text(encoding="utf-8") + "Self-nominated,1\n", encoding="utf-8")
    refused = forecast("score", zealand.run.folder, "--actual", table)
    assert "'Self-nominated' cannot hold seats" in str(refused.exception)


def test_two_runs_of_one_title_are_named_by_what_differs(two: list[RunFolder]) -> None:
    (one,) = compared_runs(two, LANGUAGES["en"])
    assert one.title == "Side by side: threshold 7\u00a0%"
    assert run_labels(two[0], two[1], LANGUAGES["ru"]) == ("порог 5\u00a0%", "порог 7\u00a0%")
    assert one.sheets[0].title == "A: threshold 5\u00a0% · B: threshold 7\u00a0%"
    assert one.sheets[1].rows[0][1:] == ["5\u00a0%", "7\u00a0%"]


def test_the_polls_show_every_sd_weight_and_correlation(two: list[RunFolder]) -> None:
    fit = fit_of(two[0])
    assert fit is not None
    polls, effects, together = poll_sheets(fit, LANGUAGES["en"], {option: option for option in fit.vote})
    assert len(polls.rows) == len(fit.polls) + 2
    assert len(effects.rows) == len(fit.pollsters)
    assert len(together.rows) == min(MOST_TOGETHER, len(fit.vote)) == len(together.columns) - 1
    amanat = next(row for row in together.rows if row[0] == "Amanat")
    other = str(together.columns[2])
    r = fit.correlation["Amanat"][other]
    assert r is not None
    assert written(amanat[2], LANGUAGES["en"]) == LANGUAGES["en"].signed(r, 2)
    assert amanat[1] is None
    assert all(together.numeric[1:])


def test_very_many_parties_have_a_row_a_number_instead_of_a_column(
    two: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, words = houses(two[0])[0], LANGUAGES["en"]
    names = group_names(house, words)
    wide = pmf_sheet(house, words, names)
    assert len(house.by_seats) <= MOST_COLUMNS
    monkeypatch.setattr("forecast.report.sheets.MOST_COLUMNS", 3)
    long = pmf_sheet(house, words, names)
    assert len(long.columns) == 3
    assert len(long.rows) == sum(cell is not None for row in wide.rows for cell in row[1:])
