"""Local assemblies of the same day: the same draws, the same law, and the Mazhilis not a byte different."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from forecast import library
from forecast.assemblies import AssembliesForecast
from forecast.cli.main import cli
from forecast.documents import read_forecast, read_model
from forecast.errors import AuditFailure, DocumentError, LawSilent
from forecast.kernel import seats as column
from forecast.kernel.assemblies import assembly_scratch, elect_assemblies
from forecast.kernel.assembly_audit import AssemblyAudit
from forecast.kernel.assembly_plan import with_assemblies
from forecast.kernel.audit import audit
from forecast.kernel.blocks import Counts, Workspace, draw_blocks
from forecast.kernel.draw import scratch_for, simulate_blocks
from forecast.kernel.plan import AssemblyPlan, Plan, lower
from forecast.kernel.random import BLOCK, normals
from forecast.rules.system import ElectoralSystem, ListTier, NominalTier, SilentCases, TwoRounds
from forecast.simulate import simulate
from forecast.voteshare.electorate import Assemblies, Assembly, Ward
from forecast.voteshare.model import fit
from tests.electorates import assumed, electorate, system

NAME = "kazakhstan-2023-cycle"
SMALL = Assemblies(
    (
        Assembly(
            "North", "regional", "North", 7, {"Alpha": 7, "Beta": 3, "Gamma": 2},
            (Ward(("Alpha", "Beta"), 1), Ward(("Alpha",), 2), *[Ward(("Alpha", "Gamma"), 0)] * 6),
        ),
        Assembly("South", "regional", "South", 5, {"Alpha": 5, "Gamma": 5}, (Ward(("Beta",), 1), *[Ward((), 2)] * 5)),
        Assembly("Northtown", "city", "North", 0, {}, (Ward(("Alpha", "Beta", "Gamma"), 3), Ward(("Alpha",), 0))),
        Assembly("Southern", "district", "South", 0, {}, (*[Ward(("Alpha",), 1)] * 4, Ward(("Beta",), 1))),
    ),
    assumed(0.5),
)  # fmt: skip


def small(seed: int = 1) -> Plan:
    model = fit(replace(electorate(), assemblies=SMALL))
    regional, local = system(7, 8), system(7, 2)
    return with_assemblies(
        lower(model, [system()], seed),
        replace(regional, id="regional-law"),
        replace(local, id="local-law", tiers=local.tiers[1:]),
    )


@cache
def cycle() -> Plan:
    spec = read_forecast(NAME).value
    assert spec.assemblies is not None
    assert spec.seed is not None
    plan = lower(fit(spec.model.value), [one.value for one in spec.systems], spec.seed)
    return with_assemblies(plan, *(one.value for one in spec.assemblies))


def local_of(plan: Plan) -> AssemblyPlan:
    assert plan.assemblies is not None
    return plan.assemblies


def digest_of(arrays: tuple[Any, ...] | None) -> str:
    assert arrays is not None
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()[:16]


# The data of 19 March 2023.


def test_the_election_day_has_the_declared_seats_assemblies_and_candidates() -> None:
    model = read_model(NAME).value
    assert model.assemblies is not None
    assert model.contests is not None
    every = model.assemblies.every
    levels = [one.level for one in every]
    assert (levels.count("regional"), levels.count("district"), levels.count("city")) == (20, 166, 37)
    assert len(every) - levels.count("regional") == 203
    assert sum(one.seats for one in every) == 3_415
    in_maslikhats = sum(one.candidates for one in every)
    assert in_maslikhats == 11_395
    on_lists = sum(option.list_length or 0 for option in model.options)
    in_districts = sum(len(district.candidates) for district in model.contests.districts)
    assert (on_lists, in_districts) == (281, 435)
    assert in_maslikhats + on_lists + in_districts == 12_111


def test_sourced_sizes_are_used() -> None:
    model = read_model(NAME).value
    assert model.assemblies is not None
    by_name = {one.name: one for one in model.assemblies.every}
    north, astana, karaganda = by_name["North Kazakhstan"], by_name["Astana"], by_name["Karaganda"]
    assert (north.seats, north.list_seats, north.candidates) == (30, 15, 50)
    assert astana.list_seats == 17
    assert (karaganda.seats, karaganda.list_seats, sum(karaganda.lists.values())) == (36, 18, 59)
    assert len(by_name["Petropavlovsk"].wards) == 18
    local = [one for one in model.assemblies.every if one.region == "North Kazakhstan" and one.level == "district"]
    assert (len(local), sum(one.seats for one in local)) == (13, 145)
    assert sum(one.seats for one in model.assemblies.every if one.region == "Karaganda") == 214
    regional = [one for one in model.assemblies.every if one.level == "regional"]
    assert sum(one.candidates for one in regional) == 1_720
    assert {one.region for one in regional} == {region.name for region in model.regions}


def test_half_of_a_regional_assembly_comes_from_lists_and_an_odd_seat_goes_to_the_districts() -> None:
    for one in local_of(cycle()).every:
        assert one.list_seats == (one.seats // 2 if one.level == "regional" else 0)


def test_the_model_of_the_mazhilis_is_copied_unchanged() -> None:
    home = library.home() / "models"
    for name in ("options.csv", "polls.csv", "regions.csv", "districts.csv", "candidates.csv"):
        assert (home / NAME / name).read_bytes() == (home / "kazakhstan-2023" / name).read_bytes()
    alone, inside = read_model("kazakhstan-2023").document, read_model(NAME).document
    assert {key for key in inside if inside[key] != alone.get(key)} == {"name", "titles", "assemblies"}


# The same Mazhilis, whatever surrounds it.


def test_the_mazhilis_inside_the_election_day_is_the_same_mazhilis(tmp_path: Path) -> None:
    for name in ("kazakhstan-2023", NAME):
        arguments = ["run", name, "--draws", "3000", "--out", str(tmp_path / name), "--save-draws", "1500"]
        assert CliRunner().invoke(cli, arguments, catch_exceptions=False).exit_code == 0
    alone, inside = tmp_path / "kazakhstan-2023", tmp_path / NAME
    tables = sorted(path.name for path in alone.iterdir() if path.name != "run.json")
    required = {"candidates.csv", "districts.csv", "draws.parquet", "events.csv", "seat_pmf.csv", "summary.csv"}
    assert required | {"tallies.json"} <= set(tables)
    for table in tables:
        assert (alone / table).read_bytes() == (inside / table).read_bytes(), table
    more = {"assemblies.csv", "assembly_pmf.csv", "assembly_totals.csv", "assembly_tallies.json", "run.json"}
    assert {path.name for path in inside.iterdir()} == more | set(tables)


def test_a_forecast_without_assemblies_says_nothing_of_them() -> None:
    resolved = read_forecast("kazakhstan-2023")
    assert "assemblies" not in resolved.document
    assert "assemblies" not in resolved.document["model"]


def test_threads_and_chunks_do_not_change_a_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = digest_of(simulate(small(), 60_000).assemblies)
    assert digest_of(simulate(small(), 60_000, threads=3).assemblies) == whole
    monkeypatch.setattr("forecast.simulate.CHUNK_DRAWS", 7 * BLOCK)
    assert digest_of(simulate(small(), 60_000, threads=2).assemblies) == whole


def test_a_golden_digest_freezes_the_streams_of_assemblies() -> None:
    simulation = simulate(small(), 20_000)
    assert digest_of(simulation.assemblies) == "2e1221df6c2b3928"
    assert digest_of(simulation.tallies) == digest_of(simulate(replace(small(), assemblies=None), 20_000).tallies)


def test_an_assembly_drawn_alone_is_the_same_assembly() -> None:
    plan = small()
    local, work, counts = local_of(plan), Workspace.of(plan), Counts.of(plan)
    draw_blocks(plan, 0, 1, BLOCK, work, counts, plan.record(0))
    scratch, tallies = work.scratch, local.tallies()
    elect_assemblies(
        local.arrays, np.array([2, 0]), 0, BLOCK, scratch.shock, scratch.eta, scratch.ballots,
        assembly_scratch(local.arrays), tallies, local.record(0), 0,
    )  # fmt: skip
    assert counts.assemblies is not None
    for a in (0, 2):
        np.testing.assert_array_equal(tallies.assembly_seats[a], counts.assemblies.assembly_seats[a])
    assert not tallies.assembly_seats[1].any()


# The model of votes.


def test_utilities_are_region_and_assembly_and_person() -> None:
    """Float64 from the kernel's own normals; float32 sums differ by some 1e-6."""
    plan = small()
    local, lane = local_of(plan), 77
    arrays, record = local.arrays, local.record(1)
    scratch = scratch_for(plan.voters, plan.laws)
    simulate_blocks(plan.voters, plan.laws, 0, 1, BLOCK, scratch, plan.tallies(), plan.record(0))
    elect_assemblies(
        arrays, local.all_of_them(), 0, BLOCK, scratch.shock, scratch.eta, scratch.ballots, assembly_scratch(arrays),
        local.tallies(), record, lane,
    )  # fmt: skip
    groups = len(plan.model.groups)
    own, noise = np.zeros((len(arrays.candidate_group), BLOCK), np.float32), np.zeros((groups, BLOCK), np.float32)
    normals(arrays.candidate_keys, 0, 1, own)
    for a, one in enumerate(local.every):
        normals(arrays.noise_keys[a], 0, 1, noise)
        here = arrays.region[a] * groups + np.arange(groups)
        strength = scratch.shock[here, lane].astype(float) + arrays.shift + 0.5 * noise[:, lane]
        first, beyond = arrays.first_candidate[arrays.first_ward[a]], arrays.first_candidate[arrays.first_ward[a + 1]]
        group = arrays.candidate_group[first:beyond]
        sd = np.where(group == groups - 1, 0.8, 0.4)
        np.testing.assert_allclose(
            record.utilities[0, first:beyond], strength[group] + sd * own[first:beyond, lane], atol=3e-6
        )
        if one.lists:
            standing = [plan.model.parties.index(party) for party in one.lists]
            weight = np.exp([*strength[standing], float(scratch.eta[3, lane])])
            valid = round(float(scratch.ballots[lane]) * plan.model.ballots.weights[arrays.region[a]])
            votes = record.votes[0, arrays.first_list[a] : arrays.first_list[a + 1]]
            assert record.valid[0, a] == valid
            np.testing.assert_allclose(votes, weight[:-1] / weight.sum() * valid, atol=2)


