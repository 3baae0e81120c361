"""The examples of the client's page run, one after another, against a really served authority in test mode."""

import re
from pathlib import Path

import pytest

import kiosk_merchant
from kiosk.domain.scenarios import Scenario, scenario_serial
from tests.helpers.paying_site import TEST_KEY_ID, make_paying_site
from tests.helpers.served import PUBLIC_NAME, served

pytestmark = pytest.mark.slow


def test_the_examples_run(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A merchant starts from the example: it must work before anything is changed."""
    site = make_paying_site(tmp_path / "authority", active=1)
    text = (repository / "clients" / "python" / "README.md").read_text("utf-8")
    with served(site.folder, environ=site.environ) as running:
        environ = {
            "KIOSK_ADDRESS": f"http://127.0.0.1:{running.port}",
            "KIOSK_NAME": PUBLIC_NAME,
            "KIOSK_KEY_ID": TEST_KEY_ID,
            "KIOSK_SECRET": kiosk_merchant.signing.b64(site.test_secret).rstrip("=").translate({43: "-", 47: "_"}),
            "KIOSK_AUTHORITY_KEY": site.authority_key,
            "TEST_SERIAL": scenario_serial(Scenario.APPROVED).digits,
            "TEST_CODE": site.card().code,
        }
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        names: dict[str, object] = {"__name__": "example"}
        blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        assert len(blocks) == 5
        for block in blocks:
            exec(compile(block, "clients/python/README.md", "exec"), names)
    said = capsys.readouterr().out
    assert "send the shopper to" in said
    assert "paid 10 cents with card ••••" in said


def test_everything_public_is_documented_and_nothing_else_is_public() -> None:
    """A merchant reads the signature in his editor; what says nothing there is asked by mail."""
    for name in kiosk_merchant.__all__:
        thing = getattr(kiosk_merchant, name)
        assert thing.__doc__, name
        if isinstance(thing, type):
            methods = {key: value for key, value in vars(thing).items() if not key.startswith("_")}
            silent = [key for key, value in methods.items() if callable(value) and not value.__doc__]
            assert not silent, f"{name}: {silent}"
