"""A ``requests`` session whose requests go to the ASGI application in this process, signed on the way or not.

What is signed is what would stand on the wire: method, raw address, bytes. Not responsible for what is asked.
"""

import asyncio
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from starlette.types import ASGIApp

from tests.helpers.asgi import Prepared, ask

Sign = Callable[[Prepared], Prepared]


class AsgiAdapter(HTTPAdapter):
    """Carries a prepared request to the application."""

    def __init__(self, app: ASGIApp, sign: Sign) -> None:
        super().__init__()
        self._app = app
        self._sign = sign

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Ask, and wrap what came back."""
        prepared = self._sign(prepared_of(request))
        status, headers, body = asyncio.run(ask(self._app, prepared))
        fields = urllib3.HTTPHeaderDict([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(body), headers=fields, status=status, version=11, preload_content=False
        )
        return self.build_response(request, raw)


def prepared_of(request: requests.PreparedRequest) -> Prepared:
    """A request as it would stand on the wire."""
    address = urlsplit(request.url or "")
    body = request.body or b""
    headers = [(_bytes(name).lower(), _bytes(value)) for name, value in request.headers.items()]
    return Prepared(request.method or "GET", address.path or "/", address.query, headers, _bytes(body))


def with_headers(prepared: Prepared, headers: dict[str, str]) -> Prepared:
    """The same with these fields instead of its own."""
    for name, value in headers.items():
        prepared = prepared.with_header(name, value)
    return replace(prepared)


def _bytes(value: Any) -> bytes:  # Any: requests gives text or bytes
    return value if isinstance(value, bytes) else str(value).encode("latin-1", "replace")