def test_the_self_nominated_win_their_declared_share_of_the_assemblies_districts() -> None:
    """18 of 67 by the rule, which leaves the recentring of regions out; 0.02 covers that and 3,000 draws."""
    plan = cycle()
    tallies = simulate(plan, 3_000, threads=2).assemblies
    assert tallies is not None
    wards = int(local_of(plan).arrays.first_ward[-1])
    forecast = AssembliesForecast(plan, local_of(plan), tallies, 3_000)
    assert forecast.all_seats("Self-nominated").mean / wards == pytest.approx(18 / 67, abs=0.02)


def test_seats_of_an_assembly_add_up_to_its_house() -> None:
    plan, draws = small(), 20_000
    tallies = simulate(plan, draws).assemblies
    assert tallies is not None
    forecast = AssembliesForecast(plan, local_of(plan), tallies, draws)
    for number, (one, law) in enumerate(forecast.every):
        total = sum(forecast.seats(number, group).mean for group in forecast.groups)
        vacant = tallies.assembly_cases[number, column.SHORT_LIST]
        assert law.seats == one.seats
        assert total <= one.seats
        assert (total == pytest.approx(one.seats)) == (vacant == 0)
        assert all(forecast.seats(number, group).draws == draws for group in forecast.groups)
        assert forecast.parties_in(number).draws == draws
    every = sum(forecast.seats(number, "Alpha").mean for number in range(len(forecast.every)))
    assert forecast.all_seats("Alpha").mean == pytest.approx(every)
    chance = sum(forecast.control(number, "Alpha").value for number in range(len(forecast.every)))
    assert forecast.controlled("Alpha").mean == pytest.approx(chance)
    some = sum(forecast.controlled(group).mean for group in forecast.groups)
    assert some + forecast.controlled_by_nobody().mean == pytest.approx(len(forecast.every))


