"""A counter without a till's screens: a terminal that enrols and activates a few cards over the wire, so that there is something to
pay with.

Not responsible for a sale with its journal and its receipt: that is what ``kiosk demo`` without ``--shop`` shows.
"""

import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kiosk.clock import SystemClock, SystemIds
from kiosk.demo.operator import Operator, OperatorError
from kiosk.domain.money import Money
from kiosk.protocol.messages import LineAnswer
from kiosk.sync.exchange import Identity, line_question, read_answer, sign_attempt
from kiosk.sync.identity import load_identity
from kiosk.sync.keyfiles import open_keystore
from kiosk.sync.keystore import KeyStoreKind
from kiosk.till.ports import LineCall

if TYPE_CHECKING:
    from kiosk.sync.http import HttpLink

ENROL_TIMEOUT_S: Final = 30
ASK_TIMEOUT_MS: Final = 10_000


def sell_cards(
    operator: Operator, folder: Path, *, address: str, shop: str, serials: Sequence[str], face: Money
) -> None:
    """Enrol a terminal of ``shop`` in ``folder`` and activate the cards. Raises ``OperatorError``."""
    from kiosk.sync.http import HttpLink

    identity = _enrol(operator, folder, address=address, shop=shop)
    link = HttpLink(address=address, public_name=identity.authority)
    ids = SystemIds(SystemClock())
    try:
        for serial in serials:
            sale_id, line_id = ids.uuid7(), ids.uuid7()
            for verb, good in (("reserve", "reserved"), ("commit", "committed")):
                call = LineCall(verb, line_id, sale_id, serial, "scanned", face, tender="cash")
                answer = _ask(link, identity, call, ids)
                if answer.outcome != good:
                    raise OperatorError(f"a card could not be activated: {answer.outcome}")
    finally:
        link.close()


def _ask(link: "HttpLink", identity: Identity, call: LineCall, ids: SystemIds) -> LineAnswer:
    question = line_question(call)
    signed = sign_attempt(question, identity, created_s=SystemClock().now_ms() // 1000, ids=ids)
    heard = link.exchange(
        method=question.route.method,
        path=question.route.path,
        query=question.route.query,
        headers=signed.headers,
        body=question.body,
        timeout_ms=ASK_TIMEOUT_MS,
    )
    answer = read_answer(question, signed, heard, authority_key=identity.authority_key)
    if not isinstance(answer, LineAnswer):
        raise OperatorError(f"a card could not be activated: {answer.name}")
    return answer


def _enrol(operator: Operator, folder: Path, *, address: str, shop: str) -> Identity:
    code = str(operator.call("enrol-code", "--shop", shop, "--till", "Caisse 1")["code"])
    words = ("kiosk", "enrol", "--authority", address, "--keystore", "demonstration", "--data", str(folder))
    done = subprocess.run(
        [sys.executable, "-m", *words],
        input=code + "\n",
        capture_output=True,
        text=True,
        timeout=ENROL_TIMEOUT_S,
        check=False,
    )
    enrolled = load_identity(folder)
    if done.returncode != 0 or enrolled is None:
        raise OperatorError(f"kiosk enrol: {done.stderr.strip()}")
    return enrolled.identity(open_keystore(KeyStoreKind.DEMONSTRATION, folder).load(), version=version("kiosk"))
