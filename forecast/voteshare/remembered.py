"""Numbers that take long to find, kept on disk from run to run: those of a fit, to the last bit.

An entry is named by a digest of what the numbers follow from, of the code that finds them and of the libraries it
calls; it begins with a digest of the rest. What is missing, damaged or cannot be written is found again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from forecast.caches import digest_of_sources, private_folder

Floats = npt.NDArray[np.float64]

MOST = 1000  # entries; beyond, the older half goes


def remembered(name: str, facts: object, find: Callable[[], Floats]) -> Floats:
    """Return the numbers that ``find`` returns, from disk where they were found before.

    ``facts`` are arrays, numbers, strings and tuples or lists of such, everything the numbers follow from.
    """
    folder = _folder()
    if folder is None:
        return find()
    digest = hashlib.sha256(name.encode())
    _add(facts, digest.update)
    path = folder / digest.hexdigest()
    with contextlib.suppress(OSError, ValueError):
        return _read(path)
    found = np.asarray(find(), np.float64)
    with contextlib.suppress(OSError):
        _write(path, found)
    return found


@cache
def _folder() -> Path | None:
    found = find_spec("scipy")  # its version, without importing it
    scipy = Path(found.origin).with_name("version.py").read_text() if found is not None and found.origin else ""
    versions = (np.__version__, scipy, sys.version)
    return private_folder(f"fits-{digest_of_sources(Path(__file__).parent, versions)}")


def _add(fact: object, add: Callable[[bytes], None]) -> None:
    """Add a fact to a digest, so that different facts add different bytes."""
    if isinstance(fact, (tuple, list)):
        add(b"(%d" % len(fact))
        for one in fact:
            _add(one, add)
    elif isinstance(fact, np.ndarray):
        add(f"{fact.dtype.str}{fact.shape}".encode())
        add(fact.tobytes())
    elif isinstance(fact, (str, int, float)):
        text = repr(fact).encode()
        add(b"%d:%b" % (len(text), text))
    else:
        raise TypeError(f"facts of {type(fact).__name__} have no digest")


def _read(path: Path) -> Floats:
    """Return an entry's numbers; ValueError where it is damaged."""
    entry = path.read_bytes()
    if hashlib.sha256(entry[32:]).digest() != entry[:32]:
        raise ValueError("damaged")
    (axes,) = struct.unpack_from("<q", entry, 32)
    shape = struct.unpack_from(f"<{axes}q", entry, 40)
    return np.frombuffer(entry, "<f8", offset=40 + 8 * axes).astype(np.float64).reshape(shape)


def _write(path: Path, found: Floats) -> None:
    """Write an entry beside its place and rename it; make room for it where there are many."""
    rest = struct.pack(f"<{1 + found.ndim}q", found.ndim, *found.shape) + found.astype("<f8").tobytes()
    older = sorted(path.parent.iterdir(), key=os.path.getmtime)
    if len(older) >= MOST:
        for entry in older[: MOST // 2]:
            entry.unlink(missing_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as beside:
        try:
            beside.write(hashlib.sha256(rest).digest() + rest)
            beside.close()
            Path(beside.name).replace(path)
        except OSError:
            Path(beside.name).unlink()
            raise
