"""T-SIG: whatever is changed about a signed message on its way, it is refused; and what is not changed, is not."""

import base64
import re
from collections.abc import Callable, Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.protocol.keys import SharedSecret
from kiosk.protocol.nonces import Nonces
from kiosk.protocol.routes import Route
from kiosk.protocol.signing import (
    Fault,
    RequestParts,
    Verified,
    request_signature,
    sign_answer,
    sign_request,
    signature_base,
    verify_answer,
    verify_request,
)
from tests.helpers.wire import (
    AUTHORITY,
    AUTHORITY_KEY,
    BODY,
    LINE_ID,
    NOW_S,
    OTHER_KEY,
    ROUTES,
    TERMINAL,
    TERMINAL_KEY,
    Wire,
    header,
    pairs,
    with_header,
)

Mutation = Callable[[RequestParts], RequestParts]
HEADERS = ("content-digest", "kiosk-version", "content-type", "idempotency-key", "signature-input", "signature")


def _flip(text: str, at: int) -> str:
    return text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :]


def _on_header(name: str, change: Callable[[str], str | None]) -> Mutation:
    return lambda parts: with_header(parts, name, change(header(parts, name)))


def _on_input(pattern: str, replacement: str) -> Mutation:
    def change(parts: RequestParts) -> RequestParts:
        before = header(parts, "signature-input")
        after = re.sub(pattern, replacement, before, count=1)
        assert after != before, f"the mutation {pattern} does nothing"
        return with_header(parts, "signature-input", after)

    return change


def _added(name: str, value: str) -> Mutation:
    return lambda parts: msgspec.structs.replace(parts, headers=[*parts.headers, *pairs({name: value})])


def _doubled(name: str, suffix: str) -> Mutation:
    return lambda parts: _added(name, header(parts, name) + suffix)(parts)


