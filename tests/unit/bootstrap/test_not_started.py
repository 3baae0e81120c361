"""A terminal that cannot start: what stands on its screen, and that the process stays there to say it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from kiosk.bootstrap.faces import RESTART_CODE
from kiosk.bootstrap.not_started import NOT_STARTED_CODE, NotStarted
from kiosk.errors import Trouble
from kiosk.settings import AuthoritySettings, Settings, save_settings
from kiosk.ui.theme import ThemeName

LOCKED = Trouble("KEY-02", retryable=True, detail="the keyring does not answer")
WAIT_S = 20.0


def page(
    app: QApplication, qtbot: QtBot, folder: Path, trouble: Trouble, *, customer: bool = False
) -> tuple[NotStarted, list[int]]:
    """The page on screen, and the codes with which it wants to end."""
    ended: list[int] = []
    shown = NotStarted(app, folder, trouble, customer=customer, end=ended.append)
    qtbot.addWidget(shown.window)
    shown.window.resize(1280, 800)
    shown.window.show()
    return shown, ended


def texts(shown: NotStarted) -> str:
    return " / ".join(label.text() for label in shown.window.findChildren(QLabel) if label.isVisible())


def test_the_clerk_reads_why_and_tries_again(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    """A shop whose keyring is locked would sit before a black screen (JR-16)."""
    save_settings(
        tmp_path, Settings(authority=AuthoritySettings(address="http://127.0.0.1:1", public_name="a.example"))
    )
    shown, ended = page(qapp, qtbot, tmp_path, LOCKED)
    assert "clés sont verrouillées" in texts(shown) and "KEY-02" in texts(shown)
    (again,) = [one for one in shown.window.findChildren(QPushButton) if one.isVisible()]
    again.click()
    assert ended == [RESTART_CODE]
    shown.window.close()
    assert ended[-1] == NOT_STARTED_CODE


def test_settings_that_cannot_be_read_do_not_keep_the_page_away(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path
) -> None:
    """The page is needed most where something is wrong with the folder."""
    (tmp_path / "terminal.toml").write_text("theme = [", "utf-8")
    shown, _ = page(qapp, qtbot, tmp_path, Trouble("SET-01", retryable=False, detail="not TOML"))
    assert "réglages" in texts(shown) and "SET-01" in texts(shown)


def test_a_customer_reads_no_code_and_the_terminal_tries_again_by_itself(
    qapp: QApplication, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody stands behind a self-service terminal to press a button."""
    monkeypatch.setattr("kiosk.bootstrap.not_started.RETRY_MS", 20)
    save_settings(
        tmp_path,
        Settings(
            authority=AuthoritySettings(address="http://127.0.0.1:1", public_name="a.example"),
            theme=ThemeName.DARK.value,
        ),
    )
    shown, ended = page(qapp, qtbot, tmp_path, LOCKED, customer=True)
    assert "KEY-02" not in texts(shown)
    qtbot.waitUntil(lambda: RESTART_CODE in ended)


@pytest.mark.parametrize("face", ["clerk", "customer"])
def test_the_command_says_why_and_stays(tmp_path: Path, face: str) -> None:
    """Whoever started it from a terminal needs the sentence, whoever stands before the screen the page."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk", "run", "--face", face, "--data", str(tmp_path / "none")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("kiosk: SET-01: ")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.5)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=WAIT_S)
    finally:
        process.kill()
    assert (process.returncode, said) == (0, "")
    assert not (tmp_path / "none").exists()
