"""The thread that follows the authority's feed and goes on with what was left in the middle, at the start and every few seconds.

Not responsible for what is done with news (``selling``).
"""

import logging
import threading
from typing import Final

from kiosk_merchant import MerchantError
from press_shop.selling import Selling

STOP_S: Final = 30.0
_log = logging.getLogger("press_shop")


class Follower:
    """``start`` it with the site, ``stop`` it before the database is closed."""

    def __init__(self, selling: Selling, *, every_s: float) -> None:
        self._selling = selling
        self._every_s = every_s
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed")

    def start(self) -> None:
        """Begin with what the last process left."""
        self._thread.start()

    def stop(self) -> None:
        """End after the round under way."""
        self._ending.set()
        self._thread.join(STOP_S)

    def _run(self) -> None:
        starting = True
        while not self._ending.is_set():
            starting = not self.round(starting=starting) and starting
            self._ending.wait(self._every_s)

    def round(self, *, starting: bool) -> bool:
        """One look at the feed. Whether the authority answered."""
        try:
            self._selling.follow()
            self._selling.settle(starting=starting)
        except MerchantError as error:
            _log.warning("the feed is not answered: %s", type(error).__name__)
            return False
        return True
