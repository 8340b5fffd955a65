"""Runs for the tests of reports: a small real one, and the same with names that would like to be markup."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
from click.testing import CliRunner, Result

from forecast.cli.main import cli

HOSTILE = {
    "Aq Jol": "</script><script>document.title='x'</script>",
    "JSDP": '"><img src=x onerror="document.title=1">',
    "Baytaq": "=cmd()|'/C calc'!A0",
    "Respublica": "a.b[0] {{7*7}} | `x` " + "ұ" * 600,
}


def forecast(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(one) for one in arguments], catch_exceptions=True)


def small_run(folder: Path, *more: str) -> Path:
    done = forecast("-q", "run", "kazakhstan-2023", "--draws", "4096", "--out", folder, *more)
    assert done.exit_code == 0, done.output
    return folder


def hostile_run(source: Path, folder: Path) -> Path:
    """Copy a run with other names of parties in every file, as a run of a document with such names would have them."""
    shutil.copytree(source, folder)
    for path in folder.iterdir():
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            pq.write_table(table.rename_columns([renamed(name) for name in table.column_names]), path)
        elif path.suffix == ".csv":
            text = path.read_text(encoding="utf-8")
            for name, other in HOSTILE.items():
                shielded = f"'{other}" if other.startswith("=") else other
                quoted = '"' + shielded.replace('"', '""') + '"'
                lines = [
                    ",".join(quoted if cell == name else cell for cell in line.split(","))
                    if path.name != "events.csv"
                    else line
                    for line in text.split("\n")
                ]
                text = "\n".join(lines)
            path.write_text(text, encoding="utf-8")
    sealed(folder, names=True)
    return folder


def renamed(text: str) -> str:
    for name, other in HOSTILE.items():
        text = text.replace(name, other)
    return text


def sealed(folder: Path, *, names: bool = False, **changes: object) -> None:
    """Write ``run.json`` again: with changes, with hostile names, with the checksums of the files as they are."""
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    record.update(changes)
    if names:
        record["fit"] = json.loads(
            json.dumps(record["fit"], ensure_ascii=False), object_hook=lambda d: {renamed(k): v for k, v in d.items()}
        )
        record["fit"]["options"] = [renamed(name) for name in record["fit"]["options"]]
        record["assumptions"] = [*record["assumptions"], HOSTILE["Aq Jol"]]
        record["document"]["name"] = HOSTILE["JSDP"]
    for name, entry in record["outputs"].items():
        entry["sha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "run.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
