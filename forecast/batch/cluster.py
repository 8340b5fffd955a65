"""Workers of a dask cluster: the same work on the same shared folder; only receipts cross the network.

Each worker has the work done by a process of its own, as a batch here does: what hangs or crashes there is killed alone,
and the worker's own talk with its scheduler never waits for a compiler.

dask runs whatever a peer sends it. So a scheduler elsewhere than on this machine is refused unless the user says that
the network is to be trusted, and TLS is configured as dask documents it (``distributed.comm.tls``).
"""

from __future__ import annotations

import ipaddress
import logging
import multiprocessing
import threading
import time
from dataclasses import asdict, replace
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from forecast.batch.pool import Pool
from forecast.batch.scenario import Assignment, Receipt
from forecast.batch.versions import check_versions, versions
from forecast.errors import EnvironmentTrouble

PATIENCE = 15.0  # seconds to wait for a worker, or for a scheduler that was lost
_LOOK = 0.02  # seconds between looks at what is under way
_LOOK_AT_OWN = 0.2  # seconds between a worker's looks at whether its process is overdue
_NO_SEATCAST = "No module named 'forecast"  # where dask says it in a plain Exception
_AHEAD = 2  # assignments a worker: one at work, one waiting

_one_at_a_time = threading.Lock()
_own = Pool(1)  # on a worker: its process


