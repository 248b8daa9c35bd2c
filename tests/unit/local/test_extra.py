"""The extra `local`: who has not installed it is told, whatever else is missing is no such case."""

from __future__ import annotations

import pytest

from pytest_ddci.local.extra import without_extra


@pytest.mark.parametrize("module", ["duckdb", "starlette.requests", "uvicorn"])
def test_what_is_missing_is_named_with_what_to_install(module: str) -> None:
    error = without_extra("this", ModuleNotFoundError("none", name=module))
    package = module.partition(".")[0]
    assert str(error) == f"this needs {package}: pip install 'pytest-ddci[local]'"


@pytest.mark.parametrize("module", ["h11", None])
def test_another_module_is_an_error_of_its_own(module: str | None) -> None:
    with pytest.raises(ModuleNotFoundError):
        without_extra("this", ModuleNotFoundError("none", name=module))
