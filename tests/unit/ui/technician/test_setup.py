"""The technician's choices: what is asked of the machine for each, what is saved, and what the page says."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from kiosk.i18n.language import Language
from kiosk.settings import (
    AuthoritySettings,
    DeviceAddress,
    DeviceSettings,
    Settings,
    parse_device_address,
    parse_settings,
    render_settings,
)
from kiosk.till.messages import DeviceState, PaperLevel
from kiosk.ui.presenters.technician.devices import view
from kiosk.ui.presenters.technician.setup import (
    Ask,
    BadPort,
    Choose,
    Clear,
    Draft,
    FieldName,
    Intent,
    Press,
    Request,
    Save,
    Select,
    TechnicianState,
    Try,
    Use,
    address_of,
    begin,
    changed,
)
from kiosk.ui.technician_port import (
    PortChoice,
    Role,
    RoleSeen,
    Saving,
    TechnicianSeen,
    TestResult,
    TraceRow,
    Verdict,
)
from tests.helpers.customer import language

PRINTER = "serial:///dev/serial/by-id/usb-EPSON?baud=19200&flow=xonxoff&profile=TM-T20II"
DEVICES = DeviceSettings(printer=parse_device_address(PRINTER))


@pytest.fixture(scope="module")
def french() -> Language:
    return language("fr")


def state(devices: DeviceSettings = DEVICES, seen: TechnicianSeen | None = None) -> TechnicianState:
    return TechnicianState(
        setup=begin(devices),
        seen=seen or TechnicianSeen(),
        shop="Tabac de la Gare",
        till="Caisse 1",
        version="kiosk 0.1.0",
        profiles=("TM-T88V", "TM-T20II"),
    )


def told(**seen: object) -> TechnicianSeen:
    return TechnicianSeen(roles=MappingProxyType({Role.PRINTER: RoleSeen(**seen)}))  # type: ignore[arg-type]  # fields by name


def after(start: TechnicianState, *intents: Intent) -> tuple[TechnicianState, list[Request]]:
    requests: list[Request] = []
    for intent in intents:
        setup, asked = changed(start, intent)
        start = replace(start, setup=setup)
        requests += asked
    return start, requests


def test_what_the_settings_say_comes_back_unchanged() -> None:
    """Opening the page and saving would change a device that worked."""
    _, requests = after(state(), Press.SAVE)
    (save,) = requests
    assert isinstance(save, Save)
    assert str(save.choices.printer) == str(parse_device_address(PRINTER))
    assert save.choices.scanner is None


@pytest.mark.parametrize(
    ("port", "address"),
    [
        ("/dev/ttyUSB0", "serial:///dev/ttyUSB0?baud=9600&profile=TM-T88V"),
        ("COM3", "serial://COM3?baud=9600&profile=TM-T88V"),
        ("192.168.1.20:9100", "socket://192.168.1.20:9100?profile=TM-T88V"),
    ],
)
def test_a_written_port_becomes_an_address_that_the_settings_can_hold(port: str, address: str) -> None:
    """The page would save what the next start refuses."""
    made = address_of(Role.PRINTER, Draft(port=port))
    assert str(made) == address
    settings = Settings(
        authority=AuthoritySettings(address="https://a.example", public_name="a.example"),
        devices=DeviceSettings(printer=parse_device_address(address)),
    )
    assert parse_settings(render_settings(settings)) == settings


@pytest.mark.parametrize("port", ["printer", "ttyUSB0", "/dev/tty USB", "/dev/x?baud=1", "host:99999", "/dev/x#y"])
def test_a_text_that_names_no_port_is_refused_before_it_is_saved(port: str, french: Language) -> None:
    """The till would not start the next morning."""
    assert address_of(Role.PRINTER, Draft(port=port)) is BadPort.BAD
    bad, requests = after(state(), Choose(FieldName.PORT, port), Press.SAVE)
    assert requests == []
    shown = view(bad, french)
    assert not shown.may_save
    assert "/dev/ttyUSB0" in shown.wrong


def test_a_choice_takes_effect_at_once_and_is_saved_later(french: Language) -> None:
    """The technician would test the old speed, or lose the new one without a word."""
    changed_state, requests = after(state(), Choose(FieldName.SPEED, "9600"))
    (use,) = requests
    assert isinstance(use, Use)
    assert use.address is not None
    assert use.address.baud == 9600
    assert view(changed_state, french).saved == "Réglages modifiés, pas encore enregistrés."
    saved, _ = after(changed_state, Press.SAVE)
    saved = replace(saved, seen=TechnicianSeen(saving=Saving(1)))
    assert view(saved, french).saved_tone == "success"
    failed = replace(saved, seen=TechnicianSeen(saving=Saving(2, "SET-02")))
    assert "SET-02" in view(failed, french).saved


def test_choosing_the_same_again_asks_for_nothing() -> None:
    """Leaving a field would restart the printer each time."""
    assert after(state(), Choose(FieldName.PORT, "/dev/serial/by-id/usb-EPSON"))[1] == []


def test_a_wired_terminal_without_its_wire_is_not_saved() -> None:
    """The settings would name a terminal that no driver can serve, and the till would not start."""
    start = replace(state(), setup=replace(begin(DEVICES), selected=Role.BANKCARD))
    _, requests = after(start, Choose(FieldName.MODE, "simulated"), Press.SAVE)
    save = requests[-1]
    assert isinstance(save, Save)
    assert (save.choices.bankcard_mode, save.choices.bankcard) == (None, None)
    _, requests = after(start, Choose(FieldName.MODE, "manual"), Press.SAVE)
    save = requests[-1]
    assert isinstance(save, Save)
    assert save.choices.bankcard_mode == "manual"


def test_the_keys_ask_for_what_they_say() -> None:
    """A key of the page would do nothing, or something to another device."""
    _, requests = after(
        state(), Press.TEST, Press.KICK, Press.DETECT, Select(Role.SCANNER), Press.TEST, Press.CLEAR, Press.QUIT
    )
    assert requests == [
        Try(Role.PRINTER), Ask.KICK, Ask.LIST, Try(Role.SCANNER), Clear(Role.SCANNER), Ask.QUIT,
    ]  # fmt: skip


def test_a_paused_trace_stands_still(french: Language) -> None:
    """The row that the technician reads would run away."""
    first = TraceRow(0, True, "1B 40", "ESC @", "initialize", "")
    second = TraceRow(5, False, "16", "0001 0110", "online", "")
    start = state(seen=told(trace=(first,)))
    held, _ = after(start, Press.PAUSE)
    held = replace(held, seen=told(trace=(first, second)))
    assert len(view(held, french).lines) == 1
    going, _ = after(held, Press.PAUSE)
    assert [line.meaning for line in view(going, french).lines] == ["initialiser", "prête"]


@pytest.mark.parametrize(
    ("seen", "chip", "said"),
    [
        (RoleSeen(state=DeviceState.READY, paper=PaperLevel.OK), "Prêt", ""),
        (RoleSeen(state=DeviceState.READY, result=TestResult(Verdict.PASSED, 5)), "Prêt", "Test réussi en 5\u00a0ms"),
        (RoleSeen(state=DeviceState.ABSENT, reason="absent"), "Absent", "détectez les ports"),
        (RoleSeen(state=DeviceState.DENIED, reason="in_use"), "Bloqué", "Un autre programme"),
        (RoleSeen(state=DeviceState.DENIED, reason="no_permission"), "Bloqué", "dialout"),
        (RoleSeen(state=DeviceState.ATTENTION, reason="no_answer"), "Muet", "Vérifiez le câble, puis la vitesse"),
        (RoleSeen(state=DeviceState.ATTENTION, reason="paper_out"), "À voir", "Mettez un rouleau"),
        (RoleSeen(state=DeviceState.LOST, reason="strange"), "Débranché", "strange"),
        (RoleSeen(state=DeviceState.READY, result=TestResult(Verdict.SILENT, 15_000)), "Prêt", "15\u00a0s"),
        (RoleSeen(state=DeviceState.READY, result=TestResult(Verdict.PROBABLE, 9)), "Prêt", "Regardez le papier"),
        (
            RoleSeen(state=DeviceState.ATTENTION, reason="paper_out", result=TestResult(Verdict.PASSED, 5)),
            "À voir",
            "Mettez un rouleau",
        ),
    ],
)
def test_every_state_says_what_to_do(seen: RoleSeen, chip: str, said: str, french: Language) -> None:
    """The technician would stand before a code, or before a green word about a printer without paper."""
    shown = view(state(seen=TechnicianSeen(roles=MappingProxyType({Role.PRINTER: seen}))), french)
    (printer,) = [role for role in shown.roles if role.role is Role.PRINTER]
    assert printer.chip == chip
    assert said in shown.result
    assert bool(shown.result) == bool(said)


def test_an_open_port_is_not_a_working_scanner(french: Language) -> None:
    """« Prêt » over a cable that ends nowhere would send the technician home."""
    ready = RoleSeen(state=DeviceState.READY)
    roles = {Role.SCANNER: ready, Role.DISPLAY: replace(ready, result=TestResult(Verdict.LOOK, 3, "ESSAI 1"))}
    shown = view(state(seen=TechnicianSeen(roles=MappingProxyType(roles))), french)
    chips = {role.role: role.chip for role in shown.roles}
    assert chips[Role.SCANNER] == "À tester"
    assert chips[Role.DISPLAY] == "Prêt"


def test_ports_are_listed_by_what_a_person_recognises(french: Language) -> None:
    """Two ports would look alike, or the unstable name would be saved."""
    ports = (PortChoice("/dev/serial/by-id/usb-A", "/dev/ttyUSB0 — FTDI"),)
    shown = view(state(seen=TechnicianSeen(ports=ports, listed_at_ms=0)), french)
    (port,) = [one for one in shown.fields if one.name is FieldName.PORT]
    assert port.choices == (("/dev/serial/by-id/usb-A", "/dev/ttyUSB0 — FTDI"),)
    assert "1\u00a0port série trouvé" in shown.found
    assert view(state(seen=TechnicianSeen(ports=())), french).found.startswith("Aucun port série")


def test_a_network_printer_has_no_speed(french: Language) -> None:
    """The technician would look for the speed of a cable that has none."""
    devices = DeviceSettings(printer=DeviceAddress("socket", "192.168.1.20:9100"))
    shown = {one.name: one.shown for one in view(state(devices), french).fields}
    assert shown[FieldName.PORT]
    assert not shown[FieldName.SPEED]
