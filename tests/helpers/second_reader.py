"""A second reader of HTTP requests, with code that is not ours: httptools, set up as the server's library sets it up."""

from dataclasses import dataclass, field

import httptools

_PROBE = b"GET /probe HTTP/1.1\r\nhost: probe\r\n\r\n"


@dataclass
class Heard:
    """One request as it was understood."""

    method: str = ""
    url: bytes = b""
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    version: str = ""
    keep_alive: bool = False
    whole: bool = False


class _Ear:
    def __init__(self) -> None:
        self.requests: list[Heard] = []
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def on_message_begin(self) -> None:
        self.requests.append(Heard())

    def on_url(self, url: bytes) -> None:
        self.requests[-1].url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.requests[-1].fields.append((name, value))

    def on_headers_complete(self) -> None:
        last = self.requests[-1]
        last.method, last.version = self.parser.get_method().decode("ascii"), self.parser.get_http_version()
        last.keep_alive = self.parser.should_keep_alive() and not self.parser.should_upgrade()

    def on_body(self, body: bytes) -> None:
        self.requests[-1].body += body

    def on_message_complete(self) -> None:
        self.requests[-1].whole = True


def only_request(data: bytes) -> Heard | None:
    """What these bytes ask, if they are exactly one whole request and nothing behind it; ``None`` otherwise."""
    ear = _Ear()
    try:
        ear.parser.feed_data(data)
        if len(ear.requests) != 1 or not ear.requests[0].whole:
            return None
        ear.parser.feed_data(_PROBE)  # would become part of whatever was left open
    except (httptools.HttpParserError, httptools.HttpParserUpgrade):
        return None
    first, second = ear.requests[0], ear.requests[-1]
    if len(ear.requests) != 2 or (second.url, second.fields) != (b"/probe", [(b"host", b"probe")]):
        return None
    return first
