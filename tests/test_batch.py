"""Batches in one process: the grid, what is kept and what is computed again, the combined table, every write failing."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from forecast.batch.folder import BatchFolder
from forecast.batch.grid import scenarios
from forecast.batch.merge import merge, shards_of
from forecast.batch.pairs import PAIRS, read_first_draws
from forecast.batch.parts import is_written, ranges
from forecast.batch.session import Ways, known_seed, perform, reasons
from forecast.batch.verify import verify_batch, verify_run
from forecast.batch.versions import VersionMismatch, check_versions
from forecast.cli.main import cli
from forecast.compare import SAMPLE
from forecast.documents import read_batch
from forecast.errors import DocumentError, EnvironmentTrouble, ForecastError, OutputExists
from forecast.kernel.audit import audit
from forecast.kernel.random import STREAM_VERSION
from tests.batches import APART, Inline, Silent, agenda_of, bytes_of, document, finished, inline

THRESHOLDS = '[vary]\n"system.tier.party lists.threshold.share" = [0.03, 0.05]\n'


def forecast(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=True)


def rows_of(root: Path) -> list[dict[str, str]]:
    with (root / "results.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a document and the folder of its finished batch."""
    place = tmp_path_factory.mktemp("batch")
    path = document(place, THRESHOLDS)
    closing = inline(path, place / "whole")
    assert (closing.computed, closing.failed, closing.left) == (2, {}, 0)
    return path, place / "whole"


