"""What the reader of AWS logs says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="aws_logs",
    title="AWS WAF, VPC flow logs, load balancers",
    category=Category.SIGNALS,
    summary="Reads the logs that AWS writes into S3 or Firehose.",
    inbound=(
        "tocsin.connectors.aws_logs.waf:read_waf",
        "tocsin.connectors.aws_logs.text_lines:read_flows",
        "tocsin.connectors.aws_logs.text_lines:read_balancer",
    ),
    formats=(
        Format(
            name="waf",
            summary="Log lines of AWS WAF (JSON).",
            record="tocsin.connectors.aws_logs.waf:read_waf",
            shape="tocsin.connectors.aws_logs.waf:is_waf",
        ),
        Format(
            name="vpc-flow",
            summary="VPC flow logs as text, with a first line of field names or the default fields.",
            body="tocsin.connectors.aws_logs.text_lines:read_flows",
            openings=(b"version account-id ", b"account-id ", b"2 unknown "),
        ),
        Format(
            name="alb",
            summary="Access logs of Application Load Balancers (text).",
            body="tocsin.connectors.aws_logs.text_lines:read_balancer",
            openings=(b"http 20", b"https 20", b"h2 20", b"grpcs 20", b"ws 20", b"wss 20"),
        ),
    ),
)
