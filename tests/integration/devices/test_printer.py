"""The real driver on a real pseudo-terminal: what the till hears when the printer does what printers do.

The promise under test: PRINTED only when the device said so, REFUSED only when nothing was printed, and nothing twice.
"""

import os
from pathlib import Path

import pytest

from kiosk.clock import SystemClock
from kiosk.devices.printing.driver import EscposPrinter
from kiosk.devices.printing.printer import CLEAR
from kiosk.devices.printing.profiles import find_profile
from kiosk.domain.sale import PrintOutcome
from kiosk.receipt.document import Document, Row, Text
from kiosk.settings import parse_device_address
from kiosk.till.messages import DeviceHealth, DeviceState, DrawerKicked, PaperLevel, PrintFinished
from tests.helpers.devices import QUICK, STEADY, Bench, bench
from tests.helpers.receipts import PROMISED, receipt

ALL_BUT_THE_CUT = 3650
PRINTED, PROBABLE, REFUSED, UNKNOWN = (
    PrintOutcome.PRINTED,
    PrintOutcome.PROBABLE,
    PrintOutcome.REFUSED,
    PrintOutcome.UNKNOWN,
)


def test_a_receipt_is_printed_and_confirmed(tmp_path: Path) -> None:
    """No receipt would come out, or the till would not know that one did."""
    with bench(tmp_path, timings=STEADY) as b:
        assert b.print("one").outcome is PRINTED
        assert b.print("two", receipt(PROMISED)).outcome is PRINTED
        assert len(b.twin.receipts) == 2
        assert "TOTAL         70,00 €" in b.twin.text(0)
        assert "Ticket nº 000042" in b.twin.text(1)
        assert b.twin.unknown == ""
        assert b.twin.real_time
        assert b.driver.health.state is DeviceState.READY
        assert b.driver.health.paper is PaperLevel.OK


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("paper_out", "paper_out"),
        ("cover_open", "cover_open"),
        ("cutter_jam", "cutter"),
        ("broken", "broken"),
        ("overheated", "overheated"),
        ("power_off", "no_answer"),
        ("mute", "no_answer"),
        ("garbage", "garbled"),
    ],
)
def test_a_printer_that_cannot_print_is_asked_first(tmp_path: Path, words: str, reason: str) -> None:
    """The clerk would be told “printed” by a printer without paper."""
    with bench(tmp_path) as b:
        b.ready()
        b.inject(words)
        done = b.print("one")
        assert (done.outcome, done.reason, done.bytes_sent) == (REFUSED, reason, 0)
        assert b.twin.receipts == []
        assert b.twin.hanging() == ()
        b.health(DeviceState.ATTENTION, reason)


def test_a_printer_that_was_off_prints_when_it_is_on(tmp_path: Path) -> None:
    """A restart of the till would be needed each morning."""
    with bench(tmp_path, start=False) as b:
        b.inject("power_off")
        b.driver.start()
        b.health(DeviceState.ATTENTION, "no_answer")
        assert b.print("one").outcome is REFUSED
        b.inject("power_on")
        b.ready()
        assert b.print("two").outcome is PRINTED


def test_paper_that_is_nearly_out_prints_and_warns(tmp_path: Path) -> None:
    """The last receipts of a roll would be refused."""
    with bench(tmp_path, timings=STEADY) as b:
        b.ready()
        b.inject("paper_low")
        b.mail.wait(DeviceHealth, lambda message: message.paper is PaperLevel.LOW)
        assert b.print("one").outcome is PRINTED


