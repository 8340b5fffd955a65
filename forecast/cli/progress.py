"""A progress bar on a terminal, silence elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from forecast.cli.main import Talk


class Bar:
    """Shows draws done, their rate and the time left; a context manager."""

    def __init__(self, talk: Talk, draws: int) -> None:
        self.shown = talk.progress and sys.stderr.isatty()
        self.draws = draws
        self.bar: Any = None

    def __enter__(self) -> Bar:
        """Start the bar."""
        if self.shown:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

            self.bar = Progress(
                TextColumn("simulating"), BarColumn(), TextColumn("{task.completed:,.0f} of {task.total:,.0f} draws"),
                TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), console=Console(stderr=True), transient=True,
            )  # fmt: skip
            self.task = self.bar.add_task("draws", total=self.draws, rate="")
            self.bar.start()
        return self

    def show(self, done: int, draws: int) -> None:
        """Move the bar."""
        if self.bar is not None:
            speed = self.bar.tasks[0].speed
            self.bar.update(self.task, completed=done, rate=f"{speed / 1e6:.1f} M/s" if speed else "")

    def say(self, text: str) -> None:
        """Print a line on stderr, above the bar where there is one."""
        if self.bar is not None:
            self.bar.console.print(text, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(text, err=True)

    def __exit__(self, *error: object) -> None:
        """Clear the bar."""
        if self.bar is not None:
            self.bar.stop()