def check_address(address: str, *, trusted: bool) -> None:
    """Refuse a scheduler that is not on this machine, unless the user trusts the network.

    Raises
    ------
    EnvironmentTrouble
        The address is none, or elsewhere.
    """
    parts = urlsplit(address)
    try:
        known = parts.scheme in ("tcp", "tls") and parts.hostname is not None and parts.port is not None
    except ValueError:
        known = False
    if not known:
        raise EnvironmentTrouble(f"--scheduler {address}: is no address; write tcp://127.0.0.1:8786")
    if not trusted and not _is_loopback(str(parts.hostname)):
        raise EnvironmentTrouble(
            f"--scheduler {address}: is not on this machine. Whoever reaches a dask scheduler can run code on its workers "
            "and its clients; use tls:// with dask's certificates, and add --trust-network to go there"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Cluster:
    """The workers that a scheduler knows."""

    def __init__(self, address: str, *, trusted: bool = False, patience: float = PATIENCE) -> None:
        check_address(address, trusted=trusted)
        try:
            distributed: Any = import_module("distributed")
        except ImportError:
            raise EnvironmentTrouble("--scheduler needs dask; install seatcast[cluster]") from None
        if address.startswith("tls:") and not distributed.Security().get_connection_args("client").get("ssl_context"):
            raise EnvironmentTrouble(
                f"--scheduler {address}: tls needs certificates; name them in dask's configuration (distributed.comm.tls)"
            )
        for name in ("distributed", "distributed.client"):  # what is lost is said once, by us
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self.address, self.patience, self._distributed = address, patience, distributed
        self._under_way: dict[Any, Assignment] = {}
        self._seen, self._asked, self._workers = time.monotonic(), 0.0, 0
        try:
            self.client: Any = distributed.Client(address, timeout=patience, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as fault:
            raise EnvironmentTrouble(f"--scheduler {address}: no scheduler answers: {fault}") from None
        try:
            self._check_workers()
        except BaseException:
            self.client.close(timeout=2)
            raise

    def _check_workers(self) -> None:
        try:
            self.client.wait_for_workers(1, timeout=self.patience)
        except TimeoutError:
            raise EnvironmentTrouble(
                f"--scheduler {self.address}: has no workers; start some: dask worker {self.address}"
            ) from None
        try:
            theirs: dict[str, dict[str, str]] = self.client.run(versions)
        except Exception as fault:  # whatever a worker, or the network, raises
            said = str(fault)
            if _NO_SEATCAST in said or isinstance(fault, ImportError):
                raise EnvironmentTrouble(f"a worker cannot import seatcast ({said}); install it there too") from None
            raise EnvironmentTrouble(f"--scheduler {self.address}: a worker did not answer: {said}") from None
        for worker, found in theirs.items():
            check_versions(versions(), found, f"worker {worker}")

    def workers(self) -> int:
        """Return how many workers there are; asked at most once a second."""
        if time.monotonic() - self._asked > 1:
            self._asked = time.monotonic()
            try:
                self._workers = len(self.client.nthreads()) if self.client.status == "running" else 0
            except (OSError, TimeoutError):
                self._workers = 0
        if self._workers:
            self._seen = time.monotonic()
        return self._workers

    def free(self) -> int:
        """Return how many more assignments can be taken now."""
        return max(_AHEAD * self.workers() - self.busy(), 0)

    def busy(self) -> int:
        """Return how many assignments are under way."""
        return len(self._under_way)

    def start(self, assignment: Assignment) -> None:
        """Send an assignment to the scheduler; its workers may take it up anywhere, and again if one of them dies."""
        future = self.client.submit(on_worker, asdict(assignment), pure=False, key=_key(assignment))
        self._under_way[future] = assignment

    def receipts(self, seconds: float) -> list[Receipt]:
        """Wait at most so long, and return what was finished.

        Raises
        ------
        EnvironmentTrouble
            The scheduler, or every worker, has been gone for longer than our patience.
        """
        if not self.workers() and time.monotonic() - self._seen > self.patience:
            gone = "no worker is left" if self.client.status == "running" else "the scheduler is gone"
            raise EnvironmentTrouble(f"{self.address}: {gone}; what is finished is on disk, start the batch again")
        end = time.monotonic() + seconds
        while time.monotonic() < end and all(future.status == "pending" for future in self._under_way):
            time.sleep(_LOOK)
        found = []
        for future, assignment in list(self._under_way.items()):
            if future.status in ("finished", "error"):
                del self._under_way[future]
                found.append(self._receipt(future, assignment))
            elif future.status in ("cancelled", "lost"):
                raise EnvironmentTrouble(
                    f"{self.address}: the scheduler is gone; what is finished is on disk, start the batch again"
                )
        return found

    def _receipt(self, future: Any, assignment: Assignment) -> Receipt:
        if future.status == "error":
            fault = future.exception()
            if isinstance(fault, ImportError) or _NO_SEATCAST in str(fault):
                return Receipt(
                    assignment, "trouble", 0.0, f"a worker cannot import seatcast ({fault}); install it there"
                )
            lost = isinstance(fault, self._distributed.KilledWorker)
            said = "it killed every worker that tried it" if lost else f"{type(fault).__name__}: {fault}"
            return Receipt(assignment, "lost" if lost else "failed", 0.0, said)
        return Receipt(assignment, **future.result())

    def draws_under_way(self) -> int:
        """Return 0: workers report only what is finished."""
        return 0

    def stop(self, grace: float) -> None:
        """Take back what was not begun, and leave; what a worker is at, it may finish, for it is of use later."""
        try:
            self.client.cancel(list(self._under_way))
            self.client.close(timeout=max(grace, 1))
        except (OSError, TimeoutError, RuntimeError):
            return


def on_worker(asked: dict[str, Any]) -> dict[str, Any]:
    """Do on a worker what is assigned; one at a time, with all the threads the worker has."""
    distributed: Any = import_module("distributed")
    threads = distributed.get_worker().state.nthreads
    assignment = replace(Assignment(**{**asked, "overrides": tuple(asked["overrides"])}), threads=threads)
    # dask marks the workers under its nanny as daemons, and Python lets daemons have no children. Ours ends by itself.
    vars(multiprocessing.current_process())["_config"]["daemon"] = False
    with _one_at_a_time:
        _own.start(assignment)
        while not (found := _own.receipts(_LOOK_AT_OWN)):
            pass
    (receipt,) = found
    return {"state": receipt.state, "seconds": receipt.seconds, "error": receipt.error, "trace": receipt.trace}


def _key(assignment: Assignment) -> str:
    return f"{assignment.work}-{assignment.digest[:16]}-{assignment.first}-{time.monotonic_ns()}"
