from __future__ import annotations

from typing import Any

from tocsin.connectors.ntfy.setup import build


def test_the_channel_has_the_server_and_hides_the_token() -> None:
    nothing: Any = None
    made = build({"TOCSIN_NTFY_URL": "https://ntfy.example", "TOCSIN_NTFY_TOKEN": "tk_s3"}, nothing, nothing)
    assert (made.name, made.is_real) == ("ntfy", True)
    assert "tk_s3" not in repr(made)
