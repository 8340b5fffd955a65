"""A run's folder: who may write it, what is taken for a finished run, and what a crash leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forecast.errors import EnvironmentTrouble, OutputExists
from forecast.files import sealed, sha256_of
from forecast.runfile import RUN_FILE, SCHEMA
from forecast.runs import TALLIES_FILE, finished, folder_for, publish, workplace
from forecast.tables import COLUMNS


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def run() -> Path:
    folder = Path("run")
    folder.mkdir()
    for name in (*COLUMNS, TALLIES_FILE):
        (folder / name).write_text(name, encoding="utf-8")
    outputs = {path.name: {"sha256": sha256_of(path)} for path in folder.iterdir()}
    content = {"schema": SCHEMA, "digest": "abc", "audit": {"recounts": 200}, "outputs": outputs}
    (folder / RUN_FILE).write_text(json.dumps(sealed(content)), encoding="utf-8")
    return folder


def test_a_whole_run_is_finished_and_a_damaged_one_is_not(run: Path) -> None:
    assert finished(run, "abc") is not None
    assert finished(run, "abc", force=True) is None
    (run / "summary.csv").write_text("damaged", encoding="utf-8")
    assert finished(run, "abc") is None


@pytest.mark.parametrize("key", ["schema", "digest", "audit", "outputs"])
def test_a_run_file_that_lacks_a_key_or_holds_another_kind_is_no_run(run: Path, key: str) -> None:
    content = json.loads((run / RUN_FILE).read_text(encoding="utf-8"))
    for changed in ({name: value for name, value in content.items() if name != key}, {**content, key: 7}):
        (run / RUN_FILE).write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(OutputExists, match="--force"):
            finished(run, "abc")
        assert finished(run, "abc", force=True) is None


def test_a_run_file_that_vouches_for_nothing_is_not_trusted(run: Path) -> None:
    content = json.loads((run / RUN_FILE).read_text(encoding="utf-8"))
    (run / RUN_FILE).write_text(json.dumps(sealed({**content, "outputs": {}})), encoding="utf-8")
    assert finished(run, "abc") is None


def test_a_run_file_edited_by_hand_is_not_trusted(run: Path) -> None:
    content = json.loads((run / RUN_FILE).read_text(encoding="utf-8"))
    (run / RUN_FILE).write_text(json.dumps({**content, "audit": {"recounts": 100_000}}), encoding="utf-8")
    assert finished(run, "abc") is None


def test_what_is_no_run_is_never_replaced() -> None:
    Path("mine").mkdir()
    Path("mine/letter.txt").write_text("keep me", encoding="utf-8")
    for place in (Path("mine"), Path("mine/letter.txt")):
        with pytest.raises(OutputExists, match="--out"):
            finished(place, "abc", force=True)


@pytest.mark.parametrize("out", ["", ".", "..", "/", "sub/..", "../here"])
def test_the_place_where_the_command_stands_is_no_folder_of_a_run(out: str) -> None:
    with pytest.raises(OutputExists, match="a folder of its own"):
        folder_for("name", "0123456789", Path(out))


def test_a_link_is_followed_once() -> None:
    Path("real").mkdir()
    Path("link").symlink_to("real")
    Path("dangling").symlink_to("not there yet")
    assert folder_for("name", "0123456789", Path("link")) == Path.cwd() / "real"
    assert folder_for("name", "0123456789", Path("dangling")) == Path.cwd() / "not there yet"
    assert folder_for("name", "0123456789", None) == Path("runs/name-01234567")


def test_a_link_in_a_circle_is_the_environments_trouble() -> None:
    Path("circle").symlink_to("circle")
    with pytest.raises(EnvironmentTrouble, match="circle"):
        folder_for("name", "0123456789", Path("circle"))


def test_two_runs_cannot_write_into_the_same_folder() -> None:
    with workplace(Path("run")) as working:
        (working / "half.csv").write_text("x", encoding="utf-8")
        with pytest.raises(OutputExists, match="another run"), workplace(Path("run")):
            pass
        assert (working / "half.csv").exists()
    assert not list(Path().iterdir())


def test_what_a_killed_run_left_is_swept() -> None:
    Path(".run.partial").mkdir()
    Path(".run.partial/half.csv").write_text("x", encoding="utf-8")
    Path(".run.old").mkdir()
    with workplace(Path("run")) as working:
        assert not list(working.iterdir())
        (working / "whole.csv").write_text("x", encoding="utf-8")
        publish(working, Path("run"))
    assert [str(path) for path in Path().rglob("*")] == ["run", "run/whole.csv"]


def test_the_next_run_may_begin_as_soon_as_the_folder_is_in_its_place() -> None:
    with workplace(Path("run")) as first:
        publish(first, Path("run"))
        with workplace(Path("run")) as second:
            publish(second, Path("run"))
    assert [path.name for path in Path().iterdir()] == ["run"]


def test_a_place_that_cannot_be_written_is_the_environments_trouble() -> None:
    Path("file").write_text("", encoding="utf-8")
    Path(".linked.partial").symlink_to("file")
    for folder in (Path("file/run"), Path("linked")):
        with pytest.raises(EnvironmentTrouble, match="cannot be written"), workplace(folder):
            pass
