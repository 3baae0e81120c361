"""``kiosk authority pages``, as typed."""

from pathlib import Path

import pytest

from tests.helpers.operator import Operator


def test_the_operator_says_where_the_pages_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Shoppers would be sent to a name that they cannot reach."""
    operator = Operator(tmp_path / "authority", capsys)
    operator.types("init", "--public-name", "authority.example")
    assert operator.asks("pages")["address"] == "https://authority.example"
    operator.asks("pages", "--address", "https://pay.example", "--proxy", "yes")
    assert operator.asks("pages") == {"address": "https://pay.example", "zone": "Europe/Paris", "proxy": True}
    code, _, err = operator.types("pages", "--address", "http://pay.example")
    assert code == 1 and "https://HOST" in err
