"""``forecast report``: its words in three languages, its formats, the same bytes twice, and folders it must not trust."""

from __future__ import annotations

import csv
import doctest
import importlib
import io
import json
import re
import shlex
import shutil
import string
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecast.distribution import Probability, SeatDistribution
from forecast.errors import EnvironmentTrouble
from forecast.report import write
from forecast.report.batch import NEEDED, Batch, batch_story, read_batch
from forecast.report.batch_charts import change_figure
from forecast.report.charts import histogram_figure, percent_axis
from forecast.report.comparison import check_same_election
from forecast.report.dots import stacked
from forecast.report.folder import read_run
from forecast.report.foundations import reproduction
from forecast.report.hemicycle import APPOINTED_SEATS, crowded, hemicycle_figure, median_chamber, places
from forecast.report.house import House, group_names, houses
from forecast.report.languages import LANGUAGES
from forecast.report.palette import COLORS, ink_on
from forecast.report.pictures import pictures
from forecast.report.polls import polls_section
from forecast.report.sections import run_story
from forecast.report.sheets import assembly_sheet
from forecast.report.stored import stored_draws
from forecast.report.workbook import LONGEST_NAME
from tests.reports import forecast, hostile_run, sealed, small_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_run(tmp_path_factory.mktemp("report") / "run", "--save-draws", "512")


@pytest.fixture(scope="module")
def page(run: Path) -> bytes:
    return write.report_files([run], "html", "kk")["report.html"]


@pytest.fixture
def copy(run: Path, tmp_path: Path) -> Path:
    shutil.copytree(run, tmp_path / "copy")
    return tmp_path / "copy"


@pytest.mark.parametrize(
    "name",
    ["languages.language", "languages.kk", "comparison", "hemicycle", "charts", "sheets", "palette", "folder",
     "dots", "markdown", "workbook", "page", "house", "foundations"],
)  # fmt: skip
def test_examples_in_docstrings_hold(name: str) -> None:
    done = doctest.testmod(importlib.import_module(f"forecast.report.{name}"))
    assert (done.failed, done.attempted > 0) == (0, True)


def test_every_language_has_every_message_with_the_same_blanks() -> None:
    blanks = {
        code: {
            key: {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for key, text in one.messages.items()
        }
        for code, one in LANGUAGES.items()
    }
    assert blanks["en"] == blanks["ru"] == blanks["kk"]


def test_no_probability_is_said_to_be_nothing_or_all() -> None:
    for words in LANGUAGES.values():
        for count in (0, 1, 10**6 - 1, 10**6):
            chance = Probability(count, 10**6)
            assert not re.search(r"(?<![\d.,])(0|100)\s?%", words.percent(chance))
            assert not re.search(r"(?<!\d)0 ", words.frequency(chance))


def test_russian_and_kazakh_numbers_take_the_right_endings() -> None:
    ru, kk = LANGUAGES["ru"], LANGUAGES["kk"]
    assert [ru.counted("n_parties", n) for n in (1, 3, 5, 21, 112)] == [
        "1 партия", "3 партии", "5 партий", "21 партия", "112 партий",
    ]  # fmt: skip
    assert kk.counted("n_seats", 98) == "98 орын"
    said = {n: kk.frequency(Probability(n, 100)).replace("\u2011", "-") for n in (6, 63, 99, 50)}
    assert said == {
        6: "100 симуляцияның 6-сында", 63: "100 симуляцияның 63-інде", 99: "100 симуляцияның 99-ында",
        50: "10 симуляцияның 5-інде",
    }  # fmt: skip


def test_no_line_begins_with_a_percent_sign_a_dash_or_a_kazakh_suffix() -> None:
    for words in LANGUAGES.values():
        assert not [key for key, text in words.messages.items() if re.search(r"[\d}] %| —", text)]
    assert not [key for key, text in LANGUAGES["kk"].messages.items() if re.search(r"[\d}%]-[а-яәіңғүұқөһ]", text)]


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_that_nobody_has_a_majority_can_be_read_one_way_only(lang: str) -> None:
    for key in ("headline_none", "sentence_none", "sentence_none_grows"):
        assert LANGUAGES[lang].messages[key].startswith("{frequency} ")


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_heavy_tails_and_weights_below_zero_are_explained(copy: Path, lang: str) -> None:
    words = LANGUAGES[lang]

    def notes() -> list[str]:
        house = houses(read_run(copy))[0]
        section = polls_section(house.run, house, words, group_names(house, words))
        assert section is not None
        return section.notes

    (tail,) = notes()
    assert re.search(r"\b1\b.*\b124\b.*\b370\b", tail)
    fit = fit_of(copy)
    fit["polls"][0]["weight"] = -0.02
    sealed(copy, fit=fit)
    assert notes() == [tail, words("polls_negative")]


def drawn_anew(folder: Path, seats: int | None) -> None:
    """Put a number of seats into every stored draw, for the first party."""
    path = folder / "draws.parquet"
    table = pq.read_table(path)
    place = next(place for place, name in enumerate(table.column_names) if name.startswith("seats: "))
    column = pa.array([seats] * table.num_rows, pa.int32())
    pq.write_table(table.set_column(place, table.column_names[place], column), path)
    sealed(folder)


def fit_of(folder: Path) -> dict[str, Any]:
    fit: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))["fit"]
    return fit


