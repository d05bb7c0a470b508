from __future__ import annotations

from tocsin.app.overseeing import answering_of, dead_letters_of, oversee_of, watchdog_of
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app


def test_what_watches_over_the_house_is_made_of_an_application(tmp_path, memory_store) -> None:
    pack = tmp_path / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "sources.yml").write_text(
        "sources: []\nheartbeats: [{name: backup, every: 1h}]\n", encoding="utf-8"
    )
    app = build_app(load_settings({}, home=tmp_path), store=memory_store)
    assert [each.name for each in watchdog_of(app).heartbeats] == ["backup"]
    assert oversee_of(app).look() == ()
    assert dead_letters_of(app).listed() == ()
    assert answering_of(app).call is app.call
