import math
from array import array

from hypothesis import given
from hypothesis import strategies as st

from tocsin.store.columns_of_samples import Column, merged, packed, unpacked


def _column(*samples: tuple[int, float]) -> Column:
    column = Column()
    for time_ms, value in samples:
        column.add(time_ms, value)
    return column


def _pairs(column: Column) -> list[tuple[int, float]]:
    return list(zip(column.times, column.values, strict=True))


@given(st.lists(st.tuples(st.integers(-(2**40), 2**40), st.floats(allow_nan=False))))
def test_samples_in_any_order_lie_in_the_order_of_time_and_the_first_of_a_time_stays(samples) -> None:
    expected: dict[int, float] = {}
    for time_ms, value in samples:
        expected.setdefault(time_ms, value)
    assert _pairs(_column(*samples)) == sorted(expected.items())


@given(st.lists(st.integers(0, 10_000), min_size=1, unique=True).map(sorted))
def test_a_column_comes_back_from_its_bytes(times) -> None:
    column = _column(*((time_ms, time_ms / 3) for time_ms in times))
    assert _pairs(unpacked(*packed(column))) == _pairs(column)


def test_regular_times_take_few_bytes() -> None:
    times, _ = packed(_column(*((index * 15_000, 0.0) for index in range(240))))
    assert len(times) == 24


def test_the_kind_of_nan_survives() -> None:
    marker = array("d")
    marker.frombytes(bytes.fromhex("7ff0000000000002")[::-1])
    column = _column((1, marker[0]), (2, math.nan))
    assert unpacked(*packed(column)).values.tobytes() == column.values.tobytes()


def test_columns_are_joined_and_the_earlier_one_wins() -> None:
    first, second = _column((1, 1.0), (3, 3.0)), _column((2, 2.0), (3, 9.0), (5, 5.0))
    assert _pairs(merged([first, Column(), second])) == [(1, 1.0), (2, 2.0), (3, 3.0), (5, 5.0)]
    assert _pairs(merged([first, _column((7, 7.0))])) == [(1, 1.0), (3, 3.0), (7, 7.0)]
    assert merged([first]) is first
    assert _pairs(merged([])) == []


def test_a_column_is_cut_into_blocks_up_to_a_time() -> None:
    column = _column((1, 1.0), (9, 9.0), (10, 10.0), (31, 31.0), (40, 40.0))
    assert [(block, _pairs(part)) for block, part in column.blocks(40, 10)] == [
        (0, [(1, 1.0), (9, 9.0)]),
        (1, [(10, 10.0)]),
        (3, [(31, 31.0)]),
    ]