# The law.


def test_lists_and_districts_of_assemblies_equal_the_reference() -> None:
    """Every list tier and most districts of 3,000 draws of small assemblies."""
    assert audit(small(), 3_000, recounts=3_000).recounts == 3_000


def test_every_regional_list_tier_of_the_election_day_equals_the_reference() -> None:
    plan = cycle()
    local, scratch = local_of(plan), scratch_for(plan.voters, plan.laws)
    control = AssemblyAudit(plan, local)
    for block in range(8):
        simulate_blocks(plan.voters, plan.laws, block, 1, 8 * BLOCK, scratch, plan.tallies(), plan.record(0))
        for lane in range(0, BLOCK, 64):
            control.recount(block * BLOCK + lane, scratch)


@pytest.mark.parametrize("which", [column.SEATS, column.SHARE_NUMERATOR])
def test_the_audit_stops_a_kernel_that_counts_assemblies_by_another_law(which: int) -> None:
    plan = cycle()
    local = local_of(plan)
    wrong = local.arrays.law.copy()
    wrong[:20, which] += 1
    changed = replace(local, arrays=local.arrays._replace(law=wrong))
    with pytest.raises(AuditFailure, match="kazakhstan-maslikhat-region-2023"):
        audit(replace(plan, assemblies=changed), 50_000)


