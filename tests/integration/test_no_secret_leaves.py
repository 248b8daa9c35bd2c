"""Hundreds of secrets in everything that tests can say: none leaves, and what is beside it does."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.intake_server import IntakeServer
from tests.planted import HOOK, PATTERN, leaks, secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.outcome import Outcome
    from tests.planted import Secret
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

PLANTED = secrets()
HAS_SUBTESTS = pytest.version_tuple >= (9,) or find_spec("pytest_subtests") is not None

COMMON = """
    import json
    from pathlib import Path
    import pytest
    PLANTED = json.loads(Path(__file__).with_name("planted.json").read_text())
    def at(place, text): return f"{place}~{text}"
"""
SUITE = (
    COMMON
    + """
    import logging, sys, warnings

    @pytest.mark.parametrize("text", [at("parameter", text) for text in PLANTED],
                             ids=[at("id", text) for text in PLANTED])
    def test_everything(text, ddci, record_property, request):
        text = text.removeprefix("parameter~")
        local = at("local", text)
        print(at("stdout", text))
        print(at("stderr", text), file=sys.stderr)
        logging.getLogger().warning("%s", at("log", text))
        warnings.warn(at("warning", text))
        record_property(at("property_key", text), at("property", text))
        ddci.tag(at("tag_key", text), at("tag", text))
        ddci.metric(at("metric", text), 1)
        try:
            with ddci.step(at("step", text)):
                raise ValueError(at("step_error", text))
        except ValueError:
            pass
        if HAS_SUBTESTS:
            subtests = request.getfixturevalue("subtests")
            with subtests.test(at("subtest", text), argument=at("subtest_argument", text)):
                raise ValueError(at("subtest_error", text))
        try:
            raise KeyError(at("cause", text))
        except KeyError as cause:
            problem = RuntimeError(at("message", text))
            problem.__notes__ = [at("note", text)]
            raise problem from cause

    @pytest.mark.parametrize("number, text", enumerate(PLANTED), ids=str)
    def test_assertion(number, text):
        assert {"a": [at("diff", text)]} == {"a": [number]}

    @pytest.mark.parametrize("value", [[{"deep": at("object", text)}] for text in PLANTED])
    def test_object(value): pass

    @pytest.fixture
    def broken(request): raise OSError(at("setup", request.param))

    @pytest.mark.parametrize("broken", PLANTED, indirect=True, ids=range(len(PLANTED)))
    def test_fixture(broken): pass

    @pytest.mark.parametrize("number", [
        pytest.param(number, marks=[
            pytest.mark.xfail(reason=at("xfail", text)),
            pytest.mark.owner(at("mark", text), key=at("mark_key", text)),
            pytest.mark.ddci(tags={at("ddci_key", text): at("ddci", text)},
                             metrics={at("ddci_metric", text): 2}),
        ])
        for number, text in enumerate(PLANTED)
    ])
    def test_marked(number): pytest.fail("expected")

    @pytest.mark.parametrize("number", [
        pytest.param(number, marks=pytest.mark.skip(reason=at("skip", text)))
        for number, text in enumerate(PLANTED)
    ])
    def test_skipped(number): pass

    @pytest.mark.parametrize("number", range(len(PLANTED)))
    def test_hooked(number): pass
"""
)
CONFTEST = (
    COMMON
    + HOOK.replace("\n", "\n    ")
    + """
    def pytest_configure(config):
        config.addinivalue_line("markers", "owner: whose it is")

    def pytest_ddci_event(event):
        _, found, number = event.name.partition("test_hooked[")
        if event.level == "job" and found:
            text = PLANTED[int(number.rstrip("]"))]
            return event.replace(
                tags=[*event.tags, at("hook_key", text) + ":" + at("hook_tag", text)],
                metrics={at("hook_metric", text): 3},
                parameters={at("hook_name", text): at("hook_parameter", text)},
                error={"message": at("hook_error", text), "stack": at("hook_stack", text)},
                url="https://ci.example/" + at("hook_url", text),
            )
