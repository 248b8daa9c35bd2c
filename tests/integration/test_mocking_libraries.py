"""The libraries with which suites fake or forbid traffic: neither side sees the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

PLUGINS = ("pytest_httpx", "recording", "respx", "socket")
BLOCKED = ("--disable-socket", "--block-network")
CASSETTE = """
    interactions:
    - request: {body: null, headers: {}, method: GET, uri: "http://theirs.example/"}
      response: {body: {string: theirs}, headers: {}, status: {code: 200, message: OK}}
    version: 1
"""
# Each of them fails a test that makes a request too many, or one too few.
SUITE = """
    import urllib.request
    import httpx, pytest, requests, responses, respx, socket, vcr
    URL = "http://theirs.example/"

    def test_respx():
        with respx.mock(assert_all_called=True) as router:
            route = router.get(URL).respond(text="theirs")
            assert httpx.get(URL).text == "theirs"
        assert route.call_count == 1

    def test_pytest_httpx(httpx_mock):
        httpx_mock.add_response(url=URL, text="theirs")
        assert httpx.get(URL).text == "theirs"
        assert len(httpx_mock.get_requests()) == 1

    def test_responses():
        with responses.RequestsMock(assert_all_requests_are_fired=True) as mock:
            mock.get(URL, body="theirs")
            assert requests.get(URL, timeout=9).text == "theirs"
            assert len(mock.calls) == 1

    def test_vcr():
        with vcr.use_cassette("cassette.yaml", record_mode="none") as cassette:
            assert urllib.request.urlopen(URL).read() == b"theirs"
        assert cassette.play_count == 1

    def test_sockets_are_blocked():
        with pytest.raises(RuntimeError):
            socket.create_connection(("127.0.0.1", 9))
"""
LEFT_BEHIND = {
    "respx": """
        import respx
        def test_leak(): respx.mock(assert_all_mocked=True).start()
    """,
    "responses": """
        import responses
        def test_leak(): responses.start()
    """,
    "vcr": """
        import vcr
        def test_leak(): vcr.use_cassette("cassette.yaml", record_mode="none").__enter__()
    """,
    "pytest-socket": """
        import atexit, pytest_socket
        def test_leak(): pytest_socket.disable_socket()
        class Last:
            # After pytest-socket has put it back.
            def pytest_sessionfinish(self): pytest_socket.disable_socket()
        def test_leak_again(request): request.config.pluginmanager.register(Last())
    """,
}


def test_suites_that_use_them_are_reported_and_see_no_request_of_ours(
    project: Project, server: IntakeServer
) -> None:
    project.file("cassette.yaml", CASSETTE)
    project.write(test_a=SUITE)
    outcome = project.run(*BLOCKED, server=server, plugins=PLUGINS)
    outcome.check()
    assert outcome.exit_status == 0, outcome.stdout
    assert len(outcome.jobs) == 5
    assert server.of_level("job") == outcome.jobs
    assert "another process" not in "".join(outcome.summary)


@pytest.mark.parametrize("suite", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_what_they_leave_behind_costs_no_event(
    suite: str, plain: Project, server: IntakeServer
) -> None:
    plain.file("cassette.yaml", CASSETTE)
    plain.write(test_a=suite)
    outcome = plain.run(server=server, plugins=PLUGINS)
    outcome.check()
    assert outcome.exit_status == 0, outcome.stdout
    assert server.of_level("job") == outcome.jobs
    assert len(server.of_level("pipeline")) == 1
