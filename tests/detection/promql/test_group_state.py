from __future__ import annotations

import math

import pytest

from tocsin.detection.promql.group_state import Active, AlertStateUnreadable, GroupState, Memory, Phase


def test_a_state_comes_back_from_its_bytes() -> None:
    alert = Active(
        labels=(("alertname", "A"), ("job", "ä")),
        annotations=(("s", "t"),),
        phase=Phase.FIRING,
        active_at_ms=1,
        fired_at_ms=2,
        quiet_since_ms=None,
        value=math.inf,
    )
    state = GroupState(evaluated_at_ms=5, rules={"k": Memory(alerts=(alert,), written=((("a", "b"),),))})
    assert GroupState.load(state.dump()) == state


def test_no_bytes_are_a_new_group() -> None:
    assert GroupState.load(b"") == GroupState()


@pytest.mark.parametrize(
    "dumped", [b"no", b"[2, 1, {}]", b"[1]", b'[1, 1, {"k": 5}]', b"[1, 1, []]", b'[1,1,{"k":[[[1]],[]]}]']
)
def test_what_cannot_be_read_says_so(dumped: bytes) -> None:
    with pytest.raises(AlertStateUnreadable) as lost:
        GroupState.load(dumped)
    assert "start anew" in lost.value.means
