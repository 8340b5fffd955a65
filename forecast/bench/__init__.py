"""How fast the kernel is on this machine: subjects, rounds, and a gate against an earlier measurement."""
