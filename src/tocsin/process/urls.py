"""The Django side's address table: our REST below /api/v1, the console at the root."""

from __future__ import annotations

from django.urls import include, path

from tocsin.api.rest import rest

urlpatterns = [
    path("api/", rest.urls),
    path("", include("tocsin.console.urls")),
]
