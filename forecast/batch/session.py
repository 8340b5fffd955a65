"""A batch from its agenda to its combined table, in a folder that nobody else holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forecast.batch.agenda import Agenda, Item, unique
from forecast.batch.combine import Finished, write_results
from forecast.batch.conduct import Listener, Outcome, conduct
from forecast.batch.crew import Crew
from forecast.batch.folder import BatchFolder, Standing
from forecast.batch.index import Entry, write_index
from forecast.batch.lock import holder, holding
from forecast.batch.scenario import Assignment
from forecast.errors import DocumentError, EnvironmentTrouble, OutputExists
from forecast.execution import COMPILING_TAKES, Prepared, stands
from forecast.kernel.compiler import cache_directory
from forecast.kernel.random import STREAM_VERSION


@dataclass(frozen=True, slots=True)
class Ways:
    """How a batch is to go: see the options of ``forecast batch``."""

    split: bool = False
    fail_fast: bool = False
    retry_failed: bool = False
    fresh: bool = False
    threads: int = 1
    timeout: float | None = None
    shard: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """How a batch ended: what was computed now, what was there before, what failed (with its error), what is left."""

    computed: int
    reused: int
    failed: Mapping[str, str]
    left: int
    stopped: bool


def chosen(agenda: Agenda, shard: tuple[int, int] | None) -> list[Item]:
    """Return the items of a shard, or all of them."""
    return list(agenda.items) if shard is None else agenda.shard(*shard)


def reasons(folder: BatchFolder, items: Sequence[Item], ways: Ways) -> dict[str, Standing]:
    """Return the standing of each scenario by its digest, with the reason why it is to be computed."""
    afresh = Standing("missing", "asked to compute everything afresh")
    before = _digests_before(folder)
    found = {}
    for item in unique(items):
        standing = afresh if ways.fresh else folder.standing(item.digest)
        if standing.state == "missing" and not standing.why:
            standing = Standing("missing", _why(folder, before.get(item.scenario.name), item.digest))
        found[item.digest] = standing
    return found


def _why(folder: BatchFolder, known: str | None, digest: str) -> str:
    if known is None or known == digest:
        return "not computed yet"
    run = folder.standing(known).run
    if run is not None and run["kernel_stream"]["version"] != STREAM_VERSION:
        return f"another version of the random stream ({run['kernel_stream']['version']}, now {STREAM_VERSION})"
    return "its documents, tables, draws or seed have changed"


def _digests_before(folder: BatchFolder) -> dict[str, str]:
    """Return the digests of scenarios by name as the folder's manifest has them; none where it cannot be trusted."""
    try:
        return {str(one["name"]): str(one["digest"]) for one in folder.manifest()["scenarios"]}
    except EnvironmentTrouble:
        return {}


def known_seed(folder: BatchFolder, batch: str) -> int | None:
    """Return the seed that was drawn when this batch was begun in this folder; None if there is none.

    Raises
    ------
    OutputExists
        The folder holds another batch.
    """
    try:
        content = folder.manifest()
    except EnvironmentTrouble:
        return None
    if content.get("id") != batch:
        raise OutputExists(f"{folder.root}: holds the batch {content.get('id')!r}; name another folder with --out")
    seed = content.get("drawn_seed")
    return seed if isinstance(seed, int) else None


