"""What is wrong when the store cannot answer."""

from __future__ import annotations

from pytest_ddci.errors import DdciError


class StoreError(DdciError):
    """A question was too much for the memory or the disk there is; the message names both."""
