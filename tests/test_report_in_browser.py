"""The report as a reader meets it: opened in Chromium, with no network, every chart drawn, nothing run that is a name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chromium import Page, browser, installed
from tests.reports import HOSTILE, forecast, hostile_run, small_run

# Continuous integration installs a browser and sets this: there, a missing one is a failure and not a reason to skip.
MUST = bool(os.environ.get("SEATCAST_BROWSER_TESTS"))
A4 = 716  # pixels between the margins of a browser: beyond that it would print everything smaller
pytestmark = pytest.mark.skipif(
    installed() is None and not MUST, reason="no Chromium is installed (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_run(tmp_path_factory.mktemp("browser") / "run", "--save-draws", "512")


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def report(run: Path) -> Path:
    path = run / "report.html"
    assert forecast("report", run).exit_code == 0
    return path


def drawn(page: Page) -> list[str]:
    states: list[str] = page.value("[...document.querySelectorAll('[data-chart]')].map(e => e.dataset.drawn)")
    return states


def test_the_page_opens_without_fault_or_network_and_draws_every_chart(page: Page, report: Path) -> None:
    page.open(report)
    assert page.faults() == []
    assert page.requests() == [report.resolve().as_uri()]
    states = drawn(page)
    assert len(states) > 15
    assert set(states) == {"true"}
    assert page.value(
        "[...document.querySelectorAll('[data-chart]')].every(e => e.querySelector('svg path, svg text'))"
    )


def test_the_builder_reads_the_joint_tallies(page: Page, report: Path) -> None:
    page.open(report)
    house = page.value("JSON.parse(document.getElementById('report').textContent).houses[0]")
    boxes = "document.querySelectorAll('.builder input')"
    leader = page.value(f"[...{boxes}].findIndex(box => box.parentElement.textContent.trim() === 'Amanat')")
    page.value(f"{boxes}[{leader}].click()")
    count = house["coalition"]["majority"][1 << leader]
    words = page.value("document.querySelector('.builder output').textContent")
    assert 0 < count < 4096
    assert f"{100 * count / 4096:.1f}" in words or f"{100 * count / 4096:.0f}" in words
    page.value(f"{boxes}[{leader}].click()")
    assert "Tick" in page.value("document.querySelector('.builder output').textContent")


def test_a_random_simulation_is_one_of_the_stored_draws(page: Page, report: Path) -> None:
    page.open(report)
    median = page.value("document.getElementById('legend-0').textContent")
    page.value("window.before = document.querySelector('#hemicycle-0 svg').outerHTML")
    page.value("document.querySelector('[data-random]').click()")
    page.wait_for("document.getElementById('state-0').textContent.startsWith('Simulation ')")
    page.wait_for("document.querySelector('#hemicycle-0 svg').outerHTML !== window.before")
    draw = int(page.value("document.getElementById('state-0').textContent").split()[1])
    house = page.value("JSON.parse(document.getElementById('report').textContent).houses[0]")
    (seats,) = [row[1:] for row in house["draws"] if row[0] == draw]
    shown = page.value("[...document.querySelectorAll('#legend-0 b')].map(b => Number(b.textContent))")
    assert sorted(n for n in seats if n) == sorted(shown)[-len([n for n in seats if n]) :]
    assert sum(shown) == house["size"]
    page.value("document.querySelector('[data-median]').click()")
    assert sorted(page.value("document.getElementById('legend-0').textContent")) == sorted(median)


@pytest.mark.parametrize("lang", ["en", "kk"])
def test_hostile_names_stay_text(page: Page, run: Path, tmp_path: Path, lang: str) -> None:
    hostile = hostile_run(run, tmp_path / "hostile")
    made = forecast("report", hostile, "--lang", lang, "-o", tmp_path / "hostile.html")
    assert made.exit_code == 0, made.output
    page.open(tmp_path / "hostile.html")
    page.value("document.querySelector('[data-random]').click()")
    page.value("document.querySelectorAll('.builder input').forEach(box => box.click())")
    assert page.faults() == []
    assert len(page.requests()) == 1
    assert set(drawn(page)) == {"true"}
    assert page.value("document.title") not in ("x", "1")
    assert page.value("document.querySelectorAll('img:not([src^=\"data:\"])').length") == 0
    assert page.value("document.scripts.length") == 3
    text = page.value("document.body.textContent")
    assert all(name in text for name in HOSTILE.values())


@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_never_scrolls_sideways(page: Page, report: Path, width: int) -> None:
    page.open(report, width=width)
    assert page.value("document.documentElement.scrollWidth") <= width


def test_the_widest_table_needs_no_scrolling_on_a_desk_nor_on_paper(page: Page, run: Path, tmp_path: Path) -> None:
    for lang in ("ru", "kk"):
        path = tmp_path / f"{lang}.html"
        assert forecast("report", run, "--lang", lang, "-o", path).exit_code == 0
        page.open(path, width=1100)
        assert page.value("[...document.querySelectorAll('.widest')].every(e => e.scrollWidth <= e.clientWidth)")
        page.open(path, width=A4, media="print")
        assert page.value("document.documentElement.scrollWidth") <= A4


def test_every_chart_has_words_and_every_name_a_contrast_on_dark_paper(page: Page, report: Path) -> None:
    page.open(report, scheme="dark")
    assert page.value(
        "[...document.querySelectorAll('[data-chart]')].every(e => e.getAttribute('aria-label').length > 20)"
    )
    paper, ink = page.value("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
    assert sum(map(int, paper[4:-1].split(","))) < 150
    assert sum(map(int, ink[4:-1].split(","))) > 600
    assert page.value("getComputedStyle(document.querySelector('#seats-0 svg text')).fill") == ink


def test_without_a_browser_the_tests_are_skipped_only_where_that_is_allowed() -> None:
    assert installed() is not None or not MUST
