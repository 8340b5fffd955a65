"""How much memory there is and how much a forecast needs: fewer threads where that helps, else an error that says both.

Two things run out: address space, where ``ulimit -v`` bounds it, and memory itself, of the machine or of the control
group a container lives in. The needs are those of Linux on x86-64, measured and rounded up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from forecast.errors import EnvironmentTrouble

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Amount:
    """Bytes of address space and of memory; None: not bounded."""

    space: int | None
    memory: int | None


PROGRAM = Amount(640 * MIB, 192 * MIB)  # with its libraries
RUN = Amount(208 * MIB, 96 * MIB)  # more: compiled code, one thread, the tables
COMPILING = Amount(256 * MIB, 256 * MIB)  # more, where the kernel is to be compiled
KEEPING = Amount(128 * MIB, 128 * MIB)  # more, where draws are stored
THREAD = 16 * MIB  # more for each further thread, beside its rows
KEEPING_THREAD = 64 * MIB  # more for each of them, where draws are stored


def room(root: Path = Path("/")) -> Amount:
    """Return what this process may still take."""
    return Amount(_space_left(root), min(_memory_left(root), default=None))


def check_program(room: Amount) -> None:
    """Refuse to load the libraries where they find no place; some of them would end the process, or never end.

    Raises
    ------
    EnvironmentTrouble
        With what is needed and what there is.
    """
    _check(PROGRAM, room, "seatcast")


def fitting_threads(threads: int, of_a_thread: int, *, compiling: bool, keeping: bool, room: Amount) -> int:
    """Return how many threads a run may have, at most so many.

    Parameters
    ----------
    of_a_thread
        Bytes of one thread's rows, tallies and chunks.

    Raises
    ------
    EnvironmentTrouble
        There is no room for one; with what is needed and what there is.
    """
    parts = [RUN, *([COMPILING] if compiling else []), *([KEEPING] if keeping else [])]
    space, memory = (sum(getattr(part, name) for part in parts) + of_a_thread for name in ("space", "memory"))
    _check(Amount(space, memory), room, "this forecast, on one thread,")
    each = of_a_thread + THREAD + (KEEPING_THREAD if keeping else 0)
    most = [(left - need) // each for left, need in ((room.space, space), (room.memory, memory)) if left is not None]
    return min(threads, 1 + min(most, default=threads))


def fitting_workers(workers: int, room: Amount, *, compiling: bool) -> int:
    """Return how many processes of a batch find memory at once, at most so many; EnvironmentTrouble if not even one."""
    each = _memory_of(PROGRAM, RUN)
    one = each + (_memory_of(COMPILING) if compiling else 0)  # it is done by the first alone
    _check(Amount(None, one), room, "a process of the batch")
    return workers if room.memory is None else min(workers, 1 + (room.memory - one) // each)


def _memory_of(*parts: Amount) -> int:
    return sum(part.memory or 0 for part in parts)


def shortage(room: Amount) -> str:
    """Return what is left, in words, where more was asked for."""
    return " and ".join(
        f"{max(left, 0) / MIB:,.0f} MiB of {name} are left"
        for name, left in (("address space (ulimit -v)", room.space), ("memory", room.memory))
        if left is not None
    )


def _check(need: Amount, room: Amount, who: str) -> None:
    for name, asked, left in (
        ("address space", need.space, room.space),
        ("memory", need.memory, room.memory),
    ):
        if left is not None and asked is not None and left < asked:
            limit = "a larger limit (ulimit -v)" if name == "address space" else "a larger machine or container"
            raise EnvironmentTrouble(
                f"not enough memory: {who} needs some {asked / MIB:,.0f} MiB more of {name}, and {max(left, 0) / MIB:,.0f} MiB "
                f"are left; {limit} is needed"
            )


def _space_left(root: Path) -> int | None:
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        if limit == resource.RLIM_INFINITY:
            return None
        pages = int((root / "proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError, ValueError, IndexError):
        return None
    return limit - pages * os.sysconf("SC_PAGE_SIZE")


def _memory_left(root: Path) -> Iterator[int]:
    """Yield what is left of the machine's memory and of that of each control group this process is in."""
    facts = _numbers(root / "proc/meminfo")
    if "MemAvailable:" in facts:
        yield facts["MemAvailable:"] * 1024
    for folder, limit, usage, cached in _control_groups(root):
        try:
            most, used = (
                int((folder / limit).read_text(encoding="ascii")),
                int((folder / usage).read_text(encoding="ascii")),
            )
        except (OSError, ValueError):  # no such group here, or "max"
            continue
        facts = _numbers(folder / "memory.stat")
        yield most - used + sum(facts.get(name, 0) for name in cached)  # what is cached of files can be dropped


def _control_groups(root: Path) -> Iterator[tuple[Path, str, str, tuple[str, str]]]:
    """Yield the folder of each group, and the names of its limit, its use, and of what is cached of files."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if not kinds:
            base, names = root / "sys/fs/cgroup", ("memory.max", "memory.current", ("active_file", "inactive_file"))
        elif "memory" in kinds.split(","):
            base = root / "sys/fs/cgroup/memory"
            names = (
                "memory.limit_in_bytes", "memory.usage_in_bytes", ("total_active_file", "total_inactive_file"),
            )  # fmt: skip
        else:
            continue
        own = Path(path.lstrip("/"))
        for part in (own, *own.parents):
            yield base / part, *names


def _numbers(path: Path) -> dict[str, int]:
    """Return the lines of a file that are a name and a number."""
    try:
        lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
        return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdecimal()}
    except (OSError, ValueError):
        return {}
