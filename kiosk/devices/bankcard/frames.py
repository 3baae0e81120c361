"""The wire of the simulated bank-card terminal: ``STX payload ETX LRC``, the payload in fields between bars. Pure.

Of our own making, for the demonstration and the tests; a real terminal's protocol (Concert, ZVT, …) would stand beside it.
``CHARGE|id|minor|currency`` and ``STATUS|id`` go out; ``SEEN|id`` and ``ANSWER|id|outcome`` come back.
"""

from typing import Final

STX: Final = 0x02
ETX: Final = 0x03
PAYLOAD_BYTES_MAX: Final = 200


def encode(*fields: str) -> bytes:
    """The bytes of one message. Raises ``ValueError`` for a field that would end it."""
    payload = "|".join(fields).encode("ascii")
    if any("|" in field for field in fields) or any(byte < 0x20 for byte in payload):
        raise ValueError("a field holds a separator or a control character")
    return bytes([STX]) + payload + bytes([ETX, _lrc(payload)])


class BankCardFramer:
    """Feed it bytes in any pieces; it gives whole messages. One with a wrong check is dropped: silence is unknown, never a yes."""

    def __init__(self) -> None:
        self._payload = bytearray()
        self._open = False
        self._ended = False

    def feed(self, data: bytes) -> list[tuple[str, ...]]:
        messages: list[tuple[str, ...]] = []
        for byte in data:
            if self._ended:
                self._ended = self._open = False
                if byte == _lrc(bytes(self._payload)):
                    messages.append(tuple(self._payload.decode("ascii").split("|")))
            elif byte == STX:
                self._payload.clear()
                self._open = True
            elif self._open and byte == ETX:
                self._ended = True
            elif self._open:
                if not 0x20 <= byte < 0x7F or len(self._payload) >= PAYLOAD_BYTES_MAX:
                    self._open = False
                else:
                    self._payload.append(byte)
        return messages

    def reset(self) -> None:
        """Forget half a message: the line was lost."""
        self._open = self._ended = False


def _lrc(payload: bytes) -> int:
    check = ETX
    for byte in payload:
        check ^= byte
    return check
