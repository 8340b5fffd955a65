"""Where things are kept that were worked out once: compiled code, and fits of models."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def private_folder(name: str) -> Path | None:
    """Return a private, writable folder in the user's cache directory, or None where there is none.

    ``FORECAST_CACHE_DIR`` names another place than the user's own cache directory.
    """
    from platformdirs import user_cache_dir

    chosen = os.environ.get("FORECAST_CACHE_DIR")
    homes = [Path(chosen)] if chosen else [Path(user_cache_dir("seatcast"))]
    homes.append(Path(tempfile.gettempdir()) / f"seatcast-{os.getuid() if hasattr(os, 'getuid') else 'user'}")
    for home in homes:
        folder = home / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
                continue
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


def digest_of_sources(folder: Path, versions: Iterable[str]) -> str:
    """Return 16 hex digits naming this version of the modules in a folder and of what they build on."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    digest.update(" ".join(versions).encode())
    return digest.hexdigest()[:16]
