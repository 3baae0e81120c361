"""The technical diary: configured once a process, one rotating file in the data directory, and no secret ever in it.

Redaction happens on the finished text of a line, tracebacks included, so that no caller has to remember it; types that hold secrets
have no repr besides. Not responsible for what happened to money: that is the journal. Losing this file loses no fact.
"""

import logging
import re
import time
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from kiosk.errors import Bug, Trouble

FILE_BYTES_MAX = 2_000_000
FILES_KEPT = 5
LINE_CHARS_MAX = 8_000
MASK = "••••"

_SEPARATOR = "[ \u00a0\u202f\u2009-]"
_NUMBERS = (
    rf"(?P<serial>(?<!\d)(?:\d{{4}}(?:{_SEPARATOR}\d{{4}}){{3,}}|\d{{15,}})(?!\d))"
    rf"|(?P<code>(?<!\d)(?:\d{{12}}|\d{{4}}{_SEPARATOR}\d{{4}}{_SEPARATOR}\d{{4}})(?!\d))"
)
_NUMBERS_ONLY = re.compile(_NUMBERS)
_PATTERNS = re.compile(
    "|".join(
        (
            # ids are no secrets and a diary without them is useless: matched first, left alone
            r"(?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)",
            # paths too, but for a number inside: names of devices look like keys
            r"(?P<path>/(?:dev|usr|home|var|opt|etc|tmp|run|srv|root|mnt|media|Users|Library|Applications)/[^\s\"'<>]*)",
            r"(?P<pem>-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----\n?|\Z))",
            r"(?P<header>(?i:\bauthorization)[\"']?\s*[:=][^\n]+)",
            r"(?P<age>AGE-SECRET-KEY-1[0-9A-Z]+)",
            r"(?P<labelled>(?i:\b(?:[a-z_]*pin|passw(?:or)?d|passphrase|secret|private[_ ]?key|master[_ ]?key|lot[_ ]?key"
            r"|(?:scratch|enrol(?:ment)?|confidential|activation)[_ ]?code|otp))"
            r"\b[\"']?\s*[:=]?\s*[\"']?(?P<value>[^\s\"',;)}\]]{4,}))",
            r"(?P<bytes>\bb(?:'(?:[^'\\\n]|\\.){16,}'|\"(?:[^\"\\\n]|\\.){16,}\"))",
            r"(?P<enrolment>\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b)",
            _NUMBERS,
            r"(?P<hex>\b[0-9a-fA-F]{32,}\b)",
            r"(?P<base64>[A-Za-z0-9+/_-]{40,}={0,2})",
        )
    ),
    re.DOTALL,
)


def redact(text: str) -> str:
    """``text`` without serials (last four digits stay), codes, PINs, enrolment codes and key material.

    Long hexadecimal runs keep their first eight digits: enough to find a journal entry, too little to be a key.
    """
    return _PATTERNS.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    text = found.group()
    match found.lastgroup:
        case "uuid":
            return text
        case "serial":
            return MASK + text[-4:]
        case "hex":
            return text[:8] + "…"
        case "value" | "labelled":
            return text[: found.start("value") - found.start()] + MASK
        case "path":
            return _NUMBERS_ONLY.sub(_masked, text)
        case _:
            return MASK


class RedactingFormatter(logging.Formatter):
    """UTC time with milliseconds, level, thread, logger, message, traceback; redacted and bounded as a whole."""

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s.%(msecs)03dZ %(levelname)s [%(threadName)s] %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
        )
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        line = redact(super().format(record))
        if len(line) > LINE_CHARS_MAX:
            return f"{line[:LINE_CHARS_MAX]}… ({len(line)} characters)"
        return line


@dataclass(frozen=True, slots=True)
class OpenLog:
    """The configured log of this process; a context manager that takes the handler away again."""

    path: Path
    handler: logging.Handler

    def __enter__(self) -> "OpenLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop writing. Safe to call twice."""
        logging.getLogger().removeHandler(self.handler)
        self.handler.close()


def open_log(folder: Path, *, name: str, level: int = logging.INFO) -> OpenLog:
    """Write this process's diary to ``folder/name.log`` from now on; ours at ``level``, libraries from warnings up.

    Raises ``Bug`` when it is configured already, ``Trouble`` LOG-01 when the file cannot be opened. Call it before importing
    python-escpos, which configures logging itself when nobody has.
    """
    root = logging.getLogger()
    if any(isinstance(handler.formatter, RedactingFormatter) for handler in root.handlers):
        raise Bug("the log is configured once a process")
    path = folder / f"{name}.log"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=FILE_BYTES_MAX, backupCount=FILES_KEPT, encoding="utf-8")
        path.chmod(0o600)
    except OSError as error:
        raise Trouble("LOG-01", retryable=False, detail=f"{path}: {error.strerror}") from error
    handler.setFormatter(RedactingFormatter())
    root.setLevel(logging.WARNING)
    logging.getLogger("kiosk").setLevel(level)
    root.addHandler(handler)
    return OpenLog(path, handler)
