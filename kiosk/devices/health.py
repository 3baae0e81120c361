"""What is known of a device's link, posted to the till when it changes and logged once when it goes and once when it is back.

Not responsible for finding out: the worker and the drivers do that.
"""

import logging
from collections.abc import Callable
from typing import Final

from kiosk.clock import Clock
from kiosk.devices.transport import ABSENT, DENIED, IN_USE, SETTING, STALLED, UNREACHABLE
from kiosk.errors import Trouble
from kiosk.till.messages import DeviceHealth, DeviceState, PaperLevel

_log = logging.getLogger(__name__)

# a trouble at opening → the state and the reason that the screens show
_STATES: Final[dict[str, tuple[DeviceState, str]]] = {
    ABSENT: (DeviceState.ABSENT, "absent"),
    DENIED: (DeviceState.DENIED, "no_permission"),
    IN_USE: (DeviceState.DENIED, "in_use"),
    SETTING: (DeviceState.DENIED, "settings"),
    UNREACHABLE: (DeviceState.ABSENT, "unreachable"),
    STALLED: (DeviceState.LOST, "stalled"),
}
_GONE: Final = frozenset({DeviceState.ABSENT, DeviceState.LOST, DeviceState.DENIED})


class HealthBoard:
    """One device's health. Written by the device's thread only; ``current`` may be read by any."""

    def __init__(self, device: str, post: Callable[[object], None], clock: Clock) -> None:
        self._post = post
        self._clock = clock
        self._was_open = False
        self._current = DeviceHealth(device, DeviceState.DISABLED, "", clock.now_ms())

    @property
    def current(self) -> DeviceHealth:
        return self._current

    def set(self, state: DeviceState, reason: str = "", paper: PaperLevel = PaperLevel.UNKNOWN) -> None:
        """Note a state; posted only if something differs. ``since_ms`` stays while state and reason stay."""
        before = self._current
        if (before.state, before.reason, before.paper) == (state, reason, paper):
            return
        same = (before.state, before.reason) == (state, reason)
        since_ms = before.since_ms if same else self._clock.now_ms()
        self._current = DeviceHealth(before.device, state, reason, since_ms, paper)
        self._diary(before, self._current)
        self._was_open = self._was_open or state in (DeviceState.READY, DeviceState.ATTENTION)
        self._post(self._current)

    def gone(self, trouble: Trouble) -> None:
        """The port could not be opened, or was lost. A device that was open before is *lost* until it is back."""
        state, reason = _STATES.get(trouble.code, (DeviceState.LOST, "lost"))
        if state is DeviceState.ABSENT and self._was_open:
            state, reason = DeviceState.LOST, "lost"
        if (self._current.state, self._current.reason) != (state, reason):
            _log.info("%s: %s (%s)", self._current.device, reason, trouble)
        self.set(state, reason)

    def _diary(self, before: DeviceHealth, now: DeviceHealth) -> None:
        if now.state in (DeviceState.READY, DeviceState.ATTENTION) and before.state in _GONE:
            _log.info("%s: back, %s", now.device, now.reason or "ready")
        elif now.reason != before.reason and now.state is DeviceState.ATTENTION:
            _log.info("%s: %s", now.device, now.reason)