def test_a_chamber_that_stands_alone_names_its_parties(run: Path) -> None:
    house = houses(read_run(run))[0]
    figure = hemicycle_figure(house, LANGUAGES["en"], group_names(house, LANGUAGES["en"]), 0)
    assert "Amanat" in str(figure.spec(400, titled=True)["layer"][-1]["encoding"]["color"]["scale"]["domain"])
    assert "symbolType" not in str(figure.spec(400))  # there the page says it beside the chart


def test_groups_nobody_stands_in_have_no_row() -> None:
    row = {"measure": "seats", "mean": "0", "median": "0", "lo80": "0", "hi80": "0"}
    rows = [
        {**row, "party": "absent"}, {**row, "party": "a", "mean": "0.5"},
        {**row, "party": "absent", "measure": "controlled"}, {**row, "party": "", "measure": "controlled"},
    ]  # fmt: skip
    sheet = assembly_sheet(rows, LANGUAGES["en"], {})
    assert [cells[0] for cells in sheet.rows] == ["a", "nobody"]
    results = [("list", "0", "0.01"), ("nobody's group", "0", ""), ("group", "1.5", "")]
    batch = Batch(Path(), {}, [], [{"party": a, "mean": b, "mean_share": c} for a, b, c in results])
    assert batch.parties == ["list", "group"]


def test_figures_on_an_axis_have_the_decimal_sign_of_the_language() -> None:
    for code, sign in (("en", "."), ("ru", ","), ("kk", ",")):
        spec = change_figure([("a", 0.5)], LANGUAGES[code], "#000", "id", "title").spec(400)
        assert f"replace(datum.label, '.', '{sign}')" in json.dumps(spec)
        assert f"replace(format(100 * datum.value, '~g'), '.', '{sign}')" in percent_axis(LANGUAGES[code]).labelExpr


@pytest.mark.parametrize("lang", list(LANGUAGES))
def test_the_headline_follows_the_numbers(run: Path, lang: str) -> None:
    done = forecast("report", run, "--format", "md", "--lang", lang, "-o", "-")
    assert done.exit_code == 0, done.output
    house = houses(read_run(run))[0]
    chance = house.seats("Amanat").at_least(house.majority)
    said = LANGUAGES[lang].frequency(chance)
    assert said.replace("-", "\\-") in done.output.splitlines()[0]
    assert "Amanat" in done.output.splitlines()[0]


