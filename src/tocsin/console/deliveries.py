"""Messages that were given up, and the buttons that try them again."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from tocsin.app.overseeing import dead_letters_of
from tocsin.app.wiring import current_app
from tocsin.console.gate import Viewer, done, needs
from tocsin.domain.person import Permission
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.dead_letters import listed_in
from tocsin.oncall.dead_letters import DeadLetter

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What the page shows: the newest dead letters, and how many more there are."""

    letters: tuple[DeadLetter, ...]
    more: int


def given_up(shelves: Shelves) -> GivenUp:
    """Return the newest dead letters."""
    letters = listed_in(shelves, MOST_SHOWN)
    return GivenUp(letters, shelves.oversight.count_dead() - len(letters))


@require_POST
@needs(Permission.COMMAND)
def replay(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Try one dead message again, or all of them."""
    letters, key = dead_letters_of(current_app()), request.POST.get("key", "")
    again = letters.revive([key], viewer.username) if key else letters.revive_all("", viewer.username)
    words = "The message is tried again now." if key else f"{len(again)} messages are tried again now."
    return done(request, words, reverse("inbox"))
