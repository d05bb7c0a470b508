import pytest

from tocsin.detection.promql.durations import LONGEST_MS, duration_of, milliseconds_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("0m", 0),
        ("5m", 300_000),
        ("1h30m", 5_400_000),
        ("1d", 86_400_000),
        ("1w", 604_800_000),
        ("1y", 31_536_000_000),
        ("1ms", 1),
        ("1s500ms", 1_500),
    ],
)
def test_durations_are_read(text: str, expected: int) -> None:
    assert milliseconds_of(text) == expected


@pytest.mark.parametrize(
    "text", ["", "5", "m", "30m1h", "1.5h", "-5m", "5 m", "1h1h", "1000y", "9" * 40 + "s"]
)
def test_what_is_no_duration_is_none(text: str) -> None:
    assert milliseconds_of(text) is None


@pytest.mark.parametrize(
    ("total_ms", "expected"),
    [
        (0, "0s"),
        (300_000, "5m"),
        (5_400_001, "1h30m1ms"),
        (604_800_000, "1w"),
        (8 * 86_400_000, "8d"),
        (31_536_000_000, "1y"),
    ],
)
def test_durations_are_written_as_prometheus_does(total_ms: int, expected: str) -> None:
    assert duration_of(total_ms) == expected


def test_a_written_duration_is_read_back() -> None:
    for total_ms in (1, 999, 60_000, 86_399_999, 10**12, LONGEST_MS):
        assert milliseconds_of(duration_of(total_ms)) == total_ms
