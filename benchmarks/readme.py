"""Writes the generated parts of README.md: a real run's output, the reform in a table and a picture, the codebook.

``python -m benchmarks.readme`` needs the extra ``report`` for the picture;
with ``--benchmarks FILE`` (written by ``python -m benchmarks
--json FILE``) it renews the benchmark table too.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.suite import readme_table
from forecast.documents import read_system
from forecast.tables import (
    ASSEMBLY_COLUMNS,
    BATCH_COLUMNS,
    COLUMNS,
    COMPARE_COLUMNS,
    PERSON_COLUMNS,
    TALLY_FILES,
)

README = Path(__file__).parent.parent / "README.md"
PICTURE = Path(__file__).parent / "pictures" / "reform.svg"


def between(text: str, start: str, end: str, inside: str) -> str:
    """Return ``text`` with ``inside`` put between the lines that hold ``start`` and ``end``."""
    head, _, rest = text.partition(start)
    line, _, rest = rest.partition("\n")
    _, _, tail = rest.partition(end)
    return f"{head}{start}{line}\n{inside}\n{end}{tail}"


def run_output(forecast: str) -> str:
    """Return what ``forecast run`` prints of a forecast, the lists of assumptions and choices left out."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "forecast", "-q", "run", forecast],
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


REFORM = ("kazakhstan-mazhilis-2012", "kazakhstan-mazhilis-2023", "kazakhstan-kurultai-2026")


def reform_run(folder: Path) -> dict[str, Any]:
    """Run the comparison of the README into ``folder``; return its JSON."""
    command = ["compare", "kazakhstan-2023-result", *REFORM, "--out", str(folder), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "forecast", "-q", *command], capture_output=True, text=True, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def reform_table(folder: Path, compared: dict[str, Any]) -> str:
    """Return mean seats, their share of the house and the indices of each law as Markdown."""
    with (folder / "summary.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    houses = {row["system"]: 0.0 for row in rows}
    seats = {(row["system"], row["party"]): float(row["mean"]) for row in rows}
    for name in houses:
        houses[name] = read_system(name).value.seats
    indices = {(row["system"], row["index"]): float(row["mean"]) for row in compared["indices"]}
    parties = sorted({row["party"] for row in rows}, key=lambda party: -seats[REFORM[1], party])
    lines = [
        "| mean seats (share of the house) | "
        + " | ".join(f"{name}: {houses[name]:.0f} seats" for name in REFORM)
        + " |"
    ]
    lines.append("|---|" + "---:|" * len(REFORM))
    for party in parties:
        cells = [f"{seats[name, party]:.1f} ({100 * seats[name, party] / houses[name]:.0f} %)" for name in REFORM]
        lines.append(f"| {party} | {' | '.join(cells)} |")
    for index, digits in (("parties", 1), ("effective parties", 2), ("gallagher", 1)):
        lines.append(f"| *{index}* | " + " | ".join(f"{indices[name, index]:.{digits}f}" for name in REFORM) + " |")
    wasted = (f"{100 * indices[name, 'wasted votes']:.1f} %" for name in REFORM)
    lines.append(f"| *wasted votes* | {' | '.join(wasted)} |")
    draws, seed = compared["draws"], compared["seed"]
    lines.append(
        f"\n{draws:,} draws, seed {seed}: the same votes under every law. Shares of the house, mean and 80 % interval:"
    )
    return "\n".join(lines)


def reform_picture(folder: Path) -> None:
    """Draw each party's share of the house under every law: mean and 80 % interval."""
    import altair as alt
    import pandas as pd

    rows = pd.read_csv(folder / "summary.csv", keep_default_na=False, na_values=[""])
    size = rows["system"].map(lambda name: read_system(name).value.seats)
    titles = dict(
        zip(
            REFORM,
            ("2012-2021: 98 by lists, 7 %, + 9", "2023: 69 by lists, 5 %, + 29 districts", "2026: 145 by lists, 5 %"),
            strict=True,
        )
    )
    rows = rows.assign(
        law=rows["system"].map(titles), share=rows["mean"] / size, low=rows["lo80"] / size, high=rows["hi80"] / size
    )
    order = rows[rows["system"] == REFORM[1]].sort_values("mean", ascending=False)["party"].tolist()
    base = alt.Chart(rows).encode(
        y=alt.Y("law:N", sort=list(titles.values()), title=None, axis=alt.Axis(labels=False, ticks=False)),
        color=alt.Color("law:N", sort=list(titles.values()), title=None,
                        legend=alt.Legend(orient="top", columns=1, labelLimit=400),
                        scale=alt.Scale(range=["#8a8a8a", "#0072b2", "#d55e00"])),
    )  # fmt: skip
    axis = alt.Axis(format="%", title="share of the house")
    line = base.mark_rule(strokeWidth=3, opacity=0.6).encode(x=alt.X("low:Q", axis=axis), x2="high:Q")
    point = base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("share:Q", axis=axis))
    chart = (
        (line + point)
        .properties(width=430, height=34)
        .facet(
            row=alt.Row(
                "party:N", sort=order, title=None, header=alt.Header(labelAngle=0, labelAlign="left", labelLimit=140)
            )
        )
        .configure_facet(spacing=4)
        .configure_view(stroke="#dddddd")
    )
    chart.save(str(PICTURE))


def codebook() -> str:
    """Return the columns of every table of a run, and of a batch, as Markdown."""
    parts = []
    batch = {"results.csv and results.parquet of a batch": BATCH_COLUMNS}
    for table, columns in {
        **COLUMNS,
        **COMPARE_COLUMNS,
        **PERSON_COLUMNS,
        **ASSEMBLY_COLUMNS,
        **TALLY_FILES,
        **batch,
    }.items():
        parts += [f"\n**{table}**\n", "| column | meaning |", "|---|---|"]
        parts += [f"| `{name}` | {meaning} |" for name, meaning in columns.items()]
    return "\n".join(parts) + "\n"


def main() -> None:
    """Rewrite README.md in place."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmarks", type=Path, help="JSON file of a benchmark run")
    arguments = parser.parse_args()
    text = README.read_text(encoding="utf-8")
    text = between(text, "<!-- result", "<!-- end of result -->", run_output("kazakhstan-2023"))
    text = between(text, "<!-- new zealand", "<!-- end of new zealand -->", run_output("new-zealand-2023"))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "reform"
        text = between(text, "<!-- reform", "<!-- end of reform -->", reform_table(folder, reform_run(folder)))
        reform_picture(folder)
    text = between(text, "<!-- codebook", "<!-- end of codebook -->", codebook())
    if arguments.benchmarks:
        table = readme_table(json.loads(arguments.benchmarks.read_text(encoding="utf-8")))
        text = between(text, "<!-- benchmarks", "<!-- end of benchmarks -->", table)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
