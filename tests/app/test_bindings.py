"""The setting decides which partner stands behind `idp.*`."""

from __future__ import annotations

import pytest

from tocsin.app.bindings import bindings_of
from tocsin.app.settings import load_settings
from tocsin.domain.bindings import bound_name
from tocsin.domain.errors import Misconfigured


def test_the_setting_binds_the_port(tmp_path) -> None:
    settings = load_settings({"TOCSIN_HOME": str(tmp_path), "TOCSIN_IDP": "entra"})
    assert bound_name("idp.disable_user", bindings_of(settings)) == "entra.disable_user"
    with pytest.raises(Misconfigured, match="TOCSIN_IDP"):
        bindings_of(load_settings({"TOCSIN_HOME": str(tmp_path), "TOCSIN_IDP": "okta"}))