def copy_of(whole: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    shutil.copytree(whole[1], tmp_path / "copy", symlinks=True)
    return whole[0], tmp_path / "copy"


def test_a_grid_is_every_combination_and_a_zip_walks_its_columns_together(tmp_path: Path) -> None:
    path = document(
        tmp_path,
        '[vary]\nseed = {from = 1, to = 3}\n"model.turnout.sd" = [0.05, 0.1]\n'
        '[zip]\nas_of = [2023-03-01, 2023-03-18]\n"model.votes.horizon" = [30, 7]\n'
        '[[scenario]]\nname = "no threshold"\nset = {"system.tier.party lists.threshold.share" = 0.0}\n',
    )
    spec = read_batch(path)
    every = scenarios(spec)
    assert len(every) == 1 + 3 * 2 * 2 + 1
    assert [every[0].name, every[1].name, every[-1].name] == [
        "base", "seed=1, sd=0.05, as_of=2023-03-01, horizon=30", "no threshold",
    ]  # fmt: skip
    assert every[1].settings[2].override == "model.as_of=2023-03-01"


def test_a_range_has_both_ends_and_exact_steps(tmp_path: Path) -> None:
    path = document(tmp_path, '[vary]\n"system.tier.party lists.threshold.share" = {from = 0, to = 0.1, step = 0.01}\n')
    written = [setting.written for setting in read_batch(path).vary[0]]
    assert written == ["0", "0.01", "0.02", "0.03", "0.04", "0.05", "0.06", "0.07", "0.08", "0.09", "0.1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[vary]\nseed = 5\n", "a list"),
        ("[vary]\nseed = []\n", "no values"),
        ("[vary]\nseed = {from = 3, to = 1}\n", "empty range"),
        ("[vary]\nseed = {from = 1, to = 1000000}\n", "at most 10,000"),
        ("[vary]\nseed = [1, 1]\n", "twice"),
        ("[zip]\nseed = [1, 2]\ndraws = [1]\n", "as many values"),
        ("[vary]\nseed = [1]\n[zip]\nseed = [1]\n", "in [vary] already"),
        ("[varry]\nseed = [1]\n", "did you mean vary"),
        ('[[scenario]]\nname = "base"\n', "two scenarios"),
        ('[[scenario]]\nname = "a\\u202eb"\n', "cannot be seen"),
        ('[[scenario]]\nname = ""\n', "is empty"),
        ("[vary]\nseed = [1, -1]\n", "seed=-1"),
        ('[vary]\n"system.tier.party lists.threshhold.share" = [0.03]\n', "did you mean"),
        ("[vary]\nseed = {from = 1, to = 200}\ndraws = {from = 1, to = 200}\n", "at most 20,000"),
    ],
)
def test_a_faulty_document_is_one_clear_error(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(DocumentError) as fault:
        agenda_of(document(tmp_path, text))
    assert words in str(fault.value)


def test_names_of_scenarios_never_become_paths(tmp_path: Path) -> None:
    names = ["../../etc/x", "/abs", "a/b", ".", "CON", "dot.", "n" * 300, "-rf"]
    text = "".join(
        f'[[scenario]]\nname = "{name}"\nset = {{seed = {number + 1}}}\n' for number, name in enumerate(names)
    )
    agenda = agenda_of(document(tmp_path, text))
    folder = BatchFolder(tmp_path / "out")
    for item in agenda.items:
        place = folder.scenario(item.digest)
        assert place.parent == folder.scenarios
        assert place.name == item.digest[:16]


def test_scenarios_that_say_the_same_are_computed_once(whole: tuple[Path, Path]) -> None:
    _, root = whole
    names = {row["scenario"]: row["digest"] for row in rows_of(root)}
    assert names["base"] == names["share=0.05"]
    assert finished(root) == 2
    assert len({row["digest"] for row in rows_of(root)}) == 2


def test_the_combined_table_has_a_row_a_scenario_system_and_party(whole: tuple[Path, Path]) -> None:
    _, root = whole
    rows = rows_of(root)
    assert len(rows) == 3 * 8
    key = "system.tier.party lists.threshold.share"
    assert {row[key] for row in rows} == {"", "0.03", "0.05"}
    table = pq.read_table(root / "results.parquet", page_checksum_verification=True)
    assert table.num_rows == len(rows)
    assert table.column_names == list(rows[0])
    assert table[key].to_pylist()[8:16] == [0.03] * 8
    assert [f"{value:.10g}" for value in table["mean"].to_pylist()] == [row["mean"] for row in rows]


def test_differences_are_paired_draw_by_draw(whole: tuple[Path, Path]) -> None:
    _, root = whole
    row = next(row for row in rows_of(root) if (row["scenario"], row["party"]) == ("share=0.03", "Amanat"))
    base, other = (
        read_first_draws(BatchFolder(root).scenario(digest))
        for digest in dict.fromkeys(row["digest"] for row in rows_of(root))
    )
    law = "kazakhstan-mazhilis-2023"
    apart = other.measure(law, "Amanat", "mean") - base.measure(law, "Amanat", "mean")
    assert float(row["d_mean"]) == pytest.approx(apart.mean())
    assert float(row["mcse_d_mean"]) == pytest.approx(np.sqrt((apart.var() + 1 / 1000) / 1000))
    unpaired = np.hypot(float(row["mcse_mean"]), float(row["mcse_mean"]))
    assert float(row["mcse_d_mean"]) < unpaired
    assert row["paired"] == "yes"
    same = next(row for row in rows_of(root) if row["scenario"] == "share=0.05")
    assert (same["d_mean"], same["mcse_d_mean"]) == ("0", "0")
    assert row["house_seats"] == "98"
    assert float(row["d_house_share"]) == pytest.approx(apart.mean() / 98)
    assert float(row["mcse_d_house_share"]) == pytest.approx(float(row["mcse_d_mean"]) / 98)


def test_another_seed_is_said_to_be_unpaired(tmp_path: Path) -> None:
    path = document(tmp_path, "[vary]\nseed = [7]\n")
    inline(path, tmp_path / "out")
    rows = [row for row in rows_of(tmp_path / "out") if row["scenario"] == "seed=7" and row["party"] == "Amanat"]
    assert rows[0]["paired"] == "no"
    assert float(rows[0]["mcse_d_mean"]) > float(rows[0]["mcse_mean"])


def test_a_finished_batch_is_verified_and_kept(whole: tuple[Path, Path], tmp_path: Path) -> None:
    path, root = copy_of(whole, tmp_path)
    before = bytes_of(root)
    closing = inline(path, root)
    assert (closing.computed, closing.reused) == (0, 2)
    assert bytes_of(root) == before


def _flip(path: Path) -> None:
    """Flip one bit of the last data of the first column: page checksums cover data, not the headers between them."""
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(0)
    first = min(place for place in (chunk.dictionary_page_offset, chunk.data_page_offset) if place)
    content = bytearray(path.read_bytes())
    content[first + chunk.total_compressed_size - 1] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    "damage",
    [
        lambda place: _flip(place / PAIRS),
        lambda place: (place / PAIRS).write_bytes((place / PAIRS).read_bytes()[:-20]),
        lambda place: (place / "summary.csv").unlink(),
        lambda place: (place / "run.json").write_text(
            (place / "run.json").read_text(encoding="utf-8").replace('"draws": 1000', '"draws": 2000'), encoding="utf-8"
        ),
        lambda place: (place / "run.json").write_bytes((place / "run.json").read_bytes()[:200]),
    ],
    ids=["one flipped byte", "cut short", "a file gone", "an edited run.json", "run.json cut short"],
)
def test_a_damaged_scenario_is_found_and_computed_again(
    whole: tuple[Path, Path], tmp_path: Path, damage: object
) -> None:
    path, root = copy_of(whole, tmp_path)
    before, place = bytes_of(root), BatchFolder(root).scenario(agenda_of(path).items[1].digest)
    assert callable(damage)
    damage(place)
    assert forecast("status", str(root)).stdout.count("damaged: ") == 1
    _, found = verify_batch(BatchFolder(root), 0, lambda text: None)
    assert any(place.name in line for line in found)
    closing = inline(path, root)
    assert (closing.computed, closing.reused) == (1, 1)
    assert bytes_of(root) == before


