"""Names for the ids that travel through the system. All are text; only the till and the authority make them, from
injected randomness."""

from typing import NewType

LineId = NewType("LineId", str)  # UUIDv7, made and journaled by the till before the first byte is sent
SaleId = NewType("SaleId", str)  # UUIDv7
JobId = NewType("JobId", str)  # one print or drawer job
ChargeId = NewType("ChargeId", str)  # one question to the bank-card terminal
TerminalId = NewType("TerminalId", str)  # given at enrolment
ShopId = NewType("ShopId", str)
UserId = NewType("UserId", str)
