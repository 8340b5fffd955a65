"""``forecast check``: all faults of documents at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from forecast.cli.main import Talk


@click.command()
@click.argument("documents", metavar="PATH...", nargs=-1, required=True)
@click.option("--allow-outside", is_flag=True, help="Read files outside the documents' own folders too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def check(talk: Talk | None, documents: tuple[str, ...], allow_outside: bool, as_json: bool) -> None:
    """Check systems, models, forecasts and batches: PATH is a document, a model's folder, or a name of `forecast list`.

    Every fault of every document is printed, with its file, line and key; then the exit code is 3.
    """
    from forecast.cli.render import plain
    from forecast.errors import DocumentError

    findings = [finding for document in documents for finding in _findings(document, allow_outside)]
    faults = [fault for finding in findings for fault in finding["faults"]]
    if as_json:
        click.echo(json.dumps(findings, ensure_ascii=True, indent=1))
    for finding in findings:
        if finding["ok"] and not as_json:
            click.echo(plain(f"{finding['path']}: ok ({finding['kind']}: {finding['name']})"))
        for warning in finding["warnings"]:
            if talk is None or not talk.quiet:
                click.echo(f"warning: {warning}", err=True)
    if faults:
        raise DocumentError(list(dict.fromkeys(faults)))


def _findings(document: str, allow_outside: bool) -> list[dict[str, Any]]:
    """Return what there is to say of each document that a name or path means."""
    from forecast.documents import kinds_of
    from forecast.errors import DocumentError

    try:
        meant = kinds_of(document)
    except DocumentError as fault:
        return [_finding(document, None, faults=fault.faults)]
    findings = []
    for kind, path in meant:
        shown = document if len(meant) == 1 else f"{kind}/{document}"
        try:
            name, warnings = _read(kind, path, allow_outside)
            findings.append(
                _finding(shown, kind.removesuffix("s").replace("batche", "batch"), name, warnings=list(warnings))
            )
        except DocumentError as fault:
            findings.append(_finding(shown, kind.removesuffix("s").replace("batche", "batch"), faults=fault.faults))
    return findings


def _read(kind: str, path: Path, allow_outside: bool) -> tuple[str, tuple[str, ...]]:
    from forecast import documents

    if kind == "systems":
        system = documents.read_system(path)
        return system.value.name, system.warnings
    if kind == "models":
        model = documents.read_model(path, allow_outside=allow_outside)
        return model.value.name, model.warnings
    if kind == "batches":
        from forecast.batch.agenda import read_agenda

        agenda = read_agenda(documents.read_batch(path, allow_outside=allow_outside), allow_outside=allow_outside)
        return agenda.spec.name, agenda.warnings
    spec = documents.read_forecast(path, allow_outside=allow_outside)
    return spec.value.name, spec.warnings


def _finding(
    path: str, kind: str | None, name: str = "", *, faults: list[str] | None = None, warnings: list[str] | None = None
) -> dict[str, Any]:
    return {
        "path": path,
        "kind": kind,
        "name": name,
        "ok": not faults,
        "faults": faults or [],
        "warnings": warnings or [],
    }