def _mutations(route: Route) -> Iterator[tuple[str, Mutation]]:
    for name in HEADERS:
        if route.method == "GET" and name in {"content-type", "idempotency-key"}:
            yield f"{name} added", _added(name, "application/json")
            continue
        yield f"{name} dropped", _on_header(name, lambda _: None)
        yield f"{name} twice", _doubled(name, "")
        yield f"{name} twice, altered", _doubled(name, "x")
        yield f"{name} empty", _on_header(name, lambda _: "")
        yield f"{name} longer", _on_header(name, lambda value: value + "a")
        yield f"{name} shorter", _on_header(name, lambda value: value[:-1])
        yield f"{name} first character", _on_header(name, lambda value: _flip(value, 0))
        yield f"{name} in the middle", _on_header(name, lambda value: _flip(value, len(value) // 2))
        yield f"{name} not ASCII", _on_header(name, lambda value: value + "é")
        yield f"{name} with a line break", _on_header(name, lambda value: value + '\n"@path": /')
        yield f"{name} twice as large as anything", _on_header(name, lambda value: value + "a" * 4096)
    yield (
        "other method",
        lambda parts: msgspec.structs.replace(parts, method="PUT" if parts.method != "PUT" else "POST"),
    )
    yield "method in lower case", lambda parts: msgspec.structs.replace(parts, method=parts.method.lower())
    yield "GET and POST exchanged", lambda p: msgspec.structs.replace(p, method={"GET": "POST"}.get(p.method, "GET"))
    yield "other path", lambda parts: msgspec.structs.replace(parts, path=parts.path + "x")
    yield "path with a slash more", lambda parts: msgspec.structs.replace(parts, path=parts.path + "/")
    yield "other case in the path", lambda parts: msgspec.structs.replace(parts, path=parts.path.upper())
    yield "query added", lambda parts: msgspec.structs.replace(parts, query=parts.query + "&a=1")
    yield (
        "path moved into the query",
        lambda p: msgspec.structs.replace(p, path=p.path[:-1], query=p.path[-1] + p.query),
    )
    yield "body longer", lambda parts: msgspec.structs.replace(parts, body=parts.body + b" ")
    yield (
        "chunk framing inside",
        lambda p: msgspec.structs.replace(p, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(p.body), p.body)),
    )
    yield "compressed", _added("content-encoding", "gzip")
    yield "identity named", _added("content-encoding", "identity")
    yield "created earlier", _on_input(r"created=\d+", f"created={NOW_S - 1}")
    yield "created as text", _on_input(r"created=(\d+)", r'created="\1"')
    yield "created negative", _on_input(r"created=\d+", "created=-1")
    yield "created twice", _on_input(r"created=(\d+)", r"created=\1;created=\1")
    yield "expires added", _on_input(r"created", f"expires={NOW_S + 9};created")
    yield "other terminal", _on_input(r"T-0001", "T-0002")
    yield "unknown terminal", _on_input(r"T-0001", "T-0003")
    yield "other nonce", _on_input(r'nonce="..', 'nonce="BB')
    yield "no nonce", _on_input(r';nonce="[^"]*"', "")
    yield "short nonce", _on_input(r'nonce="[^"]*"', 'nonce="AA"')
    yield "other algorithm", _on_input(r"ecdsa-p256-sha256", "hmac-sha256")
    yield "no algorithm", _on_input(r';alg="[^"]*"', "")
    yield "other tag", _on_input(r"kiosk-terminal-v1", "kiosk-authority-v1")
    yield "no tag", _on_input(r';tag="[^"]*"', "")
    yield "other label", _on_input(r"^sig=", "gis=")
    yield "a space more", _on_input(r"\(", "( ")
    yield "a parameter of a part", _on_input(r'"@path"', '"@path";req')
    yield "order of two parts", _on_input(r'"@path" "@query"', '"@query" "@path"')
    yield "a part twice", _on_input(r'"@path"', '"@path" "@path"')
    yield "a part more", _on_input(r'"@path"', '"@path" "host"')
    for part in ("@method", "@authority", "@path", "content-digest", "kiosk-version"):
        yield f"{part} not covered", _on_input(f'"{part}" ?', "")
    yield "nothing covered", _on_input(r"\([^)]*\)", "()")
    yield (
        "two signatures",
        lambda p: with_header(
            with_header(p, "signature-input", f"{header(p, 'signature-input')}, b={header(p, 'signature-input')[4:]}"),
            "signature",
            f"{header(p, 'signature')}, b={header(p, 'signature')[4:]}",
        ),
    )
    yield "signature of zeros", _on_header("signature", lambda _: f"sig=:{'A' * 86}==:")
    yield "signature without padding", _on_header("signature", lambda value: value.replace("==:", ":"))
    if route.method != "GET":
        yield "body flipped", lambda parts: msgspec.structs.replace(parts, body=b"[" + parts.body[1:])
        yield "body cut", lambda parts: msgspec.structs.replace(parts, body=parts.body[:-1])
        yield "no body", lambda parts: msgspec.structs.replace(parts, body=b"")
        yield "key not covered", _on_input('"idempotency-key" ', "")
        yield "content type not covered", _on_input('"content-type" ', "")
    else:
        yield "a body appears", lambda parts: msgspec.structs.replace(parts, body=b"{}")


CASES = [
    pytest.param(route, body, mutation, id=f"{route.method} {route.path}: {name}")
    for route, body in ROUTES
    for name, mutation in _mutations(route)
]


@pytest.mark.parametrize(("route", "body"), ROUTES, ids=lambda value: value.path if isinstance(value, Route) else "")
def test_untouched_request_is_believed(route: Route, body: bytes) -> None:
    """A till whose requests are in order could not sell."""
    wire = Wire()
    seen = wire.check(wire.parts(route, body))
    assert isinstance(seen, Verified)
    assert (seen.keyid, seen.idempotency_key, seen.version, seen.created_s) == (TERMINAL, route.key, "0.1.0", NOW_S)


@pytest.mark.parametrize(("route", "body", "mutation"), CASES)
def test_every_mutation_is_refused(route: Route, body: bytes, mutation: Mutation) -> None:
    """Somebody between shop and authority could change a sale without being noticed."""
    wire = Wire()
    parts = mutation(wire.parts(route, body))
    assert isinstance(wire.check(parts), Fault)


def test_refused_request_spends_no_nonce() -> None:
    """A stranger could make a till's next request look like a replay."""
    wire = Wire()
    parts = wire.parts(*ROUTES[0])
    assert wire.check(msgspec.structs.replace(parts, body=b"{}")) is Fault.BAD
    assert isinstance(wire.check(parts), Verified)


def test_replay_is_refused_and_resigning_is_not() -> None:
    """A recorded sale could be sent again; and an honest retry, signed anew, would be taken for one."""
    wire = Wire()
    parts = wire.parts(*ROUTES[0])
    assert isinstance(wire.check(parts), Verified)
    for _ in range(3):
        assert wire.check(parts) is Fault.REPLAYED
    assert isinstance(wire.check(wire.parts(*ROUTES[0])), Verified)


@pytest.mark.parametrize(("age_s", "refused"), [(300, False), (301, True), (-300, False), (-301, True), (86_400, True)])
def test_age_limits(age_s: int, refused: bool) -> None:
    """A request could be kept and used much later; or a clock a little wrong would stop all sales."""
    wire = Wire()
    seen = wire.check(wire.parts(*ROUTES[0], created_s=NOW_S - age_s))
    assert (seen is Fault.SKEW) is refused


def test_no_replay_over_the_whole_life_of_a_request() -> None:
    """A request dated ahead could be replayed once its nonce was forgotten."""
    wire = Wire()
    parts = wire.parts(*ROUTES[0], created_s=NOW_S + 300)
    assert isinstance(wire.check(parts), Verified)
    for later in range(1, 601, 7):
        assert wire.check(parts, now_s=NOW_S + later) is Fault.REPLAYED
    assert wire.check(parts, now_s=NOW_S + 601) is Fault.SKEW


def test_other_key_under_the_same_name() -> None:
    """Whoever knows a till's name could speak for it."""
    wire = Wire(signer=OTHER_KEY)
    assert wire.check(wire.parts(*ROUTES[0])) is Fault.BAD


def test_unsigned_request_is_told_so() -> None:
    """A merchant's developer would search for a wrong key where no signature was sent at all."""
    wire = Wire()
    parts = msgspec.structs.replace(wire.parts(*ROUTES[0]), headers=[(b"host", b"x")])
    assert wire.check(parts) is Fault.UNSIGNED
    assert request_signature(parts.headers) is None


def test_request_for_another_authority() -> None:
    """A request for a test system could be played to the real one."""
    wire = Wire()
    parts = wire.parts(*ROUTES[0])
    seen = verify_request(
        parts, authority="other.example", keys={TERMINAL: TERMINAL_KEY.public}.get, nonces=Nonces(), now_s=NOW_S
    )
    assert seen is Fault.BAD


@given(st.data())
def test_any_single_byte_of_a_header(data: st.DataObject) -> None:
    """A damaged header could be read as another one."""
    wire = Wire()
    parts = wire.parts(*data.draw(st.sampled_from(ROUTES)))
    present = [name for name in HEADERS if any(found == name.encode() for found, _ in parts.headers)]
    name = data.draw(st.sampled_from(present))
    value = header(parts, name)
    at = data.draw(st.integers(0, len(value) - 1))
    new = data.draw(st.characters(min_codepoint=32, max_codepoint=126).filter(lambda char: char != value[at]))
    damaged = with_header(parts, name, value[:at] + new + value[at + 1 :])
    seen = wire.check(damaged)
    # white space around a value is no part of it (RFC 9110, 5.5): nothing else may pass
    assert isinstance(seen, Fault)


def _resigned(parts: RequestParts, change: Mutation) -> RequestParts:
    """The request with altered parameters, signed again by the terminal itself, as a careless client might."""
    parts = change(parts)
    params = header(parts, "signature-input").removeprefix("sig=")
    derived = {"@method": parts.method, "@authority": AUTHORITY, "@path": parts.path, "@query": f"?{parts.query}"}
    names = re.findall(r'"([a-z@-]+)"', params[: params.index(")")])
    lines = [(f'"{name}"', derived.get(name) or header(parts, name)) for name in names]
    raw = TERMINAL_KEY.sign(signature_base(lines, params))
    return with_header(parts, "signature", f"sig=:{base64.b64encode(raw).decode()}:")


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"created=(\d+)", r"created=1;created=\1"),
        (r"created=(\d+)", r"expires=9999999999;created=\1"),
        (r'alg="[^"]*"', 'alg="hmac-sha256"'),
        (r';alg="[^"]*"', ""),
        (r';nonce="[^"]*"', ""),
        (r'nonce="[^"]*"', 'nonce="AAAA"'),
        (r';tag="[^"]*"', ""),
        (r'tag="[^"]*"', 'tag="kiosk-authority-v1"'),
        (r'keyid="[^"]*"', 'keyid="T-0002"'),
        (r'"@path"', '"@path" "@path"'),
        (r'"@path"', '"@path" "host"'),
        (r'"@authority" ', ""),
        (r'"content-digest" ', ""),
        (r'"idempotency-key" ', ""),
    ],
)
def test_a_good_signature_under_another_profile(pattern: str, replacement: str) -> None:
    """A signature that says less than ours, or says it otherwise, would count as ours."""
    wire = Wire()
    parts = _resigned(wire.parts(*ROUTES[0]), _on_input(pattern, replacement))
    assert wire.check(parts) is Fault.BAD
    assert isinstance(wire.check(_resigned(wire.parts(*ROUTES[0]), lambda same: same)), Verified)


