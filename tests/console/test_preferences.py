"""Theme and single keys are chosen by the person, in this browser."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_kept_and_system_takes_it_away(theme, ben):
    assert "data-theme" not in ben.get("/").content.decode()
    assert ben.post("/choose", {"theme": theme, "next": "/incidents"})["Location"] == "/incidents"
    assert f'data-theme="{theme}"' in ben.get("/").content.decode()
    ben.post("/choose", {"theme": "system"})
    assert "data-theme" not in ben.get("/").content.decode()


def test_single_keys_can_be_switched_off_and_on(ben):
    assert 'data-single-keys="on"' in ben.get("/").content.decode()
    ben.post("/choose", {"keys": "off"})
    page = ben.get("/").content.decode()
    assert 'data-single-keys="off"' in page
    assert "Turn single keys on" in page
    ben.post("/choose", {"keys": "on"})
    assert 'data-single-keys="on"' in ben.get("/").content.decode()


def test_what_is_no_choice_is_not_kept(ben):
    assert not ben.post("/choose", {"theme": "mauve", "keys": "maybe"}).cookies


def test_help_shows_every_key_and_severity(chidi):
    page = chidi.get("/help").content.decode()
    assert all(words in page for words in ("P1 Critical", "P4 Low", "Write a note", "We have lost sight"))
