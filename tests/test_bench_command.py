"""``forecast bench``: figures, and the gate against figures of an earlier day."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from forecast.bench import measure as measuring
from forecast.bench.figures import changes, document, read_figures
from forecast.bench.machine import machine
from forecast.bench.measure import Measured, Scaling
from forecast.bench.timing import Spread, rounds
from forecast.cli.main import Talk, cli
from forecast.errors import DocumentError


def measured(nanoseconds: float) -> Measured:
    seconds = Spread(1e-9 * nanoseconds, 0.98e-9 * nanoseconds, 1.02e-9 * nanoseconds)
    one = Spread(1.0, 1.0, 1.0)
    return Measured("whole Mazhilis", 605, seconds, one, (Scaling(2, one, one),))


def figures(nanoseconds: float, **of_machine: str) -> dict[str, Any]:
    here = {**machine(), **of_machine}
    return document([measured(nanoseconds)], machine=here, version="1", rounds=3, ready=0.1, memory=100.0)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command with measurements of 110 ns a draw in place of real ones, which have no place in a test."""
    monkeypatch.setattr(measuring, "measure", lambda *given: measured(110.0))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["bench", "--quick", *arguments], obj=Talk())

    return run


def written(path: Path, content: object) -> str:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(path)


def test_a_subject_that_has_become_slower_fails_the_gate(bench: Any, tmp_path: Path) -> None:
    before = written(tmp_path / "before.json", figures(100.0))
    assert bench("--compare", before, "--fail-above", "5").exit_code == 1
    assert bench("--compare", before, "--fail-above", "20").exit_code == 0
    assert bench("--compare", before).exit_code == 0


def test_noise_does_not_fail_the_gate(bench: Any, tmp_path: Path) -> None:
    noisy = figures(100.0)
    noisy["subjects"][0]["seconds"]["high"] = 120e-9
    assert bench("--compare", written(tmp_path / "before.json", noisy), "--fail-above", "5").exit_code == 0


def test_figures_of_another_machine_warn_and_set_no_gate_unless_forced(bench: Any, tmp_path: Path) -> None:
    before = written(tmp_path / "before.json", figures(100.0, cpu="another"))
    done = bench("--compare", before, "--fail-above", "5")
    assert done.exit_code == 0
    assert "another machine" in done.stderr
    assert bench("--compare", before, "--fail-above", "5", "--force").exit_code == 1


def test_the_gate_needs_something_to_compare_with(bench: Any) -> None:
    done = bench("--fail-above", "5")
    assert done.exit_code == 2
    assert "--compare" in done.stderr


@pytest.mark.parametrize("content", ["", "{", "[]", {"schema": 99}, {"schema": 1, "machine": {}, "subjects": [{}]}])
def test_damaged_figures_are_named(content: object, tmp_path: Path) -> None:
    path = Path(written(tmp_path / "before.json", content))
    with pytest.raises(DocumentError, match=r"before\.json"):
        read_figures(path)


def test_figures_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    before = read_figures(Path(written(tmp_path / "before.json", figures(100.0))))
    (change,) = changes(before, [measured(110.0)])
    assert change.slower == pytest.approx(10.0)
    assert change.beyond_noise


def test_a_quick_measurement_of_a_real_plan_gives_its_figures() -> None:
    from forecast.bench.subjects import LIST_TIER, subjects

    (subject,) = (one for one in subjects() if one.name == LIST_TIER)
    job = measuring.kernel_job(subject.plan)
    (times,) = rounds([job], 2).values()
    assert len(times) == 2
    assert min(times) > 0
