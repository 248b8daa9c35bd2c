"""What a server is told before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.frozen import frozen
from pytest_ddci.retention import KEEP_DAYS, KEEP_MB

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_ddci.config import Secret
    from pytest_ddci.local.faults import Fault

HOST = "127.0.0.1"
"""Where a server listens, unless it is told otherwise: no other machine can ask it there."""

PORT = 8321
"""The port of `ddci serve`."""


@frozen(kw_only=True)
class Setup:
    """What a server is told.

    Attributes:
        host: a name or an address of this machine.
        port: 0 is any that is free.
        key: the API key that is good; None: any is, and none.
        names: names that it may be asked by, besides the host's and those of loopback.
        faults: what goes wrong.
        keep_days: how long it keeps what it receives, in days.
        keep_mb: how much all journals may have together, in megabytes (10^6 bytes).
    """

    host: str = HOST
    port: int = PORT
    key: Secret | None = None
    names: Sequence[str] = ()
    faults: Sequence[Fault] = ()
    keep_days: float = KEEP_DAYS
    keep_mb: float = KEEP_MB
