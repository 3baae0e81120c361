"""Paper: the original only when it is asked for, copies numbered, and nothing that paper does can undo a sale."""

import pytest

from kiosk.domain import events as ev
from kiosk.domain.sale import PrintOutcome
from kiosk.receipt.document import Text
from kiosk.till import commands as do
from kiosk.till import messages as come
from kiosk.till.state import Stage
from tests.helpers.till_rig import CARD, OTHER, Rig, open_till


def sold(*cards: str) -> Rig:
    """A completed sale on screen."""
    rig = open_till()
    for card in cards or (CARD,):
        rig.sell(card)
        rig.pay()
        rig.answer("commit", "committed", card=card)
    return rig


def printed(rig: Rig) -> list[str]:
    """What went to the printer: receipt/copy and who stood there."""
    texts = [document.elements[0] for _, document in rig.printer.jobs]
    return [text.text for text in texts if isinstance(text, Text)]


def end(rig: Rig, outcome: PrintOutcome, reason: str = "") -> None:
    """The printer's last word on the newest job."""
    rig.tell(come.PrintFinished(rig.printer.jobs[-1][0], outcome, reason, 10))


def test_nothing_is_printed_unasked() -> None:
    """Every sale would waste paper, against the law (AGC-01, AGC-04)."""
    rig = sold()
    rig.tell(do.NextSale())
    assert not rig.printer.jobs
    assert not rig.events(ev.PrintRequested)


def test_the_first_print_at_sale_time_is_the_original() -> None:
    """The customer's first receipt would say DUPLICATA."""
    rig = sold()
    rig.tell(do.PrintReceipt())
    assert printed(rig) == ["1/0 Léa"]
    assert isinstance(rig.events()[-1], ev.PrintRequested), "the job is journaled before it is queued"
    end(rig, PrintOutcome.PRINTED)
    assert rig.notice.key == "rcpt.printed"
    assert rig.at(Stage.RESULT)


def test_a_second_print_is_a_copy_with_its_number_operator_and_reason() -> None:
    """Two originals of one sale would be in the world (CAI-11)."""
    rig = sold()
    for _ in range(3):
        rig.tell(do.PrintReceipt())
        end(rig, PrintOutcome.PRINTED)
    assert printed(rig) == ["1/0 Léa", "1/1 Léa", "1/2 Léa"]
    copy = rig.events(ev.CopyRequested)[-1]
    assert isinstance(copy, ev.CopyRequested)
    assert (copy.copy_no, copy.operator, copy.reason) == (2, "Léa", "asked")
    assert rig.notice.key == "rcpt.dup"


def test_declined_at_sale_and_printed_later_is_duplicata_1() -> None:
    """The numbers of copies would begin wherever (CAI-11)."""
    rig = sold()
    rig.tell(do.NextSale())
    rig.tell(do.PrintCopy(1, "lost"))
    assert printed(rig) == ["1/1 Léa"]


@pytest.mark.parametrize("outcome", [PrintOutcome.REFUSED, PrintOutcome.UNKNOWN])
def test_a_failed_receipt_leaves_the_sale_and_is_not_printed_by_itself(outcome: PrintOutcome) -> None:
    """Paper would undo an activation, or come out twice."""
    rig = sold()
    rig.tell(do.PrintReceipt())
    end(rig, outcome, "paper_out")
    assert rig.at(Stage.RESULT)
    rig.pass_time(600_000)
    assert len(rig.printer.jobs) == 1
    ended = rig.events(ev.PrintEnded)[0]
    assert isinstance(ended, ev.PrintEnded)
    assert (ended.outcome, ended.reason) == (outcome.value, "paper_out")
    rig.tell(do.PrintReceipt())
    assert printed(rig)[-1] == "1/1 Léa", "what came out of the printer is not known: the next one is a copy"


def test_a_job_ends_once() -> None:
    """A printer that speaks twice would break the journal."""
    rig = sold()
    rig.tell(do.PrintReceipt())
    end(rig, PrintOutcome.PRINTED)
    end(rig, PrintOutcome.REFUSED)
    assert len(rig.events(ev.PrintEnded)) == 1


def test_each_receipt_counts_its_own_copies() -> None:
    """Copy 1 of one sale would be copy 2 of another."""
    rig = sold(CARD, OTHER)
    rig.tell(do.PrintCopy(1))
    rig.tell(do.PrintCopy(2))
    rig.tell(do.PrintCopy(1))
    assert printed(rig) == ["1/1 Léa", "2/1 Léa", "1/2 Léa"]


def test_a_receipt_that_nobody_knows_is_not_printed() -> None:
    """A typed number would make a document out of nothing."""
    rig = sold()
    rig.tell(do.PrintCopy(99))
    assert not rig.printer.jobs
