"""The messages that the Inbox channel kept on this machine, where nobody outside can see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from tocsin.app.wiring import current_app
from tocsin.console import times
from tocsin.console.gate import Viewer, needs, page
from tocsin.domain.person import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One kept message. `path` is its link when that leads into this console, else empty."""

    key: str
    person: str
    subject: str
    text: str
    at: datetime
    path: str

    @property
    def day(self) -> str:
        """Return the UTC day it was kept."""
        return times.day(self.at)


def letter_of(kept: Mapping[str, str], public_url: str) -> Letter:
    """Return a kept message; only a link to our own address becomes one that can be followed."""
    link = urlsplit(kept["link"])
    ours = urlsplit(public_url)
    is_ours = (link.scheme, link.netloc) == (ours.scheme, ours.netloc) and link.path.startswith("/")
    return Letter(
        key=kept["key"],
        person=kept["person"],
        subject=kept["subject"],
        text=kept["text"],
        at=datetime.fromisoformat(kept["at"]),
        path=link.path if is_ours and not link.path.startswith("//") else "",
    )


@needs(Permission.RESPOND)
def inbox(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show the newest messages; they hold links that acknowledge, so reading them needs that right."""
    app = current_app()
    with app.store.reading() as shelves:
        kept = shelves.inbox.recent(limit=50)
    public_url = app.settings.text("TOCSIN_PUBLIC_URL")
    letters = [letter_of(one, public_url) for one in kept]
    return page(request, viewer, "console/inbox.html", {"room": "inbox", "letters": letters})
