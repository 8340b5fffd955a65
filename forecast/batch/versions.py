"""What must be the same wherever a batch computes, so that every byte is the same."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from forecast import __version__
from forecast.errors import EnvironmentTrouble
from forecast.kernel.random import STREAM_VERSION

_PACKAGE = Path(__file__).resolve().parent.parent


class VersionMismatch(EnvironmentTrouble):
    """A worker runs another version than the client."""


@cache
def versions() -> dict[str, str]:
    """Return the versions that results depend on; ``code`` is a digest of the package's own sources."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    return {
        "seatcast": __version__,
        "code": digest.hexdigest()[:12],
        "stream": str(STREAM_VERSION),
        **{name: version(name) for name in ("numpy", "numba", "llvmlite")},
    }


def check_versions(client: dict[str, str], worker: dict[str, str], where: str) -> None:
    """Refuse a worker that does not run what the client runs; VersionMismatch names both versions."""
    apart = [
        f"{name} {client.get(name, 'none')} here and {worker.get(name, 'none')} there"
        for name in dict.fromkeys((*client, *worker))
        if client.get(name) != worker.get(name)
    ]
    if apart:
        raise VersionMismatch(f"{where} runs another version: {'; '.join(apart)}; install the same on both")
