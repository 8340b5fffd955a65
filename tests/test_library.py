from __future__ import annotations

from pathlib import Path

import pytest

from forecast import library
from forecast.documents import read_system
from forecast.errors import DocumentError
from tests.test_documents_toml import SYSTEM


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORECAST_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_checkout_or_the_wheel_holds_the_documents() -> None:
    assert (library.home() / "configs" / "systems").is_dir()
    assert "kazakhstan-mazhilis-2023" in library.names("systems")


def test_a_bare_name_is_looked_up_in_the_users_folder_first(user: Path) -> None:
    shipped = library.find("systems", "kazakhstan-mazhilis-2023")
    assert shipped.is_relative_to(library.home())
    (user / "configs" / "systems").mkdir(parents=True)
    own = user / "configs" / "systems" / shipped.name
    own.write_text(SYSTEM, encoding="utf-8")
    assert library.find("systems", "kazakhstan-mazhilis-2023") == own
    assert library.paths("systems")["kazakhstan-mazhilis-2023"] == own
    assert read_system("kazakhstan-mazhilis-2023").value.name == "Small house"


def test_a_models_document_is_found_in_its_folder(user: Path) -> None:
    (user / "models" / "own").mkdir(parents=True)
    own = user / "models" / "own" / "model.toml"
    own.write_text("", encoding="utf-8")
    assert library.find("models", "own") == own
    assert library.find("models", "./models/own") == Path("models/own/model.toml")
    assert library.find("models", own) == own


@pytest.mark.parametrize("name", ["x.toml", "./x", "a/b", Path("x")])
def test_a_name_with_a_slash_or_a_suffix_is_a_path(name: str | Path) -> None:
    assert library.find("systems", name) == Path(name)


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(
        DocumentError, match=r"'kazakhstan-mazhilis-2022': no system has this name; there are: .*did you"
    ):
        library.find("systems", "kazakhstan-mazhilis-2022")
    with pytest.raises(DocumentError, match="'x': no batch has this name"):
        library.find("batches", "x")


def test_the_name_of_a_folder_without_its_slash_is_told_so(user: Path) -> None:
    (user / "my-election").mkdir()
    with pytest.raises(DocumentError, match="the folder that is here is my-election/, with the slash"):
        library.find("forecasts", "my-election")


def test_every_shipped_document_can_be_found_by_its_name() -> None:
    for kind in library.KINDS:
        for name in library.names(kind):
            assert library.find(kind, name).is_file()


def test_a_known_result_is_found_beside_a_model_and_in_a_folder_without_one(user: Path) -> None:
    for name in ("kazakhstan-2023-result", "new-zealand-2023-result"):
        assert library.actual(name) == library.home() / "models" / name / "actual.csv"
    assert library.actual("new-zealand-2023") is None, "a model holds nothing from after its as-of day"
    own = user / "models" / "new-zealand-2023-result" / "actual.csv"
    own.parent.mkdir(parents=True)
    own.touch()
    assert library.actual("new-zealand-2023-result") == own
