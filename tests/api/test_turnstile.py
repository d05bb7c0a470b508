from __future__ import annotations

from contextlib import ExitStack

import pytest

from tocsin.api.turnstile import Turnstile
from tocsin.domain.errors import Overloaded


def test_one_too_many_is_turned_away_at_once_and_the_place_is_free_again() -> None:
    turnstile = Turnstile(2)
    with ExitStack() as inside:
        inside.enter_context(turnstile)
        inside.enter_context(turnstile)
        with pytest.raises(Overloaded), turnstile:
            pass
    with turnstile:
        pass
