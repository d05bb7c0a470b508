"""A person subscribes the browser they sit at to their pages, or ends that."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from tocsin.app.pushing import Pushing, pushing_of
from tocsin.app.wiring import current_app
from tocsin.connectors.push.subscriptions import Subscription
from tocsin.console.gate import Viewer, done, needs
from tocsin.console.refusals import FormIncomplete
from tocsin.domain.errors import NotFound
from tocsin.domain.person import Permission


@require_POST
@needs(Permission.RESPOND)
def subscribe(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Remember this browser for the person's own pages."""
    given = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    if not all(given.values()):
        raise FormIncomplete("a subscription, which this browser has to make first")
    browser = request.headers.get("User-Agent", "")[:120]
    _desk().subscribe(Subscription(viewer.username, browser=browser, **given))
    return done(request, "This browser will show your pages.", reverse("inbox"))


@require_POST
@needs(Permission.RESPOND)
def unsubscribe(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Forget one of the person's browsers."""
    _desk().unsubscribe(viewer.username, request.POST.get("name", ""))
    return done(request, "That browser will show no pages any more.", reverse("inbox"))


def _desk() -> Pushing:
    desk = pushing_of(current_app())
    if desk is None:
        raise NotFound(
            "Web push is not set up here.",
            means="Nothing was changed.",
            next_step="Set TOCSIN_PUSH_CONTACT and start Tocsin anew.",
        )
    return desk
