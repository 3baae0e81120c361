"""What can go wrong outside our rules: trouble, and bugs.

Trouble is the world failing us (paper, disk, network), raised as an exception with a short stable code. A *refusal* is a business
"no", a value, and lives in ``kiosk.domain.refusals``. *Unknown* is the third case of an outcome type, never an exception.
Not responsible for sentences: ``kiosk.i18n`` words a code for the screen, ``docs/operations.md`` explains it to an operator.
"""

import re

_CODE = re.compile(r"[A-Z]{3}-[0-9]{2}")


class Trouble(Exception):  # noqa: N818 - the glossary's word; "error" means nothing precise here
    """The world failed us. Raised by the one function at each border that turns foreign errors into ours.

    ``code`` is stable and short (``PRN-02``): it is shown on the screen, written to the log and listed in ``docs/operations.md``.
    ``retryable`` says whether the same attempt may succeed without a person doing something first; it never says that the attempt
    had no effect. ``detail`` is for the log and the technician, in English; it never holds a secret or a whole serial.
    """

    def __init__(self, code: str, *, retryable: bool, detail: str = "") -> None:
        if not _CODE.fullmatch(code):
            raise Bug(f"a trouble code has the form ABC-00, not {code!r}")
        super().__init__(code, retryable, detail)
        self.code = code
        self.retryable = retryable
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class Bug(AssertionError):  # noqa: N818 - see Trouble
    """A broken invariant of ours. Nobody handles it: the thread's top records it and the till halts, restarts and replays."""
