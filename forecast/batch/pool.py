"""Processes of this machine: spawned, never forked, one kernel call at a time in each; each can be killed alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

from forecast.batch.scenario import Assignment, Receipt

_SPAWN = multiprocessing.get_context("spawn")  # numba's threading layers do not survive a fork
PREPARING = 300.0  # seconds more for a process that hangs before it has begun: to start, to read, to compile
_TELL_EVERY = 0.2  # seconds between words on progress


class Hand:
    """One worker process, and what it is at."""

    def __init__(self) -> None:
        self.ours, theirs = _SPAWN.Pipe()
        self.process: BaseProcess = _SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.assignment: Assignment | None = None
        self.has_begun = False
        self.started = 0.0
        self.draws = 0

    def take(self, assignment: Assignment) -> None:
        """Begin an assignment.

        A process that has died meanwhile takes it too: the next look finds it lost.
        """
        self.assignment, self.started, self.draws, self.has_begun = assignment, time.monotonic(), 0, False
        with suppress(OSError):
            self.ours.send(assignment)

    def overdue(self) -> bool:
        """Return whether the timeout has passed; its clock starts when the process is up and its kernel stands."""
        timeout = self.assignment.timeout if self.assignment is not None else None
        allowed = 0 if self.has_begun else PREPARING
        return timeout is not None and time.monotonic() - self.started > timeout + allowed

    def heard(self) -> Receipt | None:
        """Read what the process has sent; a receipt if its work is finished, or if it is dead."""
        assignment = self.assignment
        try:
            while self.ours.poll():
                word = self.ours.recv()
                if isinstance(word, Receipt):
                    self.assignment = None
                    return word
                if word is None:
                    self.has_begun, self.started = True, time.monotonic()
                else:
                    self.draws = int(word)
        except (EOFError, OSError):
            self.process.join(5)
        if assignment is None or self.process.is_alive():
            return None
        return self.given_up("lost", f"its worker process ended ({_ending(self.process.exitcode)})")

    def given_up(self, state: str, error: str) -> Receipt:
        """Kill the process, and return the receipt of what it was at."""
        assignment = self.assignment
        assert assignment is not None
        self.kill()
        self.assignment = None
        seconds = time.monotonic() - self.started
        return Receipt(assignment, "lost" if state == "lost" else "failed", seconds, error)

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.join()
        self.ours.close()


class Pool:
    """So many processes; each is started when there is work for it, and replaced when it dies."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.hands: list[Hand] = []

    def free(self) -> int:
        """Return how many more assignments can be taken now."""
        return self.workers - self.busy()

    def busy(self) -> int:
        """Return how many assignments are under way."""
        return sum(hand.assignment is not None for hand in self.hands)

    def start(self, assignment: Assignment) -> None:
        """Give an assignment to an idle process, or to a new one."""
        self.hands = [hand for hand in self.hands if hand.assignment is not None or hand.process.is_alive()]
        idle = next((hand for hand in self.hands if hand.assignment is None), None)
        if idle is None:
            idle = Hand()
            self.hands.append(idle)
        idle.take(assignment)

    def receipts(self, seconds: float) -> list[Receipt]:
        """Wait at most so long, and return what was finished, lost or given up."""
        at_work = [hand for hand in self.hands if hand.assignment is not None]
        wait([one for hand in at_work for one in (hand.ours, hand.process.sentinel)], seconds)
        found = []
        for hand in at_work:
            receipt = hand.heard()
            if receipt is None and hand.overdue():
                assert hand.assignment is not None
                receipt = hand.given_up("failed", f"no result after {hand.assignment.timeout:g} s; killed")
            if receipt is not None:
                found.append(receipt)
        return found

    def draws_under_way(self) -> int:
        """Return the draws simulated so far of what is not finished."""
        return sum(hand.draws for hand in self.hands if hand.assignment is not None)

    def stop(self, grace: float) -> None:
        """End every process: those at work drop what they are at after their chunk of draws."""
        for hand in self.hands:
            if hand.process.is_alive():
                hand.process.terminate()
        end = time.monotonic() + grace
        for hand in self.hands:
            hand.process.join(max(end - time.monotonic(), 0))
            hand.kill()
        self.hands = []


def _serve(ours: Connection) -> None:
    """Do what comes through the pipe until it is closed; end at once with the process that began the batch."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the batch decides what it means
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from forecast.batch.scenario import carry_out

    last = 0.0

    def tell(done: int, draws: int) -> None:
        nonlocal last
        if time.monotonic() - last > _TELL_EVERY:
            last = time.monotonic()
            ours.send(done)

    try:
        while True:
            ours.send(carry_out(ours.recv(), tell, lambda: ours.send(None)))
    except (EOFError, OSError):
        return


def _leave(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(143)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"signal {-code}, {signal.Signals(-code).name}"
    return f"exit code {code}"
