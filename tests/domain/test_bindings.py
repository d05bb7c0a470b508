"""A port stands for the action of the partner that is bound to it, and rules about either hold for both."""

from __future__ import annotations

import pytest

from tocsin.domain.bindings import ALWAYS, bindings_for, bound_name, names_meant

ENTRA = bindings_for("entra")


@pytest.mark.parametrize(
    ("name", "partner", "bound"),
    [
        ("idp.disable_user", "entra", "entra.disable_user"),
        ("idp.disable_user", "cognito", "aws.cognito.disable_user"),
        ("idp.disable_user", "http", "idp.disable_user"),
        ("idp.disable_user", "none", "idp.disable_user"),
        ("page", "none", "tocsin.page"),
        ("notify", "entra", "tocsin.notify"),
        ("idp", "entra", "entra"),
        ("aws.waf.block", "entra", "aws.waf.block"),
        ("page.all", "none", "tocsin.page.all"),
    ],
)
def test_a_name_stands_for_what_is_bound(name: str, partner: str, bound: str) -> None:
    assert bound_name(name, bindings_for(partner)) == bound


def test_a_rule_about_either_name_holds_for_both() -> None:
    both = {"idp.disable_user", "entra.disable_user"}
    assert set(names_meant("idp.disable_user", ENTRA)) == both
    assert set(names_meant("entra.disable_user", ENTRA)) == both
    assert names_meant("tocsin.page", ALWAYS) == ("tocsin.page", "page")
    assert names_meant("aws.waf.block", ENTRA) == ("aws.waf.block",)


def test_a_partner_that_is_none_is_no_word_for_one() -> None:
    with pytest.raises(KeyError):
        bindings_for("okta")
