"""``forecast batch``: many forecasts from one document, here or on a cluster; start it and walk away."""

from __future__ import annotations

import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forecast.cli.pipeline import part
from forecast.errors import DocumentError, ForecastError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forecast.batch.agenda import Agenda
    from forecast.batch.crew import Crew
    from forecast.batch.folder import BatchFolder
    from forecast.batch.session import Closing, Ways
    from forecast.cli.main import Talk


_TELL_EVERY = 5.0  # seconds


def _shard(ctx: click.Context, parameter: click.Parameter, written: str | None) -> tuple[int, int] | None:
    if written is None:
        return None
    number, slash, of = written.partition("/")
    if slash and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of):
        return int(number), int(of)
    raise click.BadParameter(f"{written!r} is no part of a whole; write 1/4 for the first of four")


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command, by their names."""

    out: Path | None
    workers: int | None
    scheduler: str | None
    trust_network: bool
    shard: tuple[int, int] | None
    split: bool
    timeout: float | None
    fresh: bool
    retry_failed: bool
    fail_fast: bool
    settings: tuple[str, ...]
    allow_outside: bool


@click.command()
@click.argument("grid")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of the batch (batches/NAME, if not given).")
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes on this machine (one a core, if not given).")
@click.option("--scheduler", metavar="ADDRESS", help="Workers of a dask cluster instead: tcp://127.0.0.1:8786.")
@click.option("--trust-network", is_flag=True, help="Let the scheduler be elsewhere than on this machine.")
@click.option("--shard", callback=_shard, metavar="I/N", help="Only every N-th scenario from the I-th on; see merge.")
@click.option("--split", is_flag=True, help="Divide each forecast into ranges of draws: for few and huge ones.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    callback=part,
    metavar="S",
    help="Give a scenario up after S seconds.",
)
@click.option("--fresh", is_flag=True, help="Compute again what is finished.")
@click.option("--retry-failed", is_flag=True, help="Try again what failed before.")
@click.option("-x", "--fail-fast", is_flag=True, help="Stop at the first scenario that fails.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="Set in every scenario; may be repeated.")
@click.option("--allow-outside", is_flag=True, help="Read files outside the documents' own folders too.")
@click.option("--dry-run", is_flag=True, help="List the scenarios, their cost and what is done; compute nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_context
def batch(ctx: click.Context, /, grid: str, dry_run: bool, as_json: bool, **options: Any) -> None:
    """Run every scenario of GRID: the name of a batch (see `forecast list`), or the path of its document.

    What is finished is kept: the same command again goes on where this one stopped.
    """
    from forecast.memory import check_program, room

    check_program(room())
    from forecast.batch.session import perform
    from forecast.cli.batch_screen import Course, dry_run_report, outcome_report

    talk: Talk = ctx.obj
    request = Request(**options)
    if request.scheduler is not None:
        if request.workers is not None:
            raise click.UsageError("--workers are processes here, --scheduler is a cluster; choose one")
        from forecast.batch.cluster import check_address

        try:
            check_address(request.scheduler, trusted=request.trust_network)
        except ForecastError as fault:
            raise click.UsageError(str(fault)) from None
    agenda, folder = _agenda(talk, grid, request)
    ways, workers = _ways(talk, request, len(agenda.items))
    if dry_run:
        dry_run_report(talk, agenda, folder, ways, workers, as_json=as_json)
        return
    if request.out is not None and request.out.is_symlink():
        _say(talk, f"note: {request.out} is a link to {folder.root}")
    try:
        with _stop_signals() as asked, Course(talk, agenda) as course:
            closing = perform(
                agenda, folder, _crew(request, workers, asked), course, ways,
                say=course.say, begin=course.begin, stopping=lambda: asked.code != 0,
            )  # fmt: skip
    except (KeyboardInterrupt, SystemExit):
        _say(talk, f"Stopped at once; what is finished is kept in {folder.root}/. The same command goes on from there.")
        raise
    outcome_report(talk, agenda, folder, ways, closing, as_json=as_json)
    ctx.exit(asked.code or _exit_code(closing))


def _agenda(talk: Talk, grid: str, request: Request) -> tuple[Agenda, BatchFolder]:
    from forecast.batch.agenda import read_agenda
    from forecast.batch.folder import BatchFolder
    from forecast.batch.session import default_root, known_seed
    from forecast.cli.pipeline import environment_setting
    from forecast.documents import read_batch

    environment = {key: environment_setting(f"FORECAST_{key.upper()}") for key in ("draws", "seed")}
    given = [f"{key}={value}" for key, value in environment.items() if value is not None]
    spec = read_batch(grid, (*given, *request.settings), allow_outside=request.allow_outside)
    folder = BatchFolder(default_root(spec.id, request.out, request.shard))
    seed = known_seed(folder, spec.id)
    agenda = read_agenda(spec, seed=seed, allow_outside=request.allow_outside, progress=_reading(talk))
    if agenda.seed is not None and request.shard is not None:
        raise DocumentError(
            f"{spec.forecast}: has no seed, and each shard would draw one of its own; give all of them the same: "
            f"--set seed={agenda.seed}"
        )
    for warning in agenda.warnings:
        _say(talk, f"warning: {warning}")
    return agenda, folder


def _ways(talk: Talk, request: Request, scenarios: int) -> tuple[Ways, int]:
    """Return how the batch goes, and the number of processes: the machine's threads are divided among them."""
    from forecast.batch.session import Ways
    from forecast.cli.pipeline import environment_setting
    from forecast.execution import usable_threads
    from forecast.kernel.compiler import is_compiled
    from forecast.memory import fitting_workers, room

    threads = usable_threads(environment_setting("FORECAST_THREADS"))
    asked = request.workers or max(min(threads, scenarios if not request.split else threads), 1)
    workers = asked
    if request.scheduler is None and (workers := fitting_workers(asked, room(), compiling=not is_compiled())) < asked:
        _say(talk, f"note: there is memory for {workers} of {asked} processes")
    ways = Ways(
        split=request.split,
        fail_fast=request.fail_fast,
        retry_failed=request.retry_failed,
        fresh=request.fresh,
        threads=max(threads // workers, 1),
        timeout=request.timeout,
        shard=request.shard,
    )
    return ways, workers


def _crew(request: Request, workers: int, asked: _Asked) -> Callable[[], Crew]:
    def made() -> Crew:
        if request.scheduler is not None:
            from forecast.batch.cluster import Cluster

            asked.at_once = True
            cluster = Cluster(request.scheduler, trusted=request.trust_network)
            asked.at_once = False
            return cluster
        from forecast.batch.pool import Pool

        return Pool(workers)

    return made


def _exit_code(closing: Closing) -> int:
    return 1 if closing.failed else 0


def _reading(talk: Talk) -> Callable[[int, int], None]:
    """Return what tells how many scenarios are read: a word now and then, for thousands of them take minutes."""
    last = time.monotonic()

    def progress(done: int, every: int) -> None:
        nonlocal last
        if time.monotonic() - last > _TELL_EVERY and done < every:
            last = time.monotonic()
            _say(talk, f"reading the documents of {every:,} scenarios: {done:,} done")

    return progress


def _say(talk: Talk, text: str) -> None:
    from forecast.cli.render import plain

    if not talk.quiet:
        with suppress(OSError):
            click.echo(plain(text), err=True)


@dataclass
class _Asked:
    """The exit code of the signal that asked to stop, 0: none did; ``at_once``: nothing is under way, do not wait."""

    code: int = 0
    at_once: bool = False


@contextmanager
def _stop_signals() -> Iterator[_Asked]:
    """Take Ctrl-C and SIGTERM as requests to stop in order; a second Ctrl-C stops at once."""
    asked = _Asked()

    def ask(signum: int, frame: object) -> None:
        is_first, asked.code = not asked.code, 130 if signum == signal.SIGINT else 143
        if asked.at_once or not is_first:
            raise KeyboardInterrupt if signum == signal.SIGINT else SystemExit(143)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
