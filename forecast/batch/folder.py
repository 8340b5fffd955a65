"""A batch's folder: where everything lies in it, what counts as finished, and what a crash leaves.

The folders of scenarios are the truth. Everything else (results, index) is made from them and can be made again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from forecast.errors import EnvironmentTrouble, OutputExists
from forecast.files import is_sealed, sealed, sha256_of, write_json
from forecast.lease import is_live
from forecast.runfile import RUN_FILE
from forecast.runs import finished, is_locked

MANIFEST = "batch.json"
SCHEMA = 1
NAME_LENGTH = 16  # hex digits of the digest that name a scenario's folder: names of scenarios never become paths

State = Literal["done", "failed", "damaged", "missing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a scenario stands on disk, and why, where it is not done; ``run`` is the content of its ``run.json``."""

    state: State
    why: str = ""
    run: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class BatchFolder:
    """The folder of one batch."""

    root: Path

    @property
    def scenarios(self) -> Path:
        """Holds a run folder a scenario."""
        return self.root / "scenarios"

    @property
    def parts(self) -> Path:
        """Holds the tallies of draw ranges that were not joined yet."""
        return self.root / "parts"

    @property
    def failures(self) -> Path:
        """Holds a note on every scenario that failed."""
        return self.root / "failed"

    def scenario(self, digest: str) -> Path:
        """Return the run folder of a scenario."""
        return self.scenarios / digest[:NAME_LENGTH]

    def part(self, digest: str, first: int, stop: int) -> Path:
        """Return the file with the tallies of a range of draws."""
        return self.parts / digest[:NAME_LENGTH] / f"{first}-{stop}.json"

    def failure(self, digest: str) -> Path:
        """Return the note on a scenario that failed."""
        return self.failures / f"{digest[:NAME_LENGTH]}.json"

    def standing(self, digest: str) -> Standing:
        """Return how a scenario stands: its files are read and their checksums compared."""
        folder = self.scenario(digest)
        if folder.is_symlink():
            return Standing("damaged", "a link stands in its place")
        try:
            content = finished(folder, digest)
        except OutputExists as fault:
            return Standing("damaged", str(fault).removeprefix(f"{folder}: ").partition(";")[0])
        if content is not None:
            return Standing("done", run=content)
        if folder.exists() and any(folder.iterdir()):
            return Standing("damaged", f"checksums do not agree: {', '.join(differing(folder)) or RUN_FILE}")
        note = self.failure_note(digest)
        return Standing("missing") if note is None else Standing("failed", str(note.get("error", "")))

    def failure_note(self, digest: str) -> dict[str, Any] | None:
        """Return what is known of a scenario's failure; None if it did not fail, or the note cannot be read."""
        try:
            note = json.loads(self.failure(digest).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return note if isinstance(note, dict) and is_sealed(note) and note.get("digest") == digest else None

    def note_failure(self, digest: str, note: dict[str, Any]) -> None:
        """Write down that a scenario failed."""
        self.failures.mkdir(exist_ok=True)
        write_json(self.failure(digest), sealed({"digest": digest, **note}))

    def manifest(self) -> dict[str, Any]:
        """Return what ``batch.json`` says: the scenarios, their names and digests.

        Raises
        ------
        EnvironmentTrouble
            It is missing, cut short, of a newer version, or was edited.
        """
        path = self.root / MANIFEST
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            shards = any(self.root.glob(f"shard-*-of-*/{MANIFEST}"))
            hint = (
                "it holds shards, name one of them or join them: forecast merge"
                if shards
                else "it is no folder of a batch"
            )
            raise EnvironmentTrouble(f"{self.root}: holds no {MANIFEST}; {hint}") from None
        except (OSError, ValueError) as fault:
            raise EnvironmentTrouble(f"{path}: cannot be read ({fault}); forecast batch writes it anew") from None
        if not isinstance(content, dict) or not isinstance(content.get("schema"), int):
            raise EnvironmentTrouble(f"{path}: is no manifest of a batch; forecast batch writes it anew")
        if content["schema"] > SCHEMA:
            raise EnvironmentTrouble(f"{path}: is of version {content['schema']}; this seatcast reads up to {SCHEMA}")
        if not is_sealed(content):
            raise EnvironmentTrouble(f"{path}: was edited, its checksum does not agree; forecast batch writes it anew")
        return content

    def write_manifest(self, content: dict[str, Any]) -> None:
        """Write ``batch.json``."""
        write_json(self.root / MANIFEST, sealed({"schema": SCHEMA, **content}))

    def prepare(self) -> None:
        """Make the folder and find out at once whether it can be written.

        Raises
        ------
        OutputExists
            It holds something else.
        EnvironmentTrouble
            It cannot be written.
        """
        if self.root.exists() and not self.root.is_dir():
            raise OutputExists(f"{self.root}: is a file; name a folder with --out")
        if self.root.is_dir() and not (self.root / MANIFEST).exists() and any(_foreign(self.root)):
            raise OutputExists(f"{self.root}: holds files, but no {MANIFEST}: it is no batch; name another --out")
        try:
            self.scenarios.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".probe.{os.getpid()}.tmp"
            probe.write_bytes(b"")
            probe.unlink(missing_ok=True)  # another batch that starts just now may have swept it
        except OSError as fault:
            raise EnvironmentTrouble(f"{self.root}: cannot be written: {fault.strerror}; name another --out") from None
        for folder in (self.scenarios, self.parts, self.failures):
            if folder.is_symlink():
                raise EnvironmentTrouble(f"{folder}: is a link; a batch writes only inside its own folder")

    def sweep(self) -> list[str]:
        """Remove what a crash left; return the names of what was removed."""
        swept = []
        folders = [self.root, self.scenarios, self.failures]
        if self.parts.is_dir():
            folders += [self.parts, *(one for one in self.parts.iterdir() if one.is_dir())]
        for folder in folders:
            for path in sorted(folder.glob(".*")) if folder.is_dir() else ():
                is_free = path.name.endswith((".tmp", ".tmp-journal")) or (
                    path.suffix == ".lease" and not is_live(path)
                )
                if is_free and path.is_file():
                    path.unlink(missing_ok=True)
                elif path.name.endswith((".partial", ".old")) and path.is_dir() and not is_locked(path):
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    continue
                swept.append(path.name)
        for path in sorted(self.scenarios.iterdir()):
            if path.is_symlink():
                path.unlink()
                swept.append(path.name)
            elif path.is_dir() and not (path / RUN_FILE).is_file():
                shutil.rmtree(path)
                swept.append(path.name)
        return swept

    def drop_parts(self, digest: str) -> None:
        """Remove the parts of a scenario that is joined."""
        shutil.rmtree(self.parts / digest[:NAME_LENGTH], ignore_errors=True)

    def clear(self, digest: str) -> None:
        """Remove a scenario's damaged folder, so that it can be computed again."""
        folder = self.scenario(digest)
        if folder.is_symlink():
            folder.unlink()
        elif folder.exists():
            shutil.rmtree(folder)


def differing(folder: Path) -> list[str]:
    """Return the names of files in a run folder that are not what its ``run.json`` says."""
    try:
        content = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
        sums = {str(name): entry["sha256"] for name, entry in content["outputs"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return [RUN_FILE]
    wrong = [] if is_sealed(content) else [f"{RUN_FILE} (edited)"]
    for name, expected in sums.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            wrong.append(f"{name} (missing)")
        elif sha256_of(path) != expected:
            wrong.append(name)
    return wrong


def _foreign(root: Path) -> Iterator[Path]:
    return (path for path in root.iterdir() if not path.name.startswith(".") and path.name != "scenarios")
