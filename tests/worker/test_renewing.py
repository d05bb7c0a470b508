"""One round looks once; packs that were refused are not tried again at once."""

from __future__ import annotations

from tocsin.domain.errors import Misconfigured, Overloaded
from tocsin.worker.renewing import LOOK_AGAIN_S, LOOK_EVERY_S, Following


def refuse() -> bool:
    raise Misconfigured("Bad.", means="Nothing.", next_step="Mend it.")


def overload() -> bool:
    raise Overloaded("Full.", means="Nothing.", next_step="Wait.")


def test_how_long_it_rests_follows_from_what_it_saw():
    assert Following(lambda: False).round() == LOOK_EVERY_S
    assert Following(lambda: True).round() == LOOK_AGAIN_S
    assert Following(refuse).round() == LOOK_AGAIN_S
    assert Following(overload).round() == LOOK_EVERY_S
