"""The README is true: its generated parts are what the code generates, its commands exist."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.readme import codebook
from forecast.cli.main import COMMANDS, cli

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_codebook_is_the_schema() -> None:
    assert codebook() in README


def test_the_two_commands_set_themselves_up() -> None:
    setup = "python3 -m venv .venv && .venv/bin/pip install -qc constraints.txt -e "
    assert f"{setup}. && .venv/bin/forecast run kazakhstan-2023\n" in README
    assert f"{setup}'.[dev]' && .venv/bin/python -m pytest\n" in README


def test_every_option_that_the_readme_names_exists() -> None:
    known = {name for command in COMMANDS for name in _options(command)}
    own = "\n".join(line for line in README.splitlines() if not line.startswith(("dask ", ".venv/bin/dask ")))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", own))
    assert named <= known | {"--help"}, named - known


def test_the_result_is_from_a_real_run() -> None:
    result = README.split("<!-- result")[1].split("<!-- end of result -->")[0]
    assert "200 of 200 recounts agree" in result
    assert "1,000,000 draws, seed 20230319" in result


def _options(command: str) -> list[str]:
    import click

    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    return [option for parameter in found.params for option in parameter.opts]
