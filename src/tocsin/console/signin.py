"""Signing in by a one-time link, and out; after it one lands where one was going."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.app.access import NOBODY
from tocsin.app.wiring import current_app
from tocsin.console.gate import back_to, time_now, viewer_of
from tocsin.console.refusals import LinkSpent, status_of
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore


@require_safe
def explained(request: HttpRequest) -> HttpResponse:
    """Say how to get a link; there are no passwords, so there is nothing to guess here."""
    if viewer_of(request) is not None:
        return HttpResponseRedirect(back_to(request, "/"))
    return render(request, "console/sign_in.html")


@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button; only its POST uses the link, so that what follows links by itself uses up nothing."""
    context: dict[str, object] = {"next": back_to(request, "/")}
    if request.method != "POST":
        return render(request, "console/sign_in_link.html", context)
    account = Accounts(DjangoStore()).redeem(token, time_now())
    if account is None:
        refusal = LinkSpent()
        current_app().access.refused("sign-in refused", actor=NOBODY, subject="sign-in link")
        return render(
            request, "console/sign_in_link.html", context | {"refusal": refusal}, status=status_of(refusal)
        )
    current_app().access.done("signed in", actor=account.username, subject=account.username)
    login(request, account, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(back_to(request, "/"))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    viewer = viewer_of(request)
    logout(request)
    if viewer is not None:
        current_app().access.done("signed out", actor=viewer.username, subject=viewer.username)
    return HttpResponseRedirect(reverse("sign-in"))
