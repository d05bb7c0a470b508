"""Addresses hold short names."""

from __future__ import annotations

import pytest
from django.urls import Resolver404, resolve, reverse

from tocsin.console.urls import ExhibitName, IncidentName


def test_a_short_name_is_its_number_and_back():
    assert (IncidentName().to_python("INC-3"), IncidentName().to_url(3)) == (3, "INC-3")
    assert (ExhibitName().to_python("EX-12"), ExhibitName().to_url(12)) == (12, "EX-12")


def test_messages_link_to_addresses_that_exist():
    assert reverse("incident", args=[3], urlconf="tocsin.console.urls") == "/incidents/INC-3"
    page = "/acknowledge/6f2c1a52-0000-4000-8000-000000000001/token"
    assert resolve(page, urlconf="tocsin.console.urls").url_name == "link"


@pytest.mark.parametrize("address", ["/incidents/INC-0", "/incidents/INC-1234567890", "/exhibits/EX-01"])
def test_what_is_no_short_name_leads_nowhere(address):
    with pytest.raises(Resolver404):
        resolve(address, urlconf="tocsin.console.urls")
