"""Whether the process is still what it was before the tests."""

from __future__ import annotations

import builtins
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.surroundings import MODULES, VARIABLES, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

MOCKED = [
    "socket.socket",
    "socket.socket.makefile",
    "socket.create_connection",
    "socket.getaddrinfo",
    "ssl.SSLContext",
    "ssl.SSLContext.wrap_socket",
    "ssl.create_default_context",
    "select.select",
    "threading.Thread",
    "threading.Thread.start",
    "threading.Event",
    "queue.SimpleQueue",
    "time.time",
    "time.monotonic",
    "time.sleep",
    "json.dumps",
    "json.loads",
    "os.open",
    "os.getpid",
    "os.urandom",
    "random.SystemRandom",
    "re.compile",
    "zlib.decompressobj",
    "gzip.compress",
    "urllib.request.getproxies",
    "httpx.Client",
    "httpx.Client.send",
    "httpx.HTTPTransport.handle_request",
    "httpcore.ConnectionPool.handle_request",
    "h11.Connection.send",
]


@pytest.fixture
def surroundings() -> Surroundings:
    return Surroundings({"HTTPS_PROXY": "http://proxy.example:3128"})


def test_left_alone_nothing_has_changed(surroundings: Surroundings) -> None:
    assert surroundings.change() == ""


@pytest.mark.parametrize("path", MOCKED)
def test_a_mock_is_named(
    path: str, surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(path, lambda *_: None)
    assert surroundings.change() == path
    monkeypatch.undo()
    assert surroundings.change() == ""


def test_what_a_test_takes_away_is_named(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("socket.create_connection")
    assert surroundings.change() == "socket.create_connection"


def test_another_way_to_import_is_named(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def import_(*args: Any) -> ModuleType:  # noqa: ANN401 - as the real one
        return real(*args)

    monkeypatch.setattr(builtins, "__import__", import_)
    found = surroundings.change()
    monkeypatch.undo()
    assert found == "builtins.__import__"


@pytest.mark.parametrize("name", MODULES)
def test_a_module_that_is_not_the_same_is_named(
    name: str, surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    found = surroundings.change()
    monkeypatch.undo()
    assert found == f"sys.modules[{name!r}]"


def test_a_module_that_is_gone_is_named(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "httpx")
    assert surroundings.change() == "sys.modules['httpx']"


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda environ, name: environ.update({name: "other"}), id="set"),
        pytest.param(lambda environ, name: environ.pop(name), id="removed"),
    ],
)
def test_a_variable_that_leads_requests_elsewhere_is_named(
    name: str, change: Callable[[dict[str, str], str], None]
) -> None:
    environ = dict.fromkeys(VARIABLES, "as it was")
    surroundings = Surroundings(environ)
    change(environ, name)
    assert surroundings.change() == f"the environment variable {name}"


def test_other_variables_do_not_matter() -> None:
    environ = {"PATH": "/bin"}
    surroundings = Surroundings(environ)
    environ.clear()
    environ["HOME"] = "/"
    assert surroundings.change() == ""


def test_threads_that_are_traced_since_are_told(surroundings: Surroundings) -> None:
    before = threading.getprofile()
    threading.setprofile(lambda *_: None)
    try:
        assert surroundings.change() == "the tracing of threads"
    finally:
        threading.setprofile(before)


def test_what_pytest_changes_does_not_matter(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    assert surroundings.change() == ""


def test_what_is_new_does_not_matter(
    surroundings: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: None, raising=False)
    monkeypatch.setattr("socket.own_of_the_tests", lambda *_: None, raising=False)
    assert surroundings.change() == ""


def test_what_was_mocked_before_counts_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket", lambda *_: None)
    assert Surroundings({}).change() == ""
