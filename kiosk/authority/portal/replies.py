"""A page with the headers that keep it to itself: no script, no frame, no referrer, no copy in a cache, no cookie.

TLS is ended by a proxy before us; it is the proxy that says ``Strict-Transport-Security`` (docs/checkout.md). Not responsible for
what a page shows.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from kiosk.authority.portal.files import File, Files
from kiosk.authority.portal.templates import Templates
from kiosk.i18n.language import Language

FOR_EVER = "public, max-age=31536000, immutable"

_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "x-robots-tag": "noindex",
}


class Replies:
    """Makes every answer of the pages."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._templates = Templates(files.addresses)

    def page(
        self,
        name: str,
        language: Language,
        values: Mapping[str, object],
        *,
        status: int = 200,
        leads_to: str | None = None,
        retry_after_s: int | None = None,
    ) -> Response:
        """A page. ``leads_to``: a merchant's address that a form of this page may end at."""
        headers = {**_ALWAYS, "content-security-policy": _policy(leads_to), "cache-control": "no-store"}
        headers["content-language"] = language.name
        if retry_after_s is not None:
            headers["retry-after"] = str(retry_after_s)
        return Response(self._templates.render(name, language, values), status, headers, "text/html; charset=utf-8")

    def go_to(self, address: str) -> Response:
        """On to another address, with a GET: a reload then sends nothing twice."""
        return RedirectResponse(address, 303, {**_ALWAYS, "cache-control": "no-store"})

    def file(self, name: str) -> Response | None:
        """A file that lies beside the pages, or ``None``."""
        file: File | None = self._files.by_name.get(name)
        if file is None:
            return None
        return Response(file.content, 200, {**_ALWAYS, "cache-control": FOR_EVER}, file.media_type)


def _policy(leads_to: str | None) -> str:
    # browsers hold the redirect after a form to this list too: « cancel and go back » ends at the merchant's
    targets = "'self'" if leads_to is None else f"'self' {_origin(leads_to)}"
    return (
        f"default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action {targets}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
