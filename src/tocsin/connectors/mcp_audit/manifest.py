"""What the MCP audit connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="mcp_audit",
    title="MCP gateways",
    category=Category.SIGNALS,
    summary="Reads the audit lines of gateways and servers of the Model Context Protocol.",
    inbound=("tocsin.connectors.mcp_audit.lines:read_audit_line",),
    formats=(
        Format(
            name="mcp",
            summary="Audit lines that tell who called which tool of which MCP server.",
            record="tocsin.connectors.mcp_audit.lines:read_audit_line",
            shape="tocsin.connectors.mcp_audit.lines:is_audit_line",
        ),
    ),
)
