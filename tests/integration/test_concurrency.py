"""Threads, greenlets, event loops and processes of the tests' own cross nothing of the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags

if TYPE_CHECKING:
    from tests.intake_server import IntakeServer
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

THREADS = 40


def test_threads_of_a_test_may_all_say_something(project: Project, server: IntakeServer) -> None:
    project.write(
        test_a=f"""
        import threading
        def test_threads(ddci):
            together = threading.Barrier({THREADS})
            def work(n):
                together.wait()
                with ddci.step(f"step {{n}}"):
                    ddci.tag(f"thread.n{{n}}", str(n))
                    together.wait()
            threads = [threading.Thread(target=work, args=(n,)) for n in range({THREADS})]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        def test_after(ddci): ddci.tag("after", "yes")
        """
    )
    outcome = project.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0
    job = outcome.job("test_threads")
    steps = {step["name"] for step in outcome.steps_of(job)}
    assert steps == {"setup", "call", "teardown", *(f"step {n}" for n in range(THREADS))}
    said = tags(job)
    assert {said[f"thread.n{n}"] for n in range(THREADS)} == {str(n) for n in range(THREADS)}
    assert tags(outcome.job("test_after"))["after"] == "yes"
    assert not any(tag.startswith("thread.") for tag in tags(outcome.job("test_after")))
    assert server.of_level("job") == outcome.jobs


def test_a_thread_that_lives_on_is_nobodys(project: Project, server: IntakeServer) -> None:
    project.write(
        test_a="""
        import threading, time
        def test_leaves_one(ddci):
            def work():
                while True:
                    ddci.tag("from", "beyond")
                    time.sleep(0.001)
            threading.Thread(target=work, daemon=True).start()
        def test_after(): time.sleep(0.05)
        """
    )
    outcome = project.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert server.of_level("job") == outcome.jobs
    assert len(outcome.jobs) == 2


def test_tests_that_run_in_forty_threads_are_one_job_each(
    project: Project, server: IntakeServer
) -> None:
    project.write(
        test_a="""
        import pytest
        @pytest.mark.parametrize("n", range(3))
        def test_many(n, ddci):
            with ddci.step("inside"): ddci.tag("n", str(n))
        def test_fails(): assert 1 == 2
        """
    )
    args, plugins = (f"--parallel-threads={THREADS}",), ("run-parallel",)
    bare = project.run(*args, flag="", plugins=plugins)
    outcome = project.run(*args, server=server, plugins=plugins)
    outcome.check()
    assert outcome.exit_status == bare.exit_status == 1
    assert server.of_level("job") == outcome.jobs
    assert {tags(outcome.job(f"[{n}]"))["n"] for n in range(3)} == {"0", "1", "2"}
    assert outcome.job("test_fails")["error"]["message"] == "assert 1 == 2"


def test_processes_that_are_spawned_report_nothing(project: Project, server: IntakeServer) -> None:
    project.write(
        test_a="""
        import multiprocessing
        def test_spawn():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                assert pool.map(abs, [-1]) == [1]
        """
    )
    outcome = project.run(server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert len(outcome.journals) == 1
    assert server.of_level("job") == outcome.jobs
    assert len(server.of_level("pipeline")) == 1


def test_processes_that_pytest_forked_makes_report_nothing(
    plain: Project, server: IntakeServer
) -> None:
    plain.write(test_a="def test_a(): pass\ndef test_fails(): assert 1 == 2")
    outcome = plain.run("--forked", server=server, plugins=("pytest_forked",))
    outcome.check()
    assert len(outcome.journals) == 1
    assert server.of_level("job") == outcome.jobs
    assert len(outcome.jobs) == 2


@pytest.mark.parametrize(
    "where",
    ["from gevent import monkey; monkey.patch_all()", "import gevent"],
    ids=["from the start", "in a test"],
)
def test_greenlets_in_place_of_threads_cost_no_event(
    where: str, plain: Project, server: IntakeServer
) -> None:
    plain.write(
        conftest=where,
        test_a="""
        from gevent import monkey
        def test_patches(): monkey.patch_all()
        def test_after(): pass
        """,
    )
    outcome = plain.run("-W", "ignore", server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.said("delivered: 10 of 10 ")
    assert server.of_level("job") == outcome.jobs


@pytest.mark.parametrize("library", ["uvloop", "trio"])
def test_other_loops_cost_no_event(library: str, plain: Project, server: IntakeServer) -> None:
    pytest.importorskip(library)
    plain.write(
        test_a={
            "uvloop": """
            import asyncio, uvloop
            def test_running():
                loop = uvloop.new_event_loop()
                asyncio.set_event_loop(loop)
                asyncio._set_running_loop(loop)
            """,
            "trio": """
            import trio
            def test_running():
                async def wait(): await trio.sleep(0)
                trio.run(wait)
            """,
        }[library]
    )
    outcome = plain.run("-W", "ignore", server=server)
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.said("delivered: 6 of 6 ")
