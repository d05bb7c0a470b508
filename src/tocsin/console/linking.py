"""A signed-in person says who they are at a partner, by a code that the partner showed to them alone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from tocsin.app.wiring import current_app
from tocsin.console.gate import Viewer, done, needs, page
from tocsin.domain.person import Permission

LONGEST_CODE = 40


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.RESPOND)
def linking(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Ask for the code, show whom it stands for, and link on the second press; a GET changes nothing."""
    partner = current_app().hearing.hooks.partner
    code = request.POST.get("code", "").strip()[:LONGEST_CODE]
    if request.method == "POST" and code and request.POST.get("sure") == "yes":
        linked = partner.confirm(code, viewer.username)
        return done(request, f"{linked.shown or linked.who} at {_name(linked.who)} acts as you now.", "/link")
    context: dict[str, object] = {"room": "link", "code": code}
    if code:
        who, shown = partner.asked(code)
        context |= {"who": who, "shown": shown, "partner": _name(who)}
    mine = [each for each in partner.links() if each.username == viewer.username]
    return page(request, viewer, "console/linking.html", context | {"links": mine})


def _name(who: str) -> str:
    return who.partition(":")[0]
