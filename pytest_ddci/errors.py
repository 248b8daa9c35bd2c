"""The error tree: what may go wrong that is worth a name.

    DdciError
    +-- ConfigError       an option has a value that is not allowed
    +-- InvalidEventError a value the API would refuse, with nothing valid to put in its place
    +-- JournalError      a journal cannot be created, read or written

What is expected of a network (refusals, timeouts) is not an error but a verdict: see `intake`.
"""

from __future__ import annotations


class DdciError(Exception):
    """Anything pytest-ddci raises on purpose."""


class ConfigError(DdciError):
    """An option has a value that is not allowed; the message names both."""


class InvalidEventError(DdciError):
    """A value the API would refuse, with nothing valid to put in its place."""


class JournalError(DdciError):
    """A journal cannot be created, read or written; the message names the file."""
