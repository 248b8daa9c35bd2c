"""The error tree: what may go wrong that is worth a name.

    DdciError
    +-- ConfigError       an option has a value that is not allowed
    +-- InvalidEventError a value the API would refuse, with nothing valid to put in its place
    +-- RedactionError    nobody can say whether a text holds a secret
    +-- JournalError      a journal cannot be created, read or written
    +-- QueryError        a query, a time or a request for events that the API would refuse
    +-- ClientError       the API did not answer a question about events

What is expected of a network while events are sent (refusals, timeouts) is not an error but a
verdict: see `intake`.
"""

from __future__ import annotations


class DdciError(Exception):
    """Anything pytest-ddci raises on purpose."""


class ConfigError(DdciError):
    """An option has a value that is not allowed; the message names both."""


class InvalidEventError(DdciError):
    """A value the API would refuse, with nothing valid to put in its place."""


class RedactionError(DdciError):
    """Nobody can say whether a text holds a secret: a hook that should has failed."""


class JournalError(DdciError):
    """A journal cannot be created, read or written; the message names the file."""


class QueryError(DdciError, ValueError):
    """A query, a time or a request for events that the API would refuse.

    Args:
        errors: what is wrong, one text for each field; each names the field if it has one.
    """

    def __init__(self, *errors: str) -> None:
        super().__init__(*errors)
        self.errors = errors

    def __str__(self) -> str:
        return "; ".join(self.errors)


class ClientError(DdciError):
    """The API did not answer a question about events; neither message nor cause holds a key.

    Args:
        message: what was asked of whom and what came of it, in one line.
        status: the HTTP status; 0 when there was no answer.
        errors: the texts of the answer, of either shape that the API documents.
        retry_after: seconds that the answer asks to wait before another try.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        errors: tuple[str, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.errors = errors
        self.retry_after = retry_after
