from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from forecast import library
from tests.test_documents_toml import SYSTEM


def forecast(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "forecast", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.toml"
    path.write_text(SYSTEM.replace("seats = 10", "seats = 0").replace("0.05", "nan"), encoding="utf-8")
    (tmp_path / "good.toml").write_text(SYSTEM.replace("Small house", "[bold]Small"), encoding="utf-8")
    return path


def test_every_shipped_document_is_valid() -> None:
    names = sorted({name for kind in ("systems", "models", "forecasts") for name in library.names(kind)})
    done = forecast("check", *names)
    assert done.returncode == 0, done.stderr
    assert all(": ok (" in line for line in done.stdout.splitlines())


def test_check_prints_all_faults_of_all_documents(broken: Path) -> None:
    done = forecast("check", "good.toml", "broken.toml", "missing.toml", cwd=broken.parent)
    assert done.returncode == 3
    assert done.stdout == "good.toml: ok (system: [bold]Small)\n"
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == [
        "broken.toml, line 9",
        "broken.toml, line 8",
        "missing.toml",
    ]


def test_check_speaks_json(broken: Path) -> None:
    done = forecast("check", "--json", "good.toml", "broken.toml", cwd=broken.parent)
    good, bad = json.loads(done.stdout)
    assert done.returncode == 3
    assert (good["ok"], good["kind"], good["name"], good["faults"]) == (True, "system", "[bold]Small", [])
    assert (bad["ok"], len(bad["faults"])) == (False, 2)


def test_check_knows_a_model_by_its_folder_and_a_text_that_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd.toml").write_text("x = 1\n", encoding="utf-8")
    done = forecast("check", "empty", "odd.toml", "kazakhstan-2022", cwd=tmp_path)
    folder, odd, name = done.stderr.splitlines()
    assert "the folder holds no model.toml" in folder
    assert "is no system ([[tier]])" in odd
    assert "did you mean kazakhstan-2023?" in name


def test_list_shows_names_titles_and_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_HOME", str(tmp_path))
    (tmp_path / "configs" / "systems").mkdir(parents=True)
    (tmp_path / "configs" / "systems" / "own.toml").write_text('name = "[red]Own"', encoding="utf-8")
    (tmp_path / "configs" / "systems" / "bad.toml").write_text("name =", encoding="utf-8")
    done = forecast("list", "systems")
    assert done.returncode == 0
    assert "[red]Own" in done.stdout
    assert "kazakhstan-mazhilis-2023" in done.stdout
    assert "not readable" in done.stdout
    assert "forecasts" in forecast("list").stdout


def test_documents_do_not_load_the_heavy_libraries() -> None:
    code = (
        "import sys, forecast.documents; print([m for m in ('numpy', 'pandas', 'numba', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
