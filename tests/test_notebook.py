"""The Python API: the newcomer's notebook runs, what it shows is what the files say, names stay text."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import forecast
from forecast.errors import DocumentError, ForecastError
from forecast.events.tokens import EventError
from forecast.notebook import Result

HOME = Path(__file__).parent.parent
(NOTEBOOK,) = re.findall(r"```python\n(.*?)```", (HOME / "configs/README.md").read_text(encoding="utf-8"), re.DOTALL)
README = (HOME / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return forecast.run("kazakhstan-2023", draws=3000, out=tmp_path_factory.mktemp("api") / "run")


def test_the_newcomers_notebook_runs() -> None:
    space: dict[str, Any] = {}
    shown = []
    for line in ast.parse(NOTEBOOK).body:
        if isinstance(line, ast.Expr):
            shown.append(eval(compile(ast.Expression(line.value), "notebook", "eval"), space))
        else:
            exec(compile(ast.Module([line], []), "notebook", "exec"), space)
    result, pmf, chance, given, parties, open_districts, votes, gain = shown
    assert "Amanat" in result._repr_html_()
    assert pmf.index.name == "seats"
    assert pmf.sum() == pytest.approx(1)
    assert chance.value == pytest.approx(pmf[66:].sum())
    assert given.draws == chance.draws - chance.count
    assert parties.index.name == "party"
    assert len(open_districts) > 0
    assert votes.sum() > 4e6
    assert gain["JSDP"] > 0 > gain["Amanat"]  # a lower threshold
    place = result.folder
    assert place.is_dir()
    del result
    shown.clear()
    space.clear()
    assert not place.exists()


def test_a_notebook_in_the_readme_is_this_one() -> None:
    for block in re.findall(r"```python\n(import forecast\n.*?)```", README, re.DOTALL):
        assert block == NOTEBOOK


def test_the_tables_are_those_of_the_run_folder(result: Result) -> None:
    summary = pd.read_csv(result.folder / "summary.csv", index_col="party").drop(columns="system")
    assert result.parties.astype(float).to_numpy() == pytest.approx(summary.to_numpy(), abs=1e-6, nan_ok=True)
    assert list(result.seats) == list(summary.index)
    for party, seats in result.seats.items():
        assert seats.mean == pytest.approx(result.sample()[f"seats: {result.systems[0]}: {party}"].mean())
        assert list(result.seats.frame.loc[party]) == list(seats.pmf)
    assert len(result.sample(10)) == 10


def test_a_finished_run_is_read_and_not_computed_again(result: Result) -> None:
    written = (result.folder / "run.json").stat().st_mtime_ns
    for again in (forecast.load(result.folder), forecast.run("kazakhstan-2023", draws=3000, out=result.folder)):
        assert again.digest == result.digest
        assert again.seats["Amanat"].pmf.equals(result.seats["Amanat"].pmf)
    assert (result.folder / "run.json").stat().st_mtime_ns == written


def test_several_systems_are_chosen_by_name() -> None:
    both = forecast.run(
        "kazakhstan-2023", draws=600, seed=1, systems=["kazakhstan-kurultai-2026", "kazakhstan-mazhilis-2023"]
    )
    with pytest.raises(ForecastError, match="several systems; choose one"):
        _ = both.seats
    with pytest.raises(ForecastError, match="has no system 'other'"):
        both.under("other")
    house = both.under("kazakhstan-kurultai-2026")
    assert house.probability("house() == 145").value == 1
    assert both._repr_html_().count("<table>") == 2


def test_a_passing_run_stays_as_long_as_one_of_its_houses() -> None:
    house = forecast.run("kazakhstan-2023", draws=600, seed=1).house
    assert house.probability("parties() >= 1").value == 1
    assert house.ask("mean(parties())").mean > 1


def test_mistakes_are_said_in_words(result: Result) -> None:
    with pytest.raises(EventError, match="this is a number"):
        result.probability("seats('Amanat')")
    with pytest.raises(KeyError, match="'Amanta' is not in the race"):
        result.seats["Amanta"]
    with pytest.raises(DocumentError, match="draws"):
        forecast.run("kazakhstan-2023", draws=0)
    with pytest.raises(ForecastError, match="no such folder"):
        forecast.load("nowhere")


def test_names_stay_text_in_html(result: Result) -> None:
    hostile = forecast.load(result.folder)
    hostile.name = "<script>document.title='x'</script>"
    assert "<script" not in hostile._repr_html_()
    assert "&lt;script&gt;" in hostile._repr_html_()
    assert "People&#x27;s Party" in hostile._repr_html_()


def test_the_package_alone_loads_nothing_heavy() -> None:
    script = (
        "import sys, forecast\n"
        "sys.exit(bool({'numba', 'numpy', 'pandas', 'scipy', 'pyarrow', 'pydantic', 'click'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0
