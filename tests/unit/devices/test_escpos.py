"""The bytes of a job: understood to the last one, harmless, the same every time."""

import random
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.devices.printing.escpos import HAZARD, build_job, confirmation
from kiosk.devices.printing.jobs import PrintJob
from kiosk.devices.printing.profiles import Confirm, Profile, UnknownProfileError, find_profile, load_profiles
from kiosk.devices.virtual.printer_engine import PrinterEngine
from kiosk.errors import Bug
from kiosk.receipt.document import Align, Barcode, Document, Element, Qr, Row, Size, Text, Weight
from tests.helpers.receipts import SAMPLES, receipt

T88 = find_profile("TM-T88V")
EVIL = "\x1bp\x00\x19\xfa\x10\x14\x01\x00\x05\x1dV\x00 🎉 東京 \u202e\u202f" + "x" * 200


def _print(job: bytes) -> PrinterEngine:
    engine = PrinterEngine()
    engine.feed(job)
    engine.work()
    return engine


@pytest.mark.parametrize("profile", load_profiles().values(), ids=lambda profile: profile.name)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_printer_that_knows_every_command_knows_ours(profile: Profile, name: str) -> None:
    """A stray byte would print signs on every customer's receipt."""
    engine = _print(build_job(SAMPLES[name], profile, b"ab 1"))
    assert engine.unknown == ""
    assert engine.real_time == []
    assert engine.drawer_kicks == 0
    assert len(engine.sheets) == (1 if profile.cutter else 0)
    assert engine.printed_ids == ([b"ab 1"] if profile.confirm is Confirm.PROCESS_ID else [])


def test_a_job_begins_with_one_code_page_and_ends_with_the_cut_and_its_id() -> None:
    """The euro sign would be another letter after a power cut, or the end of a job could not be known."""
    job = build_job(receipt(), T88, b"ab 1")
    assert job.startswith(b"\x1b@\x1bt\x10\x1da\xff")
    assert job.endswith(b"\x1dVB\x00\x1d(H\x06\x00\x30\x30ab 1")
    assert job.count(b"\x1bt") == 1
    assert "50,00 €".encode("cp1252") in job


@given(
    st.lists(
        st.one_of(
            st.builds(
                Text, st.text(max_size=80), st.sampled_from(Align), st.sampled_from(Size), st.sampled_from(Weight)
            ),
            st.builds(Row, st.text(max_size=40), st.text(max_size=12)),
            st.builds(Barcode, st.from_regex(r"[0-9]{2,20}", fullmatch=True)),
            st.builds(Qr, st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=120)),
        ),
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_no_document_can_make_the_printer_do_anything_else(elements: Sequence[Element]) -> None:
    """A product's name or a number would open the drawer, or answer in the middle of a receipt."""
    engine = _print(build_job(Document("t", tuple(elements)), T88, b"ab 1"))
    assert (engine.unknown, engine.real_time, engine.drawer_kicks, len(engine.sheets)) == ("", [], 0, 1)


def test_a_product_name_full_of_commands() -> None:
    """Whoever names a product could open the drawer."""
    engine = _print(build_job(Document("t", (Text(EVIL), Row(EVIL, "1,00 €"))), T88, b"ab 1"))
    assert (engine.unknown, engine.real_time, engine.drawer_kicks) == ("", [], 0)


def test_the_number_that_holds_a_command() -> None:
    """Digit pairs 16 04 01 in a printer's own Code 128 are a status request in the middle of the job."""
    job = build_job(Document("t", (Barcode("16040116200100051605022"),)), T88, b"ab 1")
    assert HAZARD.search(job) is None


def test_rasters_with_real_time_commands_are_changed_by_a_dot() -> None:
    """A QR code would clear the printer's buffers: one in five pictures of this size holds such bytes."""
    chance = random.Random(7)
    jobs = [
        build_job(Document("t", (Qr("".join(chance.choice("ABCDEF0123456789") for _ in range(200))),)), T88, b"ab 1")
        for _ in range(40)
    ]
    assert all(HAZARD.search(job) is None for job in jobs)


@pytest.mark.parametrize("profile", load_profiles().values(), ids=lambda profile: profile.name)
def test_our_profiles_agree_with_the_librarys(profile: Profile) -> None:
    """A wrong page number prints Greek for the euro sign."""
    from escpos.capabilities import get_profile

    theirs = get_profile(profile.base).profile_data
    page = profile.codec.upper()
    assert theirs["codePages"][str(profile.page)].upper() == page
    width = theirs["media"]["width"]["pixels"]
    assert width == "Unknown" or int(width) >= profile.dots
    assert profile.columns.normal * 12 <= profile.dots
    assert profile.columns.small * 9 <= profile.dots
    assert not profile.cutter or theirs["features"]["paperPartCut"]


def test_a_profile_that_does_not_exist_names_those_that_do() -> None:
    """A technician would have to guess."""
    with pytest.raises(UnknownProfileError, match="TM-T88V"):
        find_profile("TM-T8")


def test_process_ids() -> None:
    """The confirmation of one receipt would be taken for another's."""
    ids = {PrintJob(f"job-{n}", Document("t", ())).process_id for n in range(5000)}
    assert len(ids) == 5000
    assert all(re.fullmatch(rb"[\x21-\x7e]{4}", found) for found in ids)
    with pytest.raises(Bug):
        confirmation(b"\x00abc")


def test_the_same_job_gives_the_same_bytes() -> None:
    """A golden could not be compared."""
    assert build_job(receipt(), T88, b"ab 1") == build_job(receipt(), T88, b"ab 1")