def test_a_flipped_byte_is_found_without_its_run_json(whole: tuple[Path, Path], tmp_path: Path) -> None:
    path, root = copy_of(whole, tmp_path)
    place = BatchFolder(root).scenario(agenda_of(path).items[0].digest)
    _flip(place / PAIRS)
    with pytest.raises(EnvironmentTrouble, match=PAIRS):
        read_first_draws(place)


def test_links_are_replaced_and_never_followed(whole: tuple[Path, Path], tmp_path: Path) -> None:
    path, root = copy_of(whole, tmp_path)
    place = BatchFolder(root).scenario(agenda_of(path).items[1].digest)
    shutil.rmtree(place)
    target = tmp_path / "mine"
    target.mkdir()
    (target / "letter.txt").write_text("keep me", encoding="utf-8")
    place.symlink_to(target)
    (root / "results.csv").unlink()
    (root / "results.csv").symlink_to(target / "letter.txt")
    assert inline(path, root).computed == 1
    assert not place.is_symlink()
    assert not (root / "results.csv").is_symlink()
    assert (target / "letter.txt").read_text(encoding="utf-8") == "keep me"
    shutil.rmtree(root / "scenarios")
    (root / "scenarios").symlink_to(target)
    with pytest.raises(EnvironmentTrouble, match="is a link"):
        inline(path, root)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ('{"schema": 99}', "version 99"),
        ('{"schema": 1, "id": "grid"}', "edited"),
        ("[]", "no manifest"),
    ],
)
def test_a_manifest_that_cannot_be_trusted_is_named_and_written_anew(
    whole: tuple[Path, Path], tmp_path: Path, text: str, words: str
) -> None:
    path, root = copy_of(whole, tmp_path)
    before = bytes_of(root)
    (root / "batch.json").write_text(text, encoding="utf-8")
    with pytest.raises(EnvironmentTrouble, match=words):
        BatchFolder(root).manifest()
    inline(path, root)
    assert bytes_of(root) == before


def test_what_changed_in_a_document_is_computed_again_and_a_dry_run_says_so(
    whole: tuple[Path, Path], tmp_path: Path
) -> None:
    _, root = copy_of(whole, tmp_path)
    other = document(tmp_path, THRESHOLDS.replace("0.03", "0.04"))
    said = [one.why for one in reasons(BatchFolder(root), agenda_of(other).items, Ways()).values() if one.why]
    assert said == ["not computed yet"]
    changed = document(tmp_path, THRESHOLDS, draws=1001)
    said = [one.why for one in reasons(BatchFolder(root), agenda_of(changed).items, Ways()).values()]
    assert said == ["its documents, tables, draws or seed have changed"] * 2


