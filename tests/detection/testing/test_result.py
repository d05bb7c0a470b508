"""All kinds of tests answer in one form, and passing ones are counted for their rules."""

from __future__ import annotations

from tocsin.detection.testing.result import Kind, Result, Tested, tally


def _result(*rules: str, fires: bool = True, differences: tuple[str, ...] = ()) -> Result:
    return Result(
        kind=Kind.OURS,
        path="a.yml",
        line=3,
        column=5,
        rules=rules,
        name="x",
        differences=differences,
        fires=fires,
    )


def test_a_result_without_differences_passed() -> None:
    assert _result("a").passed
    assert not _result("a", differences=("b",)).passed
    assert _result("a").place == "a.yml:3:5"


def test_only_passing_tests_count_and_for_each_of_their_rules() -> None:
    counted = tally(
        [_result("a", "b"), _result("a", fires=False), _result("a", differences=("x",)), _result("b")]
    )
    assert counted == {"a": Tested(1, 1), "b": Tested(2, 0)}


def test_enough_is_enough_of_both() -> None:
    assert Tested(3, 3).has(3)
    assert not Tested(3, 2).has(3)
    assert not Tested(2, 3).has(3)