def test_hmac_works_under_the_same_profile() -> None:
    """Merchants with a shared secret, which come later, would need a second code path."""
    secret = SharedSecret(b"k" * 32)
    signed = sign_request(
        signer=secret, keyid="M-1", authority=AUTHORITY, method="POST", path="/v1/payments", body=BODY,
        idempotency_key="k", version="1", created_s=NOW_S, nonce=bytes(16), tag="kiosk-merchant-v1",
    )  # fmt: skip
    parts = RequestParts("POST", "/v1/payments", "", pairs(dict(signed.headers)), BODY)

    def check(ring: dict[str, SharedSecret], tag: str) -> Verified | Fault:
        return verify_request(parts, authority=AUTHORITY, keys=ring.get, nonces=Nonces(), now_s=NOW_S, tag=tag)

    assert isinstance(check({"M-1": secret}, "kiosk-merchant-v1"), Verified)
    assert check({"M-1": SharedSecret(b"l" * 32)}, "kiosk-merchant-v1") is Fault.BAD
    assert check({"M-1": secret}, "kiosk-terminal-v1") is Fault.BAD
    assert "k" * 5 not in repr(secret)


def test_public_key_is_no_shared_secret() -> None:
    """Naming HMAC and signing with a terminal's public key would let anybody speak for it."""
    forged = sign_request(
        signer=SharedSecret(TERMINAL_KEY.public.point), keyid=TERMINAL, authority=AUTHORITY, method="GET",
        path="/v1/time", version="1", created_s=NOW_S, nonce=bytes(16),
    )  # fmt: skip
    parts = RequestParts("GET", "/v1/time", "", pairs(dict(forged.headers)), b"")
    assert Wire().check(parts) is Fault.BAD