# in the heading, in the lines, inside the QR raster, inside the bar code, in the last lines, before the cut
@pytest.mark.parametrize("after", [1, 900, 1600, 3000, ALL_BUT_THE_CUT])
@pytest.mark.parametrize("words", ["paper_out", "cover_open", "cutter_jam"])
def test_trouble_in_the_middle_is_unknown_at_once(tmp_path: Path, words: str, after: int) -> None:
    """Half a receipt would count as printed, or the rest would come out when the paper is changed."""
    with bench(tmp_path, timings=STEADY) as b:
        b.ready()
        b.inject(f"{words} {after}")
        done = b.print("one")
        assert done.outcome is UNKNOWN
        assert done.bytes_sent > 0
        assert done.reason == {"cutter_jam": "cutter"}.get(
            words, words
        )  # it stopped for that, and did not wait in vain
        b.health(DeviceState.ATTENTION)
        # the driver empties the printer's buffers well before a person has a new roll in hand
        assert b.twin.wait(lambda: b.twin.real_time.count(CLEAR) == 2)
        if words == "cutter_jam":
            return  # the machine is switched off and on for that: see below
        b.inject({"paper_out": "paper_in", "cover_open": "cover_closed"}[words])
        b.ready()
        assert b.print("two").outcome is PRINTED
        whole = [sheet for sheet in range(len(b.twin.receipts)) if "Merci de votre visite" in b.twin.text(sheet)]
        # the second one; of the first nothing came out by itself, though all of it may have been there already
        assert len(whole) == (2 if after == ALL_BUT_THE_CUT else 1)


@pytest.mark.parametrize(
    ("words", "after"),
    [
        ("power_off", 900),
        ("unplug", 1),
        ("unplug", 900),
        ("unplug", 3000),
        ("stall", 1),
        ("stall", 3000),
        ("xoff", 900),
    ],
)
def test_a_device_that_goes_away_in_the_middle(tmp_path: Path, words: str, after: int) -> None:
    """The till would wait for ever, or call it printed."""
    with bench(tmp_path, options="&flow=xonxoff" if words == "xoff" else "") as b:
        b.ready()
        b.inject(f"{words} {after}")
        done = b.print("one")
        assert done.outcome is UNKNOWN
        assert words == "unplug" or b.twin.receipts == []  # unplugged, it still prints what it has


@pytest.mark.parametrize("words", ["no_confirmation", "foreign_id"])
def test_without_its_own_confirmation_a_receipt_is_not_printed(tmp_path: Path, words: str) -> None:
    """Another job's confirmation would be taken for this one's."""
    with bench(tmp_path) as b:
        b.ready()
        b.inject(words)
        done = b.print("one")
        assert (done.outcome, done.reason) == (UNKNOWN, "no_confirmation")
        b.inject("normal")
        assert b.print("two").outcome is PRINTED


def test_a_doubled_confirmation_counts_once(tmp_path: Path) -> None:
    """The second one would confirm the next receipt before it is printed."""
    with bench(tmp_path) as b:
        b.ready()
        b.inject("double_id")
        assert b.print("one").outcome is PRINTED
        b.inject("no_confirmation")
        b.driver.submit("two", receipt())
        assert b.twin.wait(lambda: len(b.twin.printed_ids) == 2)
        assert b.ended("two").outcome is UNKNOWN
        assert [message.job_id for message in b.mail.of(PrintFinished)] == ["one", "two"]


def test_a_late_confirmation_is_too_late(tmp_path: Path) -> None:
    """It would confirm a job that was given up, or the next one."""
    with bench(tmp_path) as b:
        b.ready()
        b.inject("late 1500")
        assert b.print("one").outcome is UNKNOWN
        b.inject("late 0")
        assert b.print("two").outcome is PRINTED
        assert len(b.mail.of(PrintFinished)) == 2


def test_answers_byte_by_byte(tmp_path: Path) -> None:
    """A slow adapter would make every receipt unknown."""
    with bench(tmp_path, timings=STEADY) as b:
        b.inject("split")
        assert b.print("one").outcome is PRINTED


def test_a_slow_line(tmp_path: Path) -> None:
    """A receipt at 9600 baud would be given up while it is still printing."""
    with bench(tmp_path, timings=STEADY, baud=9600) as b:
        b.ready()
        b.inject("slow 9600")
        assert b.print("one").outcome is PRINTED