"""
)
# Where a test may say something, but a report of ours does not.
UNREPORTED = ("local", "stdout", "stderr", "log", "warning")
EVERY_TEST = (
    *("id", "parameter", "property_key", "property", "tag_key", "tag", "metric", "step"),
    *("step_error", "cause", "message", "note", "diff", "object", "setup", "xfail", "mark"),
    *("mark_key", "ddci_key", "ddci", "ddci_metric", "skip", "source"),
    *(
        "hook_key",
        "hook_tag",
        "hook_metric",
        "hook_name",
        "hook_parameter",
        "hook_error",
        "hook_stack",
    ),
    *("hook_url", *(("subtest", "subtest_argument", "subtest_error") if HAS_SUBTESTS else ())),
)
# pytest itself shows what tests say: it is told not to.
QUIET = ("-q", "--tb=no", "--no-summary", "--no-header", "-p", "no:warnings", "--showlocals")


def environment(planted: list[Secret]) -> dict[str, str]:
    """The variables that hold the secrets, some of them within a URL."""
    held = {secret.variable: secret.core for secret in planted if secret.variable}
    for name in ("POSTGRES_URL", "AMQPS_URL"):
        held[name] = f"scheme://user:{held[name]}@db.example:5432/app"
    return {**held, "DDCI_REDACT": PATTERN}


def assert_no_leak(
    outcome: Outcome, server: IntakeServer | None = None, *, ours_only: bool = False
) -> None:
    """In none of the files, requests and lines that the run has made.

    Args:
        outcome: of the run.
        server: where it was delivered.
        ours_only: pytest itself has said some: only our own lines are looked at.
    """
    said = "\n".join(outcome.summary) if ours_only else outcome.stdout + outcome.stderr
    places = {("terminal", said)}
    known = set()
    for path in (outcome.directory / ".ddci").iterdir():
        text = path.read_bytes().decode("utf-8")
        assert [each for each in PLANTED if json.dumps(each.core)[1:-1] in text] == []
        if path.suffix != ".jsonl":
            places.add((path.name, text))
            continue
        for line in text.splitlines():
            known.add(line)
            places |= {(path.name, each) for each in _texts(json.loads(line))}
    for seen in server.seen if server else ():
        places.add(("headers", str(seen.headers).replace(seen.headers["DD-API-KEY"], "")))
        # What is not as it is in the journal, which is searched already.
        for event in seen.events:
            if json.dumps(event, separators=(",", ":")) not in known:
                places |= {("request", each) for each in _texts(event)}
    assert leaks(places, PLANTED) == []


def _texts(found: object) -> Iterator[str]:
    """Every text in a JSON value, names included."""
    if isinstance(found, dict):
        found = [*found, *found.values()]
    if isinstance(found, list):
        for each in found:
            yield from _texts(each)
    elif isinstance(found, str):
        yield found


@pytest.mark.timeout(180)
def test_no_secret_leaves(project: Project) -> None:
    project.write(test_a=SUITE.replace("HAS_SUBTESTS", str(HAS_SUBTESTS)), conftest=CONFTEST)
    project.write(test_source=_source())
    project.file("planted.json", json.dumps([secret.planted for secret in PLANTED]))

    with IntakeServer() as server:
        outcome = project.run(*QUIET, server=server, env=environment(PLANTED))
        assert len(outcome.jobs) == 8 * len(PLANTED)
        assert_no_leak(outcome, server)
    seen = json.dumps(outcome.resources)
    for place in EVERY_TEST:
        missing = [each.text for each in PLANTED if f"{place}~{each.control}" not in seen]
        # Of a metric's key with a secret that has a colon, nothing is left.
        assert [text for text in missing if place != "hook_metric" or ":" not in text] == [], place
    for place in UNREPORTED:
        assert f"{place}~" not in seen


def _source() -> str:
    """A module whose very lines hold secrets, as tracebacks show them."""
    return "".join(
        f"def test_{number}(): raise ValueError({number}, 'source~' + {secret.planted!r})\n"
        for number, secret in enumerate(PLANTED)
    )
