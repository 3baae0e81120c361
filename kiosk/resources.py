"""Finds the files of ``assets/``: beside the package in a checkout, inside it in an installed wheel (``setup.py`` puts them there).

Not responsible for reading or caching them, nor for files of a terminal's own (``kiosk.settings`` knows the data directory).
"""

from pathlib import Path

from kiosk.errors import Bug

_PACKAGE = Path(__file__).resolve().parent


def assets_dir(package: Path = _PACKAGE) -> Path:
    """The folder of all assets. Raises ``Bug`` when it was not shipped. ``package`` is the folder of the ``kiosk`` package."""
    installed = package / "assets"
    if installed.is_dir():
        return installed
    checkout = package.parent / "assets"
    # an unrelated folder beside site-packages must not be taken for ours
    if checkout.is_dir() and (package.parent / "pyproject.toml").is_file():
        return checkout
    raise Bug(f"the assets were not shipped: neither {installed} nor {checkout} exists")


def asset(*parts: str) -> Path:
    """One file or folder of the assets: ``asset("icons", "printer.svg")``. Raises ``Bug`` when it was not shipped."""
    path = assets_dir().joinpath(*parts)
    if not path.exists():
        raise Bug(f"no such asset: {'/'.join(parts)}")
    return path
