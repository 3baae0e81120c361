"""The words of a receipt in one language, read from ``assets/receipts/<language>.toml`` and checked when they are read.

They are a value that is passed in, so that a document stays a pure function of facts and words. Amounts and dates are not theirs.
"""

import tomllib
from dataclasses import dataclass, fields
from string import Formatter
from typing import Final

_FORMATTER: Final = Formatter()


class ReceiptWordsFault(Exception):  # noqa: N818 - a fault of what was shipped, like the catalogues'
    """A words file lacks a word, has one too many or asks for a name that nobody fills: a mistake in what was shipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptWords:
    """Every word that may stand on a receipt. Names in braces are filled by ``sale_receipt``."""

    language: str
    receipt: str
    till: str
    operator: str
    siret: str
    naf: str
    vat_id: str
    no_vat_id: str
    card: str
    activated: str
    promised: str
    cancelled: str
    refunded: str
    taken_off: str
    money_back: str
    total: str
    cash: str
    bank_card: str
    mobile: str
    change: str
    lines_one: str
    lines_other: str
    voucher_vat: str
    promise: str
    keep_codes: str
    proof: str
    signature: str
    software: str
    copy: str
    copy_made: str
    thanks: str
    francs: str


# the names that ``sale_receipt`` fills; a word that is not listed has none
FILLED: Final[dict[str, frozenset[str]]] = {
    "receipt": frozenset({"number"}),
    "till": frozenset({"till"}),
    "operator": frozenset({"operator"}),
    "siret": frozenset({"siret"}),
    "naf": frozenset({"naf"}),
    "vat_id": frozenset({"vat_id"}),
    "card": frozenset({"last4"}),
    "lines_other": frozenset({"count"}),
    "signature": frozenset({"extract"}),
    "software": frozenset({"software"}),
    "copy": frozenset({"number"}),
    "copy_made": frozenset({"at", "operator"}),
    "francs": frozenset({"francs"}),
}


def parse_receipt_words(toml: str) -> ReceiptWords:
    """The words of a file's text. Raises ``ReceiptWordsFault`` naming every key and placeholder that is wrong."""
    found = tomllib.loads(toml)
    wanted = {field.name for field in fields(ReceiptWords)}
    faults = [f"missing: {key}" for key in sorted(wanted - found.keys())]
    faults += [f"unknown: {key}" for key in sorted(found.keys() - wanted)]
    for key in sorted(wanted & found.keys()):
        text = found[key]
        if not isinstance(text, str) or not text:
            faults.append(f"{key}: text expected")
            continue
        names = {name for _, name, _, _ in _FORMATTER.parse(text) if name is not None}
        if names != FILLED.get(key, frozenset()):
            faults.append(f"{key}: placeholders {sorted(names)}")
    if faults:
        raise ReceiptWordsFault("; ".join(faults))
    return ReceiptWords(**found)
