"""Kill -9 while signals are judged: the alerts equal those of a run that nobody disturbed."""

from __future__ import annotations

import random
from pathlib import Path

import orjson

from killed import alerts_of, filled, judged

SIGNALS = 800
KILLS = 4


def test_a_judge_that_is_killed_again_and_again_gives_the_same_alerts(tmp_path: Path) -> None:
    calm, killed = (filled(tmp_path / name, 7, SIGNALS) for name in ("calm", "killed"))
    judged(calm, None, 0)
    assert judged(killed, random.Random(7), KILLS) == KILLS
    expected = alerts_of(calm)
    assert len(orjson.loads(expected)) > 20
    assert alerts_of(killed) == expected
