"""The line that says on what machine a table was made."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import llvmlite.binding
import numba
import numpy as np


def machine() -> dict[str, str]:
    """Return the processor, its vectors as the compiler sees them, and the versions that matter."""
    return {
        "cpu": processor(),
        "cores": str(os.cpu_count()),
        "vectors": vectors(),
        "python": platform.python_version(),
        "numba": numba.__version__,
        "numpy": np.__version__,
    }


def processor() -> str:
    """Return the name of the processor; the compiler's name for its kind stands beside it."""
    kind = str(llvmlite.binding.get_host_cpu_name())
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text().splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()} ({kind})"
    return f"{platform.processor() or platform.machine()} ({kind})"


def vectors() -> str:
    """Return the widest vectors that compiled code may use."""
    features = llvmlite.binding.get_host_cpu_features()
    for feature, name in (("avx512f", "AVX-512"), ("avx2", "AVX2"), ("neon", "NEON")):
        if features.get(feature):
            return name
    return "no vectors known"
