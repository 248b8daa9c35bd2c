"""What a server answers to a request that it does not accept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class RefusalError(Exception):
    """A request is not accepted.

    Args:
        status: the HTTP status.
        details: what is wrong, one text for each thing.
        headers: of the answer.
    """

    def __init__(
        self, status: int, *details: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, *details)
        # Python 3.10 writes the members of `HTTPStatus` by their names.
        self.status = int(status)
        self.details = details
        self.headers = dict(headers or {})


def invalid(where: str, said: str) -> str:
    """What is wrong with a field, in the words of the API."""
    return f"input_validation_error(Field '{where}' is invalid: {said})"
