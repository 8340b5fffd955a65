"""Memory that is short: fewer threads and processes, or an error that says what is needed and what there is."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from forecast.cli.main import cli
from forecast.errors import EnvironmentTrouble
from forecast.memory import (
    COMPILING,
    MIB,
    PROGRAM,
    RUN,
    THREAD,
    Amount,
    check_program,
    fitting_threads,
    fitting_workers,
    room,
)
from tests.batches import document, inline

PLENTY = Amount(None, None)
GROUP_2 = {
    "proc/self/cgroup": "0::/pod/job\n",
    "sys/fs/cgroup/pod/memory.max": "1000\n",
    "sys/fs/cgroup/pod/memory.current": "700\n",
    "sys/fs/cgroup/pod/memory.stat": "anon 500\nactive_file 60\ninactive_file 40\n",
    "sys/fs/cgroup/pod/job/memory.max": "max\n",
    "sys/fs/cgroup/pod/job/memory.current": "600\n",
}
GROUP_1 = {
    "proc/self/cgroup": "5:devices:/\n4:cpu,memory:/docker/1f\n0::/\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "1000\n",  # a container sees its own group as the root
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "700\n",
    "sys/fs/cgroup/memory/memory.stat": "cache 90\ntotal_active_file 60\ntotal_inactive_file 40\n",
}


@pytest.mark.parametrize(
    ("files", "left"),
    [
        (GROUP_2, 400), (GROUP_1, 400), ({}, None), ({"proc/meminfo": "MemTotal: 9 kB\nMemAvailable: 3 kB\n"}, 3072),
        (GROUP_2 | {"proc/meminfo": "MemAvailable: 0 kB\n"}, 0),
    ],
    ids=["version 2", "version 1", "unknown", "the machine", "the least"],
)  # fmt: skip
def test_what_is_left_is_the_least_of_the_machine_and_its_control_groups(
    tmp_path: Path, files: dict[str, str], left: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="ascii")
    assert room(tmp_path).memory == left


def test_what_is_left_here_is_known() -> None:
    memory = room().memory
    assert memory is not None
    assert 0 < memory < 2**50


@pytest.mark.parametrize("command", ["run kazakhstan-2023", "batch kazakhstan-reform", "compare kazakhstan-2023 x y"])
def test_a_limit_on_address_space_ends_with_four_the_need_and_what_there_is(command: str, tmp_path: Path) -> None:
    half = 512 * MIB

    def little() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (half, half))

    done = subprocess.run(
        [sys.executable, "-m", "forecast", *command.split()], capture_output=True, text=True, cwd=tmp_path, timeout=60,
        preexec_fn=little,
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    said = re.fullmatch(
        r"error: not enough memory: seatcast needs some 640 MiB more of address space, and (\d+) MiB .*\n", done.stderr
    )
    assert said is not None, done.stderr
    assert 450 < int(said[1]) < 512
    assert not list(tmp_path.iterdir())


def test_threads_shrink_to_what_there_is_room_for() -> None:
    assert RUN.space is not None
    assert COMPILING.space is not None

    def threads(space: int, *, compiling: bool = False) -> int:
        return fitting_threads(8, MIB, compiling=compiling, keeping=False, room=Amount(space, None))

    one = RUN.space + MIB
    assert [threads(one), threads(one + 3 * (MIB + THREAD)), threads(10 * one)] == [1, 4, 8]
    assert threads(one + COMPILING.space, compiling=True) == 1
    with pytest.raises(
        EnvironmentTrouble, match=r"this forecast, on one thread, needs some 465 MiB more of address space, and 2"
    ):
        threads(one + 2 * MIB, compiling=True)
    assert fitting_threads(8, MIB, compiling=True, keeping=True, room=PLENTY) == 8


def test_processes_shrink_to_what_there_is_memory_for() -> None:
    assert PROGRAM.memory is not None
    assert RUN.memory is not None
    each = PROGRAM.memory + RUN.memory
    assert [fitting_workers(4, Amount(None, memory), compiling=False) for memory in (each, 2 * each, 9 * each)] == [
        1,
        2,
        4,
    ]
    assert fitting_workers(4, PLENTY, compiling=True) == 4
    with pytest.raises(
        EnvironmentTrouble, match="a process of the batch needs some 544 MiB more of memory, and 288 MiB"
    ):
        fitting_workers(4, Amount(None, each), compiling=True)


def test_a_program_that_finds_no_memory_is_not_begun() -> None:
    check_program(PLENTY)
    with pytest.raises(
        EnvironmentTrouble, match="192 MiB more of memory, and 0 MiB are left; a larger machine or container"
    ):
        check_program(Amount(None, -1))


def test_a_run_says_that_there_is_memory_for_fewer_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert RUN.space is not None
    enough_for_few = RUN.space + (COMPILING.space or 0) + 64 * MIB
    monkeypatch.setattr("forecast.execution.room", lambda: Amount(enough_for_few, None))
    monkeypatch.setattr("forecast.execution.usable_threads", lambda asked: 64)
    done = CliRunner().invoke(cli, ["run", "kazakhstan-2023", "--draws", "1000", "--out", str(tmp_path / "r")])
    assert done.exit_code == 0, done.stderr
    assert re.search(r"note: there is memory for \d+ of 64 threads", done.stderr)


def test_a_batch_without_memory_ends_with_the_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast.execution.room", lambda: Amount(None, 50 * MIB))
    with pytest.raises(
        EnvironmentTrouble, match=r"on one thread, needs some \d+ MiB more of memory, and 50 MiB are left"
    ):
        inline(document(tmp_path, ""), tmp_path / "out")
