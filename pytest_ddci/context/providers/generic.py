"""Any other CI: `CI=true` says that it is one, and nothing else can be relied upon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.context.provider import Provider, on

if TYPE_CHECKING:
    from pytest_ddci.context.provider import Tags
    from pytest_ddci.context.variables import Variables


def _tags(_: Variables) -> Tags:
    return {}


PROVIDER = Provider(name="generic", marked=on("CI"), usual=(), tags=_tags)
