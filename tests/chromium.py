"""A headless Chromium driven over its own protocol through a pipe: standard library only, no port, no driver program.

``python -m tests.chromium FILE.html PICTURE.png [WIDTH] [light|dark|print]`` shows a page as a reader would see it.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# The protocol's pipes are the browser's file descriptors 3 and 4.
WITH_PIPES = (
    "import fcntl, os, sys\n"
    "get, put = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])\n"
    "os.dup2(get, 3), os.dup2(put, 4)\n"
    "os.execv(sys.argv[3], sys.argv[3:])\n"
)
PATIENCE = 60.0  # seconds for one answer
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio", "--hide-scrollbars",
    "--no-default-browser-check", "--disable-extensions", "--disable-default-apps", "--font-render-hinting=none",
)  # fmt: skip


def installed() -> str | None:
    """Return the program, None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One page of the browser: what it logs and asks of the network is kept."""

    def __init__(self, commands: int, answers: int) -> None:
        self.commands, self.answers = commands, answers
        self.unread = b""
        self.number = 0
        self.session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; what the browser says meanwhile is kept as events."""
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": parameters}
        if self.session is not None:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while True:
            answer = self._next(end)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _next(self, end: float) -> dict[str, Any]:
        while b"\0" not in self.unread:
            ready, _, _ = select.select([self.answers], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise TimeoutError("the browser does not answer")
            read = os.read(self.answers, 1 << 20)
            if not read:
                raise RuntimeError("the browser has gone")
            self.unread += read
        first, _, self.unread = self.unread.partition(b"\0")
        answer: dict[str, Any] = json.loads(first)
        return answer

    def value(self, expression: str) -> Any:
        """Return the value of an expression in the page; a promise is waited for."""
        made = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in made:
            raise RuntimeError(json.dumps(made["exceptionDetails"]))
        return made["result"].get("value")

    def open(self, path: Path, *, width: int = 1200, height: int = 900, scheme: str = "light", media: str = "") -> None:
        """Open a file and wait until its charts are drawn."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", media=media, features=features)
        self.events.clear()
        self.send("Page.navigate", url=path.resolve().as_uri())
        self.wait_for("document.documentElement?.dataset.ready === 'true'")

    def wait_for(self, condition: str) -> None:
        """Wait until a condition holds in the page."""
        end = time.monotonic() + PATIENCE
        while not self.value(f"Boolean({condition})"):
            if time.monotonic() > end:
                raise TimeoutError(f"never became true: {condition}; the browser said {self.faults()}")
            time.sleep(0.05)

    def faults(self) -> list[str]:
        """Return script errors, broken policies and warnings of the browser so far."""
        found = []
        for event in self.events:
            method, told = event.get("method", ""), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(json.dumps(told["exceptionDetails"])[:500])
            elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
                found.append(told["entry"]["text"])
            elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
                found.append(json.dumps(told["args"])[:500])
        return found

    def requests(self) -> list[str]:
        """Return every address asked of the network so far; pictures inside the page are none."""
        asked = [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith("data:")]

    def picture(self, path: Path, *, clip: dict[str, float] | None = None) -> None:
        """Write the whole page, or a part of it, as PNG."""
        more: dict[str, Any] = {"clip": {**clip, "scale": 1}} if clip else {}
        made = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True, **more)
        path.write_bytes(base64.b64decode(made["data"]))

    def pdf(self, path: Path) -> None:
        """Write the page as it would be printed on A4."""
        made = self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=True)
        path.write_bytes(base64.b64decode(made["data"]))


@contextmanager
def browser() -> Iterator[Page]:
    """Yield a page of a browser of its own; it is ended afterwards, its profile removed."""
    program = installed()
    if program is None:
        raise FileNotFoundError("no Chromium is installed")
    (get, commands), (answers, put) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        started = subprocess.Popen(
            [sys.executable, "-c", WITH_PIPES, str(get), str(put), program, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(get, put), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(get)
        os.close(put)
        try:
            yield Page(commands, answers)
        finally:
            os.close(commands)
            os.close(answers)
            started.terminate()
            try:
                started.wait(10)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()


def main() -> None:
    """Show a page as a picture."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    width = int(sys.argv[3]) if len(sys.argv) > 3 else 1200
    look = sys.argv[4] if len(sys.argv) > 4 else "light"
    with browser() as page:
        page.open(source, width=width, scheme="dark" if look == "dark" else "light")
        if look == "print":
            page.pdf(target)
        else:
            height = page.value("document.documentElement.scrollHeight")
            page.picture(target, clip={"x": 0, "y": 0, "width": width, "height": height})
        drawn = page.value("[...document.querySelectorAll('[data-chart]')].map(e => e.dataset.drawn).join()")
        print("\n".join([*page.faults(), *page.requests(), drawn]))


if __name__ == "__main__":
    main()