@pytest.mark.parametrize("kind", ["md", "xlsx", "csv"])
def test_equal_runs_give_equal_bytes(run: Path, kind: str, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(run, again)
    first, second = (write.report_files([folder], kind, "ru") for folder in (run, again))
    assert first == second
    assert all(first.values())


def test_equal_runs_give_equal_pictures(run: Path) -> None:
    figures = run_story(read_run(run), LANGUAGES["ru"]).figures[:2]
    for kind in ("svg", "png"):
        first, second = (pictures(figures, kind) for _ in range(2))
        assert first == second
        assert list(first) == [f"dots-0.{kind}", f"seats-0.{kind}"]


def test_the_page_is_small_and_names_no_machine(run: Path, page: bytes) -> None:
    assert page == write.report_files([run], "html", "kk")["report.html"]
    assert len(page) <= 2_000_000
    text = page.decode("utf-8")
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    for secret in (str(run), str(Path.home()) + "/", str(Path.cwd()), record["started_utc"]):
        assert secret not in text
    assert 'http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;' in text


def test_names_cannot_leave_their_cells(run: Path, tmp_path: Path) -> None:
    hostile = hostile_run(run, tmp_path / "hostile")
    (table,) = write.report_files([hostile], "csv", "en").values()
    subjects = {row["subject"] for row in csv.DictReader(io.StringIO(table.decode("utf-8")))}
    assert "'=cmd()|'/C calc'!A0" in subjects
    (table,) = write.report_files([hostile], "csv", "en", raw=True).values()
    assert "=cmd()|'/C calc'!A0" in {row["subject"] for row in csv.DictReader(io.StringIO(table.decode("utf-8")))}
    (book,) = write.report_files([hostile], "xlsx", "en").values()
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) > 8
    assert not any(b"<f>" in sheet for sheet in sheets)
    assert sum(b'state="frozen"' in sheet for sheet in sheets) == len(sheets)
    (text,) = write.report_files([hostile], "md", "en").values()
    assert not re.search(r"(?<!\\)</?(script|img)", text.decode("utf-8"))


def test_the_chamber_has_a_place_for_every_seat_and_no_seat_twice(run: Path) -> None:
    for seats in (1, 2, 9, 98, 145, 700):
        found = places(seats)
        assert len(found) == seats
        assert len({(round(x, 6), round(y, 6)) for x, y in found}) == seats
    house = houses(read_run(run))[0]
    assert sum(median_chamber(house).values()) == house.size
    assert len(set(COLORS)) == len(COLORS)


def test_parties_and_regions_are_called_what_the_model_calls_them_in_a_language(
    run: Path, page: bytes, copy: Path
) -> None:
    kazakh, (english,) = page.decode("utf-8"), write.report_files([run], "html", "en").values()
    for told, name in (
        ("Халық партиясы", "People&#39;s Party"), ("Маңғыстау облысы", "Mangystau"),
        ("Қазақстан Мәжілісі, 2022", "Mazhilis of Kazakhstan, law of"),
    ):  # fmt: skip
        assert (told in kazakh, told in english.decode("utf-8")) == (True, False)
        assert (name in kazakh, name in english.decode("utf-8")) == (False, True)
    record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    record["document"]["model"]["names"] = {"ru": ["Auyl"]}
    (copy / "run.json").write_text(json.dumps(record), encoding="utf-8")
    sealed(copy)
    with pytest.raises(EnvironmentTrouble, match="document: model: has another shape"):
        write.report_files([copy], "md", "ru")
    del record["document"]["model"]["names"]
    record["document"]["titles"] = {"ru": 7}
    (copy / "run.json").write_text(json.dumps(record), encoding="utf-8")
    sealed(copy)
    with pytest.raises(EnvironmentTrouble, match="document: titles: has another shape"):
        write.report_files([copy], "md", "ru")


class Fixed(House):
    """A house in which parties hold so many seats in every simulation, whatever its law gives."""

    fixed: ClassVar[dict[str, int]] = {}

    def seats(self, group: str) -> SeatDistribution:
        counts = np.zeros(self.size + 1, np.int64)
        counts[self.fixed.get(group, 0)] = self.run.draws
        return SeatDistribution(counts)


