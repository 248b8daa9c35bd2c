"""What holds for every environment there could be."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.context import Machine, RunContext, gather
from pytest_ddci.context.git import GitAnswer
from pytest_ddci.context.overrides import VARIABLES
from pytest_ddci.context.urls import page_url, repository_url
from tests.fakes import FakeClock

_CASES = [
    case
    for file in sorted((Path(__file__).parent / "cases").glob("*.json"))
    for case in json.loads(file.read_text(encoding="utf-8"))
]
NAMES = sorted({name for case in _CASES for name in case["environ"]} | set(VARIABLES))
WORDS = ' |0|false|[|{"a":1}|[1, null]|<>|a <b|refs/|tags/|~|//|@|git@|u:p@h|https://|https://u:p@h'
ODD = st.sampled_from(["", "\udcff", "9" * 400, "C:\\", "[[" * 2000, *WORDS.split("|")])
VALUES = st.one_of(ODD, st.text(max_size=30), st.text(st.characters(), max_size=10))
ENVIRONMENTS = st.one_of(
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=25),
    st.dictionaries(st.text(), st.text(), max_size=5),
    st.builds(
        lambda case, extra: {**case["environ"], **extra},
        st.sampled_from(_CASES),
        st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
    ),
)
MACHINE = Machine("box", "Linux", "6.1", "x86_64", "CPython", "3.12.1")


def run(environ: dict[str, str], payload: str | None = None, git: bytes = b"") -> RunContext:
    return gather(
        environ,
        "/work",
        run_git=lambda *_: GitAnswer(0, git),
        clock=FakeClock(),
        read_text=lambda _: payload,
        machine=MACHINE,
    )


@given(ENVIRONMENTS, st.one_of(st.none(), st.text(), ODD), st.binary())
def test_no_environment_raises_and_every_value_is_text_for_the_wire(
    environ: dict[str, str], payload: str | None, git: bytes
) -> None:
    context = run(environ, payload, git)

    values = [*context.tags.values(), *context.node.labels, str(context.source_url("t.py", 1))]
    assert all(context.tags.values())
    assert "".join(values).encode().decode() == "".join(values)
    assert set(context.tags) == set(context.sources)


@given(ENVIRONMENTS)
def test_there_is_never_half_a_git_block(environ: dict[str, str]) -> None:
    context = run(environ)

    assert (context.git is None) == (context.git_missing is not None)
    if context.git:
        assert context.git.repository_url
        assert context.git.author_email
        assert len(context.git.sha) == 40
        assert not (context.git.branch and context.git.tag)


@given(ENVIRONMENTS)
def test_every_address_is_clean_already(environ: dict[str, str]) -> None:
    context = run(environ)
    tags = context.tags
    related = [relation for relation in (context.parent, context.previous_attempt) if relation]
    pages = [tags.get("ci.pipeline.url"), tags.get("ci.job.url"), *(r.url for r in related)]

    repository = tags.get("git.repository_url", "")
    assert repository_url(repository) == repository
    assert [page for page in pages if page and page_url(page) != page] == []


USERS = st.sampled_from(["ann:s3cret@", "s3cret@", "ann:s3/cret@", "x-token-auth:s3cret@"])


@given(st.sampled_from(_CASES), USERS)
def test_no_password_put_into_any_address_survives(
    case: dict[str, dict[str, str]], user: str
) -> None:
    environ = {
        name: value.replace("://", f"://{user}", 1) if "://" in value else value
        for name, value in case["environ"].items()
    }
    context = run(environ)
    said = [*context.tags.values(), str(context.git), str(context.relations)]

    assert [text for text in said if "s3cret" in text or "s3/cret" in text] == []
