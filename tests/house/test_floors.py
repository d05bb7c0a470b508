"""Rule: a room uses only floors beneath it, and the lower floors know no framework."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FRAMEWORKS = frozenset(
    [
        "a2wsgi",
        "aiohttp",
        "allauth",
        "anthropic",
        "asyncpg",
        "boto3",
        "botocore",
        "click",
        "confluent_kafka",
        "django",
        "django_htmx",
        "fastmcp",
        "httpx",
        "jinja2",
        "ninja",
        "openai",
        "playwright",
        "psycopg",
        "pydantic_ai",
        "requests",
        "rich",
        "slack_sdk",
        "smtplib",
        "socket",
        "sqlite3",
        "starlette",
        "urllib3",
        "uvicorn",
        "websockets",
    ]
)
DJANGO = frozenset({"django", "ninja", "allauth", "django_htmx"})
ROOMS_WITH_DJANGO = frozenset({"store", "app", "api", "console", "process", "cli"})


def test_the_floors_hold_and_nothing_goes_in_a_circle(repository: Path) -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache", "--no-logo"],
        cwd=repository,
        env={"PYTHONPATH": str(repository / "src"), "PATH": "", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_framework_client_or_sdk_in_domain_engines_or_flow(sources, keep) -> None:
    broken = [
        f"{source.at(node)} imports {name}"
        for source in sources
        if source.is_pure
        for node, name in source.imports()
        if name.split(".")[0] in FRAMEWORKS or name.startswith("urllib.request")
    ]
    keep(broken, "domain, engines and flow stay free of frameworks and of the network")


def test_only_the_rooms_that_serve_people_and_tables_know_django(sources, keep) -> None:
    broken = [
        f"{source.at(node)} imports {name}"
        for source in sources
        if source.room not in ROOMS_WITH_DJANGO
        for node, name in source.imports()
        if name.split(".")[0] in DJANGO
    ]
    keep(broken, f"Django lives in {', '.join(sorted(ROOMS_WITH_DJANGO))} alone")


def test_a_connector_knows_no_other_connector(sources, repository: Path, keep) -> None:
    folders = {path.parent.name for path in (repository / "src/tocsin/connectors").glob("*/*.py")}
    broken = []
    for source in sources:
        own = source.path.split("/")[3] if source.room == "connectors" else ""
        if own not in folders:
            continue
        for node, name in source.imports():
            parts = name.split(".")
            if parts[:2] == ["tocsin", "connectors"] and len(parts) > 2 and parts[2] in folders - {own}:
                broken.append(f"{source.at(node)} imports {name}")
    keep(broken, "connectors are strangers: what two of them need lies beside them, not in one of them")


def test_no_import_is_relative(sources, keep) -> None:
    broken = [
        source.at(node) for source in sources for node, _ in source.imports() if getattr(node, "level", 0)
    ]
    keep(broken, "imports are absolute, so that the floors can be read from them")
