"""A real browser for tests: Debian's Chromium without a window, driven over a pipe in its own DevTools protocol.

The protocol is JSON between zero bytes on two file descriptors, so that no library, no driver of a matching version and no port is
needed; what a shopper's browser does (scripts switched off, keys alone, arrows as on a television) is asked for by name. Not
responsible for what a page should look like (``page_checks``).
"""

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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
START_LIMIT_S = 60.0
ANSWER_LIMIT_S = 30.0
UNTIL_LIMIT_S = 20.0
PUMP_S = 0.02
READ_BYTES = 1 << 16

# the descriptors of the pipe are 3 and 4: what the browser reads, and what it writes
_PROGRAM = """import os, sys
ours = [os.dup(int(name)) for name in sys.argv[1:3]]
for target, source in zip((3, 4), ours):
    os.dup2(source, target)
    os.set_inheritable(target, True)
os.execv(sys.argv[3], sys.argv[3:])
"""
_FLAGS = (
    "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--no-default-browser-check", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--disable-default-apps", "--mute-audio", "--hide-scrollbars", "--lang=fr",
    "--enable-spatial-navigation", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)  # fmt: skip
_FIELDS = "document.querySelectorAll('input:not([type=hidden])')"
_HIDE = f"{_FIELDS}.forEach(e => {{ e.was = e.value; e.value = e.value.replace(/[0-9](?=.*[0-9]{{4}}$)/g, '•'); }})"
_SHOW = f"{_FIELDS}.forEach(e => {{ e.value = e.was; }})"
_KEYS = {
    "Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Backspace": 8,
}  # fmt: skip
# what the browser says of a question that a new document overtook
_BETWEEN = {"Inspected target navigated or closed", "Execution context was destroyed."}


class Between(AssertionError):  # noqa: N818 - where the page is
    """The page went from one document to the next while it was asked."""


def chromium_path() -> str:
    """The browser. Fails with the command that installs it: a page that nobody looked at is not tested."""
    found = os.environ.get("KIOSK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise AssertionError(
            "the tests of the shoppers' pages need Chromium: sudo apt-get install chromium (scripts/bootstrap does it)"
        )
    return found


