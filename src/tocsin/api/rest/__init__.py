"""Our own REST below /api/v1, with its OpenAPI description at /api/openapi.json."""

from __future__ import annotations

from tocsin.api.rest.root import rest

__all__ = ["rest"]
