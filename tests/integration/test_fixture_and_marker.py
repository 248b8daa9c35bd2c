"""What tests say of themselves: the `ddci` fixture and marker, with and without `--ddci`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import metrics, tags

if TYPE_CHECKING:
    from tests.project import Project

STEPS = """
    import asyncio, pytest

    def test_context(ddci):
        with ddci.step("outer"):
            with ddci.step("inner"):
                pass

    def test_decorator(ddci):
        @ddci.step("add")
        def add(a, *, b):
            "Docs."
            return a + b
        assert add(1, b=2) == 3
        assert add(3, b=4) == 7
        assert (add.__name__, add.__doc__) == ("add", "Docs.")

    def test_coroutine(ddci):
        @ddci.step("wait")
        async def wait():
            await asyncio.sleep(0.02)
            return "waited"
        async def both():
            return await asyncio.gather(wait(), wait())
        assert asyncio.run(both()) == ["waited", "waited"]

    def test_recursion(ddci):
        @ddci.step("down")
        def down(n):
            return down(n - 1) if n else 0
        assert down(2) == 0

    def test_failing(ddci):
        with pytest.raises(KeyError):
            with ddci.step("lookup"):
                raise KeyError("nobody")

    def test_skipping(ddci):
        with ddci.step("look"):
            pytest.skip("nothing to see")

    @pytest.fixture
    def prepared(ddci):
        with ddci.step("prepare"): pass
        yield
        with ddci.step("clean up"): pass

    def test_fixture(prepared): pass
