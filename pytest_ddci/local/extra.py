"""The extra `local`: what it takes to answer questions here."""

from __future__ import annotations

from pytest_ddci.errors import ConfigError

PACKAGES = frozenset({"duckdb", "rich", "starlette", "uvicorn"})
"""What the extra brings."""


def without_extra(what: str, missing: ModuleNotFoundError) -> ConfigError:
    """What to tell somebody who has not installed the extra.

    Args:
        what: what needs it.
        missing: what the import of a module has raised.

    Raises:
        ModuleNotFoundError: it is not the extra that is missing.
    """
    package = (missing.name or "").partition(".")[0]
    if package not in PACKAGES:
        raise missing
    return ConfigError(f"{what} needs {package}: pip install 'pytest-ddci[local]'")
