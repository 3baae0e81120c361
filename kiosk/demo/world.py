"""The demonstration's world in one folder: authority, workbench and till as three processes, enrolled and supplied with cards.

``open`` builds it, ``close`` stops every process in order, whatever happened. Not responsible for what is done in it
(``tour``, or a person).
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from kiosk.bootstrap.terminal import CLERKS_NAME, catalogue
from kiosk.demo.control import ControlClient, ControlServer
from kiosk.demo.operator import Operator, OperatorError
from kiosk.demo.processes import Child
from kiosk.demo.scheme import PUBLIC_NAME, SHOP, TILL_NAME, Scheme, allow_promises, make_scheme
from kiosk.settings import AuthoritySettings, DeviceAddress, DeviceSettings, Settings, ShopSettings, save_settings
from kiosk.sync.identity import load_identity
from kiosk.till.pins import ClerkRecord, clerks_toml, hash_pin
from kiosk.till.state import Clerk

OTHER_CATALOGUE: Final = {"euro": "franc-2001", "franc-2001": "euro"}
# known to everybody who reads this: they open a demonstration's till and nothing else, and are shown by the workbench
CLERKS: Final = (("nadia", "Nadia B.", "clerk", "2846"), ("karim", "Karim L.", "clerk", "7391"))
MANAGER: Final = ("sophie", "Sophie M.", "manager", "6205")
ENROL_TIMEOUT_S: Final = 30.0


def record_of(operator: Operator, line_id: str) -> str:
    """The authority's own word on a line: unseen · reserved · committed · refused · cancelled · voided."""
    try:
        found = operator.call("line", line_id)["lines"]
    except OperatorError as error:
        if "no terminal ever spoke" in str(error):
            return "unseen"
        raise
    assert isinstance(found, list)
    return str(found[0]["record"])


class World:
    """The demonstration in ``folder``, which is emptied first. ``series`` names the catalogue that is sold."""

    def __init__(self, folder: Path, *, series: str, language: str = "fr") -> None:
        self.folder = folder
        self.series = series
        self.language = language
        self.catalogue = catalogue(series)
        self.operator = Operator(folder / "authority")
        self.till_folder = folder / "till"
        self.bench_folder = folder / "workbench"
        self.scheme: Scheme
        self.workbench: ControlClient
        self._children: list[Child] = []
        self.till: Child | None = None
        self.terminal_id = ""
        self._killed_here = False
        self._control: ControlServer | None = None

    def open(self, *, windows: bool) -> None:
        """Build everything up to an enrolled till that is not started yet. ``windows``: the workbench shows itself."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (self.folder, self.till_folder, self.bench_folder):
            folder.mkdir(mode=0o700, parents=True)
        self.scheme = make_scheme(self.operator, self.catalogue, catalogue(OTHER_CATALOGUE[self.series]))
        self.scheme.save(self.bench_folder)
        authority = self._start(
            "authority", "kiosk", "authority", "serve", "--port", "0", "--data", str(self.operator.folder)
        )
        port = authority.wait_ready().rpartition(":")[2]
        if windows:
            self._serve_workbench()
        self._start_workbench(int(port), windows=windows)
        self._set_up_till()
        self._enrol()
        allow_promises(self.operator, self.catalogue.currency.code)

    def start_till(self, *, stage: bool) -> Child:
        """Start the till's process: the clerk's face; with ``stage`` it has a hand that can be told what to press."""
        module = ("kiosk.demo.stage",) if stage else ("kiosk", "run")
        self.till = self._start("till", *module, "--data", str(self.till_folder))
        self.till.wait_ready()
        return self.till

    def _serve_workbench(self) -> None:
        """Let the workbench's buttons kill the till and start it again."""
        commands = {"kill_till": self._kill_till, "start_till": self._start_again}
        self._control = ControlServer(self.bench_folder / "demo.sock", commands)

    def wait_for_end(self) -> None:
        """Until the till's window was closed by hand, or the workbench is gone."""
        workbench = self._children[1]
        while workbench.running:
            till = self.till
            if till is None or self._killed_here:
                workbench.wait_a_while()
            elif till.wait_a_while():
                return

    def close(self) -> None:
        """Stop till, workbench and authority, in this order."""
        if self._control is not None:
            self._control.close()
        for child in reversed(self._children):
            child.stop()
        self._children.clear()

    def line_at_authority(self, line_id: str) -> str:
        """The authority's own record of a line: unseen · reserved · committed · refused · cancelled · voided."""
        return record_of(self.operator, line_id)

    # ---- inside

    def _kill_till(self) -> None:
        if self.till is not None and self.till.running:
            self._killed_here = True
            self.till.kill()

    def _start_again(self) -> None:
        if self.till is None or not self.till.running:
            self.start_till(stage=False)
            self._killed_here = False

    def _start(self, name: str, *arguments: str) -> Child:
        child = Child(name, arguments, log=self.folder / "log" / f"{name}.txt")
        self._children.append(child)
        return child

    def _start_workbench(self, authority_port: int, *, windows: bool) -> None:
        people = [{"name": name, "role": role, "pin": pin} for _, name, role, pin in (*CLERKS, MANAGER)]
        config = {"authority_port": authority_port, "language": self.language, "clerks": people}
        path = self.bench_folder / "workbench.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config) + "\n", "utf-8")
        shown = () if windows else ("--headless",)
        child = self._start("workbench", "kiosk.demo.workbench", "--dir", str(self.bench_folder), *shown)
        ready = dict(word.split("=", 1) for word in child.wait_ready().split()[1:])
        self.workbench = ControlClient(self.bench_folder / "workbench.sock")
        self._devices = {name: Path(path) for name, path in ready.items() if name != "proxy"}
        self._proxy_port = int(ready["proxy"])

    def _set_up_till(self) -> None:
        def port(name: str) -> DeviceAddress:
            return DeviceAddress("serial", str(self._devices[name]), 19_200)

        settings = Settings(
            authority=AuthoritySettings(address=f"http://127.0.0.1:{self._proxy_port}", public_name=PUBLIC_NAME),
            currency=self.catalogue.currency.code,
            series=self.series,
            language=self.language,
            shop=ShopSettings(till=TILL_NAME),
            devices=DeviceSettings(
                printer=port("printer"),
                scanner=port("scanner"),
                display=port("display"),
                bankcard="simulated",
                bankcard_port=port("bankcard"),
            ),
        )
        save_settings(self.till_folder, settings)
        people = [ClerkRecord(Clerk(who, name, role), hash_pin(pin)) for who, name, role, pin in (*CLERKS, MANAGER)]
        path = self.till_folder / CLERKS_NAME
        path.touch(mode=0o600)
        path.write_text(clerks_toml(people), "utf-8")

    def _enrol(self) -> None:
        code = str(self.operator.call("enrol-code", "--shop", SHOP, "--till", TILL_NAME)["code"])
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", "enrol", "--keystore", "demonstration", "--data", str(self.till_folder)],
            input=code + "\n",
            capture_output=True,
            text=True,
            timeout=ENROL_TIMEOUT_S,
            check=False,
        )
        enrolled = load_identity(self.till_folder)
        if done.returncode != 0 or enrolled is None:
            raise OperatorError(f"kiosk enrol: {done.stderr.strip()}")
        self.terminal_id = enrolled.terminal_id
        self.operator.call("bind", *self.scheme.packs, "--terminal", self.terminal_id)