def test_the_audit_stops_a_district_of_an_assembly_won_by_the_wrong_candidate(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong_winners(*arguments: Any) -> None:
        elect_assemblies(*arguments)
        record = arguments[-2]
        record.winners[:] = 1 - record.winners

    monkeypatch.setattr("forecast.kernel.assembly_audit.elect_assemblies", wrong_winners)
    with pytest.raises(AuditFailure, match=r"district .*/"):
        audit(cycle(), 50_000)


def test_an_error_where_the_law_is_silent_on_an_assembly_stops_the_run() -> None:
    plan = small()
    local = local_of(plan)

    def strict(law: ElectoralSystem) -> ElectoralSystem:
        tiers = [
            replace(t, silent=SilentCases(short_list="error")) if isinstance(t, ListTier) else t for t in law.tiers
        ]
        return replace(law, tiers=tuple(tiers))

    systems = tuple(strict(law) for law in local.systems)
    with pytest.raises(LawSilent, match=r"regional-law, North: .*short_list"):
        simulate(replace(plan, assemblies=replace(local, systems=systems)), 5_000)


def test_assemblies_and_systems_that_do_not_fit_are_refused() -> None:
    plan = small()
    law = system()
    lists_only = replace(law, tiers=law.tiers[:1])
    districts_only = replace(law, tiers=law.tiers[1:])
    with pytest.raises(DocumentError, match="North has 7 list seats"):
        with_assemblies(plan, districts_only, districts_only)
    with pytest.raises(DocumentError, match=r"assemblies\.local: small-law needs one nominal tier"):
        with_assemblies(plan, law, lists_only)
    districts = law.tiers[1]
    assert isinstance(districts, NominalTier)
    two_rounds = replace(law, tiers=(replace(districts, formula=TwoRounds()),))
    with pytest.raises(DocumentError, match="plurality alone"):
        with_assemblies(plan, law, two_rounds)
    with pytest.raises(DocumentError, match=r"has no \[assemblies\]"):
        with_assemblies(lower(fit(electorate()), [law], 1), law, law)


# The documents.


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = tmp_path / NAME
    copied.mkdir()
    for path in (library.home() / "models" / NAME).iterdir():
        (copied / path.name).write_bytes(path.read_bytes())
    return copied


@pytest.mark.parametrize(
    ("table", "old", "new", "wrong"),
    [
        ("assemblies.csv", "Astana,regional,Astana,34", "Astana,regional,Astana,35", r"seats: is 35, but .* add up to 34"),
        ("assemblies.csv", "Astana,regional,Astana", "Astana,regional,Astanna", r"'Astanna' is no region .*did you mean Astana"),
        ("assemblies.csv", "Astana,regional,Astana", "Astana,village,Astana", r"level: is 'village'; allowed: regional, city"),
        ("assemblies.csv", "Astana,regional,Astana", "Almaty,regional,Astana", r"is the assembly of line \d+ again"),
        ("assemblies.csv", "34,17,17,", "34,16,18,", r"districts: is 18, but .* has candidates for 17"),
        ("assemblies.csv", "34,17,17,", "17,0,17,", r"list_seats: is 0, but .* has lists"),
        ("assemblies.csv", "North Kazakhstan,18,0,18", "North Kazakhstan,19,1,18", "has no list for"),
        ("assemblies.csv", "34,17,17,", "34,17.0,17,", "a whole number is needed"),
        ("assembly_lists.csv", "Astana,Amanat", "Astana,Amannat", r"'Amannat' is no party .*did you mean Amanat"),
        ("assembly_lists.csv", "Astana,Amanat", "Astana,Auyl", r"has the list of line \d+ already"),
        ("assembly_lists.csv", "Astana,Amanat", "Astan,Amanat", r"'Astan' is no assembly .*did you mean Astana"),
        ("assembly_candidates.csv", "Petropavlovsk,", "Petropavl,", "is no assembly"),
        ("assembly_candidates.csv", "Turkistan,1,Auyl ; Amanat", "Turkistan,1,Amanat ; Amanat", "'Amanat' stands twice"),
        ("assembly_candidates.csv", "Turkistan,1,Auyl ; Amanat", "Turkistan,1,Auyl ; Nobody", "'Nobody' is no party"),
        ("assembly_candidates.csv", "parties,self_nominated", "party,self_nominated", "unknown column 'party'"),
    ],
)  # fmt: skip
def test_a_fault_in_a_table_of_assemblies_is_named(folder: Path, table: str, old: str, new: str, wrong: str) -> None:
    text = (folder / table).read_text(encoding="utf-8")
    assert old in text
    (folder / table).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DocumentError, match=wrong):
        read_model(folder)


