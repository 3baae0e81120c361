"""The short way of reading a request: what it reads, and that a reader with other code never understands it differently."""

import re

import httptools
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from kiosk.authority.usual_request import MAX_HEAD_BYTES, Unfinished, Usual, read_usual
from kiosk.protocol.messages import MAX_BODY_BYTES
from tests.helpers.second_reader import only_request

BODY = b'{"amount":{"minor":250,"currency":"EUR"}}'
CHARGE = (
    b"POST /v1/payments HTTP/1.1\r\nHost: authority.example\r\nAccept-Encoding: identity\r\nContent-Length: %d\r\n"
    b"content-digest: sha-256=:abc+/=:\r\nContent-Type: application/json\r\nidempotency-key: k-1\r\nkiosk-version: 1\r\n"
    b'Signature-Input: sig1=("@method" "@authority");created=1;keyid="a"\r\nsignature: sig1=:AAAA=:\r\n\r\n%b'
) % (len(BODY), BODY)
QUESTION = (
    b"GET /v1/events?after=7&limit=2 HTTP/1.1\r\nHost: a\r\nUser-Agent: x y/1 (z; q)\r\nConnection: keep-alive\r\n"
    b"Accept: */*\r\n\r\n"
)
SHORT = b"POST /v1/a HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc"
EMPTY = b"GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n"
GOOD = (CHARGE, QUESTION, SHORT, EMPTY)

# what two readers of HTTP have understood differently before
PIECES = (
    b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b"\t", b" ", b"\r\n ", b"\r\n\t", b":", b",", b"\x0b", b"\x7f", b"\x80", b"\xff",
    b"\xc3\xa9", b"0", b"1", b"+", b"-", b"#", b"?", b"//", b"http://h", b"*", b"PUT ", b"HTTP/1.0", b"http/1.1", b" HTTP/1.1",
    b"Content-Length: 3\r\n", b"content-length: 41\r\n", b"Content-Length:3\r\n", b"Content-Length: 3, 3\r\n",
    b"Transfer-Encoding: chunked\r\n", b"transfer-encoding: identity\r\n", b"Host: b\r\n", b"host: a\r\n",
    b"Connection: close\r\n", b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"Upgrade: websocket\r\n", b"Expect: 100-continue\r\n",
    b"Proxy-Connection: close\r\n", b"TE: trailers\r\n", b"x:\r\n", b"x: \r\n", b"x : y\r\n", b"x: y \r\n", b" x: y\r\n", b"x: y\n",
    b"x: y\r", b"x: y\r\n",
)  # fmt: skip


def _both_understand(data: bytes) -> Usual | None:
    """What the short way reads; fails when the other reader reads anything else in the same bytes."""
    usual = read_usual(data)
    if isinstance(usual, Unfinished):
        _the_rest_is_awaited(data)
        return None
    if usual is None:
        return None
    heard = only_request(data)
    assert heard is not None, f"to another reader this is not one request alone: {data!r}"
    url = httptools.parse_url(heard.url)
    assert (heard.method, heard.version, heard.keep_alive) == (usual.method, "1.1", True), data
    assert (url.path, url.query or b"") == (usual.path.encode(), usual.query.encode()), data
    assert url.host is None and url.fragment is None, data
    fields = [(name.lower().decode("ascii"), value.decode("ascii")) for name, value in heard.fields]
    assert sorted(fields) == sorted(usual.fields.items()), data
    assert heard.body == usual.body, data
    return usual


def _the_rest_is_awaited(data: bytes) -> None:
    """The other reader has read the head too and waits for the body; with the right number of bytes both have the same request."""
    assert only_request(data) is None, data
    head, _, body = data.partition(b"\r\n\r\n")
    (length,) = re.findall(rb"(?im)^content-length: ([0-9]+)\r?$", head)
    missing = int(length) - len(body)
    assert 0 < missing <= MAX_BODY_BYTES, data
    assert isinstance(read_usual(data + b"x" * (missing - 1)), Unfinished), data
    assert read_usual(data + b"x" * (missing + 1)) is None, data
    assert _both_understand(data + b"x" * missing) is not None, data


