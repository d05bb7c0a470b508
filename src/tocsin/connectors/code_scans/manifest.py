"""What the reader of code scans says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="code_scans",
    title="SARIF and Snyk",
    category=Category.SIGNALS,
    summary="Reads what scanners of code, dependencies and images found.",
    inbound=(
        "tocsin.connectors.code_scans.sarif:read_sarif",
        "tocsin.connectors.code_scans.snyk:read_snyk",
    ),
    formats=(
        Format(
            name="sarif",
            summary="SARIF 2.1.0, whichever scanner wrote it; each result a signal.",
            record="tocsin.connectors.code_scans.sarif:read_sarif",
            shape="tocsin.connectors.code_scans.sarif:is_sarif",
        ),
        Format(
            name="snyk",
            summary="The JSON of snyk test and snyk container test; each vulnerability a signal.",
            record="tocsin.connectors.code_scans.snyk:read_snyk",
            shape="tocsin.connectors.code_scans.snyk:is_snyk",
        ),
    ),
)