class Browser:
    """One process; ``tab`` opens a fresh profile in it, so that no test sees another's."""

    def __init__(self, folder: Path) -> None:
        flags = [*_FLAGS, f"--user-data-dir={folder}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # Chromium refuses to sandbox itself for this user
        self._diary = folder.with_suffix(".log")
        diary = self._diary.open("wb")
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(theirs_in), str(theirs_out), chromium_path(), *flags],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=diary,
            start_new_session=True,
        )
        diary.close()
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = ours_in, ours_out
        self._buffer = b""
        self._count = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.ask("Browser.getVersion", limit_s=START_LIMIT_S)

    def ask(
        self,
        method: str,
        parameters: dict[str, Any] | None = None,
        *,
        session: str | None = None,
        limit_s: float = ANSWER_LIMIT_S,
    ) -> dict[str, Any]:
        """One command and its result. Raises ``Between`` when the page went on to another document meanwhile."""
        number = self.tell(method, parameters, session=session)
        deadline = time.monotonic() + limit_s
        while number not in self._answers:
            assert time.monotonic() < deadline, f"the browser did not answer {method}"
            assert self._process.poll() is None, f"the browser has ended: {self._diary.read_text()[-2000:]}"
            self.pump(PUMP_S)
        answer = self._answers.pop(number)
        if answer.get("error", {}).get("message") in _BETWEEN:
            raise Between(method)
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    def tell(self, method: str, parameters: dict[str, Any] | None = None, *, session: str | None = None) -> int:
        """One command, without waiting for its result."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters or {}}
        if session is not None:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        return self._count

    def pump(self, seconds: float) -> None:
        """Take in what the browser says, for at most this long."""
        ready, _, _ = select.select([self._in], [], [], seconds)
        if not ready:
            return
        *whole, self._buffer = (self._buffer + os.read(self._in, READ_BYTES)).split(b"\0")
        for text in whole:
            message = json.loads(text)
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self.events.append(message)

    def tab(self, *, width: int, height: int, dark: bool = False, scripts: bool = False) -> "Tab":
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", {"url": "about:blank", "browserContextId": context})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        tab = Tab(self, session, context)
        tab.ask("Page.enable")
        tab.ask("Log.enable")
        tab.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.ask("Emulation.setEmulatedMedia", {"features": [scheme]})
        tab.ask("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        return tab

    def close(self) -> None:
        self.tell("Browser.close")
        try:
            self._process.wait(ANSWER_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(ANSWER_LIMIT_S)
        os.close(self._in)
        os.close(self._out)
        self._diary.unlink()


@dataclass
class Tab:
    """One page as one shopper sees it."""

    browser: Browser
    session: str
    context: str

    def ask(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        return self.browser.ask(method, parameters, session=self.session)

    def resize(self, width: int, height: int) -> None:
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def open(self, address: str) -> None:
        assert not self.ask("Page.navigate", {"url": address}).get("errorText")
        self.until("document.readyState === 'complete'")

    def value(self, expression: str) -> Any:  # Any: whatever the page says
        """What an expression is in the page; the page's own scripts stay off."""
        answer = self.ask("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait for the page to be so. While it goes from one document to the next there is nothing to ask."""
        deadline = time.monotonic() + UNTIL_LIMIT_S
        while True:
            with suppress(Between):
                answer = self.ask("Runtime.evaluate", {"expression": expression, "returnByValue": True})
                if answer["result"].get("value"):
                    return
            assert time.monotonic() < deadline, f"never: {expression}; title {self.title!r}"
            self.browser.pump(PUMP_S)

    @property
    def title(self) -> str:
        return " ".join(str(self.value("document.title")).split())

    @property
    def text(self) -> str:
        return " ".join(str(self.value("document.body.innerText")).split())

    def until_title(self, start: str) -> None:
        self.until(
            f"document.readyState === 'complete' && document.title.replace(/\\s/g, ' ').startsWith({json.dumps(start)})"
        )

    def press(self, key: str, *, times: int = 1) -> None:
        """A key of a keyboard or a remote."""
        for _ in range(times):
            code = {"key": key, "code": key, "windowsVirtualKeyCode": _KEYS[key]}
            text = {"text": "\r"} if key == "Enter" else {}
            self.ask("Input.dispatchKeyEvent", {"type": "keyDown", **code, **text})
            self.ask("Input.dispatchKeyEvent", {"type": "keyUp", **code})

    def type(self, text: str) -> None:
        """Characters, one by one."""
        for character in text:
            self.ask("Input.dispatchKeyEvent", {"type": "char", "text": character})

    def press_until(self, key: str, focus: str, *, most: int = 20) -> int:
        """Press until the element with this id, name or class has the focus; how often that was."""
        there = f"(e => [e.id, e.name, e.className].includes({json.dumps(focus)}))(document.activeElement)"
        for count in range(most + 1):
            if self.value(there):
                return count
            self.press(key)
        raise AssertionError(f"{key} does not lead to {focus}")

    def click_twice(self, selector: str) -> None:
        """Two clicks as fast as a finger can, neither waiting for what the first one does."""
        element = f"document.querySelector({json.dumps(selector)})"
        box = self.value(f"(r => [r.x + r.width / 2, r.y + r.height / 2])({element}.getBoundingClientRect())")
        for _ in range(2):
            for kind in ("mousePressed", "mouseReleased"):
                self.browser.tell(
                    "Input.dispatchMouseEvent",
                    {"type": kind, "x": box[0], "y": box[1], "button": "left", "clickCount": 1},
                    session=self.session,
                )

    def names(self) -> dict[str, list[str]]:
        """What a screen reader calls things: the names of all that can be used, by their role."""
        nodes = self.ask("Accessibility.getFullAXTree")["nodes"]
        found: dict[str, list[str]] = {}
        for node in nodes:
            role = node.get("role", {}).get("value", "")
            if role in {"textbox", "button", "link", "heading", "alert"} and not node.get("ignored"):
                found.setdefault(role, []).append(" ".join(node.get("name", {}).get("value", "").split()))
        return found

    def picture(self, path: Path) -> None:
        """The whole page; of a serial that stands in a field the last four digits alone."""
        self.value(_HIDE)
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        seen = self.value("[innerWidth, innerHeight]")
        clip = {"x": 0, "y": 0, "width": seen[0], "height": max(seen[1], size["height"]), "scale": 1}
        data = self.ask("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(data))
        self.value(_SHOW)

    def complaints(self) -> list[str]:
        """What the browser itself found wrong: a style that the policy refuses, a file that is missing. That a page is answered
        with 402 is none."""
        mine = [event for event in self.browser.events if event.get("sessionId") == self.session]
        entries = [event["params"]["entry"] for event in mine if event["method"] == "Log.entryAdded"]
        return [str(one["text"]) for one in entries if one["source"] != "network" or "/static/" in one.get("url", "")]

    def close(self) -> None:
        self.browser.ask("Target.disposeBrowserContext", {"browserContextId": self.context})


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser, and its end whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="kiosk-browser-"))
    running = Browser(folder)
    try:
        yield running
    finally:
        running.close()
        shutil.rmtree(folder, ignore_errors=True)