def test_a_body_that_comes_later_is_awaited_and_nothing_else() -> None:
    """Half of all clients send head and body apart: their payments would take the long way, or half of one would be decided."""
    head = len(CHARGE) - len(BODY)
    assert all(isinstance(read_usual(CHARGE[:end]), Unfinished) for end in range(head, len(CHARGE)))
    assert all(read_usual(CHARGE[:end]) is None for end in range(head))
    too_long = CHARGE.replace(b"Content-Length: %d" % len(BODY), b"Content-Length: %d" % (MAX_BODY_BYTES + 1))
    assert read_usual(too_long[:-10]) is None
    assert read_usual(QUESTION[:-2]) is None


def test_the_usual_form_is_read() -> None:
    """Every payment would take the long way, which the usual form is there to spare."""
    charge = _both_understand(CHARGE)
    assert charge is not None
    assert (charge.method, charge.path, charge.query, charge.body) == ("POST", "/v1/payments", "", BODY)
    assert charge.fields["content-digest"] == "sha-256=:abc+/=:"
    assert charge.fields["signature-input"] == 'sig1=("@method" "@authority");created=1;keyid="a"'
    question = _both_understand(QUESTION)
    assert question is not None
    assert (question.method, question.path, question.query) == ("GET", "/v1/events", "after=7&limit=2")
    assert question.body == b""
    assert all(_both_understand(good) is not None for good in GOOD)


UNUSUAL = {
    "half a head": CHARGE[:200],
    "a byte too many": CHARGE + b"x",
    "two requests": QUESTION + QUESTION,
    "a request and half of the next": CHARGE + QUESTION[:30],
    "HTTP/1.0": QUESTION.replace(b"HTTP/1.1", b"HTTP/1.0"),
    "another method": QUESTION.replace(b"GET", b"HEAD"),
    "a method in lower case": QUESTION.replace(b"GET", b"get"),
    "an absolute target": QUESTION.replace(b"/v1", b"http://a/v1"),
    "a target with a fragment": QUESTION.replace(b"limit=2", b"limit=2#x"),
    "no host": SHORT.replace(b"host: a\r\n", b""),
    "two hosts": SHORT.replace(b"host: a\r\n", b"host: a\r\nHost: a\r\n"),
    "a field twice in other cases": SHORT.replace(b"host", b"x: 1\r\nX: 1\r\nhost"),
    "two equal lengths": SHORT.replace(b"host", b"Content-Length: 3\r\nhost"),
    "a length with a sign": SHORT.replace(b": 3", b": +3"),
    "a length with a zero before it": SHORT.replace(b": 3", b": 03"),
    "a length with a blank behind it": SHORT.replace(b": 3", b": 3 "),
    "a list of lengths": SHORT.replace(b": 3", b": 3, 3"),
    "no blank behind the colon": SHORT.replace(b": 3", b":3"),
    "two blanks behind the colon": SHORT.replace(b": 3", b":  3"),
    "a tab": SHORT.replace(b"length: 3", b"length:\t3"),
    "a blank before the colon": SHORT.replace(b"host:", b"host :"),
    "a line that goes on in the next": SHORT.replace(b"host: a", b"host: a\r\n b"),
    "an empty field": SHORT.replace(b"host", b"x:\r\nhost"),
    "a bare line feed": SHORT.replace(b"a\r\nc", b"a\nc"),
    "a bare carriage return": SHORT.replace(b"a\r\nc", b"a\rc"),
    "an empty line before it": b"\r\n" + SHORT,
    "a character that is not ASCII": SHORT.replace(b"host: a", "host: é".encode()),
    "a body without a length": SHORT.replace(b"content-length: 3\r\n", b""),
    "neither a body nor a length": SHORT.replace(b"content-length: 3\r\n", b"")[:-3],
    "an offer of another protocol": SHORT.replace(b"host", b"upgrade: h2c\r\nhost"),
    "chunks": SHORT.replace(b"content-length: 3", b"transfer-encoding: chunked"),
    "chunks beside a length": SHORT.replace(b"host", b"transfer-encoding: chunked\r\nhost"),
    "the last request": QUESTION.replace(b"keep-alive", b"close"),
    "an upgrade": QUESTION.replace(b"keep-alive", b"Upgrade\r\nUpgrade: h2c"),
    "somebody who waits for 100": CHARGE.replace(b"Accept-Encoding: identity", b"Expect: 100-continue"),
    "an encoded body": CHARGE.replace(b"Accept-Encoding: identity", b"Content-Encoding: gzip"),
    "nothing": b"",
}