def test_a_chamber_scaled_down_to_the_house_names_the_medians_it_is_made_of(run: Path) -> None:
    house = houses(read_run(run))[0]
    for more, told in ((1, "Amanat 66 (median 67)"), (0, "Amanat 66"), (-1, "Amanat 65")):
        seats = {"Amanat": 66 + more, "Auyl": 20, "Aq Jol": 12}
        made = type("Made", (Fixed,), {"fixed": seats})(house.run, house.system)
        figure = hemicycle_figure(made, LANGUAGES["en"], group_names(house, LANGUAGES["en"]), 0)
        assert (sum(median_chamber(made).values()), crowded(made)) == (98, more > 0)
        assert figure.key[0][0] == told
        assert f"{98 + more}" in figure.caption


def test_appointed_seats_are_the_last_of_the_chamber_and_nobody_is_said_to_win_them(tmp_path: Path) -> None:
    folder = small_run(tmp_path / "run", "--set", 'systems=["kazakhstan-mazhilis-2012"]')
    house = houses(read_run(folder))[0]
    chamber = median_chamber(house)
    assert (list(chamber)[-1], chamber[APPOINTED_SEATS], sum(chamber.values())) == (APPOINTED_SEATS, 9, 107)
    figure = hemicycle_figure(house, LANGUAGES["en"], group_names(house, LANGUAGES["en"]), 0)
    assert figure.key[-1][0] == "appointed 9"
    assert "98 elective seats" in figure.caption
    assert (house.varies, house.has_paper) == (
        False,
        False,
    )  # its paper has no line against all, that of the voters has


def test_stored_draws_agree_with_the_tallies(tmp_path: Path) -> None:
    run = small_run(tmp_path / "all", "--save-draws", "all")
    house = houses(read_run(run))[0]
    stored = stored_draws(house)
    assert stored is not None
    for place, group in enumerate(house.groups):
        assert house.seats(group).mean == pytest.approx(stored.seats[:, place].mean())
    assert stored.seats.sum(axis=1).max() <= house.size


def test_the_last_result_is_marked_where_the_model_knows_it(run: Path) -> None:
    house = houses(read_run(run))[0]
    assert house.last_seats == {"People's Party": 10, "Aq Jol": 12, "Auyl": 0, "Amanat": 76}
    story = run_story(read_run(run), LANGUAGES["en"])
    assert "last result 76" in json.dumps([figure.spec(300) for figure in story.figures])


def test_two_runs_stand_side_by_side_and_are_paired_where_they_share_draws(run: Path, tmp_path: Path) -> None:
    other = small_run(
        tmp_path / "other", "--save-draws", "512", "--set", "system.tier.party lists.threshold.share=0.07"
    )
    done = forecast("report", run, "--compare", other, "--format", "md", "-o", "-")
    assert done.exit_code == 0, done.output
    assert "512 draws" in done.output
    assert "threshold.share" in done.output.replace("\\", "")
    bare = small_run(tmp_path / "bare")
    assert "not draw by draw" in forecast("report", run, bare, "--format", "md", "-o", "-").output


def test_runs_of_different_elections_are_refused(run: Path, copy: Path) -> None:
    record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    record["document"]["model"]["election_day"] = "2021-01-10"
    sealed(copy, document=record["document"])
    done = forecast("report", run, copy)
    assert done.exit_code != 0
    assert "another election" in str(done.exception)
    check_same_election([read_run(run), read_run(run)])


