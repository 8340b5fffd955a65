"""The same count, fast: numbers in, numbers out. NumPy and numba only; no names, no exceptions."""