@pytest.mark.parametrize("data", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_whatever_is_unusual_is_left_to_the_library(data: bytes) -> None:
    """A second reader of HTTP in front of a payment is safe only while it reads nothing that could mean two things."""
    assert read_usual(data) is None


def test_what_is_too_large_is_left_to_the_library() -> None:
    """Its limits would not hold for whoever writes plainly."""
    long = b"x: " + b"y" * MAX_HEAD_BYTES + b"\r\nhost"
    assert read_usual(SHORT.replace(b"host", long)) is None
    most = SHORT.replace(b": 3", b": %d" % MAX_BODY_BYTES).replace(b"abc", bytes(MAX_BODY_BYTES))
    assert read_usual(most) is not None
    more = SHORT.replace(b": 3", b": %d" % (MAX_BODY_BYTES + 1)).replace(b"abc", bytes(MAX_BODY_BYTES + 1))
    assert read_usual(more) is None


def test_one_change_anywhere_is_understood_by_both_or_not_read() -> None:
    """A request that one reader ends elsewhere than the other smuggles a second one past whoever stands before us."""
    read = 0
    for good in GOOD:
        for place in range(len(good) + 1):
            before, after = good[:place], good[place:]
            changed = [before + piece + after for piece in PIECES]
            changed += [before + piece + after[1:] for piece in PIECES if len(piece) < 3]
            changed += [before + after[count:] for count in (1, 2, 5)]
            read += sum(_both_understand(data) is not None for data in changed)
    assert read > 1_000, "nearly nothing was compared"


def _lines_again(data: bytes, which: int, place: int, how: int) -> bytes:
    """One of its lines once more somewhere, perhaps in another case."""
    lines = data.split(b"\r\n")
    line = lines[which % len(lines)]
    lines.insert(place % (len(lines) + 1), (line, line.upper(), line.lower(), line.title())[how % 4])
    return b"\r\n".join(lines)


@st.composite
def _mutilated(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(GOOD))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 5)):
            case 0 | 1:
                data = data[:place] + draw(st.sampled_from(PIECES)) + data[place:]
            case 2:
                data = data[:place] + data[place + draw(st.integers(1, 12)) :]
            case 3:
                data = data[:place] + draw(st.binary(min_size=1, max_size=3)) + data[place + 1 :]
            case 4:
                data = _lines_again(data, place, draw(st.integers(0, 12)), draw(st.integers(0, 3)))
            case _:
                data += draw(st.sampled_from(GOOD))[: draw(st.integers(1, 300))]
    return data


@settings(max_examples=1_500)
@given(_mutilated())
def test_several_changes_are_understood_by_both_or_not_read(data: bytes) -> None:
    """The same, for what no list of single changes holds."""
    event("read" if _both_understand(data) is not None else "left to the library")


@settings(max_examples=300)
@given(
    st.sampled_from(["GET", "POST"]),
    st.from_regex(r"/[!-~]{0,30}", fullmatch=True),
    st.dictionaries(
        st.from_regex(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}", fullmatch=True),
        st.from_regex(r"[!-~]([ -~]{0,20}[!-~])?", fullmatch=True),
        max_size=8,
    ),
    st.binary(max_size=40),
)
def test_any_plain_request_is_understood_by_both_or_not_read(
    method: str, target: str, fields: dict[str, str], body: bytes
) -> None:
    """An address or a field that only one of them can read would be signed as one thing and acted on as another."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**fields, "host": "a"}.items())
    head = f"{method} {target} HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n"
    event("read" if _both_understand(head.encode("ascii") + body) is not None else "left to the library")
