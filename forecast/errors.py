"""The errors a user can meet, each with the exit code of the command that raised it."""

from __future__ import annotations


class ForecastError(Exception):
    """Base of every error that is the user's to mend; its text says where, what, and what to write instead."""

    exit_code = 3


class DocumentError(ForecastError):
    """One or more faults in documents or tables, all found in one pass.

    Parameters
    ----------
    faults
        One line a fault: ``file, line: key: what is wrong; what is allowed``.
    """

    def __init__(self, faults: list[str] | str) -> None:
        self.faults = [faults] if isinstance(faults, str) else list(faults)
        super().__init__("\n".join(self.faults))


class EnvironmentTrouble(ForecastError):
    """The machine is in the way: disk, permission, memory, a damaged store."""

    exit_code = 4


class OutputExists(ForecastError):
    """The place to write to is taken by something else."""

    exit_code = 5


class OutputBusy(OutputExists):
    """Another run is writing there just now."""


class AuditFailure(ForecastError):
    """The kernel and the reference count disagree: a bug of ours, never to be passed over."""

    exit_code = 70


class LawSilent(ForecastError):
    """The law says nothing about what the votes brought, and the system asks to stop there; the text names the case."""