def test_a_district_in_which_nobody_stands_is_a_fault_and_one_candidate_a_warning(folder: Path) -> None:
    table = folder / "assembly_candidates.csv"
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    for alone in ("0", "1"):
        rows[1][2:4] = ["", alone]
        with table.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(rows)
        if alone == "0":
            with pytest.raises(DocumentError, match="nobody stands"):
                read_model(folder)
        else:
            assert any("who wins for certain" in line for line in read_model(folder).warnings)


def test_an_unknown_key_of_assemblies_is_a_fault(folder: Path) -> None:
    document = folder / "model.toml"
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace("local_sd ", "locall_sd "), encoding="utf-8")
    with pytest.raises(DocumentError, match=r"unknown key.*did you mean local_sd"):
        read_model(folder)


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ('assemblies={regional = "kazakhstan-maslikhat-region-2023"}', "local: is missing"),
        ('assemblies.local="kazakhstan-maslikhat-lokal-2023"', "kazakhstan-maslikhat-local-2023"),
        ("assembly.tier.party lists.seets=3", "unknown key"),
        ("model.assemblies.local_sd=-1", "is -1; at least 0"),
        ("model.assemblies=none", r"has no \[assemblies\]"),
    ],
)
def test_a_forecast_says_what_is_wrong_with_its_assemblies(setting: str, wrong: str) -> None:
    with pytest.raises(DocumentError, match=wrong):
        read_forecast(NAME, [setting])


def test_a_setting_reaches_the_law_of_assemblies_and_not_that_of_the_mazhilis() -> None:
    spec = read_forecast(NAME, ["assembly.tier.party lists.threshold.share=0.03"]).value
    assert spec.assemblies is not None
    tiers = [one.value.tiers[0] for one in (spec.systems[0], spec.assemblies[0])]
    assert [float(tier.threshold.share) for tier in tiers if isinstance(tier, ListTier)] == [0.05, 0.03]
    with pytest.raises(DocumentError, match="this forecast has no assemblies"):
        read_forecast("kazakhstan-2023", ["assembly.tier.party lists.threshold.share=0.03"])


# The output.


def test_a_run_prints_and_writes_its_assemblies(tmp_path: Path) -> None:
    out = tmp_path / "one"
    arguments = ["run", NAME, "--draws", "2000", "--threads", "2", "--out", str(out)]
    first = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    for words in (
        "223 local assemblies (20 regional, 166 district, 37 city): 3,415 seats, 11,395 candidates",
        "Nobody controls ", "controls", "size assumed in ", "200 of 200 recounts agree",
        "kazakhstan-maslikhat-region-2023: short list",
    ):  # fmt: skip
        assert words in first.stdout, words
    with (out / "assemblies.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len({row["assembly"] for row in rows}) == 223
    assert sum(int(row["seats"]) for row in {row["assembly"]: row for row in rows}.values()) == 3_415
    with (out / "assembly_pmf.csv").open(encoding="utf-8", newline="") as stream:
        chances = [float(row["probability"]) for row in csv.DictReader(stream) if row["assembly"] == "Astana"]
    assert sum(chances) == pytest.approx(len([row for row in rows if row["assembly"] == "Astana"]) + 1)
    again = CliRunner().invoke(cli, [*arguments, "--json"], catch_exceptions=False)
    document = json.loads(again.stdout)
    assert "already computed" in again.stderr
    assert len(document["assemblies"]) == len(rows)
    seats = {row["party"]: row["mean"] for row in document["assembly_totals"] if row["measure"] == "seats"}
    assert sum(seats.values()) == pytest.approx(3_415, abs=5)
    assert f"{seats['Amanat']:,.0f}" in first.stdout