"""


def names(outcome_steps: list[dict[str, object]]) -> list[object]:
    return [step["name"] for step in outcome_steps]


def test_steps_of_every_kind_are_reported(project: Project) -> None:
    project.write(test_a=STEPS)
    outcome = project.run()
    outcome.check()
    assert outcome.exit_status == 0

    def own(test: str) -> list[str]:
        phases = {"setup", "call", "teardown"}
        steps = outcome.steps_of(outcome.job(f"::{test}"))
        return sorted(step["name"] for step in steps if step["name"] not in phases)

    assert own("test_context") == ["inner", "outer"]
    assert own("test_decorator") == ["add", "add"]
    assert own("test_coroutine") == ["wait", "wait"]
    assert own("test_recursion") == ["down", "down", "down"]
    assert own("test_fixture") == ["clean up", "prepare"]
    failed = outcome.step(outcome.job("::test_failing"), "lookup")
    assert failed["status"] == "error"
    assert failed["error"]["type"] == "KeyError"
    assert outcome.step(outcome.job("::test_skipping"), "look")["status"] == "success"
    assert outcome.job("::test_failing")["status"] == "success"


def test_steps_last_as_long_as_what_they_time(plain: Project) -> None:
    plain.write(test_a=STEPS)
    outcome = plain.run("-k", "coroutine or context")
    outcome.check()
    waits = [step for step in outcome.of("step") if step["name"] == "wait"]
    for wait in waits:
        assert wait["start"] < wait["end"]
    job = outcome.job("::test_context")
    outer, inner = outcome.step(job, "outer"), outcome.step(job, "inner")
    assert outer["start"] <= inner["start"] <= inner["end"] <= outer["end"]


def test_the_same_suite_passes_without_the_plugin_on(project: Project) -> None:
    project.write(test_a=STEPS)
    outcome = project.run(flag="")
    assert outcome.exit_status == 0
    assert outcome.journals == []


def test_tags_and_metrics_belong_to_the_job_of_the_test(project: Project) -> None:
    project.write(
        test_a="""
            import pytest

            @pytest.fixture
            def database(ddci):
                ddci.tag("database", "postgres")
                yield
                ddci.metric("queries", 12)

            def test_a(database, ddci):
                ddci.tag("last", "first")
                ddci.tag("last", "wins")
                ddci.metric("rate", 2.5)

            def test_b(): pass
        """
    )
    outcome = project.run()
    outcome.check()
    said = outcome.job("::test_a")
    assert (tags(said)["database"], tags(said)["last"]) == ("postgres", "wins")
    assert (metrics(said)["queries"], metrics(said)["rate"]) == (12, 2.5)
    assert "database" not in tags(outcome.job("::test_b"))


@pytest.mark.parametrize("xdist", [(), ("-n2",)], ids=["plain", "xdist"])
def test_what_the_api_cannot_take_is_left_out_and_counted(
    xdist: tuple[str, ...], plain: Project
) -> None:
    plain.write(
        test_a="""
            class Nasty:
                def __str__(self): raise RuntimeError("no text")
            def test_a(ddci):
                ddci.tag("", "no key")
                ddci.tag("none", "")
                ddci.metric("n", float("nan"))
                ddci.metric("i", float("inf"))
                ddci.metric("t", "text")
                ddci.metric("b", True)
                ddci.tag("good", 5)
                ddci.tag("odd", "\\udc80\\x00")
                ddci.tag("nasty", Nasty())
                with ddci.step(Nasty()): pass
                with ddci.step(None): pass
                with ddci.step("\\udc80" * 5_000): pass
        """
    )
    outcome = plain.run(*xdist)
    outcome.check()
    assert outcome.exit_status == 0
    assert tags(outcome.job("::test_a"))["good"] == "5"
    assert not metrics(outcome.job("::test_a")).keys() & {"n", "i", "t", "b"}
    assert outcome.said("left out").startswith("left out: 6 tags or metrics")


def test_the_marker_adds_tags_and_metrics(project: Project) -> None:
    project.write(
        test_a="""
            import pytest
            pytestmark = pytest.mark.ddci(tags={"team": "core", "layer": "module"})

            @pytest.mark.ddci(tags={"layer": "class"}, metrics={"budget": 3})
            class TestGroup:
                @pytest.mark.ddci(tags={"layer": "test"})
                def test_nearest(self): pass
                def test_inherited(self): pass

            def test_plain(): pass
        """
    )
    outcome = project.run("--strict-markers")
    outcome.check()
    nearest, inherited = outcome.job("test_nearest"), outcome.job("test_inherited")
    assert (tags(nearest)["team"], tags(nearest)["layer"]) == ("core", "test")
    assert (tags(inherited)["layer"], metrics(inherited)["budget"]) == ("class", 3)
    assert tags(outcome.job("test_plain"))["layer"] == "module"


@pytest.mark.parametrize(
    "arguments",
    [
        "tags=5",
        "tags=['a:b']",
        "metrics='n:1'",
        "tags={5: object()}",
        "metrics={'n': 'many'}",
        "'positional'",
        "unknown=1",
        "tags=None, metrics=None",
    ],
)
def test_garbage_in_the_marker_fails_no_test(arguments: str, plain: Project) -> None:
    plain.write(
        test_a=f"import pytest\n@pytest.mark.ddci({arguments})\ndef test_a(): pass",
    )
    outcome = plain.run()
    outcome.check()
    assert outcome.exit_status == 0
    assert outcome.job("test_a")["status"] == "success"


def test_a_step_that_is_still_open_when_its_test_fails_has_its_failure(project: Project) -> None:
    project.write(
        test_a="""
            def test_a(ddci):
                with ddci.step("pay"):
                    assert 1 == 2, "too little"
        """
    )
    outcome = project.run()
    outcome.check()
    job = outcome.job("test_a")
    assert outcome.step(job, "pay")["status"] == "error"
    assert "too little" in outcome.step(job, "pay")["error"]["message"]
    assert "too little" in job["error"]["message"]


def test_a_generator_function_is_still_one(plain: Project) -> None:
    plain.write(
        test_a="""
            def test_a(ddci):
                @ddci.step("numbers")
                def numbers():
                    yield 1
                    yield 2
                assert list(numbers()) == [1, 2]
        """
    )
    outcome = plain.run()
    outcome.check()
    assert outcome.exit_status == 0
    assert "numbers" in names(outcome.steps_of(outcome.job("test_a")))


def test_steps_in_threads_are_all_reported(plain: Project) -> None:
    plain.write(
        test_a="""
            from concurrent.futures import ThreadPoolExecutor
            def test_a(ddci):
                @ddci.step("work")
                def work(n): return sum(range(n))
                with ThreadPoolExecutor(8) as pool:
                    list(pool.map(work, range(400)))
        """
    )
    outcome = plain.run()
    outcome.check()
    assert outcome.exit_status == 0
    found = names(outcome.steps_of(outcome.job("test_a")))
    assert found.count("work") == 400
