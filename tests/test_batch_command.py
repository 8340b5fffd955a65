"""The command itself, where a stranger meets it: streams that fail, terminals that show little, places that are none."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forecast.batch.session import Ways
from forecast.cli.main import main
from tests.batches import bytes_of, document, inline
from tests.test_streams import shell

NAME = "Әділ Қазақ: Ғ 😀"
NARROW = {
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "TERM": "dumb",
    "COLUMNS": "40",
    "NO_COLOR": "1",
}

Said = Callable[..., tuple[object, str]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the document of a batch, ``grid.toml``, and its finished batch, ``done``."""
    folder = tmp_path_factory.mktemp("command")
    inline(document(folder, f'[[scenario]]\nname = "{NAME}"\nset = {{seed = 7}}\n', draws=500), folder / "done")
    return folder


@pytest.fixture
def said(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Return the command, in this process and in the folder of the document: its exit code, its words on stderr."""

    def command(*arguments: str) -> tuple[object, str]:
        monkeypatch.chdir(place)
        monkeypatch.setattr(sys, "argv", ["forecast", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code, capsys.readouterr().err

    return command


def test_a_stdout_that_is_full_or_closed_is_one_line_and_exit_code_four(place: Path) -> None:
    for redirected in ("> /dev/full", ">&-"):
        done = shell(f"forecast -q batch grid.toml --out done {redirected}", place)
        assert (done.returncode, len(done.stderr.splitlines())) == (4, 1), done.stderr
    assert shell("forecast batch grid.toml --out done <&- 2> /dev/full", place).returncode == 0


def test_a_batch_goes_on_when_nobody_reads_its_log_any_more(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = f"forecast batch grid.toml --out '{out}' --workers 1"
    done = shell(f"({command} > /dev/null; echo $? > '{tmp_path}/code') 2>&1 | head -n 1", place)
    assert b"2 of 2 scenarios to compute" in done.stdout
    assert (tmp_path / "code").read_text(encoding="utf-8") == "0\n"
    assert bytes_of(out) == bytes_of(place / "done")


def test_a_poor_terminal_shows_a_batch_and_changes_no_byte_of_it(place: Path, tmp_path: Path) -> None:
    out = tmp_path / ("ұзақ жол " * 12 + "🗳")
    done = shell(f"forecast batch grid.toml --out '{out}' --workers 1", place, **NARROW, TZ="Asia/Almaty")
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout + done.stderr
    assert done.stdout.isascii()
    assert bytes_of(out) == bytes_of(place / "done")


@pytest.mark.parametrize(
    ("out", "code", "words"),
    [
        ("x" * 300, 4, "File name too long"),
        ("grid.toml/inside", 4, "Not a directory"),
        ("grid.toml", 5, "is a file"),
        ("circle", 4, "leads in a circle"),
    ],
)
def test_a_place_that_cannot_be_written_is_found_before_any_computing(
    place: Path, said: Said, out: str, code: int, words: str
) -> None:
    if out == "circle":
        (place / "circle").symlink_to("circle")
    found, text = said("batch", "grid.toml", "--out", out)
    assert (found, len(text.splitlines())) == (code, 1)
    assert words in text


def test_a_folder_that_may_only_be_read_is_found_before_any_computing(place: Path) -> None:
    (place / "sealed").mkdir(mode=0o555)
    command = [sys.executable, "-m", "forecast", "batch", "grid.toml", "--out", "sealed/inside"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False, preexec_fn=_as_anybody)
    assert done.returncode == 4, done.stderr
    assert "sealed/inside: cannot be written: Permission denied" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not any((place / "sealed").iterdir())


def _as_anybody() -> None:
    """Let permissions hold for root too: give up CAP_DAC_OVERRIDE for what is executed next."""
    drop, override = 24, 1
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(drop, override, 0, 0, 0)


def test_a_link_is_followed_once_and_that_is_said(place: Path, tmp_path: Path, said: Said) -> None:
    (tmp_path / "link").symlink_to(place / "done")
    code, text = said("batch", "grid.toml", "--out", str(tmp_path / "link"))
    assert code == 0
    assert f"is a link to {place / 'done'}" in text


def test_shards_of_a_forecast_without_a_seed_are_refused(place: Path, said: Said) -> None:
    text = (place / "grid.toml").read_text(encoding="utf-8")
    (place / "free.toml").write_text(text.replace("draws = 500", 'seed = "none", draws = 500'), encoding="utf-8")
    code, text = said("batch", "free.toml", "--out", "free", "--shard", "1/2")
    assert code == 3
    assert "give all of them the same: --set seed=" in text
    assert not (place / "free").exists()


def test_a_folder_of_shards_is_known_for_what_it_is(place: Path, said: Said) -> None:
    inline(place / "grid.toml", place / "parts" / "shard-1-of-2", Ways(shard=(1, 2)))
    code, text = said("status", "parts")
    assert code == 4
    assert "holds shards, name one of them or join them: forecast merge" in text