def test_a_scenario_of_another_random_stream_stays_readable_and_is_not_mixed_in(
    whole: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, root = copy_of(whole, tmp_path)
    for module in ("forecast.execution", "forecast.batch.session"):
        monkeypatch.setattr(f"{module}.STREAM_VERSION", 10**6)
    newer = agenda_of(path).items
    assert not {item.digest for item in newer} & {row["digest"] for row in rows_of(root)}
    said = {one.why for one in reasons(BatchFolder(root), newer, Ways()).values()}
    assert said == {f"another version of the random stream ({STREAM_VERSION}, now 1000000)"}
    assert json.loads(forecast("status", str(root), "--json").stdout)["done"] == 2


def test_what_a_crash_left_is_swept_and_named(whole: tuple[Path, Path], tmp_path: Path) -> None:
    path, root = copy_of(whole, tmp_path)
    before = bytes_of(root)
    (root / ".results.csv.0a1b2c3d.tmp").write_text("half", encoding="utf-8")
    (root / "parts" / "0123456789abcdef").mkdir(parents=True)
    (root / "parts" / "0123456789abcdef" / ".0-512.json.0a1b2c3d.tmp").write_text("half", encoding="utf-8")
    for left in (".0123456789abcdef.partial", ".0123456789abcdef.old", "0123456789abcdef"):
        (root / "scenarios" / left).mkdir()
        (root / "scenarios" / left / "summary.csv").write_text("half", encoding="utf-8")
    said: list[str] = []
    perform(agenda_of(path), BatchFolder(root), Inline, Silent(), Ways(), say=said.append)
    assert len(said) == 5
    assert all(line.startswith("removed ") and line.endswith(", left by a run that was cut off") for line in said)
    assert bytes_of(root) == before


def test_a_batch_without_memory_ends_with_what_would_need_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*given: object, **more: object) -> None:
        raise MemoryError

    monkeypatch.setattr("forecast.batch.scenario.compute", greedy)
    with pytest.raises(EnvironmentTrouble, match=r"not enough memory in a worker, where .* are left; fewer --workers"):
        inline(document(tmp_path, ""), tmp_path / "out")
    assert finished(tmp_path / "out") == 0


@pytest.mark.parametrize(("missing", "said"), [("draw_house", 1), ("elect_assemblies", 0)])
def test_a_batch_says_that_what_its_laws_need_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, said: int
) -> None:
    path = tmp_path / "grid.toml"
    path.write_text('name = "NZ"\nforecast = "new-zealand-2023"\nset = {draws = 1000}\n', encoding="utf-8")
    heard: list[str] = []

    def nobody() -> Inline:
        raise EnvironmentTrouble("nobody is there")

    monkeypatch.setattr("forecast.execution.is_compiled", lambda *entries: missing not in entries)
    with pytest.raises(EnvironmentTrouble, match="nobody is there"):
        perform(agenda_of(path), BatchFolder(tmp_path / "out"), nobody, Silent(), Ways(), say=heard.append)
    assert sum("the kernel is compiled once" in line for line in heard) == said


def test_draws_that_vary_have_one_column(tmp_path: Path) -> None:
    path = document(tmp_path, "[vary]\ndraws = [500, 1000]\n")
    inline(path, tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "results.parquet")
    assert table.column_names.count("draws") == 1
    assert table["draws"].to_pylist()[::8] == [1000, 500, 1000]


def test_first_draws_that_are_none_are_refused(whole: tuple[Path, Path], tmp_path: Path) -> None:
    path, root = copy_of(whole, tmp_path)
    place = BatchFolder(root).scenario(agenda_of(path).items[0].digest)
    sound = pq.read_table(place / PAIRS)
    for made in (
        pa.table({"a": pa.array(np.zeros(SAMPLE + 1, np.uint16))}, metadata=sound.schema.metadata),
        pa.table({"a": pa.array(["text"])}, metadata=sound.schema.metadata),
        sound.replace_schema_metadata({"seatcast": '{"columns": []}'}),
        sound.replace_schema_metadata({"seatcast": "[]"}),
        sound.replace_schema_metadata(None),
    ):
        pq.write_table(made, place / PAIRS)
        with pytest.raises(EnvironmentTrouble, match=PAIRS):
            read_first_draws(place)


