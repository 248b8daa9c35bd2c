"""Answers other than the right one, one after the other, and what a proxy makes of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.faults import Fault
from tests.intake_server import IntakeServer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

API = "http://intake.example"
LONG_AGO = "Sat, 01 Jan 2000 00:00:00 GMT"
# One after the other, each to a request of its own.
TROUBLE = [
    Fault(status=500),
    Fault(status=502, body=b"<html>bad gateway</html>"),
    Fault(status=503, headers={"Retry-After": LONG_AGO}),
    Fault(status=429, headers={"Retry-After": "0"}),
    Fault(status=413),
]


class ProxyServer(IntakeServer):
    """A proxy and the intake behind it; as a proxy it is asked for whole URLs."""

    def check(self, path: str, headers: Mapping[str, str], body: bytes) -> list[dict[str, Any]]:
        assert path.startswith(API)
        return super().check(path.removeprefix(API), headers, body)


def test_a_run_outlasts_all_that_passes(project: Project) -> None:
    project.write(test_a="def test_a(): pass")
    with IntakeServer(TROUBLE) as server:
        outcome = project.run("--no-ddci-running", server=server)
        assert [seen.status for seen in server.seen][: len(TROUBLE)] == [
            fault.status for fault in TROUBLE
        ]
        assert {seen.status for seen in server.seen[len(TROUBLE) :]} == {202}
        assert sorted(map(str, server.resources)) == sorted(map(str, outcome.resources))
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.said("delivered: 6 of 6 in 7 requests, ")


def test_a_proxy_of_the_environment_is_used(plain: Project) -> None:
    plain.write(test_a="def test_a(): pass")
    with ProxyServer() as proxy:
        env = {"HTTP_PROXY": proxy.url, "DDCI_URL": API, "NO_PROXY": ""}
        outcome = plain.run(server=proxy, env=env)
        assert proxy.of_level("job") == outcome.jobs
        assert {seen.path for seen in proxy.seen} == {f"{API}/api/v2/ci/pipeline"}
    outcome.check()
    assert outcome.said("delivered: 6 of 6 in 1 request, ")
