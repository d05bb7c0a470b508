from __future__ import annotations

from typing import Any

from tocsin.connectors.statuspage.setup import build


def test_the_channel_hides_its_key() -> None:
    nothing: Any = None
    values = {"TOCSIN_STATUSPAGE_KEY": "s3cret", "TOCSIN_STATUSPAGE_URL": "https://api.statuspage.io/v1/"}
    made = build(values, nothing, nothing)
    assert (made.name, made.is_real) == ("statuspage", True)
    assert "s3cret" not in repr(made)
