"""How channels behave towards whoever had heard of an incident."""

from __future__ import annotations

from tocsin.app.manners import manners_of


class Wire:
    is_real = True

    def __init__(self, name: str) -> None:
        self.name = name


class Pager(Wire):
    keeps_state = True
    interrupts = True


class Board(Wire):
    keeps_state = False


def test_chats_and_incident_tools_are_changed_in_place_and_telephones_ring() -> None:
    manners = manners_of({name: Wire(name) for name in ("slack", "jira", "smtp", "voice", "sms")})
    assert manners.keeps_state == {"slack", "jira"}
    assert manners.interrupts == {"voice"}


def test_what_a_channel_says_of_itself_is_believed() -> None:
    manners = manners_of({"pager": Pager("pager"), "slack": Board("slack")})
    assert (manners.keeps_state, manners.interrupts) == ({"pager"}, {"pager"})
