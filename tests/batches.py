"""What tests of batches share: small documents, a crew in this process, and the bytes of a folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

from forecast.batch.agenda import Agenda, read_agenda
from forecast.batch.folder import BatchFolder
from forecast.batch.scenario import Assignment, Receipt, carry_out
from forecast.batch.session import Closing, Ways, perform
from forecast.documents import read_batch

APART = {"run.json", "index.sqlite", ".lock", ".holder.json"}  # times, the state index, the lock


class Inline:
    """A crew of this process: no other process is started."""

    def __init__(self) -> None:
        self.done: list[Receipt] = []

    def free(self) -> int:
        return 1 - len(self.done)

    def busy(self) -> int:
        return len(self.done)

    def start(self, assignment: Assignment) -> None:
        self.done.append(carry_out(assignment))

    def receipts(self, seconds: float) -> list[Receipt]:
        done, self.done = self.done, []
        return done

    def draws_under_way(self) -> int:
        return 0

    def stop(self, grace: float) -> None:
        return


class Silent:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, bool]] = []

    def finished(self, receipt: Receipt, tries: int, final: bool) -> None:
        self.heard.append((receipt.assignment.name, receipt.state, final))

    def progress(self, draws: int) -> None:
        return


def document(folder: Path, text: str, *, draws: int = 1000) -> Path:
    path = folder / "grid.toml"
    path.write_text(
        f'name = "A grid"\nforecast = "kazakhstan-2023"\nset = {{draws = {draws}}}\n{text}', encoding="utf-8"
    )
    return path


def agenda_of(path: Path) -> Agenda:
    return read_agenda(read_batch(path))


def inline(path: Path, root: Path, ways: Ways | None = None, listener: Silent | None = None) -> Closing:
    """Run a batch in this process."""
    return perform(agenda_of(path), BatchFolder(root), Inline, listener or Silent(), ways or Ways())


def bytes_of(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name not in APART
    }


def finished(root: Path) -> int:
    return len(list((root / "scenarios").glob("[!.]*/run.json")))
