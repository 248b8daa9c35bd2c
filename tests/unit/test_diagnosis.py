"""The lines of `ddci doctor`, and what it makes of the API's answers to an empty batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from pytest_ddci import __version__
from pytest_ddci.config import Secret, resolve
from pytest_ddci.context import gather
from pytest_ddci.doctor import check, diagnose
from pytest_ddci.inifile import IniFile
from pytest_ddci.intake import Intake
from pytest_ddci.journal import Journal
from tests.fakes import FakeClock
from tests.unit.test_config import KEY, FakeSource
from tests.wire import START_NS, header

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def lines(tmp_path: Path, environ: dict[str, str] | None = None) -> list[str]:
    environ = environ or {}
    config = resolve(FakeSource(), environ)
    context = gather(environ, str(tmp_path), clock=FakeClock())
    return list(diagnose(config, IniFile(tmp_path), context))


def test_it_begins_with_the_version(tmp_path: Path) -> None:
    assert lines(tmp_path)[0].startswith(f"pytest-ddci {__version__}, ")


def test_without_anything_it_says_so(tmp_path: Path) -> None:
    found = lines(tmp_path)
    assert "configuration: no pytest configuration file" in found
    assert "API key: DD_API_KEY is not set: events stay here" in found
    assert "CI provider: none" in found
    assert f"journals: {tmp_path / '.ddci'} (0 files, 0 undelivered)" in found


def test_a_key_is_set_and_not_shown(tmp_path: Path) -> None:
    found = lines(tmp_path, {"DD_API_KEY": KEY})
    assert "API key: set" in found
    assert KEY not in "\n".join(found)


def test_journals_are_counted(tmp_path: Path) -> None:
    Journal.create(tmp_path / ".ddci", header(), start_ns=START_NS).close()
    Journal.create(tmp_path / ".ddci", header(), start_ns=START_NS).retire()
    assert lines(tmp_path)[-1].endswith("(2 files, 1 undelivered)")


def test_warnings_come_last(tmp_path: Path) -> None:
    found = lines(tmp_path, {"DDCI_GZIP": "perhaps"})
    assert found[-1] == "warning: DDCI_GZIP='perhaps' ignored: expected true or false"


def test_the_directory_is_relative_to_the_root(tmp_path: Path) -> None:
    config = replace(resolve(FakeSource(), {}), dir="kept", api_key=Secret(KEY))
    context = gather({}, str(tmp_path), clock=FakeClock())
    found = list(diagnose(config, IniFile(tmp_path), context))
    assert any(line.startswith(f"journals: {tmp_path / 'kept'} (") for line in found)


def asked(answer: Callable[[httpx.Request], httpx.Response]) -> tuple[bool, list[str]]:
    clock = FakeClock()
    transport = httpx.MockTransport(answer)
    with Intake("https://api.example", KEY, clock=clock, transport=transport) as intake:
        return check(intake, clock, 5.0)


def is_packed(request: httpx.Request) -> bool:
    return str(request.headers.get("Content-Encoding")) == "gzip"


def refusal(status: int, detail: str) -> httpx.Response:
    return httpx.Response(status, json={"errors": [{"detail": detail}]})


def test_an_api_that_takes_both_is_told_as_such() -> None:
    assert asked(lambda _: httpx.Response(202, json={})) == (
        True,
        ["API: answers and takes the key", "gzip: understood, --ddci-gzip can be turned on"],
    )


def test_a_refusal_of_the_empty_batch_means_that_the_key_was_good() -> None:
    accepted, said = asked(lambda _: refusal(400, "data is required"))
    assert accepted
    assert said[0].startswith("API: answers and takes the key (it says: ")
    assert "data is required" in said[0]
    assert said[1] == "gzip: understood, --ddci-gzip can be turned on"


@pytest.mark.parametrize(
    ("plain", "packed"),
    [
        (httpx.Response(202), refusal(400, "malformed JSON")),
        (refusal(400, "data is required"), refusal(400, "malformed JSON")),
        (httpx.Response(202), httpx.Response(415)),
        (httpx.Response(202), httpx.Response(500)),
    ],
    ids=["400", "both 400", "415", "500"],
)
def test_another_answer_to_a_compressed_body_speaks_against_compression(
    plain: httpx.Response, packed: httpx.Response
) -> None:
    accepted, said = asked(lambda request: packed if is_packed(request) else plain)
    assert accepted
    assert said[1].startswith("gzip: leave --ddci-gzip off (")


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_an_api_that_does_not_take_the_key_is_not_asked_again(status: int) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status)

    accepted, [said] = asked(answer)
    assert not accepted
    assert said.startswith("API: ")
    assert str(status) in said
    assert len(requests) == 1


def test_silence_is_told() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    accepted, [said] = asked(silent)
    assert not accepted
    assert said.startswith("API: no answer from api.example")
