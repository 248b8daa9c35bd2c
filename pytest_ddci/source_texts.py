"""What events say of source files, encoded once for each file: its tag, its owners, its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.attempt import FILE
from pytest_ddci.facts import Source
from pytest_ddci.json_text import quoted
from pytest_ddci.owners import owners_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from pytest_ddci.fragments import Fragments

    Text = TypeVar("Text")

# Tests run file by file: what is remembered of others would only take memory.
_FILES = 64
# A line that no file has and that stands nowhere else in an address.
_SOME_LINE = 919_283_746


class SourceTexts:
    """Texts about source files.

    Args:
        fragments: redacts and encodes.
        page_of: the page of a test, for its source.
        owners_of: the owners of a source file; asked once for each file.
    """

    def __init__(
        self,
        fragments: Fragments,
        page_of: Callable[[Source | None], str],
        owners_of: Callable[[str], Sequence[str]],
    ) -> None:
        self._fragments = fragments
        self._page_of = page_of
        self._owners_of = owners_of
        self._owners: dict[str, str] = {}
        # What stands before and behind the number of the line; nothing behind where there is none.
        self._around: dict[str, tuple[str, str] | None] = {}

    def page(self, source: Source | None) -> str:
        """The page of a test as a JSON string."""
        if source is None:
            return self._fragments.quoted(self._page_of(None))
        path = source.path
        if path in self._around:
            around = self._around[path]
        else:
            around = _kept(self._around, path, self._find_around(path))
        if around is None:
            return self._fragments.quoted(self._page_of(source))
        before, behind = around
        return f"{before}{source.line or 1}{behind}" if behind else before

    def tag(self, path: str) -> str:
        """The tag that names a file as JSON; empty, and counted, where there can be none."""
        return self._fragments.own_tag_texts({FILE: path})[0]

    def owners(self, path: str) -> str:
        """The value of the tag that names the owners of a file; empty where there are none."""
        known = self._owners.get(path)
        if known is None:
            # Each owner is redacted by itself, so that what is left is still a list.
            text = owners_tag([self._fragments.text(owner) for owner in self._owners_of(path)])
            known = _kept(self._owners, path, text)
        return known

    def _find_around(self, path: str) -> tuple[str, str] | None:
        """What the pages of all lines of a file share; None where each must be looked at."""
        page = self._page_of(Source(path, _SOME_LINE))
        before = self._fragments.unredacted
        text = self._fragments.quoted(page)
        if self._fragments.unredacted != before:
            self._fragments.unredacted = before
            return None
        head, line, behind = text.rpartition(str(_SOME_LINE))
        if line:
            # Where a part is hidden or cut, the number of the line may be what makes it so.
            return (head, behind) if text == quoted(page) else None
        return (text, "") if page == self._page_of(Source(path, 1)) else None


def _kept(known: dict[str, Text], path: str, text: Text) -> Text:
    if len(known) >= _FILES:
        known.clear()
    known[path] = text
    return text
