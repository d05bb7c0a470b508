"""Attributes become flat fields with native names, and nobody's field takes the place of ours."""

from __future__ import annotations

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from tocsin.connectors.otlp.attributes import flat, instant, plain, record_of, resource_fields


def pair(key: str, **value: object) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(**value))


def test_each_kind_of_value_is_json() -> None:
    nested = ArrayValue(values=[AnyValue(int_value=1), AnyValue(bytes_value=b"\xff"), AnyValue()])
    pairs = KeyValueList(values=[pair("deep", double_value=0.5)])
    assert plain(AnyValue(array_value=nested)) == [1, "/w==", None]
    assert plain(AnyValue(kvlist_value=pairs)) == {"deep": 0.5}
    assert plain(AnyValue(bool_value=False)) is False


def test_dotted_names_stay_flat_and_maps_become_more_of_them() -> None:
    inner = KeyValueList(values=[pair("id", string_value="7"), pair("on", bool_value=True)])
    found = flat([pair("http.method", string_value="GET"), pair("user", kvlist_value=inner)])
    assert found == {"http.method": "GET", "user.id": "7", "user.on": True}


def test_a_resource_says_its_service_and_product() -> None:
    attributes = [pair("service.name", string_value="shop"), pair("product", string_value="aws")]
    assert resource_fields(Resource(attributes=attributes)) == {
        "service": "shop",
        "product": "aws",
        "resource.service.name": "shop",
        "resource.product": "aws",
    }
    assert resource_fields(Resource(attributes=[pair("service.name", int_value=7)])) == {
        "resource.service.name": 7
    }


def test_an_attribute_does_not_take_the_place_of_our_fields() -> None:
    found = record_of({"time": "now"}, {"time": "forged", "product": "okta", "a": 1}, {"product": "aws"})
    assert found == {"time": "now", "attributes.time": "forged", "product": "okta", "a": 1}


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, None),
        (1_544_712_660_300_000_000, "2018-12-13T14:51:00.300000Z"),
        ((1 << 64) - 1, "2554-07-21T23:34:33.709551Z"),
    ],
)
def test_a_time_is_text_or_unknown(nanoseconds, text) -> None:
    assert instant(nanoseconds) == text
