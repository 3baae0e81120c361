"""Puts ``assets/`` into the wheel as ``kiosk/assets``; everything else about the build stands in ``pyproject.toml``."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithAssets(build_py):
    """The usual step, then a copy of the assets. An editable install copies nothing: it finds the checkout's folder."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for source, target in self._assets():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:  # noqa: FBT001, FBT002 - setuptools' signature
        """Every file made, so that the wheel's record is complete."""
        outputs = list(super().get_outputs(include_bytecode))
        return outputs if self.editable_mode else outputs + [target for _, target in self._assets()]

    def _assets(self) -> list[tuple[str, str]]:
        sources = sorted(path for path in Path("assets").rglob("*") if path.is_file())
        return [(str(path), str(Path(self.build_lib, "kiosk", path))) for path in sources]


setup(cmdclass={"build_py": BuildWithAssets})
