"""The operator's commands about merchants: who they are, their keys, their contracts, and the cards of test mode.

Not responsible for the words on the command line (``admin_merchant_words``) nor for rights and four eyes: whoever may read the data
folder is the operator until the office exists.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path

from kiosk.authority.admin_support import opened, say, show
from kiosk.authority.services import accept
from kiosk.authority.services.refused import malformed
from kiosk.authority.store import merchants
from kiosk.authority.store.merchants import MerchantKeyRow, MerchantRow
from kiosk.authority.store.ports import Transaction
from kiosk.domain.card import make_code
from kiosk.domain.payment import Contract, contract_at
from kiosk.domain.scenarios import Scenario, scenario_serial
from kiosk.protocol.keys import Algorithm, base64url

MAX_KEY_FILE_BYTES = 10_000
FORCES = {
    Scenario.APPROVED: "pays",
    Scenario.DECLINED: "is declined, as an unknown card or a wrong code is",
    Scenario.INSUFFICIENT_FUNDS: "is declined: insufficient_funds",
    Scenario.WRONG_CURRENCY: "is declined: wrong_currency",
    Scenario.WINDOW_OVER: "authorizes; its capture is refused: window_over",
    Scenario.CARD_CLOSED: "pays; its refund is refused: card_closed",
    Scenario.BUSY: "the authority cannot answer now: 503 busy",
    Scenario.SLOW: "pays, but the answer takes 8 seconds",
}


def add(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        row = authority.store.write(
            lambda tx: accept.add_merchant(
                tx,
                merchant_id=arguments.merchant,
                name=arguments.name,
                site=arguments.site,
                direct=arguments.direct,
                now_ms=authority.clock.now_ms(),
            )
        )
    where = "on its own pages or on ours" if row.direct else "on our page"
    say(
        arguments,
        _merchant(row),
        f"Merchant {row.merchant_id} ({row.name}) takes cards {where}.\n"
        f"Make its first key with: kiosk authority merchant key add {row.merchant_id} --test",
    )
    return 0


def list_all(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        rows = authority.store.read(merchants.merchants)
    show(arguments, {"merchants": [_merchant(row) for row in rows]})
    return 0


def suspend(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        now_ms = authority.clock.now_ms()
        row = authority.store.write(lambda tx: accept.suspend(tx, arguments.merchant, at_ms=now_ms))
    say(
        arguments,
        _merchant(row),
        f"Merchant {row.merchant_id} takes no payments. It may still look, cancel and refund.",
    )
    return 0


def resume(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        row = authority.store.write(lambda tx: accept.suspend(tx, arguments.merchant, at_ms=None))
    say(arguments, _merchant(row), f"Merchant {row.merchant_id} takes payments again.")
    return 0


def direct(arguments: argparse.Namespace) -> int:
    def work(tx: Transaction) -> MerchantRow:
        row = accept.known_merchant(tx, arguments.merchant)
        merchants.set_direct(tx, row.merchant_no, direct=arguments.do == "allow")
        return accept.known_merchant(tx, arguments.merchant)

    with opened(arguments) as authority:
        row = authority.store.write(work)
    where = "on its own pages too" if row.direct else "on our page only"
    say(arguments, _merchant(row), f"Merchant {row.merchant_id} takes codes {where}.")
    return 0


def contract(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        now_ms = authority.clock.now_ms()
        if arguments.merchant_share is None:
            shown = authority.store.read(lambda tx: _contracts(tx, arguments.merchant, now_ms=now_ms))
            show(arguments, {"contracts": shown})
            return 0
        made = authority.store.write(
            lambda tx: accept.make_contract(
                tx,
                arguments.merchant,
                from_ms=now_ms if arguments.from_date is None else _midnight_ms(arguments.from_date),
                merchant_share=accept.read_share(arguments.merchant_share),
                distribution_share=accept.read_share(arguments.distribution_share),
                now_ms=now_ms,
            )
        )
    value = _contract(made)
    say(
        arguments,
        value,
        f"Contract {made.contract_no} of {arguments.merchant or 'everybody'}, from {value['from']} on: "
        f"merchant {value['merchant']}, distribution {value['distribution']}, scheme {value['scheme']}.",
    )
    return 0


def key_add(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        public_key = None if arguments.public_key is None else _text_or_file(arguments.public_key)
        key = authority.store.write(
            lambda tx: accept.make_key(
                tx,
                arguments.merchant,
                unguessable=authority.ids.token_bytes(accept.KEY_ID_BYTES),
                public_key=public_key,
                test=arguments.test,
                now_ms=authority.clock.now_ms(),
            )
        )
        secret = None if key.point is not None else base64url(authority.keys.merchant_secret(key.key_id))
    mode = "test key: it moves no money" if key.test else "live key"
    value = {"key_id": key.key_id, "algorithm": key.algorithm, "test": key.test}
    text = f"Key {key.key_id} of {arguments.merchant} ({key.algorithm}), a {mode}. It is known within a second."
    if secret is not None:
        value["secret"] = secret
        text += f"\nSecret, shown this once: {secret}"
    say(arguments, value, text)
    return 0


def key_list(arguments: argparse.Namespace) -> int:
    def work(tx: Transaction) -> list[dict[str, object]]:
        names = {row.merchant_no: row.merchant_id for row in merchants.merchants(tx)}
        if arguments.merchant is not None:
            accept.known_merchant(tx, arguments.merchant)
        return [
            _key(key, names[key.merchant_no])
            for key in merchants.keys(tx)
            if arguments.merchant in (None, names[key.merchant_no])
        ]

    with opened(arguments) as authority:
        shown = authority.store.read(work)
    show(arguments, {"keys": shown})
    return 0


def key_revoke(arguments: argparse.Namespace) -> int:
    with opened(arguments) as authority:
        now_ms = authority.clock.now_ms()
        if not authority.store.write(lambda tx: merchants.revoke_key(tx, arguments.key_id, now_ms=now_ms)):
            raise malformed(f"no key {arguments.key_id}: 'kiosk authority merchant key list' lists them")
    say(arguments, {"key_id": arguments.key_id}, f"What {arguments.key_id} signs is refused within a second.")
    return 0


def test_cards(arguments: argparse.Namespace) -> int:
    code = make_code("0" * 11)
    rows = [
        {"serial": scenario_serial(one).digits, "scenario": one.name.lower(), "forces": FORCES[one]} for one in Scenario
    ]
    lines = "\n".join(f"  {_fours(str(row['serial']))}  {row['forces']}" for row in rows)
    say(
        arguments,
        {"code": code.digits, "cards": rows},
        f"With a test key, and any code with a right check digit such as {_fours(code.digits)}:\n{lines}",
    )
    return 0


def _merchant(row: MerchantRow) -> dict[str, object]:
    return {
        "merchant": row.merchant_id,
        "name": row.name,
        "site": row.site,
        "direct": row.direct,
        "suspended_ms": row.suspended_ms,
    }


def _key(key: MerchantKeyRow, merchant_id: str) -> dict[str, object]:
    words: dict[str, object] = {
        "key_id": key.key_id,
        "merchant": merchant_id,
        "algorithm": key.algorithm,
        "test": key.test,
        "revoked_ms": key.revoked_ms,
    }
    if key.algorithm == Algorithm.ECDSA_P256_SHA256.value and key.point is not None:
        words["public_key"] = base64url(key.point)
    return words


def _contract(one: Contract) -> dict[str, object]:
    scheme = 10_000 - one.merchant_share - one.distribution_share
    return {
        "contract": one.contract_no,
        "from": datetime.fromtimestamp(one.from_ms // 1000, UTC).isoformat(),
        "merchant": accept.share_text(one.merchant_share),
        "distribution": accept.share_text(one.distribution_share),
        "scheme": accept.share_text(scheme),
    }


def _contracts(tx: Transaction, merchant_id: str | None, *, now_ms: int) -> list[dict[str, object]]:
    """The contracts that a merchant may have, its own and everybody's; which of them is in force now."""
    merchant_no = None if merchant_id is None else accept.known_merchant(tx, merchant_id).merchant_no
    found = [one for one in merchants.contracts(tx) if one.merchant_no in (None, merchant_no)]
    now = contract_at(found, merchant_no=merchant_no or 0, at_ms=now_ms)
    return [
        _contract(one) | {"whose": "everybody" if one.merchant_no is None else merchant_id, "in_force": one == now}
        for one in found
    ]


def _text_or_file(text: str) -> str:
    """A key as typed, or the content of the file that it names."""
    if "-----BEGIN" in text:
        return text
    try:
        if Path(text).is_file():
            return Path(text).read_bytes()[:MAX_KEY_FILE_BYTES].decode("ascii")
    except (OSError, UnicodeDecodeError):
        raise malformed("the file with the public key cannot be read") from None
    return text


def _midnight_ms(text: str) -> int:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise malformed("a date is written as 2026-02-01") from None
    return int(day.timestamp()) * 1000


def _fours(digits: str) -> str:
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
