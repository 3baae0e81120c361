"""The load: purchases that a merchant's site signed before the clock runs, and wrk, which sends them and counts the answers.

Every purchase is another card's next code under another key, signed freshly, so that each is a whole first purchase. Signing
beforehand takes the merchant's work out of the machine that is measured. Not responsible for what the authority makes of it.
"""

import re
import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk.protocol.codec import encode
from kiosk.protocol.keys import Signer
from kiosk.protocol.messages import Amount
from kiosk.protocol.payments import CaptureRequest, PaymentRequest, Scratch
from kiosk.protocol.signing import sign_request
from tests.bench.authority.cards import PUBLIC_NAME, Spendable

MERCHANT_TAG = "kiosk-merchant-v1"
VERSION = "0.1.0"

# requests are read once and handed out in order; when they are used up the thread stops, which the report would show as a short run
_SCRIPT = """
local all, at = {}, 0
for line in io.lines(wrk_requests) do all[#all + 1] = line:gsub("\\1", "\\r\\n") end
request = function()
  at = at + 1
  if at > #all then wrk.thread:stop(); return all[#all] end
  return all[at]
end
"""
_DONE = """
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """One run: answers in all and a second, median and p99 in milliseconds, and how many were no 2xx."""

    count: int
    per_s: float
    p50_ms: float
    p99_ms: float
    bad: int


@dataclass(slots=True)
class Site:
    """A merchant's site: its key, and what it sends where."""

    key_id: str
    signer: Signer
    port: int

    def request(self, path: str, body: bytes, *, key: str, now_s: int) -> bytes:
        """One whole request as it stands on the wire."""
        signed = sign_request(
            signer=self.signer, keyid=self.key_id, authority=PUBLIC_NAME, method="POST", path=path, body=body,
            idempotency_key=key, version=VERSION, created_s=now_s, nonce=secrets.token_bytes(16), tag=MERCHANT_TAG,
        )  # fmt: skip
        lines = [f"POST {path} HTTP/1.1", f"host: {PUBLIC_NAME}", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in signed.headers.items()]
        return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body

    def charges(self, cards: Sequence[Spendable], *, now_s: int, minor: int, capture: bool) -> list[bytes]:
        """One purchase a code."""
        return [
            self.request(
                "/v1/payments",
                encode(PaymentRequest(Amount(minor, "EUR"), [Scratch(one.serial, one.code)], capture=capture)),
                key=one.key,
                now_s=now_s,
            )
            for one in cards
        ]

    def captures(self, payment_ids: Sequence[str], *, now_s: int) -> list[bytes]:
        """The captures of these authorizations."""
        body = encode(CaptureRequest())
        return [self.request(f"/v1/payments/{one}/capture", body, key=f"c-{one}", now_s=now_s) for one in payment_ids]


def send(requests: Sequence[bytes], folder: Path, *, port: int, clients: int, seconds: int) -> Sent:
    """Send them over ``clients`` connections for ``seconds``, each connection waiting for its answer before it sends the next."""
    file = folder / "requests.txt"
    file.write_bytes(b"\n".join(one.replace(b"\r\n", b"\1") for one in requests) + b"\n")
    script = folder / "load.lua"
    script.write_text(f'wrk_requests = "{file}"\n{_SCRIPT}{_DONE}', encoding="ascii")
    done = subprocess.run(
        ["wrk", "-t", "1", "-c", str(clients), "-d", f"{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}/"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    assert found, done.stdout + done.stderr
    count, micros, bad, p50, p99 = map(int, found.groups())
    return Sent(count, count / (micros / 1e6), p50 / 1000, p99 / 1000, bad)