def test_no_flow_control_and_too_small_a_buffer(tmp_path: Path) -> None:
    """Bytes fall on the floor and the till would call the rest a receipt."""
    with bench(tmp_path) as b:
        b.ready()
        b.inject("overheated 50")
        b.inject("overrun 128")
        done = b.print("one")
        assert done.outcome is UNKNOWN
        assert b.twin.lost_bytes > 0


def test_heat_passes_and_the_receipt_is_printed(tmp_path: Path) -> None:
    """A long day's receipts would all become unknown."""
    with bench(tmp_path, timings=STEADY) as b:
        b.ready()
        b.inject("overheated 500")
        b.driver.submit("one", receipt())
        assert b.twin.wait(lambda: b.twin.hanging() != ())
        b.inject("cooled")
        assert b.ended("one").outcome is PRINTED


def test_off_and_on_in_the_middle(tmp_path: Path) -> None:
    """The buffer is lost with the power: the till would wait for a confirmation that never comes, or get a wrong one."""
    with bench(tmp_path, timings=STEADY) as b:
        b.ready()
        b.inject("overheated 300")
        b.driver.submit("one", receipt())
        assert b.twin.wait(lambda: b.twin.hanging() != ())
        b.inject("power_off")
        b.inject("cooled")
        b.inject("power_on")
        done = b.ended("one")
        assert (done.outcome, done.reason) == (UNKNOWN, "restarted")
        assert b.print("two").outcome is PRINTED


def test_jobs_are_done_one_after_the_other(tmp_path: Path) -> None:
    """Two receipts would be mixed on one paper."""
    with bench(tmp_path, timings=STEADY) as b:
        for number in range(5):
            b.driver.submit(f"job-{number}", receipt(number=number + 1))
        assert [b.ended(f"job-{number}").outcome for number in range(5)] == [PRINTED] * 5
        numbers = [row for sheet in range(5) for row in b.twin.text(sheet) if row.startswith("Ticket")]
        assert numbers == [f"Ticket nº {number + 1:06d}" for number in range(5)]


def test_too_many_jobs_are_refused_and_none_is_lost(tmp_path: Path) -> None:
    """A stuck printer would fill the memory, or a job would never be answered."""
    with bench(tmp_path) as b:
        b.ready()
        b.inject("stall")
        for number in range(80):
            b.driver.submit(f"job-{number}", receipt())
        refused = [message for message in b.mail.of(PrintFinished) if message.reason == "queue_full"]
        assert len(refused) >= 20
    assert len({message.job_id for message in b.mail.of(PrintFinished)}) == 80
    assert len(b.mail.of(PrintFinished)) == 80


def test_a_printer_that_answers_in_stream_order_only(tmp_path: Path) -> None:
    """A nameless printer's receipts would never be more than unknown, or be called printed without proof."""
    with bench(tmp_path, options="&profile=clone-80", timings=STEADY) as b:
        done = b.print("one")
        assert done.outcome is PROBABLE
        assert b.twin.printed_ids == []
        b.inject("paper_out 900")
        assert b.print("two").outcome is UNKNOWN


def test_a_printer_that_cannot_answer(tmp_path: Path) -> None:
    """It would never be used at all."""
    with bench(tmp_path, options="&profile=mute-80") as b:
        b.inject("mute")
        done = b.print("one")
        assert (done.outcome, done.reason) == (UNKNOWN, "cannot_answer")
        assert b.twin.wait(lambda: len(b.twin.receipts) == 1)
        b.driver.kick("drawer")
        assert b.mail.wait(DrawerKicked).outcome is UNKNOWN


def test_the_drawer_opens_once_and_not_with_a_copy(tmp_path: Path) -> None:
    """Reprinting a receipt would open the drawer."""
    with bench(tmp_path, timings=STEADY) as b:
        b.driver.kick("drawer")
        assert b.mail.wait(DrawerKicked) == DrawerKicked("drawer", PROBABLE)
        assert b.twin.drawer_kicks == 1
        b.print("one")
        b.print("two", receipt(copy=1))
        assert b.twin.drawer_kicks == 1
        b.inject("paper_out")
        b.driver.kick("again")
        assert b.mail.wait(DrawerKicked) == DrawerKicked("again", REFUSED)
        assert b.twin.drawer_kicks == 1


