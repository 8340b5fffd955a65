"""Count by the kernel (placeholder until lowered)."""
from benchmarks.election_count import nominal_reference as nominal_kernel, reference as kernel
