"""What events say of source files: the same as if each were asked for anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci import limits, source_texts
from pytest_ddci.errors import RedactionError
from pytest_ddci.facts import Source
from pytest_ddci.fragments import Fragments
from pytest_ddci.redact import Redactor
from pytest_ddci.source_texts import SourceTexts
from tests.unit.test_encoder import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

SECRET = "hV7qLz2XcP9d"
PATHS = st.sampled_from(["a.py", "b c.py", f"tests/{SECRET}.py", "x" * limits.NAME, "ü.py"])


def page_of(source: Source | None) -> str:
    if source is None:
        return "https://ci.example/run"
    return f"https://forge.example/r/{source.path}#L{source.line or 1}"


def texts(
    page: Callable[[Source | None], str] = page_of,
    redact: Callable[[str], str] = str,
    owners: Callable[[str], Sequence[str]] = lambda _: (),
) -> SourceTexts:
    return SourceTexts(Fragments(HEAD, redact), page, owners)


@given(st.lists(st.builds(Source, PATHS, st.none() | st.integers(1, 5_000)), max_size=9))
def test_a_page_is_what_it_is_when_it_is_encoded_alone(sources: list[Source]) -> None:
    redact = Redactor({"A_TOKEN": SECRET})
    target = texts(redact=redact)
    for source in sources:
        assert target.page(source) == json.dumps(limits.name(redact(page_of(source))))


def test_a_page_that_all_lines_share_is_that_page() -> None:
    target = texts(lambda _: "https://ci.example/job")
    assert [target.page(Source("a.py", line)) for line in (1, 2)] == [
        '"https://ci.example/job"'
    ] * 2
    assert target.page(None) == '"https://ci.example/job"'


def test_a_page_is_asked_for_few_times_for_each_file() -> None:
    asked = []

    def page(source: Source | None) -> str:
        asked.append(source)
        return page_of(source)

    target = texts(page)
    for line in range(1, 500):
        target.page(Source("a.py", line))
    assert len(asked) <= 2


def test_what_cannot_be_redacted_is_not_remembered() -> None:
    failing = True

    def redact(text: str) -> str:
        if failing and "a.py" in text:
            raise RedactionError
        return text

    target = texts(redact=redact)
    assert "redacted" in target.page(Source("a.py", 3))
    failing = False
    assert target.page(Source("a.py", 3)) == '"https://forge.example/r/a.py#L3"'


def test_owners_are_asked_for_once_for_each_file() -> None:
    asked = []

    def owners(path: str) -> list[str]:
        asked.append(path)
        return [f"@{path}"]

    target = texts(owners=owners)
    assert [target.owners(path) for path in ("a", "a", "b")] == ['["@a"]', '["@a"]', '["@b"]']
    assert asked == ["a", "b"]


def test_only_the_files_of_late_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_texts, "_FILES", 2)
    asked = []

    def owners(path: str) -> list[str]:
        asked.append(path)
        return []

    target = texts(owners=owners)
    for path in ("a", "b", "c", "c", "a"):
        target.owners(path)
    assert asked == ["a", "b", "c", "a"]
