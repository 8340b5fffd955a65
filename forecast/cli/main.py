"""The ``forecast`` command: its group, its exit codes, and the one place where errors become lines."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click

from forecast import __version__
from forecast.errors import ForecastError

COMMANDS = {
    "run": "forecast.cli.run:run",
    "init": "forecast.cli.init:init",
    "count": "forecast.cli.count:count",
    "compare": "forecast.cli.compare:compare",
    "batch": "forecast.cli.batch:batch",
    "status": "forecast.cli.status:status",
    "merge": "forecast.cli.merge:merge",
    "report": "forecast.cli.report:report",
    "query": "forecast.cli.query:query",
    "score": "forecast.cli.score:score",
    "backtest": "forecast.cli.backtest:backtest",
    "nominate": "forecast.cli.nominate:nominate",
    "explain": "forecast.cli.explain:explain",
    "export": "forecast.cli.export:export",
    "check": "forecast.cli.check:check",
    "bench": "forecast.cli.bench:bench",
    "list": "forecast.cli.list:list_documents",
    "verify": "forecast.cli.verify:verify",
    "completion": "forecast.cli.completion:completion",
}


COLLECT_AFTER = 100_000  # objects; what imports make stays, and to look through it every 700 takes a tenth of a start


@dataclass(frozen=True)
class Talk:
    """How to speak on stderr: what the options before the command ask for."""

    verbose: bool = False
    quiet: bool = False
    color: bool = True
    progress: bool = True


class LazyGroup(click.Group):
    """Commands are imported when they are called, so that ``--help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, and name the nearest one where there is none."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean '{near[0]}'?" if near else f" There are: {', '.join(COMMANDS)}."
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="seatcast")
@click.option("-v", "--verbose", is_flag=True, help="Show the traceback of an error.")
@click.option("-q", "--quiet", is_flag=True, help="No talk on stderr but errors.")
@click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
@click.option("--no-progress", is_flag=True, help="No progress bar.")
@click.pass_context
def cli(ctx: click.Context, verbose: bool, quiet: bool, no_color: bool, no_progress: bool) -> None:
    """Election forecasts under exact law.

    A model is the voters, a system is the law, a forecast is a model put through a system.
    Start with: forecast run kazakhstan-2023
    """
    color = not no_color and not os.environ.get("NO_COLOR")
    ctx.obj = Talk(verbose=verbose, quiet=quiet, color=color, progress=not no_progress and not quiet)


def _terminate(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(143)


def main() -> None:
    """Run the command line; every way out of it is an exit code of the table in the README."""
    signal.signal(signal.SIGTERM, _terminate)
    gc.set_threshold(COLLECT_AFTER)
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    if sys.stdout is None:
        _say("error: output: standard output is closed; nothing was done")
        sys.exit(4)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a thread of it takes 40 MiB; its matrices here are tiny
    os.environ.setdefault("NUMBA_OPT", "2")  # of the kernel it makes the same instructions as 3, a sixth sooner
    verbose = any(flag in sys.argv[1:] for flag in ("-v", "--verbose"))
    code = _guarded(verbose)
    gc.freeze()  # the interpreter looks through everything once more before it ends; there is nothing to find
    sys.exit(code)


def _guarded(verbose: bool) -> int:
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        _say("interrupted")
        return 130
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    except ForecastError as fault:
        if verbose:
            traceback.print_exc()
        _say("error: " + str(fault).replace("\n", "\nerror: "))
        return fault.exit_code
    except BrokenPipeError:
        # The reader has gone (`| head`): point stdout elsewhere, so that the interpreter's own flush stays quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        from forecast.memory import room, shortage

        _say(
            f"error: not enough memory; {shortage(room())}; fewer threads, fewer workers or fewer saved draws (--save-draws) "
            "need less"
        )
        return 4
    except OSError as fault:
        if verbose:
            traceback.print_exc()
        _say(f"error: {fault.filename or 'output'}: {fault.strerror or fault}")
        _drop_stdout()
        return 4
    except ImportError as fault:
        if (fault.name or "").startswith("forecast"):
            return _bug()
        _say(f"error: a library cannot be loaded: {fault}; is there enough memory? Else install seatcast again")
        return 4
    except Exception:  # the last net: a bug of ours becomes one line and a log
        return _bug()


def _bug() -> int:
    text = traceback.format_exc()
    log = Path.cwd() / "forecast-bug.log"
    try:
        log.write_text(text, encoding="utf-8")
        where = f"the traceback is in {log.name}"
    except OSError:
        where = "the traceback could not be written; -v prints it"
    last = text.strip().splitlines()[-1]
    _say(f"error: a bug of ours: {last} ({where}); please report it")
    if any(flag in sys.argv[1:] for flag in ("-v", "--verbose")):
        _say(text)
    return 70


def _say(text: str) -> None:
    try:
        click.echo(text, err=True)
    except OSError:
        _drop_stdout()


def _drop_stdout() -> None:
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return


if __name__ == "__main__":
    main()