ANSWER = b'{"outcome":"committed","record":"committed"}'


def _answer(status: int = 200, body: bytes = ANSWER, bound: str = "sig=:AAAA:") -> dict[str, str]:
    return dict(
        sign_answer(
            signer=AUTHORITY_KEY, keyid="a", status=status, body=body, request_signature=bound, created_s=NOW_S
        ).headers
    )


def _heard(
    headers: dict[str, str], *, status: int = 200, body: bytes = ANSWER, bound: str = "sig=:AAAA:", other: bool = False
) -> bool:
    verifier = (OTHER_KEY if other else AUTHORITY_KEY).public
    return verify_answer(verifier=verifier, status=status, headers=pairs(headers), body=body, request_signature=bound)


def test_answer_is_believed_only_as_it_was_signed() -> None:
    """A yes could be forged, altered, or taken from another sale."""
    headers = _answer()
    assert _heard(headers)
    assert not _heard(headers, status=201)
    assert not _heard(headers, body=ANSWER.replace(b"committed", b"refused"))
    assert not _heard(headers, body=ANSWER + b" ")
    assert not _heard(headers, bound="sig=:BBBB:")
    assert not _heard(headers, other=True)
    for name in headers:
        assert not _heard({other: value for other, value in headers.items() if other != name}), name
        value = headers[name]
        for at in range(len(value)):
            assert not _heard({**headers, name: _flip(value, at)}), (name, at)
    assert not _heard({**headers, "content-encoding": "gzip"})
    assert not verify_answer(
        verifier=AUTHORITY_KEY.public, status=200, headers=[*pairs(headers), *pairs(headers)], body=ANSWER,
        request_signature="sig=:AAAA:",
    )  # fmt: skip


def test_answer_under_another_tag_is_none() -> None:
    """Something else that the authority's key signed one day could pass for an answer."""
    signed = sign_answer(
        signer=AUTHORITY_KEY, keyid="a", status=200, body=ANSWER, request_signature="sig=:AAAA:", created_s=NOW_S,
        tag="kiosk-terminal-v1",
    )  # fmt: skip
    assert not _heard(dict(signed.headers))


def test_request_is_no_answer() -> None:
    """A till's own request, sent back to it, could pass for the authority's word."""
    wire = Wire()
    signed = wire.sign(*ROUTES[0])
    assert not verify_answer(
        verifier=TERMINAL_KEY.public, status=200, headers=pairs(dict(signed.headers)), body=BODY,
        request_signature=signed.signature,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "value"),
    [("idempotency_key", None), ("idempotency_key", "a\nb"), ("version", ""), ("nonce", b"short"), ("method", "GET")],
)
def test_unsignable_request_is_a_mistake_of_ours(change: str, value: object) -> None:
    """A request could go out with half a signature."""
    arguments: dict[str, object] = {
        "signer": TERMINAL_KEY, "keyid": TERMINAL, "authority": AUTHORITY, "method": "POST",
        "path": f"/v1/lines/{LINE_ID}/commit", "body": BODY, "idempotency_key": "k", "version": "1",
        "created_s": NOW_S, "nonce": bytes(16),
    }  # fmt: skip
    with pytest.raises(ValueError):
        sign_request(**{**arguments, change: value})  # type: ignore[arg-type]  # wrong values are the point


def test_a_signature_has_one_spelling() -> None:
    """Two spellings of one signature would be two requests to whoever counts them."""
    wire = Wire()
    parts = wire.parts(*ROUTES[0])
    value = header(parts, "signature")
    last = value.rindex("=:") - 2  # the last character before the padding: four of its bits mean nothing
    for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/":
        spelt = value[:last] + other + value[last + 1 :]
        assert isinstance(wire.check(with_header(parts, "signature", spelt)), Fault) == (spelt != value)
