"""How long signals are kept is a file, and a mistake in it has a place."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tocsin.domain.pack_file import PackProblem
from tocsin.store.lake.policy import LakePolicy, parse_lake

SHIPPED = Path(__file__).resolve().parents[3] / "packs" / "baseline" / "lake.yml"


def test_the_shipped_policy_is_one_year_hot_and_seven_cold() -> None:
    policy = parse_lake(SHIPPED.read_text(), "lake.yml")
    assert (policy.hot, policy.cold) == (timedelta(days=365), timedelta(days=2557))
    assert policy == LakePolicy()


def test_what_is_left_out_has_the_default() -> None:
    assert parse_lake("retention: {hot: 30d}", "lake.yml") == LakePolicy(hot=timedelta(days=30))
    assert parse_lake("retention: {cold: 0m}", "lake.yml") == LakePolicy(cold=timedelta(0))
    assert parse_lake("seal: {megabytes: 8}", "lake.yml") == LakePolicy(seal_bytes=8 << 20)
    assert parse_lake("seal: {}", "lake.yml") == LakePolicy()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("retention: {hot: 5m}", "1:18: signals would be cold"),
        ("seal: {megabytes: 0}", "1:19: 0 is no size"),
        ("seal: {megabytes: 9999}", "is no size"),
        ("retention: {warm: 1d}", "`warm` is not known"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, said) -> None:
    with pytest.raises(PackProblem, match=said):
        parse_lake(text, "lake.yml")
