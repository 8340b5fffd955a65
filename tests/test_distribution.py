"""Distributions from counts, words that claim no more than they know, tables that spreadsheets do not run."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from forecast.distribution import Probability, SeatDistribution, SystemForecast
from forecast.files import csv_text
from forecast.report.words import frequency, headline, percentage
from forecast.simulate import simulate
from forecast.tables import COLUMNS, candidate_rows, district_rows, event_rows, rating, seat_pmf_rows, summary_rows
from tests.electorates import plan


@pytest.fixture(scope="module")
def forecast() -> SystemForecast:
    return SystemForecast(plan(), 0, simulate(plan(), 20_000).tallies, 20_000)


def test_quantiles_are_the_smallest_seats_that_reach_the_level() -> None:
    seats = SeatDistribution(np.array([10, 0, 80, 10]))
    assert [seats.quantile(level) for level in (0.0, 0.1, 0.11, 0.9, 0.91, 1.0)] == [0, 0, 2, 2, 3, 3]
    assert seats.interval(0.8) == (0, 2)


def test_the_jeffreys_interval_is_scipys() -> None:
    for count, draws in ((0, 50), (7, 50), (50, 50), (123_456, 1_000_000)):
        low, high = Probability(count, draws).jeffreys()
        beta = stats.beta(count + 0.5, draws - count + 0.5)
        assert low == pytest.approx(0.0 if count == 0 else beta.ppf(0.025))
        assert high == pytest.approx(1.0 if count == draws else beta.ppf(0.975))


def test_a_probability_of_nothing_still_has_an_error() -> None:
    assert Probability(0, 1_000).mcse > 0


@pytest.mark.parametrize("count", [0, 1, 499_999, 999_999, 1_000_000])
def test_simulation_never_says_never_or_always(count: int) -> None:
    text = percentage(Probability(count, 1_000_000))
    assert text not in ("0 %", "0.0 %", "100 %", "100.0 %")
    assert not frequency(Probability(count, 1_000_000)).startswith(("0 ", "100 of 100", "about 0", "about 1000"))


def test_digits_follow_the_monte_carlo_error() -> None:
    assert percentage(Probability(500, 1_000)) == "50 %"
    assert percentage(Probability(5_000_000, 10_000_000)) == "50.0 %"


def test_summary_and_pmf_tell_the_same_story(forecast: SystemForecast) -> None:
    summary = [dict(zip(COLUMNS["summary.csv"], row, strict=True)) for row in summary_rows(forecast)]
    pmf = [dict(zip(COLUMNS["seat_pmf.csv"], row, strict=True)) for row in seat_pmf_rows(forecast)]
    assert [row["party"] for row in summary] == ["Alpha", "Beta", "Gamma", "Self-nominated"]
    for row in summary:
        own = [one for one in pmf if one["party"] == row["party"]]
        assert len(own) == 25
        assert own[-1]["cumulative"] == 1.0
        mean = sum(float(one["seats"] or 0) * float(one["probability"] or 0) for one in own)
        assert mean == pytest.approx(row["mean"])
        assert [one["seats"] for one in own if "median" in str(one["mark"])] == [row["median"]]
        assert row["p_majority"] == pytest.approx(sum(float(one["probability"] or 0) for one in own[13:]))
    assert summary[-1]["p_threshold"] is None
    assert sum(float(row["mean"] or 0) for row in summary) == pytest.approx(24, abs=0.5)


def test_one_candidate_wins_each_district(forecast: SystemForecast) -> None:
    by_district: dict[str, float] = {}
    for row in candidate_rows(forecast):
        by_district[str(row[1])] = by_district.get(str(row[1]), 0.0) + float(row[4] or 0)
    assert by_district == pytest.approx({"1": 1.0, "2": 1.0, "3": 1.0, "007": 1.0})
    rows = list(district_rows(forecast))
    assert sum(bool(row[-1]) for row in rows) == 4
    assert sum(float(row[10] or 0) for row in rows) == pytest.approx(4)


def test_ratings_change_at_65_85_and_95() -> None:
    assert [rating(p) for p in (0.6499, 0.65, 0.85, 0.95, 0.9501)] == ["open", "lean", "likely", "likely", "safe"]


def test_events_hold_every_coalition_and_add_up(forecast: SystemForecast) -> None:
    events = {str(row[1]): float(row[2] or 0) for row in event_rows(forecast, ())}
    assert sum(name.startswith("coalition: ") for name in events) == 4
    assert sum(p for name, p in events.items() if name.startswith("parties in the house")) == pytest.approx(1)
    majorities = sum(p for name, p in events.items() if name.startswith("majority: "))
    assert majorities + events["no party has a majority"] == pytest.approx(1)
    assert events["coalition: Alpha + Beta"] >= max(events["majority: Alpha"], events["majority: Beta"])
    chosen = [str(row[1]) for row in event_rows(forecast, (("Alpha", "Gamma"),))]
    assert "coalition: Alpha + Gamma" in chosen
    assert "coalition: Alpha + Beta" not in chosen


def test_an_unknown_party_is_a_key_error(forecast: SystemForecast) -> None:
    with pytest.raises(KeyError, match="Delta"):
        forecast.seats("Delta")


def test_the_headline_names_the_leader_and_its_chances(forecast: SystemForecast) -> None:
    first, *rest = headline(forecast)
    assert first.startswith("Alpha wins a majority of the 24 seats (13 or more) in ")
    assert any("Self-nominated candidates win" in sentence for sentence in rest)


def test_the_frame_has_a_row_a_group(forecast: SystemForecast) -> None:
    frame = forecast.frame()
    assert list(frame.index) == list(forecast.groups)
    assert frame.to_numpy().sum() == pytest.approx(len(forecast.groups))


def test_a_spreadsheet_shows_what_it_might_run() -> None:
    names = ["=cmd()", "+1", "-rf", "@x", "Аманат", 'a"b,c', "</script>", "two\nlines"]
    text, rows = csv_text(["name", "share"], [[name, -0.5] for name in names])
    read = list(csv.reader(io.StringIO(text)))[1:]
    assert rows == len(names)
    assert [row[0] for row in read] == ["'=cmd()", "'+1", "'-rf", "'@x", "Аманат", 'a"b,c', "</script>", "two\nlines"]
    assert {row[1] for row in read} == {"-0.5"}


def test_cumulative_probabilities_never_fall(forecast: SystemForecast) -> None:
    reached = [float(row[4] or 0) for row in seat_pmf_rows(forecast) if row[1] == "Alpha"]
    assert all(low <= high for low, high in pairwise(reached))
