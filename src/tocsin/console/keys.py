"""The one table of keys: help, buttons, script and docs are made from it or compared with it."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """One key or two in a row. `does` is what the script calls it, `says` what people read."""

    keys: str
    does: str
    says: str
    shown: str = ""

    @property
    def label(self) -> str:
        """Return the key as it is printed on a button."""
        return self.shown or self.keys


KEYS: tuple[Key, ...] = (
    Key("j", "next", "Next row (in a table also ↓)"),
    Key("k", "previous", "Previous row (in a table also ↑)"),
    Key("Enter", "open", "Open the selected row"),
    Key("o", "open-new", "Open the selected row in a new tab"),
    Key("a", "acknowledge", "Acknowledge the selected or open incident"),
    Key("e", "escalate", "Escalate: call the next person now"),
    Key("n", "note", "Write a note"),
    Key("s", "severity", "Change the severity"),
    Key("r", "move", "Change the status (asks)"),
    Key("p", "keep", "Keep an exhibit"),
    Key("/", "filter", "Go to the filters"),
    Key("Home", "merge", "Show waiting new rows and go to the top"),
    Key("g n", "go-now", "Go to Now", shown="g then n"),
    Key("g i", "go-incidents", "Go to Incidents", shown="g then i"),
    Key("g a", "go-alerts", "Go to Alerts", shown="g then a"),
    Key("?", "help", "Show this table"),
    Key("Escape", "back", "Close what is open", shown="Esc"),
)


def table_for_script() -> str:
    """Return the table as JSON, from the key to what it does; the page carries it in an attribute."""
    return json.dumps({key.keys: key.does for key in KEYS}, separators=(",", ":"))


def label_of(does: str) -> str:
    """Return the key printed on the button that does this. Raises `KeyError` for an unknown verb."""
    return {key.does: key.label for key in KEYS}[does]
