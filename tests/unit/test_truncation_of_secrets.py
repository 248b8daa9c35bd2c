"""No cut to a limit leaves half a secret, wherever in it the cut falls."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from pytest_ddci import limits
from pytest_ddci.accounting import Accounting
from pytest_ddci.context.commits import GitInfo
from pytest_ddci.editor import Editor
from pytest_ddci.errors import InvalidEventError
from pytest_ddci.facts import Failure
from pytest_ddci.finished import FinishedStep
from pytest_ddci.head import PipelineDraft
from pytest_ddci.redact import MARK, Redactor
from pytest_ddci.testinfo import describe
from pytest_ddci.torn_words import without_torn_words
from pytest_ddci.user_hooks import UserHooks
from tests.builders import MS, T0
from tests.planted import Secret, leaks
from tests.unit.test_editor import FakeHooks, line_of
from tests.unit.test_encoder import CONTEXT, HEAD, JOB, encoder
from tests.unit.test_user_hooks import failing, hooks

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pytest_ddci.events import Model

VALUE = "qW3rTy-Zx9/cVb'N7mLkJ4hG"
TOKEN = "ghp_" + "aB3dE5fG7h" * 4
USERS = "ACME-" + "kL2mN4pQ6r" * 2
SECRETS = {"value": VALUE, "token": TOKEN, "pattern": USERS}
REDACT = Redactor({"A_TOKEN": VALUE}, [r"ACME-\w{20}"])
STEP = FinishedStep(id="s-1", name="call", start_ns=T0, end_ns=T0 + MS, status="success")

ENCODED: dict[str, tuple[int, Callable[[str], bytes]]] = {
    "message": (
        limits.ERROR_MESSAGE,
        lambda text: encoder(redact=REDACT).jobs.job(replace(JOB, failure=Failure("E", text))),
    ),
    "type": (
        limits.ERROR_TYPE,
        lambda text: encoder(redact=REDACT).jobs.job(replace(JOB, failure=Failure(text, "m"))),
    ),
    "stack, its head": (
        limits.STACK // 3,
        lambda text: encoder(redact=REDACT).jobs.job(
            replace(JOB, failure=Failure("E", "m", text + "z" * limits.STACK))
        ),
    ),
    "stack, its tail": (
        limits.STACK,
        lambda text: encoder(redact=REDACT).jobs.job(
            replace(JOB, failure=Failure("E", "m", "z" * limits.STACK + text[::-1]))
        ),
    ),
    "name": (limits.NAME, lambda text: encoder(redact=REDACT).jobs.job(replace(JOB, name=text))),
    "tag": (
        limits.TAG,
        lambda text: encoder(redact=REDACT).jobs.job(replace(JOB, tags={"k": text})),
    ),
    "tag's key": (
        limits.TAG_KEY,
        lambda text: encoder(redact=REDACT).jobs.job(replace(JOB, tags={text: "v"})),
    ),
    "metric's key": (
        limits.TAG_KEY,
        lambda text: encoder(redact=REDACT).jobs.job(replace(JOB, metrics={text: 1})),
    ),
    "parameter": (
        limits.PARAMETER,
        lambda text: encoder(redact=REDACT).jobs.job(replace(JOB, parameters={"p": text})),
    ),
    "step": (
        limits.NAME,
        lambda text: next(
            encoder(redact=REDACT).jobs.steps(replace(JOB, steps=(replace(STEP, name=text),)))
        ),
    ),
    "commit message": (
        limits.COMMIT_MESSAGE,
        lambda text: encoder(
            replace(
                HEAD,
                context=replace(CONTEXT, git=GitInfo("https://x/y", "a" * 40, "a@b", message=text)),
            ),
            REDACT,
        ).jobs.job(JOB),
    ),
}


def seen(line: bytes | None) -> list[str]:
    assert line is not None
    return leaks([("line", line.decode())], [Secret("", each, each) for each in SECRETS.values()])


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("place", ENCODED)
def test_a_secret_across_a_limit_is_hidden_at_every_offset(place: str, secret: str) -> None:
    limit, encode = ENCODED[place]
    text = SECRETS[secret][::-1] if place.endswith("tail") else SECRETS[secret]
    for offset in range(len(text) + 32):
        line = encode(("x " * limit)[: max(limit - offset, 0)] + text + " y" * 200)
        assert seen(line) == [], offset


def edited(answer: Callable[[Any], object]) -> bytes | None:
    hooks = FakeHooks(answer)
    return Editor(cast("UserHooks", hooks), REDACT).edit(line_of("job"))


@pytest.mark.parametrize("secret", SECRETS)
def test_what_a_hook_adds_is_cut_before_we_see_it_and_yet_no_half_is_left(secret: str) -> None:
    text = SECRETS[secret]
    for offset in range(len(text) + 32):
        long = ("x " * 5_000)[: 5_000 - offset] + text + " y" * 200
        key = ("x " * 200)[: 200 - offset] + text + " y" * 200
        line = edited(
            lambda event, long=long, key=key: event.replace(  # type: ignore[misc] # of any event
                error={"message": long, "type": key[100:], "stack": long[-600:] * 170},
                tags={"k": long, key: "v"},
                parameters={"p": long, key: "v"},
                url=long,
            )
        )
        assert seen(line) == [], offset


def test_a_word_at_a_cut_is_hidden_only_in_what_a_hook_has_changed() -> None:
    kept = "w" * 6_000
    line = line_of("job", error={"message": limits.cut(kept, 5_000)}, tags=["a:b"])
    hooks = FakeHooks(lambda event: event.replace(tags=["a:c"]))
    written = Editor(cast("UserHooks", hooks), REDACT).edit(line)
    assert written is not None
    found = json.loads(written)["attributes"]["resource"]
    assert found["error"]["message"] == limits.cut(kept, 5_000)
    assert MARK not in written.decode()


@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_told_of_a_hook_is_redacted_before_it_is_cut(secret: str) -> None:
    text = SECRETS[secret]
    for offset in range(len(text) + 2):
        words = ("x " * 200)[: 200 - offset] + text
        target = hooks(
            event=failing(ValueError(words)),
            delivered=failing(InvalidEventError(words)),
            stage_name=lambda words=words: [words[120:]],
        )
        target = UserHooks(target._config, REDACT)  # noqa: SLF001 - with a redaction
        target.event(cast("Model", object()))
        target.delivered(Accounting())
        target.stage_name("t", "d")
        assert len(target.problems) == 3
        assert seen("\n".join(target.problems).encode()) == [], offset


@pytest.mark.parametrize("secret", SECRETS)
def test_a_parameter_that_is_no_text_leaves_its_process_whole(secret: str) -> None:
    text = SECRETS[secret]
    for offset in range(0, len(text) + 2, 3):
        value = [{"deep": ("x " * 5_000)[: 4_990 - offset] + text + " y" * 50}]
        draft = PipelineDraft(name="p", parameters={"p": cast("str", value)})
        draft.mend(PipelineDraft(name="p"))
        line = encoder(redact=REDACT).jobs.job(replace(JOB, parameters=draft.parameters))
        assert seen(line) == [], offset
        assert json.loads(line)["attributes"]["resource"]["parameters"]["p"].startswith("[{'deep'")


TORN = "\u2026 [{} characters cut]"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("no cut at all \u2026 [sic]", "no cut at all \u2026 [sic]"),
        (f"whole words {TORN.format(7)}", f"whole words {TORN.format(7)}"),
        (f"half a wo{TORN.format(7)}", f"half a M{TORN.format(7)}"),
        (f"wo{TORN.format(7)}", f"M{TORN.format(7)}"),
        (f"{'w' * 9_000}{TORN.format(7)}", f"{'w' * 4_904}M{TORN.format(7)}"),
        ("a/b\u2026[0123456789abcdef]", "M\u2026[0123456789abcdef]"),
        (f"he\n{TORN.format(9)} \u2026\nad tail", f"M\n{TORN.format(9)} \u2026\nM tail"),
        (f"he \n{TORN.format(9)} \u2026\n tail", f"he \n{TORN.format(9)} \u2026\n tail"),
    ],
)
def test_the_words_that_a_cut_has_torn_are_marked(text: str, left: str) -> None:
    assert without_torn_words(text, "M") == left


def test_every_cut_of_ours_is_known_as_one() -> None:
    text = "one " * 100 + "t" * 50 + " two" * 100
    for cut, limit in ((limits.cut, 430), (limits.cut_name, 420), (limits.cut_middle, 300)):
        assert "M" in without_torn_words(cut(text.replace(" ", "-"), limit), "M")


def test_what_is_known_of_a_test_is_not_cut_where_nobody_can_redact_it() -> None:
    long = ["x" * 6_000]
    mark = SimpleNamespace(name="owner", args=("y" * 6_000,), kwargs={})
    item = SimpleNamespace(
        location=("a.py", 1, "test_a"),
        own_markers=[mark],
        parent=None,
        iter_markers=lambda name=None: iter([] if name else [mark]),
        callspec=SimpleNamespace(params={"p": long, "q": long[0]}),
    )
    info = describe(cast("pytest.Item", item))
    assert info.parameters == {"p": repr(long), "q": long[0]}
    assert info.tags == {"test.mark.owner": mark.args[0]}
