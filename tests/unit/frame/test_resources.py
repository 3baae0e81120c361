"""Assets are found in a checkout and in an installed wheel, and nowhere else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kiosk.errors import Bug
from kiosk.resources import asset, assets_dir


def test_assets_of_the_checkout_are_found(repository: Path) -> None:
    """Without them there would be no series to sell and no icon to press."""
    assert assets_dir() == repository / "assets"
    assert asset("series").is_dir()


def test_an_absent_asset_is_a_bug() -> None:
    """A mistake in what was shipped must stop the program with its name and not show an empty button."""
    with pytest.raises(Bug, match="icons/no-such"):
        asset("icons", "no-such.svg")


def test_an_installed_package_carries_its_own(tmp_path: Path) -> None:
    """An installed till has no checkout beside it."""
    (tmp_path / "kiosk" / "assets").mkdir(parents=True)
    assert assets_dir(tmp_path / "kiosk") == tmp_path / "kiosk" / "assets"


def test_a_strangers_folder_is_not_taken_for_ours(tmp_path: Path) -> None:
    """Another program's folder named assets lies beside installed packages now and then."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "kiosk").mkdir()
    with pytest.raises(Bug, match="not shipped"):
        assets_dir(tmp_path / "kiosk")


@pytest.mark.slow
def test_the_wheel_contains_every_asset_and_migration(tmp_path: Path, repository: Path) -> None:
    """A wheel without its pictures and series would start once and never sell; without its migrations it would make no database."""
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(repository / name, source)
    shutil.copytree(repository / "kiosk", source / "kiosk", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(repository / "assets", source / "assets")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(source)], check=True, capture_output=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {name for name in names if name.startswith("kiosk/assets/")}
    present = {f"kiosk/{path.relative_to(source)}" for path in (source / "assets").rglob("*") if path.is_file()}
    assert shipped == present != set()
    migrations = {path.relative_to(source).as_posix() for path in (source / "kiosk").rglob("*.sql")}
    assert {name for name in names if name.endswith(".sql")} == migrations != set()
