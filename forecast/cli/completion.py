"""``forecast completion``: the script that completes commands in a shell."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL, e.g. eval "$(forecast completion bash)"."""
    from click.shell_completion import get_completion_class

    from forecast.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(kind(cli, {}, "forecast", "_FORECAST_COMPLETE").source())
