from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from forecast.documents import digest_of, read_forecast, read_model
from forecast.errors import DocumentError
from forecast.voteshare.electorate import Candidate, PollCentre, ResultCentre
from tests.test_documents_toml import SYSTEM

MODEL = """\
name = "Small land"
country = "Smallland"
election_day = 2023-03-19
as_of = 2023-03-18

[options]
table = "options.csv"
registration_order = {basis = "assumed", note = "not found"}

[votes]
family = "logistic-normal"
centre = "polls"
polls = "polls.csv"
unit = "percent"
horizon = 30
undecided = {rule = "proportional", sd = {value = 0.33, basis = "assumed", note = "like the decided"}}

[turnout]
electorate = 3000
valid_share = {value = 0.96, basis = "derived"}
sd = {value = 0.05, basis = "assumed", note = "two elections"}

[regions]
table = "regions.csv"
shock_sd = {value = 0.25, basis = "learned"}

[districts]
table = "districts.csv"
candidates = "candidates.csv"
candidate_sd = {value = 0.5, basis = "learned"}

[districts.self_nominated]
label = "Self-nominated"
won = 1
of = 4
sd = {value = 1.0, basis = "learned"}
national_sd = {value = 0.5, basis = "learned"}
"""
TABLES = {
    "options.csv": "name,kind,previous_share,list_length\nAlpha,party,60.5,20\nNA,party,,\nagainst_all,against_all,,\n",
    "polls.csv": (
        "poll_id,pollster,fieldwork_start,fieldwork_end,sample_size,party,share,basis\n"
        "007,House,2023-02-01,2023-02-05,1000,Alpha,50.5,sourced\n"
        "007,House,2023-02-01,2023-02-05,1000,NA,20,sourced\n"
        "007,House,2023-02-01,2023-02-05,1000,undecided,29.5,sourced\n"
        "m2,Other house,2023-03-01,2023-03-10,,Alpha,60,assumed: dates\n"
        "m2,Other house,2023-03-01,2023-03-10,,NA,30,assumed: dates\n"
        "m2,Other house,2023-03-01,2023-03-10,,against_all,6,sourced\n"
        "m2,Other house,2023-03-01,2023-03-10,,other,4,sourced\n"
    ),
    "regions.csv": "region,turnout_2021,turnout_2022,basis\nNorth,60,70.5,sourced\nSouth,,80,sourced\n",
    "districts.csv": (
        "district,region,electorate,electorate_basis,candidates,candidates_basis,region_basis,source\n"
        "007,North,1000,sourced,2,sourced,sourced,x\n"
        "8,South,2000,assumed: the rest,2,sourced,sourced,x\n"
    ),
    "candidates.csv": (
        "district,candidate,party,basis,source\n"
        "007,Ann,Alpha,sourced,x\n007,=cmd(),,assumed,x\n8,</script>,NA,sourced,x\n8,Ann,Alpha,sourced,x\n"
    ),
    "result.csv": "option,votes,source\nAlpha,600,x\nNA,300,x\nagainst_all,0,x\n",
}
RESULT = """\
[votes]
centre = "result"
result = "result.csv"
error = {value = 0.03, basis = "assumed", note = "polls on the eve"}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "land"
    folder.mkdir()
    (folder / "model.toml").write_text(MODEL, encoding="utf-8")
    for name, text in TABLES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def faults_of(folder: Path, *overrides: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read_model(folder, overrides)
    return caught.value.faults


def test_a_model_is_read_with_text_as_text(folder: Path) -> None:
    resolved = read_model(folder)
    model = resolved.value
    assert (model.id, model.parties, model.as_of) == ("land", ("Alpha", "NA"), date(2023, 3, 18))
    assert (model.options[0].previous, model.options[0].list_length) == (0.605, 20)
    assert (model.options[1].previous, model.options[1].list_length) == (None, None)
    assert isinstance(model.centre, PollCentre)
    first, second = model.centre.polls
    assert (first.id, first.sample_size, second.sample_size) == ("007", 1000, None)
    assert (dict(first.shares), first.undecided) == ({"Alpha": 0.505, "NA": 0.2}, 0.295)
    assert dict(second.shares) == {"Alpha": 0.6, "NA": 0.3, "against_all": 0.06}
    assert dict(model.regions[1].turnouts) == {"turnout_2021": None, "turnout_2022": 0.8}
    assert model.contests is not None
    assert model.contests.districts[0].id == "007"
    assert model.contests.districts[0].candidates == (Candidate("Ann", "Alpha"), Candidate("=cmd()", None, "assumed"))
    assert resolved.warnings == ()
    assert resolved.inputs["polls.csv"].rows == 7
    assert resolved.inputs["model.toml"].rows is None


def test_every_assumption_is_a_line(folder: Path) -> None:
    assert read_model(folder).value.assumptions == (
        "spread of the undecided = 0.33: like the decided",
        "sd of national turnout = 0.05: two elections",
        "registration order of the lists: not found",
        "poll m2: figures assumed in 2 of 4 rows (dates)",
        "electorate assumed in 1 of 2 districts (the rest)",
        "candidacy assumed in 1 of 4 candidates",
    )


def test_names_in_other_languages_are_those_of_parties_and_regions(folder: Path) -> None:
    without = digest_of(read_model(folder), seed=1)
    (folder / "model.toml").write_text(
        MODEL + '[names.ru]\nAlpha = "Альфа"\nNorth = "Север"\n"Self-nominated" = "Сами"\n', encoding="utf-8"
    )
    resolved = read_model(folder)
    assert resolved.document["names"] == {"ru": {"Alpha": "Альфа", "North": "Север", "Self-nominated": "Сами"}}
    assert digest_of(resolved, seed=1) != without
    assert "names" not in read_model(folder, ["names={}"]).document
    for line, said in (
        ('Nort = "Север"', "line 40: names.ru.Nort: 'Nort' is no party, region or country of the model"),
        ('NA = "Альфа"', "line 40: names.ru.NA: 'Альфа' is what 'Alpha' is called"),
        ('NA = ""', "line 40: names.ru.NA: is empty"),
        ('NA = "Aльфа"', "line 40: names.ru.NA: mixes two alphabets"),
        ('[names.kz]\nNA = "Эн"', "names.kz"),
    ):
        (folder / "model.toml").write_text(MODEL + f'[names.ru]\nAlpha = "Альфа"\n{line}\n', encoding="utf-8")
        (fault,) = faults_of(folder)
        assert said in fault


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "said"),
    [
        (
            "model.toml",
            "shock_sd = {value = 0.25, basis",
            "shock_sd = 0.25 #",
            "line 25: regions.shock_sd",
            "a quantity is",
        ),
        ("model.toml", "value = 0.25", "value = -0.25", "line 25: regions.shock_sd", "at least 0"),
        ("model.toml", "value = 0.25", "value = inf", "line 25: regions.shock_sd.value", "not a finite number"),
        ("model.toml", "value = 0.25", 'value = "0,25"', "line 25: regions.shock_sd.value", "write 0.25, with a point"),
        (
            "model.toml",
            'basis = "learned"',
            'basis = "learnt"',
            "line 25: regions.shock_sd.basis",
            "did you mean learned?",
        ),
        ("model.toml", "value = 0.96", "value = 96", "line 20: turnout.valid_share", "5 % is 0.05"),
        ("model.toml", "electorate = 3000", "electorate = 2999", "line 19: turnout.electorate", "add up to 3,000"),
        ("model.toml", "horizon = 30", "horizon = 61", "line 15: votes.horizon", "60"),
        ("model.toml", 'centre = "polls"', 'centre = "poll"', "line 12: votes.centre", "did you mean polls?"),
        ("model.toml", "won = 1", "won = 5", "line 34: districts.self_nominated.won", "at most the 4"),
        ("model.toml", '"Self-nominated"', '"Alpha"', "line 33: districts.self_nominated.label", "option's name"),
        ("model.toml", "as_of = 2023-03-18", "as_of = 2023-03-20", "line 4: as_of", "after election_day"),
        ("model.toml", "as_of = 2023-03-18", "as_of = 2023-01-01", "line 4: as_of", "no poll is left"),
        ("model.toml", '"percent"', '"fraction"', "polls.csv, line 2: share", 'write unit = "percent"'),
        ("model.toml", '"polls.csv"', '"../polls.csv"', "line 13: votes.polls", "own folder"),
        ("model.toml", '"polls.csv"', '"/etc/passwd"', "line 13: votes.polls", "own folder"),
        ("model.toml", '"polls.csv"', '"~/polls.csv"', "line 13: votes.polls", "own folder"),
        ("model.toml", '"polls.csv"', '"C:\\\\polls.csv"', "line 13: votes.polls", "own folder"),
        ("model.toml", '"polls.csv"', '"$HOME/polls.csv"', "$HOME/polls.csv", "no such file"),
        ("model.toml", '"polls.csv"', '"poll.csv"', "poll.csv", "no such file"),
        ("options.csv", "NA,party", "ALPHA,party", "options.csv, line 3: name", "cannot be told from 'Alpha'"),
        ("options.csv", "NA,party", "Αlpha\u202e,party", "options.csv, line 3: name", "U+202E"),
        ("options.csv", "NA,party", "Aманат,party", "options.csv, line 3: name", "'A' is Latin (U+0041)"),
        ("options.csv", "NA,party", "other,party", "options.csv, line 3: name", "reserved"),
        ("options.csv", "NA,party", "NA,parti", "options.csv, line 3: kind", "did you mean party?"),
        ("options.csv", "60.5", '"60,5"', "options.csv, line 2: previous_share", "with a point: 60.5"),
        ("options.csv", "60.5", "160", "options.csv, line 2: previous_share", "0 to 100"),
        ("options.csv", "party,,\n", "against_all,,\n", "options.csv, line 3: kind", "stands last"),
        ("options.csv", "60.5,20", "60.5,0", "options.csv, line 2: list_length", "1 to 100,000"),
        ("polls.csv", "NA,20", "Alfa,20", "polls.csv, line 3: party", "did you mean Alpha?"),
        ("polls.csv", "NA,20", "Alpha,20", "polls.csv, line 3: party", "twice"),
        ("polls.csv", "NA,20", "NA,-20", "polls.csv, line 3: share", "0 to 100"),
        ("polls.csv", "NA,20", "NA,nan", "polls.csv, line 3: share", "a number is needed"),
        ("polls.csv", "NA,20", "NA,20 %", "polls.csv, line 3: share", "leave the % sign out"),
        ("polls.csv", "29.5", "31", "polls.csv, line 2: share", "101.5 %; is 'undecided' counted twice?"),
        ("polls.csv", "2023-02-05,1000,Alpha", "2023-01-05,1000,Alpha", "polls.csv, line 3: fieldwork_end", "line 2"),
        ("polls.csv", "2023-02-05,1000,NA", "2023-02-05,999,NA", "polls.csv, line 3: sample_size", "'1000' in line 2"),
    ],
)
def test_a_fault_of_a_model_names_file_line_and_key(
    folder: Path, name: str, old: str, new: str, place: str, said: str
) -> None:
    change(folder, name, old, new)
    fault = faults_of(folder)[0]
    assert place in fault
    assert said in fault


@pytest.mark.parametrize(
    ("column", "old", "new", "said"),
    [
        ("fieldwork_start", "2023-02-01", "01.02.2023", "write 2023-02-01"),
        ("fieldwork_start", "2023-02-01", "2023-02-30", "no such day"),
        ("fieldwork_start", "2023-02-01", "44958", "spreadsheet's day number"),
        ("fieldwork_start", "2023-02-01", "", "2023-03-19"),
        ("fieldwork_end", "2023-02-05", "2023-01-05", "before fieldwork_start"),
        ("fieldwork_end", "2023-02-05", "2023-03-20", "after election day"),
        ("sample_size", "1000", "0", "at least 1"),
        ("sample_size", "1000", "-5", "at least 1"),
        ("sample_size", "1000", "1 000", "write it without separators of thousands: 1000"),
        ("sample_size", "1000", "999.5", "a whole number is needed"),
        ("sample_size", "1000", "9" * 30, "too large; at most 18 digits"),
        ("pollster", "House", "", "empty"),
    ],
)
def test_a_fault_of_a_whole_poll_stands_on_its_first_line(
    folder: Path, column: str, old: str, new: str, said: str
) -> None:
    text = TABLES["polls.csv"].replace(f",{old},", f",{new},")
    (folder / "polls.csv").write_text(text, encoding="utf-8")
    [fault] = faults_of(folder)
    assert fault.startswith(f"land/polls.csv, line 2: {column}: ")
    assert said in fault


@pytest.mark.parametrize(
    ("name", "old", "new", "place", "said"),
    [
        ("regions.csv", "60,70.5", "160,70.5", "regions.csv, line 2: turnout_2021", "above 0 and below 100"),
        ("regions.csv", "60,70.5", "0,70.5", "regions.csv, line 2: turnout_2021", "above 0 and below 100"),
        ("regions.csv", ",80", ",", "regions.csv, line 3: turnout_2021", "no turnout at all"),
        ("regions.csv", "South", "north", "regions.csv, line 3: region", "line 2 again"),
        ("regions.csv", "60,70.5", "0.60,70.5", "regions.csv: turnout_2021", "looks like fractions"),
        ("regions.csv", "turnout_2021", "turnuot_2021", "regions.csv, line 1", "unknown column 'turnuot_2021'"),
        ("districts.csv", "8,South", "8,West", "districts.csv, line 3: region", "no region of this model"),
        ("districts.csv", "8,South", "007,South", "districts.csv, line 3: district", "line 2 again"),
        ("districts.csv", "2000", "0", "districts.csv, line 3: electorate", "1 to"),
        ("districts.csv", "2000", "2 000", "districts.csv, line 3: electorate", "2000"),
        ("districts.csv", "rest,2,", "rest,3,", "districts.csv, line 3: candidates", "has 2 for district '8'"),
        ("districts.csv", "assumed: the", "guessed: the", "districts.csv, line 3: electorate_basis", "'guessed'"),
        (
            "candidates.csv",
            "8,Ann,Alpha,sourced,x\n",
            "",
            "districts.csv, line 3: candidates",
            "has 1 for district '8'",
        ),
        ("candidates.csv", "8,Ann", "9,Ann", "candidates.csv, line 5: district", "no district of this model"),
        ("candidates.csv", "8,Ann,Alpha", "8,Ann,Alfa", "candidates.csv, line 5: party", "did you mean Alpha?"),
        ("candidates.csv", "8,Ann,Alpha", "8,Ann,against_all", "candidates.csv, line 5: party", "no party"),
        (
            "candidates.csv",
            "8,Ann,Alpha",
            "8,Ann,Self-nominated",
            "candidates.csv, line 5: party",
            "leave the cell empty",
        ),
        ("candidates.csv", "007,=cmd()", "007, ANN ", "candidates.csv, line 3: candidate", "line 2 again"),
    ],
)
def test_a_fault_of_the_contests_names_file_line_and_column(
    folder: Path, name: str, old: str, new: str, place: str, said: str
) -> None:
    change(folder, name, old, new)
    assert any(place in fault and said in fault for fault in faults_of(folder))


def test_a_district_without_candidates_is_named(folder: Path) -> None:
    text = TABLES["candidates.csv"].replace("8,</script>,NA,sourced,x\n8,Ann,Alpha,sourced,x\n", "")
    (folder / "candidates.csv").write_text(text, encoding="utf-8")
    assert faults_of(folder) == [
        "land/districts.csv, line 3: district: district '8' has no candidate in land/candidates.csv"
    ]


def test_a_single_candidate_is_a_warning(folder: Path) -> None:
    change(folder, "candidates.csv", "8,Ann,Alpha,sourced,x\n", "")
    change(folder, "districts.csv", "rest,2,", "rest,1,")
    [warning] = read_model(folder).warnings
    assert warning.startswith("land/districts.csv, line 3: candidates: district '8' has one candidate")


def test_polls_that_ended_after_the_as_of_day_are_left_out_with_a_word(folder: Path) -> None:
    change(folder, "polls.csv", "undecided,29.5", "against_all,29.5")
    resolved = read_model(folder, ["as_of=2023-03-01"])
    assert isinstance(resolved.value.centre, PollCentre)
    assert [poll.id for poll in resolved.value.centre.polls] == ["007"]
    late, one = resolved.warnings
    assert late == ("--set as_of: poll m2 (Other house) ended on 2023-03-10, after 2023-03-01: left out")
    assert "one poll is left" in one


def test_an_option_that_no_poll_left_names_is_a_fault(folder: Path) -> None:
    text = TABLES["polls.csv"].replace("against_all,6", "undecided,6")
    (folder / "polls.csv").write_text(text, encoding="utf-8")
    [fault] = faults_of(folder)
    assert fault.startswith("land/model.toml, line 13: votes.polls: no poll left names against_all")


def test_the_same_poll_under_two_names_is_a_fault(folder: Path) -> None:
    copies = "".join(f"m3{line[2:]}\n" for line in TABLES["polls.csv"].splitlines() if line.startswith("m2"))
    (folder / "polls.csv").write_text(TABLES["polls.csv"] + copies, encoding="utf-8")
    [fault] = faults_of(folder)
    assert fault.startswith(
        "land/polls.csv, line 9: poll_id: the same pollster, dates and shares as the poll of line 5"
    )


def test_overlapping_fieldwork_and_a_giant_sample_are_warnings(folder: Path) -> None:
    text = TABLES["polls.csv"].replace("Other house,2023-03-01", "House,2023-02-05").replace(",1000,", ",1000000000,")
    (folder / "polls.csv").write_text(text, encoding="utf-8")
    giant, overlap = read_model(folder).warnings
    assert "1,000,000,000 people" in giant
    assert "overlaps with that of poll '007'" in overlap


def test_against_all_as_a_party_is_a_warning(folder: Path) -> None:
    change(folder, "options.csv", "against_all,against_all", "against_all,party")
    assert "its kind is then against_all" in read_model(folder).warnings[0]


def test_shares_as_fractions_need_their_unit(folder: Path) -> None:
    text = TABLES["polls.csv"]
    for percent, share in (("50.5", "0.505"), ("20,", "0.2,"), ("29.5", "0.295"), (",60,", ",0.6,"), ("30,", "0.3,")):
        text = text.replace(percent, share)
    text = text.replace("against_all,6", "against_all,0.06").replace("other,4", "other,0.04")
    (folder / "polls.csv").write_text(text, encoding="utf-8")
    assert all('write unit = "fraction"' in fault for fault in faults_of(folder))
    change(folder, "model.toml", '"percent"', '"fraction"')
    assert isinstance(centre := read_model(folder).value.centre, PollCentre)
    assert centre.polls[0].shares["Alpha"] == 0.505


def test_a_result_can_be_the_centre(folder: Path) -> None:
    start, _, rest = MODEL.partition("[votes]")
    (folder / "model.toml").write_text(start + RESULT + rest[rest.index("\n[turnout]") :], encoding="utf-8")
    model = read_model(folder).value
    assert isinstance(model.centre, ResultCentre)
    assert dict(model.centre.votes) == {"Alpha": 600, "NA": 300, "against_all": 0}
    assert "error around the result = 0.03: polls on the eve" in model.assumptions
    change(folder, "result.csv", "NA,300", "Beta,-3")
    assert [fault.split(": ", 1)[0] for fault in faults_of(folder)] == [
        "land/result.csv, line 3",
        "land/result.csv, line 3",
        "land/result.csv",
    ]


def test_a_model_of_lists_alone_needs_no_regions(folder: Path) -> None:
    lists = MODEL[: MODEL.index("[regions]")]
    (folder / "model.toml").write_text(lists, encoding="utf-8")
    assert faults_of(folder)[0].startswith("land/model.toml, line 18: turnout.expected: is missing")
    expected = lists + 'expected = {value = 0.6, basis = "assumed"}\n'
    (folder / "model.toml").write_text(expected, encoding="utf-8")
    model = read_model(folder).value
    assert [(region.name, dict(region.turnouts)) for region in model.regions] == [("", {"expected": 0.6})]
    assert model.contests is None


def test_setting_a_quantity_sets_its_value_and_says_so(folder: Path) -> None:
    for override in ("regions.shock_sd=0.3", "regions.shock_sd.value=0.3"):
        quantity = read_model(folder, [override]).value.regional_sd
        assert (quantity.value, quantity.basis, quantity.note) == (0.3, "set", "")
    assert faults_of(folder, "regions.shock_sd=-1") == [
        "--set regions.shock_sd: is -1; at least 0 and at most 1000 is allowed"
    ]


def test_files_outside_the_folder_are_read_on_request(folder: Path) -> None:
    (folder.parent / "polls.csv").write_text(TABLES["polls.csv"], encoding="utf-8")
    change(folder, "model.toml", '"polls.csv"', '"../polls.csv"')
    assert read_model(folder, allow_outside=True).value.id == "land"


def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    (folder / "polls.csv").rename(folder.parent / "outside.csv")
    (folder / "polls.csv").symlink_to(folder.parent / "outside.csv")
    assert "leads out of the document's own folder" in faults_of(folder)[0]


FORECAST = (
    'name = "Small"\nmodel = "land"\nsystems = ["small.toml"]\ndraws = 10\nseed = 1\ncoalitions = [["Alpha", "NA"]]\n'
)


@pytest.fixture
def forecast(folder: Path) -> Path:
    (folder.parent / "small.toml").write_text(SYSTEM, encoding="utf-8")
    path = folder.parent / "run.toml"
    path.write_text(FORECAST.replace('"land"', '"land/model.toml"'), encoding="utf-8")
    return path


def test_a_forecast_brings_its_model_and_systems(forecast: Path) -> None:
    resolved = read_forecast(forecast, ["draws=20", "system.tier.party lists.seats=7", "model.turnout.sd=0.1"])
    spec = resolved.value
    assert (spec.id, spec.draws, spec.seed, spec.coalitions) == ("run", 20, 1, (("Alpha", "NA"),))
    assert spec.systems[0].value.tiers[0].seats == 7
    assert spec.model.value.turnout.sd.value == 0.1
    assert resolved.document["model"]["as_of"] == "2023-03-18"
    assert resolved.document["systems"]["small"]["tier"][0]["seats"] == 7
    assert resolved.inputs["models/land/polls.csv"].rows == 7


def test_a_forecasts_digest_covers_tables_seed_and_draws(forecast: Path, folder: Path) -> None:
    first = read_forecast(forecast)
    digests = {digest_of(first), digest_of(first, seed=2), digest_of(first, draws=11)}
    digests.add(digest_of(read_forecast(forecast, ["system.tier.party lists.seats=7"])))
    change(folder, "polls.csv", "50.5", "50.6")
    digests.add(digest_of(read_forecast(forecast)))
    assert len(digests) == 5
    assert digest_of(first, seed=1, draws=10) == digest_of(first)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["system.tier.party list.seats=7"], "--set system.tier.party list.seats: no system of this forecast has it"),
        (["model.turnout.sdd=7"], "--set model.turnout.sdd: unknown key"),
        (
            ["drwas=7"],
            "--set drwas: unknown key; allowed: name, titles, model, systems, draws, seed, coalitions, assemblies (did",
        ),
        (["draws=0"], "--set draws: is 0; at least 1"),
        (["seed=-1"], "--set seed: is -1; at least 0"),
        (["seed=18446744073709551616"], "--set seed: is 18446744073709551616; at least 0"),
        (["model.as_of=2023-03-20"], "--set model.as_of: 2023-03-20 is after election_day"),
        (['coalitions=[["Alpha", "Alfa"]]'], "--set coalitions: [1]: 'Alfa' is no party of the model"),
        (['coalitions=[["NA", "NA"]]'], "--set coalitions: [1]: 'NA' is in the coalition twice"),
        (["coalitions=[[]]"], "--set coalitions: [1]: the coalition is empty"),
        (["systems=[]"], "--set systems: is empty"),
        (['systems=["small.toml", "small.toml"]'], "--set systems: [2]: 'small' is there already"),
        (['systems=["nosuch"]'], "--set systems: [1]: 'nosuch': no system has this name"),
        (["model=../x"], "--set model: is '../x'; only files in the document's own folder"),
    ],
)
def test_a_fault_of_a_forecast_names_the_override(forecast: Path, overrides: list[str], expected: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_forecast(forecast, overrides)
    assert caught.value.faults[0].startswith(expected)


def test_an_override_of_systems_reaches_those_that_have_it(forecast: Path) -> None:
    (forecast.parent / "other.toml").write_text(SYSTEM.replace("party lists", "lists"), encoding="utf-8")
    overrides = ['systems=["small.toml", "other.toml"]', "system.tier.lists.seats=3"]
    first, second = read_forecast(forecast, overrides).value.systems
    assert (first.value.tiers[0].seats, second.value.tiers[0].seats) == (10, 3)


def test_the_largest_seed_is_read(forecast: Path) -> None:
    assert read_forecast(forecast, [f"seed={2**64 - 1}"]).value.seed == 2**64 - 1


def test_a_bad_name_in_a_poll_is_one_fault(folder: Path) -> None:
    change(folder, "polls.csv", "1000,Alpha,50.5", "1000,Al\u200bpha,50.5")
    assert [fault.split(": ")[1] for fault in faults_of(folder) if "line 2" in fault] == ["party"]


def test_more_ballots_than_can_be_counted_exactly_are_a_fault_with_its_line(folder: Path) -> None:
    change(folder, "model.toml", "electorate = 3000", "electorate = 3000000000")
    assert any("line 19: turnout.electorate: is 3,000,000,000" in fault for fault in faults_of(folder))


def test_a_spread_beyond_all_sense_is_a_fault() -> None:
    assert "at most 1000 is allowed" in faults_of(Path("land"), "regions.shock_sd=1e300")[0]


def test_an_error_that_no_share_can_have_is_warned_of(folder: Path) -> None:
    before, after = MODEL[: MODEL.index("[votes]")], MODEL[MODEL.index("[turnout]") :]
    (folder / "model.toml").write_text(f"{before}{RESULT.replace('0.03', '1.5')}\n{after}", encoding="utf-8")
    assert any("drawn as wide as can be" in warning for warning in read_model(folder).warnings)


def test_coalitions_are_of_the_parties_that_the_kernel_tallies(forecast: Path, folder: Path) -> None:
    from forecast.documents.model_schema import MOST_BALLOTS
    from forecast.documents.spec import COALITION_PARTIES
    from forecast.kernel.draw import COALITION_PARTIES as TALLIED
    from forecast.kernel.plan import MOST_BALLOTS as COUNTED

    assert (COALITION_PARTIES, MOST_BALLOTS) == (TALLIED, COUNTED)
    before, after = MODEL[: MODEL.index("[votes]")], MODEL[MODEL.index("[turnout]") :]
    (folder / "model.toml").write_text(f"{before}{RESULT}\n{after}", encoding="utf-8")
    more = [f"Party {number}" for number in range(8)]
    change(folder, "options.csv", "against_all,", "".join(f"{name},party,,\n" for name in more) + "against_all,")
    change(folder, "result.csv", "against_all,", "".join(f"{name},5,x\n" for name in more) + "against_all,")
    with pytest.raises(DocumentError, match=r"'Party 6' is not among the first 8 parties registered"):
        read_forecast(forecast, ['coalitions=[["Alpha", "Party 6"]]'])
    assert not read_forecast(forecast, ['coalitions=[["Alpha", "Party 5"]]']).warnings
    assert "only coalitions of the first 8 of 10 parties" in read_forecast(forecast, ["coalitions=[]"]).warnings[0]
