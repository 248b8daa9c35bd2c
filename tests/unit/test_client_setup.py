from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_ddci.client import Client
from pytest_ddci.config import Secret
from pytest_ddci.errors import ClientError, ConfigError
from tests.fakes import FakeClock
from tests.read_api import API_KEY, APP_KEY, JOB, ReadApi

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "https://api.datadoghq.com"),
        ({"site": "datadoghq.eu"}, "https://api.datadoghq.eu"),
        ({"site": "us3.datadoghq.com"}, "https://api.us3.datadoghq.com"),
        ({"url": "http://127.0.0.1:8080/"}, "http://127.0.0.1:8080"),
        ({"url": "http://a:1", "site": "datadoghq.eu"}, "http://a:1"),
    ],
    ids=str,
)
def test_a_site_or_a_url_says_where_the_api_is(options: dict[str, str], url: str) -> None:
    client = Client(API_KEY, APP_KEY, **options)  # type: ignore[arg-type] # as given
    assert client.url == url
    assert repr(client) == f"Client('{url}')"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"site": "app.datadoghq.com"}, "site='app.datadoghq.com': expected a Datadog site"),
        ({"url": "ftp://a"}, "url='ftp://a': expected a url"),
        ({"timeout": 0}, "timeout=0: expected a number of seconds > 0"),
        ({"timeout": float("nan")}, "timeout=nan"),
        ({"timeout": float("inf")}, "timeout=inf"),
    ],
    ids=str,
)
def test_a_wrong_argument_is_named(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Client(API_KEY, APP_KEY, **options)


@pytest.mark.parametrize("key", ["", " ", "two words", "line\nbreak", "k\xe9y", f"{APP_KEY}\n"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    for keys in ((key, APP_KEY), (API_KEY, key)):
        with pytest.raises(ConfigError, match="_key is no key: one word") as caught:
            Client(*keys)
        assert APP_KEY not in str(caught.value)


def environment(**more: str) -> dict[str, str]:
    return {"DD_API_KEY": API_KEY, "DD_APP_KEY": f" {APP_KEY} ", **more}


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "https://api.datadoghq.com"),
        ({"DD_SITE": "datadoghq.eu"}, "https://api.datadoghq.eu"),
        ({"DD_SITE": ""}, "https://api.datadoghq.com"),
        ({"DD_SITE": "datadoghq.eu", "DDCI_URL": "http://localhost:1/"}, "http://localhost:1"),
    ],
    ids=str,
)
def test_the_environment_says_who_and_where(environ: dict[str, str], url: str) -> None:
    api = ReadApi()
    client = Client.from_environment(environment(**environ), transport=api)
    client.list_events()
    [request] = api.requests
    assert str(request.url).startswith(f"{url}/api/v2/ci/pipelines/events?")
    assert request.headers["DD-APPLICATION-KEY"] == APP_KEY


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"DD_API_KEY": ""}, "DD_API_KEY is not set"),
        ({"DD_SITE": "https://datadoghq.eu"}, "expected a Datadog site"),
        ({"DD_APP_KEY": "a b"}, "app_key is no key"),
    ],
    ids=str,
)
def test_a_wrong_environment_is_an_error(environ: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Client.from_environment(environment(**environ))


def test_without_an_application_key_the_environment_is_good_for_sending() -> None:
    environ = {"DD_API_KEY": API_KEY}
    api = ReadApi(httpx.Response(202))
    assert Client.from_environment(environ, transport=api).send(JOB).complete


def attributes(value: object, seen: set[int]) -> Iterator[str]:
    """What anybody could print of an object: its own repr, and those of all it holds."""
    if id(value) in seen or isinstance(value, (str, Secret)):
        return
    seen.add(id(value))
    yield repr(value)
    for held in vars(value).values() if hasattr(value, "__dict__") else ():
        yield repr(held)
        yield from attributes(held, seen)


def test_no_key_is_in_a_repr_an_error_or_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api = ReadApi(httpx.Response(403, json={"errors": [f"{API_KEY} is not {APP_KEY}"]}))
    client = Client(API_KEY, APP_KEY, transport=api, clock=FakeClock())
    with pytest.raises(ClientError) as caught:
        client.list_events()
    told = "".join(
        traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    )
    printed = " ".join([*attributes(client, {id(client._transport)}), told, caplog.text])  # noqa: SLF001 - the test's own
    for key in (API_KEY, APP_KEY):
        assert key not in printed
    assert "[redacted] is not [redacted]" in str(caught.value)
