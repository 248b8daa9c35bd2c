"""Large outputs, failures and suites: cut where they must be, and never all in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_ddci import limits
from tests.intake_server import IntakeServer

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

TOKEN = "ghp_" + "aB3dE5fG7h" * 4
MB = 1024 * 1024
LARGE = f"""
    import sys

    def test_output():
        for _ in range(20):
            print("x" * {MB})
        sys.stderr.write("y" * {MB})

    def test_assertion():
        found = "a" * {2 * MB}
        assert found == "b" * {2 * MB}, "c" * {2 * MB} + " the end"

    def test_after(): pass
"""
# Wherever the text is cut, a secret is there to be cut in two.
SECRETS = f"""
    import pytest

    def text(size, filler): return (filler * size)[:size]

    @pytest.mark.parametrize("where", range(0, {len(TOKEN)}, 4))
    @pytest.mark.parametrize("limit", [{limits.ERROR_MESSAGE}, {limits.STACK}, {limits.STACK // 3}])
    def test_fails(where, limit):
        raise ValueError(text(limit - where - 20, "word ") + "{TOKEN} " + "word " * 30_000)

    @pytest.mark.parametrize("value", [
        text({limits.PARAMETER} - where, "word ") + "{TOKEN} " + "word " * 2_000
        for where in range(0, {len(TOKEN)}, 4)
    ], ids=lambda value: str(len(value)))
    def test_parameter(value, ddci):
        ddci.tag("value", value)
"""
MANY = """
    import pytest
    @pytest.mark.parametrize("n", range({count}))
    def test(n): pass
"""
STATUS = Path("/proc/self/status")
# Not `ru_maxrss`: that begins with what the process needed that started this one.
MEMORY = """
    from pathlib import Path
    def pytest_unconfigure():
        [peak] = [
            line.split()[1] for line in Path("/proc/self/status").read_text().splitlines()
            if line.startswith("VmHWM:")
        ]
        Path("peak").write_text(str(int(peak) * 1024))
"""


def test_large_outputs_and_failures_are_cut_and_delivered(
    project: Project, server: IntakeServer
) -> None:
    project.write(test_a=LARGE)
    outcome = project.run("--tb=no", "--show-capture=no", server=server)
    outcome.check()
    assert outcome.exit_status == 1
    assert server.of_level("job") == outcome.jobs
    error = outcome.job("test_assertion")["error"]
    assert len(error["message"]) == limits.ERROR_MESSAGE
    assert error["message"].startswith("cccc")
    assert error["message"].endswith(" characters cut]")
    assert len(error["stack"]) <= limits.STACK
    assert max(len(line) for line in outcome.journal_lines()) < MB
    assert outcome.job("test_after")["status"] == "success"


def test_no_cut_leaves_a_piece_of_a_secret(plain: Project, server: IntakeServer) -> None:
    plain.write(test_a=SECRETS)
    outcome = plain.run("--tb=no", "-q", server=server)
    outcome.check()
    # In several requests, of which any may be the first to arrive.
    assert {job["id"] for job in server.of_level("job")} == {job["id"] for job in outcome.jobs}
    sent = b"".join(seen.body for seen in server.seen) + b"".join(outcome.journal_lines())
    assert sent.count(b"[redacted]") >= len(outcome.jobs)
    for size in (8, 12, 20):
        assert TOKEN[:size].encode() not in sent


def peak(project: Project, count: int, server: IntakeServer | None) -> int:
    """Bytes that a run of so many tests needs at most; delivered, or without us."""
    project.write(test_a=MANY.format(count=count))
    process = project.start(*(() if server else ("--no-ddci",)), server=server)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    if server:
        events = 4 * count + 2
        assert f"delivered: {events} of {events} in ".encode() in said
    return int((project.directory / "peak").read_text())


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.skipif(not STATUS.exists(), reason="Linux says how much memory was needed")
def test_the_memory_that_we_need_does_not_grow_with_the_suite(
    plain: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.write(conftest=MEMORY)
    needed = []
    for count in (5_000, 50_000):
        # Not the fixture: the official client would have to read each event.
        with IntakeServer() as server:
            # Nor is this process to hold what it was sent.
            monkeypatch.setattr(server, "keep", lambda _: None)
            needed.append(peak(plain, count, server) - peak(plain, count, None))
    print([f"{each / MB:.1f} MB" for each in needed])  # noqa: T201 - figures
    # The ids of the tests to come, and what is on its way.
    assert needed[1] - needed[0] < 64 * MB
