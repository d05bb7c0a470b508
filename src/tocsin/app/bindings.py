"""What the ports of actions (`page`, `idp.*`) stand for by the settings."""

from __future__ import annotations

from tocsin.app.settings import Settings
from tocsin.domain.bindings import IDENTITY_PARTNERS, Bindings, bindings_for


def bindings_of(settings: Settings) -> Bindings:
    """Return what every port stands for. Raises `Misconfigured` for a word that is no partner's."""
    return bindings_for(settings.chosen("TOCSIN_IDP", *IDENTITY_PARTNERS))
