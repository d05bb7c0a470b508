"""What the reader of quality reports says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="code_quality",
    title="Coverage and mutation reports",
    category=Category.SIGNALS,
    summary="Reads Cobertura, PIT, mutmut and the mutation testing elements.",
    inbound=(
        "tocsin.connectors.code_quality.cobertura:read_cobertura",
        "tocsin.connectors.code_quality.mutation:read_mutation_report",
        "tocsin.connectors.code_quality.mutation:read_mutmut",
        "tocsin.connectors.code_quality.mutation:read_pit",
    ),
    formats=(
        Format(
            name="cobertura",
            summary="A Cobertura coverage report (XML); a signal of the whole and of each package.",
            body="tocsin.connectors.code_quality.cobertura:read_cobertura",
            root="coverage",
        ),
        Format(
            name="mutation",
            summary="A report of the mutation testing elements (Stryker and others).",
            record="tocsin.connectors.code_quality.mutation:read_mutation_report",
            shape="tocsin.connectors.code_quality.mutation:is_mutation_report",
        ),
        Format(
            name="mutmut",
            summary="The figures of mutmut export-cicd-stats.",
            record="tocsin.connectors.code_quality.mutation:read_mutmut",
            shape="tocsin.connectors.code_quality.mutation:is_mutmut",
        ),
        Format(
            name="pit",
            summary="A mutation report of PIT (XML).",
            body="tocsin.connectors.code_quality.mutation:read_pit",
            root="mutations",
        ),
    ),
)
