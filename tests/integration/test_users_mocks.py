"""Suites that forbid, fake or count network traffic see none of ours while their tests run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.outcome import Outcome
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

# What pytest-socket does: during tests every socket raises. xdist talks over pipes.
NO_SOCKETS = """
    import socket, pytest

    class Blocked(socket.socket):
        def __new__(cls, *args, **kwargs):
            raise RuntimeError("a socket during a test")

    @pytest.fixture(autouse=True)
    def no_sockets(monkeypatch):
        monkeypatch.setattr(socket, "socket", Blocked)
        monkeypatch.setattr(socket, "create_connection", Blocked)
"""
# What pytest-httpx and respx do: the transport of every client answers from a list, and a
# request nobody expected fails the test at its teardown.
FAKE_TRANSPORT = """
    import httpx, pytest
    requests = []

    @pytest.fixture(autouse=True)
    def fake_transport(monkeypatch):
        def handle(self, request):
            requests.append(request)
            return httpx.Response(200, json={"fake": True})
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)
        yield requests
        assert [str(each.url) for each in requests] == ["http://theirs.example/"]
        requests.clear()
"""
USING_IT = """
    import httpx
    def test_theirs(fake_transport):
        assert httpx.get("http://theirs.example/").json() == {"fake": True}
    def test_again(fake_transport):
        with httpx.Client() as client:
            client.get("http://theirs.example/")
"""


def test_a_suite_that_blocks_sockets_is_reported(project: Project, server: IntakeServer) -> None:
    project.write(
        conftest=NO_SOCKETS,
        test_a="""
            import pytest, socket
            def test_blocked():
                with pytest.raises(RuntimeError):
                    socket.socket()
        """,
    )
    outcome = project.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert server.of_level("job")[0]["status"] == "success"


def test_sockets_that_stay_blocked_cost_no_event(project: Project, server: IntakeServer) -> None:
    project.write(
        conftest=NO_SOCKETS.replace("monkeypatch.setattr", "setattr"),
        test_a="def test_a(): pass",
    )
    outcome = project.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.said("delivered: 6 of 6")
    if not project.distribution:  # the controller's own sockets are left alone
        why = "socket.socket is not what it was before the tests"
        assert outcome.said("sent by another process: ").endswith(why)
    assert len(server.of_level("job")) == 1


def test_a_suite_that_fakes_httpx_counts_only_its_own_requests(
    project: Project, server: IntakeServer
) -> None:
    project.write(conftest=FAKE_TRANSPORT, test_a=USING_IT)
    outcome = project.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert len(server.of_level("job")) == 2


def test_a_suite_that_fakes_httpx_for_good_costs_no_event(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(
        conftest="""
            import httpx
            def refuse(*args, **kwargs): raise RuntimeError("no network here")
            httpx.Client.stream = httpx.Client.send = refuse
        """,
        test_a="def test_a(): pass",
    )
    outcome = plain.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.said("delivered: 6 of 6")
    assert outcome.said("sent by another process: ").endswith("RuntimeError: no network here")
    assert len(server.of_level("job")) == 1


def test_no_thread_of_ours_is_alive_while_tests_run(plain: Project, server: IntakeServer) -> None:
    plain.write(
        test_a="""
            import threading
            def test_first(): assert threading.enumerate() == [threading.main_thread()]
            def test_last(): assert threading.enumerate() == [threading.main_thread()]
        """
    )
    outcome = plain.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_no_socket_of_ours_is_open_while_tests_run(plain: Project, server: IntakeServer) -> None:
    plain.write(
        test_a="""
            import os
            def kind(fd):
                try:
                    return os.readlink(f"/proc/self/fd/{fd}").partition(":")[0]
                except OSError:  # that of the listing itself
                    return ""
            def test_a():
                assert "socket" not in [kind(fd) for fd in os.listdir("/proc/self/fd")]
        """
    )
    outcome = plain.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0


def passed(outcome: Outcome) -> str:
    """How many tests passed with how many warnings."""
    found = re.search(r"\d+ passed(, \d+ warnings?)? in ", outcome.stdout)
    assert found, outcome.stdout
    return found[0]


@pytest.mark.parametrize(
    "options",
    [("-W", "error"), ("-W", "error", "-p", "no:cacheprovider"), ("-W", "error::ResourceWarning")],
    ids=["all", "no cache", "resources"],
)
def test_no_warning_of_ours_becomes_an_error(
    options: tuple[str, ...], project: Project, server: IntakeServer
) -> None:
    project.write(
        test_a="""
            import gc, os, pytest
            @pytest.mark.ddci(tags={"a": "b"})
            def test_a(ddci):
                with ddci.step("fork"):
                    pid = os.fork()
                    if pid == 0:
                        os._exit(0)
                    os.waitpid(pid, 0)
                gc.collect()
        """
    )
    bare = project.run(*options, flag="", env={"PYTHONDEVMODE": "1"})
    outcome = project.run(*options, server=server, env={"PYTHONDEVMODE": "1"})
    outcome.check()
    # A fork beside the threads of xdist's own workers is a warning since Python 3.12.
    assert (outcome.exit_status, passed(outcome)) == (bare.exit_status, passed(bare))
    assert "Warning" not in outcome.stderr
    assert outcome.said("delivered: 7 of 7")


def test_an_ini_file_that_makes_warnings_errors_is_fine(
    project: Project, server: IntakeServer
) -> None:
    project.file("pytest.ini", "[pytest]\nfilterwarnings = error\nddci_timeout = 20\n")
    project.write(test_a="def test_a(): pass")
    outcome = project.run("--strict-markers", "--strict-config", server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert tags(outcome.job("test_a"))["test.result"] == "pass"
