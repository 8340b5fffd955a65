"""The course of a batch: hand out what is left to do, note what comes back, try again, stop when asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from forecast.batch.crew import Crew
from forecast.batch.folder import BatchFolder
from forecast.batch.parts import is_written, ranges
from forecast.batch.scenario import Assignment, Receipt
from forecast.errors import EnvironmentTrouble

TRIES = 3
WAIT = 0.2  # seconds
GRACE = 1.0  # seconds from a request to stop until processes are killed


class Listener(Protocol):
    """Is told of the course of a batch."""

    def finished(self, receipt: Receipt, tries: int, final: bool) -> None:
        """Hear that an assignment came back; ``final`` if it will not be tried again."""

    def progress(self, draws: int) -> None:
        """Hear how many draws are done."""


@dataclass
class Outcome:
    """What became of the scenarios of this run, by digest: work in seconds, errors, failed tries; was it stopped?"""

    done: set[str] = field(default_factory=set)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    stopped: bool = False


def conduct(
    crew: Crew,
    folder: BatchFolder,
    assignments: Sequence[Assignment],
    listener: Listener,
    *,
    split: bool = False,
    fail_fast: bool = False,
    one_first: bool = False,
    stopping: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Have every scenario computed by a crew.

    Parameters
    ----------
    split
        Divide each scenario into ranges of draws.
    one_first
        Wait for a first receipt before more is handed out: the kernel is compiled once, not by everyone at once.
    stopping
        Asked again and again: was a stop requested?

    Raises
    ------
    EnvironmentTrouble
        The machine is in the way (disk, memory, versions); what is finished stays.
    """
    course = _Course(folder, Outcome(), deque(), {})
    for assignment in assignments:
        course.add(assignment, split)
    try:
        while course.waiting or crew.busy():
            if stopping() or (fail_fast and course.outcome.failed):
                course.outcome.stopped = True
                break
            while course.waiting and crew.free() > 0 and not (one_first and crew.busy()):
                crew.start(course.waiting.popleft())
            for receipt in crew.receipts(WAIT):
                one_first = False
                if receipt.state == "trouble":
                    raise EnvironmentTrouble(receipt.error)
                tries, final = course.note(receipt)
                listener.finished(receipt, tries, final)
            listener.progress(course.draws + crew.draws_under_way())
    finally:
        crew.stop(GRACE)
    return course.outcome


@dataclass
class _Course:
    folder: BatchFolder
    outcome: Outcome
    waiting: deque[Assignment]
    open_parts: dict[str, set[int]]
    tries: dict[tuple[str, int], int] = field(default_factory=dict)  # of a scenario, or of its part from a draw on
    draws: int = 0

    def add(self, assignment: Assignment, split: bool) -> None:
        if not split:
            self.waiting.append(assignment)
            return
        left = [
            replace(assignment, work="part", first=first, stop=stop)
            for first, stop in ranges(assignment.draws)
            if assignment.force or not is_written(self.folder, assignment.digest, first, stop)
        ]
        self.open_parts[assignment.digest] = {part.first for part in left}
        self.waiting.extend(left or [replace(assignment, work="join")])

    def note(self, receipt: Receipt) -> tuple[int, bool]:
        """Note a receipt; return the number of tries, and whether this is the end of the scenario or part."""
        assignment = receipt.assignment
        digest = assignment.digest
        if receipt.state == "done":
            self._note_done(receipt)
            return self.tries.get((digest, assignment.first), 0) + 1, True
        tries = self.tries[digest, assignment.first] = self.tries.get((digest, assignment.first), 0) + 1
        self.outcome.tries[digest] = max(tries, self.outcome.tries.get(digest, 0))
        timed_out = assignment.timeout is not None and receipt.seconds >= assignment.timeout
        if tries < TRIES and not timed_out and digest not in self.outcome.failed:
            self.waiting.appendleft(assignment)
            return tries, False
        self.outcome.failed[digest] = receipt.error
        self.waiting = deque(one for one in self.waiting if one.digest != digest)
        note = {"name": assignment.name, "error": receipt.error, "tries": tries, "trace": receipt.trace}
        self.folder.note_failure(digest, note)
        return tries, True

    def _note_done(self, receipt: Receipt) -> None:
        assignment = receipt.assignment
        digest = assignment.digest
        self.outcome.seconds[digest] = self.outcome.seconds.get(digest, 0.0) + receipt.seconds
        if assignment.work == "part":
            self.draws += assignment.stop - assignment.first
            self.open_parts[digest].discard(assignment.first)
            if not self.open_parts[digest] and digest not in self.outcome.failed:
                self.waiting.appendleft(replace(assignment, work="join", first=0, stop=0))
            return
        if assignment.work == "scenario":
            self.draws += assignment.draws
        self.outcome.done.add(digest)
        self.folder.failure(digest).unlink(missing_ok=True)
