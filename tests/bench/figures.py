"""Figures of a benchmark: medians, p99 and ratios against a reference of the same run. Measured and printed, never asserted."""

import statistics
from collections.abc import Sequence


def percentile(samples: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile; for few samples it is the largest one, which is the honest answer."""
    ordered = sorted(samples)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[int(rank) - 1]


def row(name: str, samples_ms: Sequence[float]) -> str:
    """One line: how often, median, p99, smallest and largest, in milliseconds."""
    if not samples_ms:
        return f"{name:<46} no samples"
    return (
        f"{name:<46} n={len(samples_ms):<5} median {statistics.median(samples_ms):9.2f} ms   "
        f"p99 {percentile(samples_ms, 99):9.2f} ms   range {min(samples_ms):.2f} to {max(samples_ms):.2f}"
    )


def ratio(name: str, samples: Sequence[float], reference: Sequence[float]) -> str:
    """``ratio <name> <value>``: the median of the pairwise ratios when the rounds were interleaved, else of the medians."""
    if len(samples) == len(reference):
        value = statistics.median(one / other for one, other in zip(samples, reference, strict=True))
    else:
        value = statistics.median(samples) / statistics.median(reference)
    return f"ratio {name} {value:.2f}"
