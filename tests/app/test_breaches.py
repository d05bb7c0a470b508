from __future__ import annotations

from nouns import NOON
from tocsin.app.breaches import breach_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.clock import PushedClock


def test_what_can_be_learnt_of_a_log_is_learnt_from_where_it_is_kept(tmp_path, sqlite_store) -> None:
    app = build_app(load_settings({}, home=tmp_path), clock=PushedClock(NOON), store=sqlite_store)
    witnesses = breach_of(app).witnesses
    assert witnesses.verdict(1).sound
    assert list(witnesses.hashes(1)) == []
    assert next(iter(witnesses.export(1))).startswith(b'{"schema"')
    assert witnesses.database()["database"] == "sqlite"
