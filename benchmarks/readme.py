"""Writes the generated parts of README.md: a real run's output, the codebook, the benchmark table.

``python -m benchmarks.readme`` renews the first two; with ``--benchmarks FILE`` (written by ``python -m benchmarks
--json FILE``) also the third.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.suite import readme_table
from forecast.tables import COLUMNS, COMPARE_COLUMNS

README = Path(__file__).parent.parent / "README.md"


def between(text: str, start: str, end: str, inside: str) -> str:
    """Return ``text`` with ``inside`` put between the lines that hold ``start`` and ``end``."""
    head, _, rest = text.partition(start)
    line, _, rest = rest.partition("\n")
    _, _, tail = rest.partition(end)
    return f"{head}{start}{line}\n{inside}\n{end}{tail}"


def run_output() -> str:
    """Return what ``forecast run kazakhstan-2023`` prints, the lists of assumptions and choices left out."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "forecast", "-q", "run", "kazakhstan-2023"],
            capture_output=True,
            text=True,
            check=True,
            cwd=folder,
            env={**os.environ, "NO_COLOR": "1"},
        )
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    first, last = lines.index("Assumed, not sourced:"), next(i for i, x in enumerate(lines) if x.startswith("Audit:"))
    left_out = "[what was assumed, and what we chose where the law is silent: left out here]"
    return "\n".join(["```text", *lines[:first], left_out, "", *lines[last:], "```"])


def codebook() -> str:
    """Return the columns of every table of a run as Markdown."""
    parts = []
    for table, columns in {**COLUMNS, **COMPARE_COLUMNS}.items():
        parts += [f"\n**{table}**\n", "| column | meaning |", "|---|---|"]
        parts += [f"| `{name}` | {meaning} |" for name, meaning in columns.items()]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Rewrite README.md in place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", type=Path, help="JSON file of a benchmark run")
    arguments = parser.parse_args()
    text = README.read_text(encoding="utf-8")
    text = between(text, "<!-- result", "<!-- end of result -->", run_output())
    text = between(text, "<!-- codebook", "<!-- end of codebook -->", codebook())
    if arguments.benchmarks:
        table = readme_table(json.loads(arguments.benchmarks.read_text(encoding="utf-8")))
        text = between(text, "<!-- benchmarks", "<!-- end of benchmarks -->", table)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
