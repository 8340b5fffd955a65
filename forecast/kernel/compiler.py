"""How the kernel is compiled: one decorator, no fastmath, a private cache keyed by the kernel's own sources.

numba keys its cache by the file of the outermost function only, and would serve stale code when an imported helper
changes; so the cache directory carries a digest of all kernel sources and of the versions of numba and llvmlite.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.extending import intrinsic


def source_digest() -> str:
    """Return 16 hex digits naming this version of the kernel and of its compiler."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    digest.update(f"{numba.__version__} {llvmlite.__version__} {np.__version__} {sys.version}".encode())
    return digest.hexdigest()[:16]


def cache_directory() -> Path | None:
    """Return a private, writable directory for compiled code, or None where there is none.

    ``FORECAST_CACHE_DIR`` names another place than the user's own cache directory.
    """
    from platformdirs import user_cache_dir

    chosen = os.environ.get("FORECAST_CACHE_DIR")
    homes = [Path(chosen)] if chosen else [Path(user_cache_dir("seatcast"))]
    homes.append(Path(tempfile.gettempdir()) / f"seatcast-{os.getuid() if hasattr(os, 'getuid') else 'user'}")
    for home in homes:
        directory = home / f"kernel-{source_digest()}"
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if hasattr(os, "getuid") and directory.stat().st_uid != os.getuid():
                continue
            with tempfile.TemporaryFile(dir=directory):
                return directory
        except OSError:
            continue
    return None


_DIRECTORY = cache_directory()
_njit: Any = numba.njit
_config: Any = numba.config
_HELPER = {
    "nogil": True, "fastmath": False, "error_model": "numpy", "no_cfunc_wrapper": True, "no_cpython_wrapper": True, "_nrt": False,
}  # fmt: skip
if _DIRECTORY is not None:
    _config.CACHE_DIR = str(_DIRECTORY)


def is_compiled() -> bool:
    """Tell whether the cache holds compiled code, so that a first call is quick."""
    return _DIRECTORY is not None and any(_DIRECTORY.rglob("*.nbc"))


def forget() -> None:
    """Throw the cached code away; used when it turns out to be damaged."""
    if _DIRECTORY is not None:
        for path in _DIRECTORY.rglob("*.nb[ci]"):
            path.unlink(missing_ok=True)


def row_function(function: Any) -> Any:
    """Compile a helper that only other kernel functions call: no Python entry, and no allocation inside."""
    return _njit(**_HELPER)(function)


def vector_function(function: Any) -> Any:
    """Compile a few instructions on vectors, to be written into every caller: vectors stay in registers."""
    return _njit(**_HELPER, forceinline=True)(function)


def inner_function(function: Any) -> Any:
    """Compile a helper that only other kernel functions call, and that may allocate scratch space."""
    return _njit(nogil=True, fastmath=False, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True)(
        function
    )


def kernel_function(function: Any) -> Any:
    """Compile an entry point of the kernel and cache it, where a cache can be had."""
    return _njit(nogil=True, fastmath=False, error_model="numpy", cache=_DIRECTORY is not None)(function)


def instruction(function: Any) -> Any:
    """Make a function that writes LLVM instructions callable from compiled code."""
    return intrinsic(function)
