"""The messages that the Inbox channel kept on this machine, where nobody outside can see them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

from tocsin.app.pushing import pushing_of
from tocsin.app.wiring import current_app
from tocsin.console import times
from tocsin.console.deliveries import given_up
from tocsin.console.gate import Viewer, needs, page
from tocsin.domain.incident import Incident
from tocsin.domain.person import Permission
from tocsin.domain.ports.shelves import Shelves
from tocsin.flow.answers import answers_of

# The rest of the word goes too: a link that was cut off may still hold its whole token.
_ACKNOWLEDGES = re.compile(r"\S*/acknowledge/\S*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One kept message. `path` is its link when that leads into this console and is the viewer's own.

    `unanswered` is the incident that still waits to be acknowledged, None when it does not.
    """

    key: str
    person: str
    subject: str
    text: str
    at: datetime
    path: str
    unanswered: Incident | None = None

    @property
    def day(self) -> str:
        """Return the UTC day it was kept."""
        return times.day(self.at)


def letter_of(
    kept: Mapping[str, str], public_url: str, *, is_theirs: bool = True, unanswered: Incident | None = None
) -> Letter:
    """Return a kept message; only a link to our own address becomes one that can be followed.

    A page's link acknowledges in the name of whom it was sent to, so nobody else is shown it.
    """
    link = urlsplit(kept["link"])
    ours = urlsplit(public_url)
    is_ours = (link.scheme, link.netloc) == (ours.scheme, ours.netloc) and link.path.startswith("/")
    if not is_theirs and _ACKNOWLEDGES.search(kept["link"]):
        is_ours = False
    return Letter(
        key=kept["key"],
        person=kept["person"],
        subject=kept["subject"],
        text=kept["text"] if is_theirs else _ACKNOWLEDGES.sub("(shown to its receiver only)", kept["text"]),
        at=datetime.fromisoformat(kept["at"]),
        path=link.path if is_ours and not link.path.startswith("//") else "",
        unanswered=unanswered,
    )


@needs(Permission.RESPOND)
def inbox(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Show the newest messages; each can be acknowledged in one's own name, by those who may respond."""
    app = current_app()
    with app.store.reading() as shelves:
        kept = [(one, _sent(shelves, one["key"])) for one in shelves.inbox.recent(limit=50)]
        dead = given_up(shelves)
    public_url = app.settings.text("TOCSIN_PUBLIC_URL")
    letters = [
        letter_of(
            one,
            public_url,
            is_theirs=(sent.person or one["person"]) == viewer.username,
            unanswered=sent.unanswered,
        )
        for one, sent in kept
    ]
    push = pushing_of(app)
    browsers = push.browsers(viewer.username) if push else ()
    context = {"room": "inbox", "letters": letters, "dead": dead, "push": push, "browsers": browsers}
    return page(request, viewer, "console/inbox.html", context)


@dataclass(frozen=True, slots=True)
class _Sent:
    """Whom the message's page calls, and its incident while that is unanswered."""

    person: str | None = None
    unanswered: Incident | None = None


def _sent(shelves: Shelves, key: str) -> _Sent:
    delivery = shelves.pages.delivery(key)
    incident = shelves.incidents.get(delivery.incident_id) if delivery else None
    if delivery is None or incident is None:
        return _Sent()
    waits = incident.status.is_active and not answers_of(shelves, incident).are_enough
    return _Sent(delivery.person, incident if waits else None)
