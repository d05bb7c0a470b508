"""Places in S3 are read from the settings, and objects without records are left out."""

from __future__ import annotations

import pytest

from tocsin.connectors.s3.places import Place, is_wanted, places_of
from tocsin.domain.errors import Misconfigured


def test_places_are_read() -> None:
    found = places_of("trail=s3://b/AWSLogs/1, other=c,")
    assert found == (Place("trail", "b", "AWSLogs/1"), Place("other", "c", ""))
    assert places_of("") == ()


@pytest.mark.parametrize("text", ["bucket/prefix", "=b/p", "a=", "a=/p"])
def test_what_is_no_place_is_explained(text) -> None:
    with pytest.raises(Misconfigured):
        places_of(text)


@pytest.mark.parametrize(
    ("key", "size", "wanted"),
    [
        ("AWSLogs/1/CloudTrail/eu/x.json.gz", 9, True),
        ("AWSLogs/1/CloudTrail/eu/x.json.gz", 0, False),
        ("AWSLogs/1/CloudTrail/eu/", 9, False),
        ("AWSLogs/1/CloudTrail-Digest/eu/x.json.gz", 9, False),
    ],
)
def test_digests_folders_and_empty_objects_are_left_out(key, size, wanted) -> None:
    assert is_wanted(key, size) is wanted
