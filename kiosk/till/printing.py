"""Print jobs: the original only when the customer asks for it, copies numbered, nothing ever printed twice by itself.

The first print of a sale while it is on screen is the original, whatever became of it on paper; every later one is a DUPLICATA
(CAI-11, AGC-08). Paper can undo nothing. Not responsible for what a receipt says nor for bytes.
"""

from kiosk.domain.events import CopyRequested, PrintEnded, PrintRequested
from kiosk.domain.sale import PrintOutcome
from kiosk.till.commands import PrintCopy
from kiosk.till.desk import Desk
from kiosk.till.messages import PrintFinished
from kiosk.till.state import Notice, Sale


class Printing:
    """Journals each job before it is queued, and what became of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._under_way: tuple[str, int] | None = None  # job id and receipt number of the last job, until it ended

    def receipt(self) -> None:
        """The customer wants the receipt of the sale on screen."""
        sale = self._desk.sale
        if sale is None or sale.receipt_no is None or self._busy(sale.receipt_no):
            return
        if any(job.receipt_no == sale.receipt_no for job in self._desk.book.jobs):
            self._copy(sale, reason="asked")
        else:
            job_id = self._desk.ports.ids.uuid7()
            self._desk.append(PrintRequested(job_id, sale.receipt_no))
            self._submit(sale, job_id, copy_no=0)

    def copy(self, command: PrintCopy) -> None:
        """A DUPLICATA of any receipt that the book still holds."""
        found = next((sale for sale in self._desk.book.sales if sale.receipt_no == command.receipt_no), None)
        if found is not None and not self._busy(command.receipt_no):
            self._copy(found, reason=command.reason)

    def finished(self, message: PrintFinished) -> None:
        """The printer's last word on a job; silence is unknown and is never printed again by itself."""
        if self._under_way is not None and self._under_way[0] == message.job_id:
            self._under_way = None
        job = next((job for job in self._desk.book.jobs if job.job_id == message.job_id), None)
        if job is None or job.outcome is not None:
            return
        self._desk.append(PrintEnded(job.job_id, message.outcome.value, message.reason))
        match message.outcome:
            case PrintOutcome.PRINTED | PrintOutcome.PROBABLE:
                self._desk.say("rcpt.dup" if job.copy_no else "rcpt.printed")
            case PrintOutcome.REFUSED:
                self._desk.tell(Notice(key=f"rcpt.refused.{message.reason}" if message.reason else "rcpt.refused"))
            case PrintOutcome.UNKNOWN:
                self._desk.tell(Notice(key="rcpt.unknown"))

    def _busy(self, receipt_no: int) -> bool:
        """Whether this receipt is what is being printed: a second press asks for the same paper, not for a DUPLICATA."""
        return self._under_way is not None and self._under_way[1] == receipt_no

    def _copy(self, sale: Sale, *, reason: str) -> None:
        assert sale.receipt_no is not None
        numbers = [job.copy_no for job in self._desk.book.jobs if job.receipt_no == sale.receipt_no]
        copy_no = max(numbers, default=0) + 1
        job_id = self._desk.ports.ids.uuid7()
        operator = self._desk.name_of(self._desk.book.user)
        self._desk.append(CopyRequested(job_id, sale.receipt_no, copy_no, operator, reason))
        self._submit(sale, job_id, copy_no=copy_no)

    def _submit(self, sale: Sale, job_id: str, *, copy_no: int) -> None:
        operator = self._desk.name_of(self._desk.book.user)
        at_ms = self._desk.now_ms()
        document = self._desk.ports.receipts.write(sale, copy_no=copy_no, operator=operator, at_ms=at_ms)
        self._under_way = None if sale.receipt_no is None else (job_id, sale.receipt_no)
        self._desk.ports.printer.submit(job_id, document)
