"""The doors for OpenTelemetry and for Prometheus remote write, which answer as their senders expect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import orjson
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin.api.doorkeeper import token_in
from tocsin.api.intake import Doors, doors_of, refuse_false_drill
from tocsin.api.problems import headers_of, problem_and_close, status_of
from tocsin.app.telemetry import Posted, Telemetry
from tocsin.app.wiring import App
from tocsin.connectors.otlp.reading import JSON, PROTOBUF, Rejected
from tocsin.connectors.remote_write.inbound import ReadWrite, WriteUnreadable
from tocsin.domain.errors import Explained

LOGS_SOURCE = "otlp-logs"
SPANS_SOURCE = "otlp-traces"
LONGEST_MESSAGE = 1000

_GRPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 408: 4, 413: 8, 415: 3, 429: 8, 503: 14}
_UNKNOWN = 2
_COUNTED = {
    ExportLogsServiceResponse: "rejected_log_records",
    ExportTraceServiceResponse: "rejected_spans",
    ExportMetricsServiceResponse: "rejected_data_points",
}

Answer = type[ExportLogsServiceResponse | ExportTraceServiceResponse | ExportMetricsServiceResponse]


@dataclass(frozen=True, slots=True)
class OtlpDoors:
    """The three signals of OTLP over HTTP, and remote write. Who it is comes before the body is read."""

    doors: Doors
    telemetry: Telemetry

    async def logs(self, request: Request) -> Response:
        """`POST /v1/logs`; `?source=NAME` names another source than `otlp-logs`."""
        source = request.query_params.get("source", LOGS_SOURCE)
        return await self._taken(
            request, ExportLogsServiceResponse, lambda posted: self.telemetry.logs(posted, source), source
        )

    async def traces(self, request: Request) -> Response:
        """`POST /v1/traces`; `?source=NAME` names another source than `otlp-traces`."""
        source = request.query_params.get("source", SPANS_SOURCE)
        return await self._taken(
            request, ExportTraceServiceResponse, lambda posted: self.telemetry.spans(posted, source), source
        )

    async def metrics(self, request: Request) -> Response:
        """`POST /v1/metrics`."""
        return await self._taken(request, ExportMetricsServiceResponse, self.telemetry.metrics)

    async def remote_write(self, request: Request) -> Response:
        """`POST /api/v1/write`; what can be kept is kept, also where the answer is 400."""
        try:
            posted = await self._posted(request)
            written: ReadWrite = await self.doors.work(lambda: self.telemetry.written(posted))
            if written.refused:
                raise WriteUnreadable(f"{written.refused} series were refused: {written.reason}.")
        except Explained as error:
            return problem_and_close(error)
        return Response(
            status_code=204,
            headers={
                "X-Prometheus-Remote-Write-Samples-Written": str(len(written.samples)),
                "X-Prometheus-Remote-Write-Histograms-Written": "0",
                "X-Prometheus-Remote-Write-Exemplars-Written": "0",
            },
        )

    async def _taken(
        self, request: Request, answer: Answer, hear: Callable[[Posted], Rejected], source: str = ""
    ) -> Response:
        media_type = _answered_as(request)
        try:
            posted = await self._posted(request, source)
            rejected = await self.doors.work(lambda: hear(posted))
        except Explained as error:
            return _refused(error, media_type)
        return _answered(answer, rejected, media_type)

    async def _posted(self, request: Request, source: str = "") -> Posted:
        caller = await self.doors.admit(token_in(request.headers))
        refuse_false_drill(source, caller)
        body = await self.doors.read(request)
        headers = request.headers
        return Posted(body, headers.get("content-type", ""), headers.get("content-encoding", ""))


def otlp_routes(app: App) -> list[Route]:
    """Return the routes of OTLP and of remote write."""
    doors = OtlpDoors(doors_of(app), app.telemetry)
    return [
        Route("/v1/logs", doors.logs, methods=["POST"]),
        Route("/v1/traces", doors.traces, methods=["POST"]),
        Route("/v1/metrics", doors.metrics, methods=["POST"]),
        Route("/api/v1/write", doors.remote_write, methods=["POST"]),
    ]


def _answered_as(request: Request) -> str:
    """Answer in the sender's own encoding; protobuf where that is none of OTLP's."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return JSON if sent == JSON else PROTOBUF


def _answered(answer: Answer, rejected: Rejected, media_type: str) -> Response:
    """Answer 200; a partial success only where something was rejected, as the protocol wants it."""
    response = answer()
    if rejected.count:
        setattr(response.partial_success, _COUNTED[answer], rejected.count)
        response.partial_success.error_message = rejected.reason[:LONGEST_MESSAGE]
    if media_type == PROTOBUF:
        return Response(response.SerializeToString(), media_type=PROTOBUF)
    return Response(orjson.dumps(_as_json(response)), media_type=JSON)


def _as_json(response: Message) -> dict[str, object]:
    """Write the one message an answer can hold; 64-bit numbers are text in protobuf's JSON."""
    for _, partial in response.ListFields():
        return {
            "partialSuccess": {
                field.json_name: str(value) if type(value) is int else value
                for field, value in partial.ListFields()
            }
        }
    return {}


def _refused(error: Explained, media_type: str) -> Response:
    """Answer with a `google.rpc.Status` in the sender's encoding."""
    status = status_of(error)
    code, words = _GRPC_CODES.get(status, _UNKNOWN), f"{error.happened} {error.next_step}"[:LONGEST_MESSAGE]
    if media_type == JSON:
        body = orjson.dumps({"code": code, "message": words})
    else:
        body = _status_message(code, words)
    headers = headers_of(error) | ({"Connection": "close"} if status != 400 else {})
    return Response(body, status, headers=headers, media_type=media_type)


def _status_message(code: int, words: str) -> bytes:
    """Write `google.rpc.Status`: field 1 the code (below 128), field 2 the text."""
    text = words.encode()
    size = bytearray()
    left = len(text)
    while left > 127:
        size.append(left & 127 | 128)
        left >>= 7
    size.append(left)
    return b"\x08" + bytes([code]) + b"\x12" + bytes(size) + text