def test_no_run_no_folder_and_no_draws_are_said(tmp_path: Path, run: Path) -> None:
    assert "name the folder of a run" in forecast("report").output
    assert "no finished run" in str(forecast("report", tmp_path).exception)
    bare = small_run(tmp_path / "bare")
    story = run_story(read_run(bare), LANGUAGES["en"])
    (house,) = story.content["houses"]
    assert (house["stored"], house["tipping"], story.embedded["houses"][0]["draws"]) == ("", [], [])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (lambda f: (f / "summary.csv").write_text("x"), "summary.csv"),
        (lambda f: (f / "tallies.json").unlink(), "tallies.json"),
        (lambda f: (f / "run.json").write_text("{"), "run.json"),
        (lambda f: sealed(f, schema=99), "schema"),
        (lambda f: sealed(f, draws="many"), "draws"),
        (lambda f: sealed(f, draws=10**30), "draws: is no number from 1 to 1,000,000,000,000"),
        (lambda f: sealed(f, draws=4095), "draws: is 4,095, which is not what tallies.json holds"),
        (lambda f: sealed(f, sampler=5), "sampler"),
        (lambda f: sealed(f, asked={"overrides": 5}), "asked"),
        (lambda f: sealed(f, silent_choices=[None]), "silent_choices"),
        (lambda f: sealed(f, inputs={"a": None}), "inputs"),
        (lambda f: sealed(f, outputs={"../copy/run.json": {"sha256": ""}}), "outputs"),
        (lambda f: sealed(f, fit={"polls": [1]}), "fit"),
        (lambda f: sealed(f, fit={**fit_of(f), "beyond_3_sd": -1e-320}), "is no chance"),
        (lambda f: sealed(f, fit={**fit_of(f), "mean": [float("nan")] * len(fit_of(f)["mean"])}), "is no figure"),
        (lambda f: (f / "draws.parquet").write_bytes(b"PAR1"), "draws.parquet"),
        (lambda f: drawn_anew(f, 10**9), "more seats than the house has"),
        (lambda f: drawn_anew(f, -5), "fewer than none"),
        (lambda f: drawn_anew(f, None), "empty cells"),
    ],
)
def test_a_folder_that_was_changed_is_refused_by_name(copy: Path, fault: object, said: str) -> None:
    assert callable(fault)
    fault(copy)
    done = forecast("report", copy, "-o", copy / "out.html")
    assert done.exit_code != 0
    assert said in str(done.exception)
    assert not isinstance(done.exception, KeyError | ValueError | TypeError)
    assert "\n" not in str(done.exception)
    assert not (copy / "out.html").exists()


NAMES = ("../../etc/x", "/abs", "a/b", ".", "..", "", "CON", "dot.", "nul\0", "x" * 300, "-rf", "a\nb", "\u202egnp")


@pytest.mark.parametrize("kind", ["html", "md", "xlsx", "csv", "svg"])
def test_no_name_of_a_file_leads_out_of_the_folder(copy: Path, kind: str) -> None:
    outputs = json.loads((copy / "run.json").read_text(encoding="utf-8"))["outputs"]
    for name in NAMES:
        record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
        record["outputs"] = {**outputs, name: {"sha256": "0" * 64}}
        (copy / "run.json").write_text(json.dumps(record), encoding="utf-8")
        with pytest.raises(EnvironmentTrouble, match="is no file of a run") as fault:
            write.report_files([copy], kind, "en", only="seats-0")
        assert "\n" not in str(fault.value)


def test_a_name_in_a_command_is_no_option_and_no_place_on_a_machine(copy: Path) -> None:
    asked = json.loads((copy / "run.json").read_text(encoding="utf-8"))["asked"]
    for name, shown in (("-rf", "-- -rf"), ("/home/me/mine/mine.toml", "run mine/mine.toml"), ("nul\0", "run nul ")):
        sealed(copy, asked={**asked, "forecast": name, "overrides": ["model=/home/me/m/model.toml"]})
        command = reproduction(read_run(copy))
        assert shown in command
        assert "--set model=model.toml" in command
        assert "home" not in command


def test_a_table_with_other_columns_or_too_many_rows_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast.report.folder.MOST_ROWS", 10)
    assert "more than 10 rows" in str(forecast("report", copy).exception)
    (copy / "events.csv").write_text("system,event\na,b\n", encoding="utf-8")
    sealed(copy)
    assert "no column" in str(forecast("report", copy).exception) or "rows" in str(forecast("report", copy).exception)


def test_a_missing_library_is_one_clear_line(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "find_spec", lambda name: None)
    done = forecast("report", run)
    assert "pip install 'seatcast[report]'" in str(done.exception)
    assert forecast("report", run, "--format", "md", "-o", "-").exit_code == 0