def test_a_batch_takes_no_folder_that_is_not_its_own(whole: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(OutputExists, match="no batch"):
        inline(whole[0], tmp_path)
    with pytest.raises(OutputExists, match="holds the batch 'grid'"):
        known_seed(BatchFolder(whole[1]), "another")
    with pytest.raises(EnvironmentTrouble, match="cannot be written"):
        inline(whole[0], Path("/proc/nowhere/batch"))


def test_a_drawn_seed_is_kept_for_the_next_run(tmp_path: Path) -> None:
    path = document(tmp_path, 'seed = "none"\n'.replace("seed", "[[scenario]]\nname = 'x'\n[scenario.set]\nseed"))
    agenda = agenda_of(path)
    assert agenda.seed is not None
    inline(path, tmp_path / "out")
    seed = known_seed(BatchFolder(tmp_path / "out"), "grid")
    assert seed is not None
    assert json.loads((tmp_path / "out" / "batch.json").read_text(encoding="utf-8"))["drawn_seed"] == seed


def test_a_scenario_that_fails_is_tried_three_times_and_stops_no_other(tmp_path: Path) -> None:
    path = document(
        tmp_path,
        '[[scenario]]\nname = "silent"\n[scenario.set]\n"system.tier.party lists.threshold.share" = 0.9\n'
        '"system.tier.party lists.silent.no_list_passes" = "error"\n',
    )
    root = tmp_path / "out"
    closing = inline(path, root)
    assert closing.computed == 1
    assert "the law is silent" in closing.failed["silent"]
    notes = list((root / "failed").iterdir())
    note = json.loads(notes[0].read_text(encoding="utf-8"))
    assert (note["tries"], "LawSilent" in note["trace"]) == (3, True)
    assert {row["scenario"] for row in rows_of(root)} == {"base"}
    again = inline(path, root)
    assert (again.computed, list(again.failed)) == (0, ["silent"])
    assert list(inline(path, root, Ways(retry_failed=True)).failed) == ["silent"]
    with sqlite3.connect(root / "index.sqlite") as base:
        assert dict(base.execute("SELECT name, state FROM scenario")) == {"base": "done", "silent": "failed"}
    base.close()


def test_the_index_is_made_from_the_folders(whole: tuple[Path, Path], tmp_path: Path) -> None:
    _, root = copy_of(whole, tmp_path)
    (root / "index.sqlite").unlink()
    assert forecast("status", str(root)).exit_code == 0
    with sqlite3.connect(root / "index.sqlite") as base:
        assert base.execute("SELECT count(*), min(state) FROM scenario").fetchone() == (3, "done")
    base.close()


def test_parts_add_up_to_the_bytes_of_the_whole(tmp_path: Path) -> None:
    path = document(tmp_path, "", draws=100_000)
    inline(path, tmp_path / "whole")
    inline(path, tmp_path / "parts", Ways(split=True))
    assert len(list(ranges(100_000))) == 4
    assert bytes_of(tmp_path / "parts") == bytes_of(tmp_path / "whole")


def test_shards_merged_are_the_batch(whole: tuple[Path, Path], tmp_path: Path) -> None:
    path, root = whole
    out = tmp_path / "out"
    for number in (1, 2):
        inline(path, out / f"shard-{number}-of-2", Ways(shard=(number, 2)))
    shards, place = shards_of([out], None)
    assert (len(shards), place) == (2, out)
    assert {entry.state for entry in merge(shards, place)} == {"done"}
    here = {name: sha for name, sha in bytes_of(out).items() if not name.startswith("shard-")}
    assert here == bytes_of(root)


def test_a_batch_verified_is_computed_again_and_compared(whole: tuple[Path, Path], tmp_path: Path) -> None:
    _, root = copy_of(whole, tmp_path)
    assert verify_batch(BatchFolder(root), 1, lambda text: None) == (1, [])
    (root / "results.csv").write_text("something else", encoding="utf-8")
    _, found = verify_batch(BatchFolder(root), 0, lambda text: None)
    assert found
    assert "results.csv" in found[0]


def test_a_run_verified_is_computed_again_and_compared(tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert forecast("run", "kazakhstan-2023", "--draws", "1000", "--out", str(out)).exit_code == 0
    assert verify_run(out, again=True, say=lambda text: None) == []
    (out / "events.csv").write_text("something else", encoding="utf-8")
    done = forecast("verify", str(out))
    assert done.exit_code == 1
    assert "events.csv" in done.stdout


class FullDisk:
    """Lets one step of writing fail: the making of a folder, a write (half of it is done), a sync or a rename."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = self.fail_at = 0
        self.mkdir = os.mkdir
        for place, name in ((os, "mkdir"), (os, "fsync"), (Path, "replace"), (sqlite3, "connect")):
            monkeypatch.setattr(place, name, self._failing(getattr(place, name)))
        for place, name, which in ((Path, "write_bytes", 0), (shutil, "copyfile", 1), (pq, "write_table", 1)):
            monkeypatch.setattr(place, name, self._failing(getattr(place, name), which))

    def _failing(self, step: Callable[..., object], written: int | None = None) -> Callable[..., object]:
        def failing(*given: Any, **more: Any) -> object:
            if step is self.mkdir and Path(given[0]).is_dir():
                return step(*given, **more)  # pathlib tries to make what is there already, and minds no failure
            self.steps += 1
            if self.steps == self.fail_at:
                if written is not None:
                    target = given[written]
                    with Path(target).open("wb") if isinstance(target, str | Path) else target as stream:
                        stream.write(b"half")
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return step(*given, **more)

        return failing


@pytest.mark.parametrize("way", ["in parts", "merged"])
def test_every_write_may_fail_and_what_is_visible_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Fail the first step of writing, then the second, and so on, until none is left; then compare with an unbroken run."""
    monkeypatch.setattr("forecast.simulate.audit", lambda plan, draws: audit(plan, draws, 1))  # it writes nothing
    path, root, shard = document(tmp_path, "", draws=500), tmp_path / "out", tmp_path / "shard-1-of-1"
    small = path.read_text(encoding="utf-8").replace("set = {", 'set = {systems = ["kazakhstan-kurultai-2026"], ')
    path.write_text(small, encoding="utf-8")
    inline(path, tmp_path / "sound")
    inline(path, shard, Ways(shard=(1, 1)))
    agenda, folder = agenda_of(path), BatchFolder(root)
    disk = FullDisk(monkeypatch)
    failures, was_finished = 0, 0
    while True:
        disk.steps, disk.fail_at = 0, disk.fail_at + 1
        try:
            if way == "merged":
                merge([BatchFolder(shard)], root)
            else:
                perform(agenda, folder, Inline, Silent(), Ways(split=way == "in parts"))
            break
        except (OSError, ForecastError):
            failures += 1
        for place in (root / "scenarios").glob("[!.]*"):
            assert folder.standing(agenda.items[0].digest).state == "done", place
        for part in (root / "parts").glob("*/[!.]*"):
            assert is_written(folder, agenda.items[0].digest, 0, 500), part
        visible = {one.name for one in root.iterdir() if not one.name.startswith(".")} if root.exists() else set()
        assert visible <= {"batch.json", "scenarios", "parts", "index.sqlite", "results.csv", "results.parquet"}
        if finished(root) > was_finished:
            was_finished, disk.fail_at = finished(root), 0
        assert failures < 1000, "something fails whatever is done"
    assert failures > 30
    assert bytes_of(root) == bytes_of(tmp_path / "sound")
    assert not [one.name for one in root.rglob(".*") if one.name not in APART]


def test_a_worker_of_another_version_is_refused_with_both() -> None:
    with pytest.raises(VersionMismatch, match=r"numpy 2\.4 here and 2\.3 there"):
        check_versions({"numpy": "2.4"}, {"numpy": "2.3"}, "worker a")


def test_dry_run_lists_scenarios_cost_and_reasons_and_writes_nothing(whole: tuple[Path, Path], tmp_path: Path) -> None:
    path, root = copy_of(whole, tmp_path)
    shutil.rmtree(BatchFolder(root).scenario(agenda_of(path).items[1].digest))
    before = bytes_of(root)
    said = json.loads(forecast("batch", str(path), "--out", str(root), "--dry-run", "--json").stdout)
    assert (said["to_compute"], said["draws"]) == (1, 1000)
    assert said["estimated_seconds"] > 0
    assert {row["name"]: row["state"] for row in said["scenarios"]} == {
        "base": "done", "share=0.03": "missing", "share=0.05": "done",
    }  # fmt: skip
    assert bytes_of(root) == before


def test_the_environment_comes_before_the_document_and_after_the_settings(
    whole: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, root = whole
    monkeypatch.setenv("FORECAST_DRAWS", "1001")
    command = ("batch", str(path), "--out", str(root), "--dry-run", "--json")
    assert {row["draws"] for row in json.loads(forecast(*command).stdout)["scenarios"]} == {1001}
    monkeypatch.setenv("FORECAST_SEED", "5")
    told = json.loads(forecast(*command, "--set", "draws=1000", "--set", "seed=20230319").stdout)
    assert [(row["draws"], row["state"]) for row in told["scenarios"]] == [(1000, "done")] * 3


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["kazakhstan-threshold"], 3, "did you mean kazakhstan-thresholds"),
        (["kazakhstan-reform", "--shard", "5/4"], 2, "1/4"),
        (["kazakhstan-reform", "--workers", "0"], 2, "--workers"),
        (["kazakhstan-reform", "--scheduler", "tcp://10.0.0.7:8786"], 2, "--trust-network"),
        (["kazakhstan-reform", "--scheduler", "nonsense"], 2, "tcp://127.0.0.1:8786"),
        (["kazakhstan-reform", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], 2, "choose one"),
    ],
)
def test_bad_options_are_one_clear_error(arguments: list[str], code: int, words: str) -> None:
    done = forecast("batch", *arguments)
    fault = done.exception
    found = fault.exit_code if isinstance(fault, ForecastError) else done.exit_code
    assert found == code
    assert words in (str(fault) if isinstance(fault, ForecastError) else done.stderr)
