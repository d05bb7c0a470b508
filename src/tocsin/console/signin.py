"""Signing in by a one-time link or a password, and out; after it one lands where one was going."""

from __future__ import annotations

from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.console.gate import back_to, time_now, viewer_of
from tocsin.console.refusals import LinkSpent, SignInRefused, status_of
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def by_password(request: HttpRequest) -> HttpResponse:
    """Ask for username and password; a wrong one says only that the pair is wrong."""
    context: dict[str, object] = {"next": back_to(request, "/"), "username": request.POST.get("username", "")}
    if request.method != "POST":
        if viewer_of(request) is not None:
            return HttpResponseRedirect(back_to(request, "/"))
        return render(request, "console/sign_in.html", context)
    account = authenticate(
        request, username=request.POST.get("username", ""), password=request.POST.get("password", "")
    )
    if account is None:
        refusal = SignInRefused()
        return render(
            request, "console/sign_in.html", context | {"refusal": refusal}, status=status_of(refusal)
        )
    login(request, account)
    return HttpResponseRedirect(back_to(request, "/"))


@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button; only its POST uses the link, so that what follows links by itself uses up nothing."""
    context: dict[str, object] = {"next": back_to(request, "/")}
    if request.method != "POST":
        return render(request, "console/sign_in_link.html", context)
    account = Accounts(DjangoStore()).redeem(token, time_now())
    if account is None:
        refusal = LinkSpent()
        return render(
            request, "console/sign_in_link.html", context | {"refusal": refusal}, status=status_of(refusal)
        )
    login(request, account, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(back_to(request, "/"))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return HttpResponseRedirect(reverse("sign-in"))