def test_pictures_are_written_as_files_without_a_browser(run: Path, tmp_path: Path) -> None:
    made = forecast("report", run, "--format", "svg", "-o", tmp_path / "all")
    assert made.exit_code == 0, made.output
    names = {path.name for path in (tmp_path / "all").iterdir()}
    assert {"seats-0.svg", "dots-0.svg", "hemicycle-0.svg", "curve-0.svg", "polls-0.svg"} <= names
    assert forecast("report", run, "-o", tmp_path / "one.png").exit_code == 0
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")


def test_no_picture_is_written_twice(run: Path) -> None:
    own = LANGUAGES["en"]("self_nominated")
    figures = run_story(read_run(run), LANGUAGES["en"]).figures
    twice = [figure for figure in figures if figure.title == own and figure.id.startswith("histogram")]
    assert len(twice) == 2  # the page shows it among all, and again where it tells of the self-nominated
    assert len(pictures(twice, "svg")) == 1


def test_a_last_result_far_from_the_seats_of_today_lies_within_its_chart(run: Path) -> None:
    house = houses(read_run(run))[0]
    figure = histogram_figure(house, LANGUAGES["en"], "Amanat", "Amanat", 0, 0, last=0)
    (x,) = {json.dumps(layer["encoding"]["x"]["scale"]) for layer in figure.spec(300)["layer"] if "scale" in
            layer["encoding"].get("x", {})}  # fmt: skip
    assert json.loads(x)["domain"][0] < 0


def test_the_workbook_has_the_polls_with_their_house_effects(run: Path) -> None:
    (book,) = write.report_files([run], "xlsx", "ru").values()
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        assert 'name="Опросы"' in parts.read("xl/workbook.xml").decode("utf-8")
        strings = parts.read("xl/sharedStrings.xml").decode("utf-8")
    for text in (
        "DEMOSCOPE with PaperLab",
        "11.03.2023",
        "Смещения организаций, в пунктах, и веса",
        "против всех",
    ):
        assert text in strings


