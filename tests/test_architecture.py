"""The arrows of the house: who may import whom, and what `--help` must not load."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from forecast.cli.main import COMMANDS

PACKAGE = Path(__file__).parent.parent / "forecast"

# part of the house -> what it may import of the house
ARROWS = {
    "errors": set(),
    "files": set(),
    "caches": set(),
    "rules": {"errors", "rules"},
    "voteshare": {"caches", "errors", "voteshare"},
    "library": {"errors", "library"},
    "documents": {"errors", "documents", "library", "rules", "voteshare"},
    "assessment": {"errors", "rules", "runfile", "scoring"},
    "events": {"errors", "events", "rules", "voteshare"},
    "runfile": {"errors", "files"},
    "lease": {"files"},
    "probability": set(),
    "drawsfile": {"errors", "events", "runfile"},
    "query": {"drawsfile", "errors", "events", "probability"},
    "kernel": {"caches", "errors", "kernel", "rules", "voteshare"},
    "simulate": {"errors", "kernel", "rules"},
    "lattice": {"errors", "kernel", "simulate"},
    "distribution": {"kernel", "probability", "rules"},
    "assemblies": {"distribution", "kernel", "rules", "voteshare"},
    "compare": {"distribution", "kernel", "rules"},
    "deposits": {"compare", "distribution", "kernel", "rules"},
    "mandates": {"compare", "distribution", "rules"},
    "tables": {"assemblies", "compare", "deposits", "distribution", "files", "kernel", "mandates", "rules", "simulate"},
    "scoring": set(),
    "backtest": {"backtest", "errors", "files", "scoring", "voteshare"},
    "store": {"drawsfile", "errors", "events", "kernel"},
    "runs": {
        "assemblies",
        "compare",
        "deposits",
        "distribution",
        "errors",
        "files",
        "kernel",
        "lattice",
        "lease",
        "mandates",
        "rules",
        "runfile",
        "simulate",
        "tables",
        "voteshare",
    },
    "bench": {"bench", "documents", "errors", "kernel", "rules", "simulate", "voteshare"},
    "memory": {"errors"},
    "execution": {"documents", "errors", "kernel", "lattice", "memory", "runs", "simulate", "store", "voteshare"},
    "explain": {"errors", "execution", "files", "kernel", "rules", "runfile"},
    "export": {"drawsfile", "errors", "events", "export", "files", "runfile"},
    "notebook": {
        "distribution",
        "drawsfile",
        "errors",
        "events",
        "execution",
        "explain",
        "probability",
        "query",
        "runfile",
        "runs",
        "tables",
    },
    "batch": {
        "batch",
        "compare",
        "documents",
        "errors",
        "execution",
        "files",
        "kernel",
        "lease",
        "memory",
        "runfile",
        "runs",
        "simulate",
        "tables",
    },
    "report": {
        "compare",
        "distribution",
        "documents",
        "errors",
        "files",
        "kernel",
        "library",
        "report",
        "rules",
        "runfile",
        "runs",
        "simulate",
        "tables",
    },
}
PARTS = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir() if not path.name.startswith("__")}
ONLY_IN = {
    "click": {"cli"},
    "rich": {"cli"},
    "tomllib": {"documents"},
    "numba": {"bench", "kernel", "runs"},
    "pydantic": {"documents"},
}


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                f"{node.module}.{alias.name}" if node.module == "forecast" else node.module for alias in node.names
            }
    return found


def files() -> list[tuple[str, Path]]:
    return [
        (path.relative_to(PACKAGE).parts[0].removesuffix(".py"), path)
        for path in PACKAGE.rglob("*.py")
        if "shipped" not in path.parts
    ]


@pytest.mark.parametrize(("part", "path"), files(), ids=lambda value: str(getattr(value, "name", value)))
def test_imports_follow_the_arrows(part: str, path: Path) -> None:
    own = {name.split(".")[1] for name in imports_of(path) if name.startswith("forecast.")} & PARTS
    if part in ARROWS:
        assert own <= ARROWS[part] | {part}, f"{path.name} imports {own - ARROWS[part]}"
    assert part in ("cli", "__main__") or "cli" not in own
    for library, allowed in ONLY_IN.items():
        if part not in allowed:
            assert library not in {name.split(".")[0] for name in imports_of(path)}


def test_the_law_uses_the_standard_library_alone() -> None:
    for part, path in files():
        if part == "rules":
            outside = {name.split(".")[0] for name in imports_of(path)} - set(sys.stdlib_module_names) - {"forecast"}
            assert not outside, path.name


def test_the_kernel_knows_the_law_and_the_voters_only_where_they_are_lowered_and_audited() -> None:
    for part, path in files():
        lowering = (
            "plan.py",
            "audit.py",
            "assembly_plan.py",
            "assembly_audit.py",
            "list_plan.py",
            "house_plan.py",
            "house_blocks.py",
            "house_reference.py",
            "lattice_plan.py",
            "replay.py",
        )
        if part == "kernel" and path.name not in lowering:
            assert not any(name.startswith(("forecast.rules", "forecast.voteshare")) for name in imports_of(path)), (
                path.name
            )


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_loads_no_heavy_library(command: list[str]) -> None:
    script = (
        "import sys\n"
        "from forecast.cli.main import cli\n"
        f"try:\n    cli.main({[*command, '--help']!r}, standalone_mode=False)\nexcept SystemExit:\n    pass\n"
        "heavy = {'numba', 'pandas', 'scipy', 'pyarrow', 'numpy', 'pydantic', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


def test_every_command_stands_in_the_readme() -> None:
    readme = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    missing = [name for name in COMMANDS if f"forecast {name}" not in readme]
    assert not missing


# what writes a file by its path; and where that may be done without a temporary file that is synced and renamed
WRITERS = {"write_text", "write_bytes", "write_table", "ParquetWriter", "copyfile", "to_csv", "to_parquet", "to_netcdf"}
WRITES = {
    ("batch/folder.py", "probe.write_bytes"),  # an empty file, removed at once: may this folder be written?
    ("cli/main.py", "log.write_text"),  # the traceback of a bug of ours
    ("store.py", "pq.ParquetWriter"),  # draws.parquet, within the workplace that becomes a run's folder
    ("store.py", "self.writer.write_table"),
}


def test_every_file_is_written_beside_its_place_synced_and_renamed() -> None:
    found = set()
    for _, path in files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        safe = {
            id(call)
            for block in ast.walk(tree)
            if isinstance(block, ast.With) and _is_safe(block)
            for call in ast.walk(block)
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and id(call) not in safe:
                modes = [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                opens = call.func.attr == "open" and any(set(mode) & set("wax+") for mode in modes)
                if opens or call.func.attr in WRITERS:
                    found.add((path.relative_to(PACKAGE).as_posix(), ast.unparse(call.func)))
    assert found == WRITES


def _is_safe(block: ast.With) -> bool:
    opened = [item.context_expr for item in block.items]
    return any(isinstance(one, ast.Call) and ast.unparse(one.func) in ("replacing", "workplace") for one in opened)


def test_nothing_forks_or_unpickles_and_numba_starts_no_threads_of_its_own() -> None:
    """numba's OpenMP threads hang after a fork, its workqueue dies under Python's threads: neither is ever loaded."""
    for _, path in files():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"os\.fork|parallel\s*=\s*True|prange|import (pickle|joblib|cloudpickle|marshal)", text), (
            path
        )
        assert "allow_pickle=True" not in text, path
        started = re.findall(r"get_context\((.*?)\)", text)
        assert started == (['"spawn"'] if path.name == "pool.py" and "batch" in path.parts else []), path
