"""The messages of remote write, described at run time; only the fields that we read.

Field numbers are those of prometheus/prompb (`prometheus.WriteRequest`) and of
`io.prometheus.write.v2.Request`; what is not described here is skipped by protobuf.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto
_STRING, _DOUBLE, _INT64 = _Field.TYPE_STRING, _Field.TYPE_DOUBLE, _Field.TYPE_INT64
_UINT32, _MESSAGE, _BYTES = _Field.TYPE_UINT32, _Field.TYPE_MESSAGE, _Field.TYPE_BYTES

_PACKAGE = "tocsin.remote_write"


def _message(name: str, *fields: tuple[str, int, int, str]) -> descriptor_pb2.DescriptorProto:
    """Describe a message: each field's name, number, type, and its message type (`*` before: repeated)."""
    described = descriptor_pb2.DescriptorProto(name=name)
    for field, number, kind, more in fields:
        one = described.field.add(name=field, number=number, type=_Field.Type.ValueType(kind))
        one.label = _Field.LABEL_REPEATED if more.startswith("*") else _Field.LABEL_OPTIONAL
        if type_name := more.removeprefix("*"):
            one.type_name = f".{_PACKAGE}.{type_name}"
    return described


def _made() -> tuple[Any, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="tocsin/remote_write.proto", package=_PACKAGE, syntax="proto3"
    )
    file.message_type.extend(
        [
            _message("Label", ("name", 1, _STRING, ""), ("value", 2, _STRING, "")),
            _message("Point", ("value", 1, _DOUBLE, ""), ("timestamp", 2, _INT64, "")),
            _message(
                "SeriesV1",
                ("labels", 1, _MESSAGE, "*Label"),
                ("samples", 2, _MESSAGE, "*Point"),
                ("histograms", 4, _BYTES, "*"),
            ),
            _message("RequestV1", ("timeseries", 1, _MESSAGE, "*SeriesV1")),
            _message(
                "SeriesV2",
                ("labels_refs", 1, _UINT32, "*"),
                ("samples", 2, _MESSAGE, "*Point"),
                ("histograms", 3, _BYTES, "*"),
            ),
            _message("RequestV2", ("symbols", 4, _STRING, "*"), ("timeseries", 5, _MESSAGE, "*SeriesV2")),
        ]
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    first, second = (
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in ("RequestV1", "RequestV2")
    )
    return first, second


RequestV1, RequestV2 = _made()
