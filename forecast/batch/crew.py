"""Those who do a batch's work: what processes here and workers of a cluster have in common."""

from __future__ import annotations

from typing import Protocol

from forecast.batch.scenario import Assignment, Receipt


class Crew(Protocol):
    """Takes assignments, gives receipts."""

    def free(self) -> int:
        """Return how many more assignments can be taken now."""

    def busy(self) -> int:
        """Return how many assignments are under way."""

    def start(self, assignment: Assignment) -> None:
        """Take an assignment."""

    def receipts(self, seconds: float) -> list[Receipt]:
        """Wait at most so long, and return what was finished."""

    def draws_under_way(self) -> int:
        """Return the draws simulated so far of what is not finished."""

    def stop(self, grace: float) -> None:
        """Stop what is under way: ask for it, wait so many seconds, then insist."""
