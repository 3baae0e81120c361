"""Whether a completed sale adds up: each line, the lines to the total, the tenders to what was paid (CAI-02).

Works on the body of one ``SaleCompleted`` of format 1. Amounts are whole minor units of the sale's currency.
"""

from typing import Final

from kiosk.verifier.findings import Findings

SOLD: Final = ("activated", "promised")
GIVEN_BACK: Final = ("cancelled", "refunded")
BODY: Final[dict[str, type]] = {
    "sale_id": str, "lines": list, "tenders": list, "total_minor": int, "currency": str, "operator": str, "shop": dict,
    "software": str, "format": int,
}  # fmt: skip
LINE: Final[dict[str, type]] = {
    "line_id": str, "label": str, "nature": str, "serial_last4": str, "series": str, "quantity": int,
    "unit_price_minor": int, "total_minor": int, "outcome": str,
}  # fmt: skip
TENDER: Final[dict[str, type]] = {"tender": str, "amount_minor": int, "received_minor": int, "change_minor": int}
SHOP: Final[dict[str, type]] = {
    "shop_id": str, "name": str, "address": str, "siret": str, "naf": str, "vat_id": str, "till_name": str,
}  # fmt: skip


def check_sale(where: str, body: dict[str, object], findings: Findings) -> int:
    """Add what is wrong; the sale's total, 0 when it cannot be read."""
    if not _has(where, "the sale", body, BODY, findings) or not _has(where, "the shop", body["shop"], SHOP, findings):
        return 0
    lines, tenders, total = body["lines"], body["tenders"], body["total_minor"]
    assert isinstance(lines, list) and isinstance(tenders, list) and isinstance(total, int)
    sold = 0
    for number, line in enumerate(lines, start=1):
        if not _has(where, f"line {number}", line, LINE, findings):
            return total
        product = line["quantity"] * line["unit_price_minor"]
        if line["total_minor"] != product:
            findings.add(
                where, f"line {number} is not quantity × unit price", expected=product, actual=line["total_minor"]
            )
        if line["outcome"] not in SOLD + GIVEN_BACK:
            findings.add(
                where,
                f"line {number} has an unknown outcome",
                expected=" or ".join(SOLD + GIVEN_BACK),
                actual=line["outcome"],
            )
        if line["outcome"] in SOLD:
            sold += line["total_minor"]
    if total != sold:
        findings.add(where, "the total is not the sum of the lines that were sold", expected=sold, actual=total)
    taken = 0
    for number, tender in enumerate(tenders, start=1):
        if not _has(where, f"tender {number}", tender, TENDER, findings):
            return total
        kept = tender["received_minor"] - tender["change_minor"]
        if kept != tender["amount_minor"]:
            findings.add(
                where,
                f"tender {number} is not what was received less change",
                expected=kept,
                actual=tender["amount_minor"],
            )
        taken += tender["amount_minor"]
    if taken < total:
        findings.add(where, "less money was taken than was sold", expected=f"at least {total}", actual=taken)
    return total


def _has(where: str, what: str, value: object, wanted: dict[str, type], findings: Findings) -> bool:
    if not isinstance(value, dict):
        findings.add(where, f"{what} is not an object", actual=value)
        return False
    good = True
    for name, kind in wanted.items():
        if type(value.get(name)) is not kind:
            findings.add(
                where,
                f"{what} lacks {name!r} or has it of the wrong type",
                expected=kind.__name__,
                actual=value.get(name),
            )
            good = False
    return good