def test_a_place_that_cannot_be_written_is_said(run: Path) -> None:
    done = forecast("report", run, "--format", "md", "-o", "/proc/nowhere/report.md")
    assert "cannot be written" in str(done.exception)


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    """A batch of two settings and one day, as its folder would be: a base, a grid, hostile names."""
    folder = tmp_path / "batch"
    folder.mkdir()
    keys = ["model.as_of", "threshold", "seed"]
    (folder / "batch.json").write_text(json.dumps({"schema": 1, "name": "<b>Grid</b>", "keys": keys, "scenarios": []}))
    rows: list[list[object]] = [
        [
            "number",
            "scenario",
            *keys,
            "mean_list_seats",
            *[name for name in NEEDED if name not in ("number", "scenario")],
        ]
    ]
    for number in range(7):
        day, share, seed = f"2023-03-0{number % 3 + 1}", f"0.0{number // 3 + 3}", "1"
        for party, listed in (("A <i>", "0.6"), ("B", "0.4"), ("Self-nominated", "")):
            mean = 50 + number if party == "A <i>" else 20 - number
            cells = {
                "draws": 1000, "system": "s", "party": party, "mean": mean, "lo80": mean - 5, "hi80": mean + 5,
                "p_threshold": "", "p_majority": 0.5, "mean_share": listed, "house_seats": 98,
                "p_two_thirds": 0.25, "d_mean": number, "mcse_d_mean": 0.1, "d_house_share": number / 98,
                "mcse_d_house_share": 0.001, "d_p_two_thirds": 0.01 * number, "mcse_d_p_two_thirds": 0.01,
            }  # fmt: skip
            rows.append([number, f"scenario {number}", day, share, seed, 1, *cells.values()])
    with (folder / "results.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return folder


def test_a_batch_gets_a_tornado_a_heat_map_its_history_and_small_multiples(batch: Path) -> None:
    story = batch_story(read_batch(batch), LANGUAGES["en"])
    assert [part["id"] for part in story.content["parts"]] == ["tornado", "grid", "history", "multiples", "scenarios"]
    heat = next(figure for figure in story.figures if figure.id == "heat")
    assert len(heat.spec(400)["datasets"]) == 1
    assert "+6.0" in story.content["sentences"][1]
    first, second = (write.report_files([batch], "html", "kk") for _ in range(2))
    assert first == second
    assert b"<i>" not in first["report.html"]
    assert b"<b>Grid" not in first["report.html"]


def test_a_batch_over_houses_of_different_size_compares_shares_of_the_house(batch: Path) -> None:
    with (batch / "results.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:  # ever more seats of an ever larger house
        house = 98 + 20 * int(row["number"])
        share = float(row["mean"]) / house
        base = float(next(one["mean"] for one in rows if one["party"] == row["party"])) / 98
        row |= {"house_seats": str(house), "d_house_share": str(share - base)}
    with (batch / "results.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    story = batch_story(read_batch(batch), LANGUAGES["en"])
    assert "26\u00a0% to 51\u00a0% of the house" in story.content["headline"]
    assert "scenario 6 (\u221225.3 points)" in story.content["sentences"][1]
    tornado, heat = (next(one for one in story.figures if one.id == name) for name in ("tornado-seats", "heat"))
    assert "share of the house" in tornado.title
    assert "51.0\u00a0%" in heat.alt
    (sheet,) = story.content["parts"][-1]["sheets"]
    assert [(row[1], row[sheet.columns.index("seats of the house")]) for row in sheet.rows][-1] == (6, 218)
    assert (sheet.columns[-1], round(sheet.rows[-1][-1].value, 1)) == (
        "difference in share of the house, points",
        -25.3,
    )


def test_a_batch_that_is_not_whole_is_refused_by_name(batch: Path, run: Path) -> None:
    assert "no other folder" in str(forecast("report", batch, run).exception)
    assert "csv, not xlsx" in str(forecast("report", batch, "--format", "xlsx").exception)
    (batch / "results.csv").write_text("number,scenario\n1,x\n", encoding="utf-8")
    assert "no column" in str(forecast("report", batch).exception)
    (batch / "batch.json").write_text('{"schema": 7}', encoding="utf-8")
    assert "schema" in str(forecast("report", batch).exception)


@pytest.mark.parametrize(
    ("key", "cell"), [("mean", "abc"), ("mean", ""), ("draws", "nan"), ("lo80", "-1"), ("d_mean", "inf")]
)
def test_a_batch_whose_figures_are_none_is_refused_by_line(batch: Path, key: str, cell: str) -> None:
    with (batch / "results.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows[2][rows[0].index(key)] = cell
    with (batch / "results.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    for kind in ("html", "csv", "svg"):
        with pytest.raises(EnvironmentTrouble, match=f"results.csv, line 3: {key}: is no figure"):
            write.report_files([batch], kind, "kk")


def test_text_on_every_colour_of_a_party_can_be_read() -> None:
    def luminance(color: str) -> float:
        parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        return sum(
            weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
            for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
        )

    for color in COLORS:
        dark, light = sorted((luminance(color), luminance(ink_on(color))))
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_house_of_one_party_without_districts_gets_a_report(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("pollster,date,sample,A\nFirst,2026-08-02,1000,100\n", encoding="utf-8")
    made = forecast("init", tmp_path / "mine", "--polls", tmp_path / "my.csv", "--system", "israel-knesset",
                    "--election-date", "2026-10-27")  # fmt: skip
    assert made.exit_code == 0, made.output
    run = tmp_path / "run"
    done = forecast("-q", "run", f"{tmp_path / 'mine'}/", "--draws", "1024", "--out", run)
    assert done.exit_code == 0, done.output
    assert "120" in write.report_files([run], "html", "ru")["report.html"].decode("utf-8")


def test_the_command_in_the_report_makes_the_same_run_again(tmp_path: Path) -> None:
    change = "system.tier.party lists.threshold.share=0.07"
    first = small_run(tmp_path / "first", "--save-draws", "100", "--set", change, "--seed", "7")
    command = shlex.split(reproduction(read_run(first)))
    assert command[:3] == ["forecast", "run", "kazakhstan-2023"]
    again = forecast("-q", *command[1:], "--out", tmp_path / "again")
    assert again.exit_code == 0, again.output
    one, two = (json.loads((tmp_path / name / "run.json").read_text(encoding="utf-8")) for name in ("first", "again"))
    assert one["digest"] == two["digest"]
    assert one["outputs"] == two["outputs"]
    kinds = ("xlsx", "csv", "svg")
    assert [write.report_files([tmp_path / "first"], kind, "kk", only="seats-0") for kind in kinds] == [
        write.report_files([tmp_path / "again"], kind, "kk", only="seats-0") for kind in kinds
    ]


def test_the_command_of_a_forecast_made_by_init_makes_the_same_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    polls = "pollster,date,sample,A,B\nFirst,2026-08-02,1000,60,40\nSecond,2026-08-20,900,55,45\n"
    Path("my.csv").write_text(polls, encoding="utf-8")
    made = forecast("init", "mine", "--polls", "my.csv", "--system", "israel-knesset", "--election-date", "2026-10-27")
    assert made.exit_code == 0, made.output
    for typed in ("mine/mine.toml", "mine/"):
        assert forecast("-q", "run", typed, "--draws", "1024", "--out", "first", "--force").exit_code == 0
        command = shlex.split(reproduction(read_run(Path("first"))))
        again = forecast("-q", *command[1:], "--out", "again", "--force")
        assert again.exit_code == 0, again.output
        told = forecast("report", "first", "--format", "md", "--lang", "ru", "-o", "-").output
        assert f"лежит {typed}".replace(".", "\\.") in told or f"лежит {typed}" in told
        one, two = (json.loads((Path(name) / "run.json").read_text(encoding="utf-8")) for name in ("first", "again"))
        assert one["outputs"] == two["outputs"]


def test_a_dot_stands_on_its_own_side_of_a_line_and_can_be_counted() -> None:
    for width in (1, 2, 3, 5):
        found = stacked(list(range(40, 80)), width, (50, 67))
        for value, (at, _) in zip(range(40, 80), found, strict=True):
            assert (at > 49.5, at > 66.5) == (value >= 50, value >= 67)
    tall = stacked([90] * 95 + [80] * 5, 1, (73, 97))
    assert len(set(tall)) == 100
    assert max(height for _, height in tall) <= 25


def test_a_house_of_many_parties_with_long_names_still_gets_a_small_page(tmp_path: Path) -> None:
    names = [f"Party {n:03d}" for n in range(60)]
    names[3] = "Ұ" * 250
    rows = [["pollster", "start", "end", "sample_size", *names]]
    rows += [["House", f"2025-10-0{day}", f"2025-10-0{day + 2}", "2000", "41", *["1"] * 59] for day in (1, 6)]
    table = tmp_path / "polls.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    made = forecast(
        "-q", "init", tmp_path / "many", "--polls", table, "--system", "kazakhstan-kurultai-2026",
        "--election-date", "2025-11-01",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    done = forecast("-q", "run", tmp_path / "many", "--draws", "1024", "--out", tmp_path / "run")
    assert done.exit_code == 0, done.output
    text = write.report_files([tmp_path / "run"], "html", "en")["report.html"].decode("utf-8")
    assert len(text.encode("utf-8")) < 5_000_000
    story = run_story(read_run(tmp_path / "run"), LANGUAGES["en"])
    assert names[3] in text
    assert "registered are counted" in text  # the warning, whose file is named without its folder
    assert str(tmp_path) not in text
    assert names[3] not in json.dumps([figure.chart.to_dict() for figure in story.figures], ensure_ascii=False)


def test_a_link_in_the_place_of_a_report_is_replaced_and_not_followed(run: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("mine", encoding="utf-8")
    (tmp_path / "report.md").symlink_to(letter)
    assert forecast("report", run, "--format", "md", "-o", tmp_path / "report.md").exit_code == 0
    assert letter.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "report.md").is_symlink()


def test_no_name_of_a_sheet_is_too_long_for_a_workbook() -> None:
    for words in LANGUAGES.values():
        names = [text for key, text in words.messages.items() if key.startswith("sheet_") or key == "polls_title"]
        assert max(map(len, names)) <= LONGEST_NAME - len(" 10")
