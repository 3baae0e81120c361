"""``kiosk run --face technician``: the page that sets the devices up, and what is needed to show it.

Sales are suspended: it is another process than the till, which must let go of its ports first. Not responsible for the devices
(``technician_devices``) nor for the page (``kiosk.ui.technician_face``).
"""

import sys
from pathlib import Path

from kiosk.bootstrap.technician_devices import TechnicianDevices
from kiosk.bootstrap.terminal import software_version
from kiosk.clock import SystemClock, SystemIds
from kiosk.devices.printing.profiles import load_profiles
from kiosk.log import open_log
from kiosk.settings import Settings, load_settings


def run_technician(folder: Path) -> int:
    """Run the page until its window is closed or SIGTERM comes. Raises ``Trouble`` SET-01 when the settings cannot be read."""
    settings = load_settings(folder)
    with open_log(folder / "log", name="technician"):
        return _show(folder, settings)


def _show(folder: Path, settings: Settings) -> int:
    from PySide6.QtWidgets import QApplication

    from kiosk.bootstrap.faces import languages
    from kiosk.bootstrap.signals import Signals
    from kiosk.resources import asset
    from kiosk.ui.bridge import Bridge
    from kiosk.ui.fonts import load_fonts
    from kiosk.ui.technician_face import TechnicianFace
    from kiosk.ui.theme import ThemeName, apply_theme, load_theme

    app = QApplication([sys.argv[0]])
    load_fonts(asset("fonts"))
    apply_theme(app, load_theme(asset("themes"), ThemeName(settings.theme)))
    clock = SystemClock()
    bridge = Bridge()
    devices = TechnicianDevices(folder, settings, publish=bridge.publish, clock=clock, ids=SystemIds(clock))
    face = TechnicianFace(
        devices,
        settings=settings,
        language=languages()[settings.language],
        version=software_version(),
        profiles=tuple(load_profiles()),
    )
    bridge.arrived.connect(face.show_seen)
    signals = Signals(app)
    devices.start()
    try:
        face.show()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        return int(app.exec())
    finally:
        devices.stop()
        signals.close()
