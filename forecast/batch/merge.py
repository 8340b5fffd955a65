"""Shards joined: every finished run folder is verified, copied, and the combined table made."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from forecast.batch.combine import write_results
from forecast.batch.folder import MANIFEST, BatchFolder
from forecast.batch.index import Entry, write_index
from forecast.batch.lock import holding
from forecast.batch.session import finished_of, index_entries
from forecast.errors import EnvironmentTrouble, OutputExists
from forecast.runs import publish, workplace


def shards_of(folders: Sequence[Path], out: Path | None) -> tuple[list[BatchFolder], Path]:
    """Return the shards that are meant, and the folder to join them in.

    A single folder that holds ``shard-1-of-4`` and so on stands for these, and is where they are joined.
    """
    if (len(folders) == 1 and not (folders[0] / MANIFEST).exists()) or out is None:
        inner = sorted(path for path in folders[0].glob("shard-*-of-*") if path.is_dir()) if folders else []
        if len(folders) == 1 and inner:
            return [BatchFolder(path) for path in inner], out if out is not None else folders[0]
    if out is None:
        raise OutputExists("several folders: name the one to join them in with --out")
    return [BatchFolder(path) for path in folders], out


def merge(shards: Sequence[BatchFolder], root: Path, say: Callable[[str], None] = lambda text: None) -> list[Entry]:
    """Join shards of one batch in the folder ``root``; return the state of every scenario.

    Raises
    ------
    EnvironmentTrouble
        A shard has no readable manifest, or they are of different batches.
    """
    manifests = [shard.manifest() for shard in shards]
    first: dict[str, Any] = {**manifests[0], "shard": None}
    for shard, manifest in zip(shards, manifests, strict=True):
        if _what(manifest) != _what(first):
            raise EnvironmentTrouble(
                f"{shard.root}: its scenarios are not those of {shards[0].root}; these are shards of different batches, "
                "or documents changed between them"
            )
    target = BatchFolder(root)
    if (root / MANIFEST).exists() and _what(target.manifest()) != _what(first):
        raise OutputExists(f"{root}: holds another batch; name another folder with --out")
    if not any(shard.root.parent == root for shard in shards):
        target.prepare()
    target.scenarios.mkdir(parents=True, exist_ok=True)
    with holding(root):
        target.sweep()
        for digest in dict.fromkeys(str(one["digest"]) for one in first["scenarios"]):
            if target.standing(digest).state != "done":
                _fetch(digest, shards, target, say)
        content = {key: value for key, value in first.items() if key not in ("schema", "checksum")}
        target.write_manifest(content)
        entries = index_entries(target, content)
        write_index(root, entries)
        if finished := finished_of(target, content):
            write_results(root, finished, content["keys"])
    return entries


def _fetch(digest: str, shards: Sequence[BatchFolder], target: BatchFolder, say: Callable[[str], None]) -> None:
    for shard in shards:
        standing = shard.standing(digest)
        if standing.state == "done":
            target.clear(digest)
            with workplace(target.scenario(digest)) as working:
                for path in sorted(shard.scenario(digest).iterdir()):
                    shutil.copyfile(path, working / path.name)
                publish(working, target.scenario(digest))
            return
        if standing.state == "damaged":
            say(f"{shard.scenario(digest)}: left out: {standing.why}")
        note = shard.failure_note(digest)
        if note is not None:
            target.note_failure(digest, {key: note[key] for key in ("name", "error", "tries", "trace")})


def _what(manifest: dict[str, Any]) -> tuple[Any, ...]:
    return manifest.get("id"), [(one["number"], one["digest"]) for one in manifest["scenarios"]]