def test_absent_then_there_then_gone_then_elsewhere(tmp_path: Path) -> None:
    """A cable that was pulled would need a technician."""
    with bench(tmp_path, start=False) as b:
        b.twin.unplug()
        b.driver.start()
        b.health(DeviceState.ABSENT)
        assert b.print("one").reason == "absent"
        b.twin.replug()
        b.ready()
        assert b.print("two").outcome is PRINTED
        b.twin.unplug()
        b.health(DeviceState.LOST)
        assert b.print("three").outcome is REFUSED
        b.twin.replug(tmp_path / "elsewhere")
        os.symlink(tmp_path / "elsewhere", tmp_path / "printer")  # as udev would name the same device again
        b.ready()
        assert b.print("four").outcome is PRINTED
        os.unlink(tmp_path / "printer")


def test_another_device_on_the_same_port(tmp_path: Path) -> None:
    """A scanner that was plugged in instead would “print”."""
    from kiosk.devices.virtual import VirtualScanner

    with bench(tmp_path) as b:
        b.ready()
        b.twin.unplug()
        b.health(DeviceState.LOST)
        with VirtualScanner(link=tmp_path / "printer"):
            b.health(DeviceState.ATTENTION, "no_answer")
            assert b.print("one").outcome is REFUSED


def test_a_port_that_another_program_holds(tmp_path: Path) -> None:
    """Two programs would share a printer and each lose half of its answers."""
    with bench(tmp_path) as first:
        first.ready()
        with_second = Bench(first.twin, _driver_like(first, tmp_path), first.mail)
        try:
            first.mail.wait(DeviceHealth, lambda message: message.reason == "in_use")
            assert with_second.print("one").outcome is REFUSED
        finally:
            with_second.driver.stop()


def _driver_like(b: Bench, folder: Path) -> EscposPrinter:
    address = parse_device_address(f"serial://{folder}/printer?baud=115200")
    driver = EscposPrinter(address, post=b.mail, clock=SystemClock(), timings=QUICK)
    driver.start()
    return driver


def test_half_a_job_of_a_killed_program_is_forgotten(tmp_path: Path) -> None:
    """After a crash the next customer's receipt would begin with somebody else's."""
    with bench(tmp_path, start=False, timings=STEADY) as b:
        with open(tmp_path / "printer", "wb", buffering=0) as port:
            port.write(b"\x1b@\x1bt\x10\x1dv0\x00\x40\x00\x40\x00" + b"\x00" * 100)  # dies inside a raster
        b.driver.start()
        assert b.print("one").outcome is PRINTED
        assert "Ticket nº 000042" in b.twin.text(-1)


def test_a_document_that_nobody_can_print_does_not_end_the_printer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One wrong receipt would stop all printing until a restart."""
    with bench(tmp_path, timings=STEADY) as b:
        b.ready()
        b.driver.submit("bad", Document("t", (Row("x", None),)))  # type: ignore[arg-type] # that is the point
        done = b.ended("bad")
        assert (done.outcome, done.reason, done.bytes_sent) == (REFUSED, "fault", 0)
        b.ready()
        assert b.print("good", Document("t", (Text("é"),))).outcome is PRINTED
    assert "fault in the driver" in caplog.text


def test_the_copy_is_inverse_on_paper(tmp_path: Path) -> None:
    """DUPLICATA would be a word like any other."""
    with bench(tmp_path, timings=STEADY) as b:
        assert b.print("one", receipt(copy=2)).outcome is PRINTED
        assert b"\x1dB\x01" in b.twin.receipts[0]
        assert b.twin.text(0)[0] == " DUPLICATA nº 2"
        assert find_profile("TM-T88V").columns.normal == 42
