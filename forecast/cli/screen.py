"""The console of the command line: rich, but for a closed pipe."""

from __future__ import annotations

from rich.console import Console


class Screen(Console):
    """A console that leaves a closed pipe (`| head`) to the command line, where it is quiet and no failure."""

    def on_broken_pipe(self) -> None:
        """Let the error through; rich itself would end the program with 1."""
        raise BrokenPipeError
