"""The benchmark of the journal measures what it says."""

from pathlib import Path

from tests.bench.durable_append import measure


def test_the_benchmark_runs_and_prints_its_figures(tmp_path: Path) -> None:
    """The README would show figures of nothing."""
    found = measure(tmp_path, count=5)
    assert len(found.append_ms) == len(found.sale_ms) == len(found.bare_ms) == 5
    assert all(value > 0 for value in (*found.append_ms, *found.sale_ms, *found.bare_ms))
    text = "\n".join(found.lines())
    assert "ratio append/bare" in text
    assert "median" in text