def perform(
    agenda: Agenda,
    folder: BatchFolder,
    crew: Callable[[], Crew],
    listener: Listener,
    ways: Ways,
    *,
    say: Callable[[str], None] = lambda text: None,
    begin: Callable[[int, int], None] = lambda scenarios, draws: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Closing:
    """Have every scenario computed that is not finished, and write the combined table.

    Parameters
    ----------
    crew
        Called for those who do the work, if there is any.
    say
        Called with what a user should know.
    begin
        Called with the scenarios and draws to compute.

    Raises
    ------
    OutputExists
        Another batch holds the folder, or it holds something else.
    EnvironmentTrouble
        The machine is in the way; what is finished stays, and the next run goes on from there.
    """
    folder.prepare()
    with holding(folder.root, say) as is_lost:
        items = chosen(agenda, ways.shard)
        for name in folder.sweep():
            say(f"removed {name}, left by a run that was cut off")
        standing = reasons(folder, items, ways)
        folder.write_manifest(agenda.manifest(None if ways.shard is None else f"{ways.shard[0]}/{ways.shard[1]}"))
        outcome = Outcome()
        try:
            todo = [_assignment(agenda, folder, item, ways) for item in _to_do(items, standing, ways)]
            for digest, there in standing.items():
                if there.state == "done":
                    folder.drop_parts(digest)  # a run may have been cut off after it joined them
            for one in todo:
                if standing[one.digest].state == "damaged":
                    folder.clear(one.digest)
            begin(len(todo), sum(one.draws for one in todo))
            if todo:
                compiled = all(stands(one) for one in _kinds(agenda, items, {one.digest for one in todo}))
                if cache_directory() is None:
                    say("nowhere to keep compiled code: each worker compiles anew; FORECAST_CACHE_DIR names a place")
                elif not compiled:
                    say(f"the kernel is compiled once ({COMPILING_TAKES}), while the first scenario waits")
                outcome = conduct(
                    crew(), folder, todo, listener, split=ways.split, fail_fast=ways.fail_fast,
                    one_first=not compiled, stopping=lambda: stopping() or is_lost(),
                )  # fmt: skip
            if is_lost():
                raise OutputExists(f"{folder.root}: another batch has taken it over: {holder(folder.root)}")
        except BaseException:
            with suppress(OSError, EnvironmentTrouble):  # what went wrong first is what a user should read
                write_index(folder.root, index_entries(folder, agenda.manifest(None), outcome))
            raise
        write_index(folder.root, index_entries(folder, agenda.manifest(None), outcome))
        finished = _finished(agenda, folder, items, outcome, standing)
        if not outcome.stopped and ways.shard is None and finished:
            write_results(folder.root, finished, agenda.keys)
        return _closing(items, standing, outcome, ways)


def _kinds(agenda: Agenda, items: Sequence[Item], digests: Collection[str]) -> Iterator[Prepared]:
    """Yield a run of each model and laws there are; one that cannot be prepared fails when its turn comes."""
    for item in {item.kind: item for item in reversed(items) if item.digest in digests}.values():
        with suppress(DocumentError):
            yield agenda.prepared(item)


def _to_do(items: Sequence[Item], standing: Mapping[str, Standing], ways: Ways) -> list[Item]:
    skipped = {"done"} if ways.retry_failed else {"done", "failed"}
    return [item for item in unique(items) if standing[item.digest].state not in skipped]


def _assignment(agenda: Agenda, folder: BatchFolder, item: Item, ways: Ways) -> Assignment:
    root = str(folder.root.absolute())
    return agenda.assignment(item, root, threads=ways.threads, timeout=ways.timeout, force=ways.fresh)


def _finished(
    agenda: Agenda, folder: BatchFolder, items: Sequence[Item], outcome: Outcome, standing: Mapping[str, Standing]
) -> list[Finished]:
    done = outcome.done | {digest for digest, one in standing.items() if one.state == "done"}
    keyed = {item.digest: item for item in items}
    return [
        Finished(
            item.scenario.number, item.scenario.name, item.digest, item.draws,
            {one.key: one.cell for one in item.scenario.settings}, folder.scenario(item.digest),
        )
        for item in agenda.items
        if item.digest in keyed and item.digest in done
    ]  # fmt: skip


def _closing(items: Sequence[Item], standing: Mapping[str, Standing], outcome: Outcome, ways: Ways) -> Closing:
    failed = dict(outcome.failed)
    if not ways.retry_failed:
        failed |= {digest: one.why for digest, one in standing.items() if one.state == "failed"}
    reused = sum(one.state == "done" for one in standing.values())
    names = {item.digest: item.scenario.name for item in reversed(items)}
    left = len(standing) - reused - len(outcome.done) - len(failed)
    return Closing(
        len(outcome.done), reused, {names[digest]: why for digest, why in failed.items()}, left, outcome.stopped
    )


def index_entries(folder: BatchFolder, manifest: Mapping[str, Any], outcome: Outcome | None = None) -> list[Entry]:
    """Return the state of every scenario, from the folders; how often each was tried is known of this run alone."""
    entries = []
    for one in manifest["scenarios"]:
        digest = str(one["digest"])
        standing = folder.standing(digest)
        tries = outcome.tries.get(digest, 0) if outcome is not None else 0
        seconds = float(standing.run["seconds"]) if standing.run is not None else None
        place = folder.scenario(digest).relative_to(folder.root).as_posix()
        entries.append(
            Entry(one["number"], one["name"], digest, place, standing.state, tries, one["draws"], seconds, standing.why)
        )
    return entries


def finished_of(folder: BatchFolder, manifest: Mapping[str, Any]) -> list[Finished]:
    """Return the finished scenarios that a manifest names."""
    return [
        Finished(
            one["number"], one["name"], one["digest"], one["draws"], one["settings"], folder.scenario(one["digest"])
        )
        for one in manifest["scenarios"]
        if folder.standing(one["digest"]).state == "done"
    ]


def default_root(batch: str, out: Path | None, shard: tuple[int, int] | None) -> Path:
    """Return the folder of a batch, or of one of its shards; a link is followed once.

    Raises
    ------
    EnvironmentTrouble
        It is a link that leads nowhere.
    """
    root = out if out is not None else Path("batches") / batch
    if root.is_symlink():
        try:
            real = root.resolve()
            leads_nowhere = real.is_symlink()
        except (OSError, RuntimeError):
            leads_nowhere = True
        if leads_nowhere:
            raise EnvironmentTrouble(f"{root}: a link that leads in a circle; name another folder with --out")
        root = real
    return root if shard is None else root / f"shard-{shard[0]}-of-{shard[1]}"
