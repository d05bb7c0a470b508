"""One table of keys: help, docs, buttons and script say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tocsin.console.keys import KEYS, label_of, table_for_script

ROOT = Path(__file__).resolve().parents[2]
CONSOLE = ROOT / "src/tocsin/console"
SCRIPT = (CONSOLE / "static/console/keys.js").read_text("utf-8")
PAGES = "".join(path.read_text("utf-8") for path in sorted((CONSOLE / "templates").rglob("*.html")))


def test_no_key_does_two_things():
    assert len({key.keys for key in KEYS}) == len({key.does for key in KEYS}) == len(KEYS)
    assert json.loads(table_for_script()) == {key.keys: key.does for key in KEYS}


def test_the_docs_hold_the_same_table():
    docs = (ROOT / "docs/console.md").read_text("utf-8")
    written = re.findall(r"^\| `(.+?)` \| (.+?) \|$", docs, re.MULTILINE)
    assert written == [(key.label, key.says) for key in KEYS]


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.does)
def test_each_key_is_known_to_the_script_or_presses_a_button(key):
    in_script = re.search(rf'(^|[\s{{"]){re.escape(key.does)}"?:', SCRIPT, re.MULTILINE)
    on_a_page = f'data-does="{key.does}"' in PAGES
    assert in_script or on_a_page


def test_buttons_show_keys_of_the_table_only():
    shown = re.findall(r'{% key "([\w-]+)" %}', PAGES)
    assert shown
    assert all(label_of(does) for does in shown)
    with pytest.raises(KeyError):
        label_of("contain")


@pytest.mark.parametrize("word", ["contain", "rollback", "roll-back", "approve", "repair"])
def test_no_key_contains_rolls_back_approves_or_repairs(word):
    assert not [key for key in KEYS if word in key.does or word in key.says.lower()]
