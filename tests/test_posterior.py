"""Votes from a posterior of the user's own: rows are picked by a keyed word, all else goes on as before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from forecast.documents import read_forecast, read_model
from forecast.errors import DocumentError
from forecast.kernel.draw import Tallies
from forecast.kernel.plan import Plan, lower
from forecast.simulate import simulate
from forecast.voteshare.electorate import DrawsCentre
from forecast.voteshare.fitted import fit_document
from forecast.voteshare.model import fit

MODEL = """
name = "land"
election_day = 2023-03-19
as_of = 2023-03-18
[options]
[votes]
draws = "posterior.csv"
[turnout]
electorate = 1_000_000
valid_share = {value = 1, basis = "sourced"}
sd = {value = 0.05, basis = "sourced"}
expected = {value = 0.6, basis = "sourced"}
"""
OPTIONS = "name,kind,previous_share,list_length\nAlpha,party,,\nNA,party,,\nagainst_all,against_all,,\n"
FORECAST = 'name = "land"\nmodel = "./model.toml"\nsystems = ["kazakhstan-mazhilis-2007"]\nseed = 7\n'
NAMES = ("Alpha", "NA", "against_all")


def rows(number: int = 400) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.random.default_rng(3).dirichlet([30, 15, 5], number)


def written(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], header: tuple[str, ...] = NAMES) -> str:
    return ",".join(header) + "\n" + "".join(",".join(repr(float(x)) for x in row) + "\n" for row in values)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"model.toml": MODEL, "options.csv": OPTIONS, "land.toml": FORECAST}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "posterior.csv").write_text(written(rows()), encoding="utf-8")
    return tmp_path


def plan_of(folder: Path) -> Plan:
    spec = read_forecast(folder / "land.toml").value
    return lower(fit(spec.model.value), [system.value for system in spec.systems], 7)


def equal(one: Tallies, other: Tallies) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_votes_of_every_draw_are_one_of_the_rows_and_every_row_is_as_likely(folder: Path) -> None:
    plan = plan_of(folder)
    kept: list[np.ndarray[tuple[int, ...], np.dtype[np.int32]]] = []
    simulate(plan, 40_000, keep=lambda first, record: kept.append(record.votes), kept=40_000)
    votes = np.concatenate(kept)
    shares = votes / votes.sum(axis=1, keepdims=True)
    apart = np.abs(shares[:, None, :] - rows()[None, :, :]).max(axis=2)
    assert apart.min(axis=1).max() < 1e-5  # ballots are whole: one in half a million
    picked = np.bincount(apart.argmin(axis=1), minlength=400)
    statistic = ((picked - 100) ** 2 / 100).sum()
    assert statistic < 399 + 5 * np.sqrt(2 * 399)  # chi-square: a false alarm in about a million


def test_threads_change_nothing_and_a_table_of_parquet_says_the_same(folder: Path) -> None:
    one = simulate(plan_of(folder), 70_000, threads=1).tallies
    assert equal(one, simulate(plan_of(folder), 70_000, threads=2).tallies)
    columns = {name: rows()[:, k] for k, name in enumerate(NAMES)}
    pq.write_table(
        pa.table({"against_all": columns.pop("against_all"), ".draw": np.arange(400), **columns}), "p.parquet"
    )
    (folder / "model.toml").write_text(MODEL.replace("posterior.csv", "p.parquet"), encoding="utf-8")
    assert equal(one, simulate(plan_of(folder), 70_000).tallies)


def test_the_fit_shows_the_moments_of_the_rows(folder: Path) -> None:
    model = fit(read_model(folder).value)
    document = fit_document(model)
    assert document["centre"] == "draws"
    assert document["mean"] == pytest.approx(rows().mean(axis=0).tolist(), abs=1e-6)
    assert document["correlation"][0][1] == pytest.approx(float(np.asarray(np.corrcoef(rows().T))[0, 1]), abs=1e-4)
    near = model.votes.sample(20_000, np.random.default_rng(1))
    assert near.mean(axis=0) == pytest.approx(model.mean, abs=0.01)


def test_percent_is_read_where_the_document_says_so(folder: Path) -> None:
    (folder / "posterior.csv").write_text(written(100 * rows()), encoding="utf-8")
    with pytest.raises(DocumentError, match='for percent, write unit = "percent"'):
        read_model(folder)
    resolved = read_model(folder, ["votes.unit=percent"])
    assert isinstance(resolved.value.centre, DrawsCentre)
    assert resolved.value.centre.shares == pytest.approx(rows(), abs=1e-9)
    assert any(
        "no surer than 2 points" in warning or "no surer than 3 points" in warning for warning in resolved.warnings
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (written(rows(50)), "has 50 draws; at least 100 are needed"),
        (written(rows() * [1, 1, 0.5]), "line 2: the shares add up to 0.9"),
        (written(rows()).replace("Alpha", "Alfa"), "unknown column 'Alfa'"),
        (written(rows()[:, :2], NAMES[:2]), "column against_all is missing"),
        (written(rows()).replace("\n0.", "\nnan,0.", 1), "line 2: the row has 4 cells"),
        (written(np.vstack([rows(), [np.nan, 0.5, 0.5]])), "line 402: Alpha: is 'nan'; a share is needed"),
        (written(np.vstack([rows(), [-0.1, 0.6, 0.5]])), "line 402: Alpha: is '-0.1'; a share is needed"),
        (written(np.vstack([rows(), [1.1, 0, 0]])), "line 402: Alpha: is more than 1"),
        ("", "the file is empty"),
        ("PAR1 but not really", "cannot be read as Parquet"),
    ],
)
def test_a_wrong_table_is_refused_with_its_row(folder: Path, text: str, words: str) -> None:
    (folder / "posterior.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        read_model(folder)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"Alpha": None}, "Alpha: 1 rows are empty"),
        ({"Alpha": "text"}, "Alpha: holds string; numbers are needed"),
        ({"Alpha": float("nan")}, "row 1: Alpha: is no finite number"),
        ({"Alpha": -0.5}, "row 1: Alpha: is below 0"),
        ({"Delta": 0.0}, "unknown column 'Delta'"),
    ],
)
def test_a_wrong_parquet_table_is_refused_too(folder: Path, changed: dict[str, object], words: str) -> None:
    content: dict[str, list[object]] = {name: rows()[:, k].tolist() for k, name in enumerate(NAMES)}
    for name, value in changed.items():
        column = content.get(name, [0.0] * 400)
        content[name] = [value, *([str(x) for x in column[1:]] if isinstance(value, str) else column[1:])]
    pq.write_table(pa.table(content), folder / "posterior.csv")
    with pytest.raises(DocumentError) as caught:
        read_model(folder)
    assert words in str(caught.value)


def test_an_as_of_day_cannot_be_asked_of_draws(folder: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be looked back into"):
        read_forecast(folder / "land.toml", ["model.as_of=2023-02-01"])
    with pytest.raises(DocumentError, match="unknown key"):
        read_model(folder, ["votes.polls=polls.csv"])
    with pytest.raises(DocumentError, match=r"gone\.parquet: no such file"):
        read_model(folder, ["votes.draws=gone.parquet"])
    with pytest.raises(DocumentError, match="own folder"):
        read_model(folder, ["votes.draws=../posterior.csv"])
