"""Standard streams that are closed, full or narrow, and signals: the exit code, one line, no traceback."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.test_documents_model import MODEL, RESULT, TABLES
from tests.test_documents_toml import SYSTEM

NAME = "Қазақ 😀 é"


@pytest.fixture
def land(tmp_path: Path) -> Path:
    """A folder of the user's own with a small forecast, centred on a result."""
    model, configs = tmp_path / "models" / "land", tmp_path / "configs"
    model.mkdir(parents=True)
    before, after = MODEL[: MODEL.index("[votes]")], MODEL[MODEL.index("[turnout]") :]
    (model / "model.toml").write_text(f"{before}{RESULT}\n{after}", encoding="utf-8")
    for name, text in TABLES.items():
        (model / name).write_text(text.replace("NA,", f"{NAME},").replace(",NA", f",{NAME}"), encoding="utf-8")
    for kind in ("systems", "forecasts"):
        (configs / kind).mkdir(parents=True)
    (configs / "systems" / "house.toml").write_text(SYSTEM, encoding="utf-8")
    document = 'name = "Small"\nmodel = "land"\nsystems = ["house"]\ndraws = 2000\nseed = 1\n'
    (configs / "forecasts" / "land.toml").write_text(document, encoding="utf-8")
    return tmp_path


def shell(command: str, folder: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    words = command.replace("forecast", f"{sys.executable} -m forecast")
    return subprocess.run(
        ["bash", "-c", words], cwd=folder, capture_output=True, timeout=300, check=False,
        env={**os.environ, "FORECAST_HOME": str(folder), "PYTHONPATH": str(Path(__file__).parent.parent), **env},
    )  # fmt: skip


@pytest.mark.parametrize("command", ["list", "check land", "completion bash", "--help", "run land --out r"])
def test_a_closed_or_full_stdout_is_the_environments_trouble(land: Path, command: str) -> None:
    for redirected in (">&-", "> /dev/full"):
        done = shell(f"forecast -q {command} {redirected}", land)
        assert done.returncode == 4, done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert shell(f"forecast {command} <&- 2>&-", land).returncode == 0


def test_a_reader_that_leaves_early_is_no_failure(land: Path) -> None:
    for command in ("list", "run land --out r", "run land --out r --csv"):
        done = shell(f"forecast -q {command} | head -c 1; exit ${{PIPESTATUS[0]}}", land)
        assert (done.returncode, done.stderr) == (0, b"")


def test_names_survive_a_terminal_that_cannot_show_them(land: Path) -> None:
    narrow = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TERM": "dumb", "COLUMNS": "40"}
    assert shell("forecast run land --out r", land, **narrow).returncode == 0
    form = json.loads(shell("forecast run land --out r --json", land, **narrow).stdout)
    assert {row["party"] for row in form["systems"][0]["parties"]} == {"Alpha", NAME, "Self-nominated"}
    table = shell("forecast run land --out r --csv", land, **narrow).stdout
    assert table == (land / "r" / "summary.csv").read_bytes()


def on_terminal(command: str, folder: Path, columns: int, **env: str) -> tuple[int, str]:
    """Run a command on a terminal so many columns wide; return its exit code and what it showed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    running = subprocess.Popen(
        [sys.executable, "-m", "forecast", *command.split()], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder,
        env={**{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")},
             "FORECAST_HOME": str(folder), "PYTHONPATH": str(Path(__file__).parent.parent), **env},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 2**16):
            shown += piece
    except OSError:  # the terminal ends with its last process
        pass
    os.close(ours)
    return running.wait(timeout=60), shown.decode("utf-8", "backslashreplace").replace("\r\n", "\n")


@pytest.mark.parametrize(
    "env",
    [
        {"TERM": "xterm"},
        {"TERM": "dumb", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "NO_COLOR": "1"},
    ],
    ids=["xterm", "dumb"],
)
def test_a_table_that_a_terminal_is_too_narrow_for_is_told_row_by_row(land: Path, env: dict[str, str]) -> None:
    code, shown = on_terminal("--no-progress run land --out r", land, 40, **env)
    assert code == 0, shown
    (row,) = re.findall(r"^Alpha: mean: [^:]*; median: (?s:.*?)\n(?=\S+: mean)", shown, re.MULTILINE)
    assert "any seat: " in " ".join(row.split())
    if env["TERM"] == "dumb":
        assert "\x1b" not in shown


def test_draws_are_stored_and_read_under_a_name_that_the_locale_cannot_hold(land: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell("forecast run land --out Қазақ-🗳 --save-draws all", land, **plain)
    assert done.returncode == 0, done.stderr
    for command in ("query Қазақ-🗳 'parties() > 0'", "export Қазақ-🗳 --format arrow --output Ә.arrow"):
        done = shell(f"forecast {command}", land, **plain)
        assert done.returncode == 0, done.stderr
    assert (land / "Ә.arrow").stat().st_size


def test_a_file_size_limit_ends_a_run_with_four_and_nothing_is_left(land: Path) -> None:
    before = sorted(land.rglob("*"))
    done = shell("ulimit -f 8; forecast run land --out r --draws 20000 --save-draws all", land)
    assert done.returncode == 4, done.stderr
    assert sorted(land.rglob("*")) == before


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_stopped_run_can_be_run_again(land: Path, sent: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "forecast", "run", "land", "--out", "r", "--draws"]
    env = {**os.environ, "FORECAST_HOME": str(land)}
    running = subprocess.Popen([*command, "10000000000"], cwd=land, env=env, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not (land / ".r.partial").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.5)
    other = subprocess.run([*command, "1000"], cwd=land, env=env, capture_output=True, check=False)
    running.send_signal(sent)
    running.communicate(timeout=30)
    again = subprocess.run([*command, "1000"], cwd=land, env=env, capture_output=True, check=False)
    assert (other.returncode, running.returncode, again.returncode) == (5, code, 0), other.stderr + again.stderr
    assert b"another run" in other.stderr
    assert not (land / ".r.partial").exists()
    assert json.loads((land / "r" / "run.json").read_text(encoding="utf-8"))["draws"] == 1000


def test_only_a_model_without_randomness_says_0_and_100_percent(land: Path) -> None:
    spreads = ("votes.error", "turnout.sd", "regions.shock_sd", "districts.candidate_sd",
               "districts.self_nominated.sd", "districts.self_nominated.national_sd")  # fmt: skip
    still = " ".join(f"--set model.{key}=0" for key in spreads)
    certain = shell(f"forecast run land --out r {still}", land).stdout.decode()
    assert " 100 %" in certain
    assert " 0 %" in certain
    assert ">99.9 %" not in certain
    one_left = shell(f"forecast run land --out s {still} --set model.turnout.sd=0.01", land).stdout.decode()
    assert ">99.9 %" in one_left
    assert " 100 %" not in one_left


def test_huge_spreads_stay_finite(land: Path) -> None:
    wide = " ".join(f"--set model.{key}=1e3" for key in ("votes.error", "turnout.sd", "regions.shock_sd"))
    done = shell(f"forecast run land --out r {wide}", land, PYTHONWARNINGS="error::RuntimeWarning")
    assert done.returncode == 0, done.stderr
    assert b"200 of 200 recounts agree" in done.stdout
    assert b"drawn as wide as can be" in done.stderr
    assert not any(
        cell in ("nan", "inf") for path in (land / "r").glob("*.csv") for cell in path.read_text("utf-8").split(",")
    )


@pytest.mark.parametrize(
    ("arguments", "env", "words"),
    [
        ("--precision nan", {}, "--precision"),
        ("--as-of 19.03.2023", {}, "write it as 2023-03-19"),
        ("--as-of 2023-02-30", {}, "no day of the calendar"),
        ("--json --csv", {}, "choose one"),
        ("", {"FORECAST_DRAWS": "many"}, "FORECAST_DRAWS"),
        ("", {"FORECAST_SEED": "-1"}, "FORECAST_SEED"),
        ("", {"FORECAST_THREADS": "0"}, "FORECAST_THREADS"),
    ],
)
def test_a_wrong_setting_is_a_usage_error_that_names_it(
    land: Path, arguments: str, env: dict[str, str], words: str
) -> None:
    done = shell(f"forecast run land --out r {arguments}", land, **env)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr.decode()
    assert not (land / "r").exists()


def test_more_threads_than_can_be_used_are_capped_with_a_note(land: Path) -> None:
    done = shell("forecast run land --out r --threads 10000", land)
    assert done.returncode == 0
    assert b"note: 10,000 threads are more" in done.stderr
