"""Reports that somebody else made, or made over, are read as far as they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags

if TYPE_CHECKING:
    from tests.outcome import Outcome
    from tests.project import Project

pytestmark = pytest.mark.not_about_xdist

RESULTS = """
    import pytest
    def test_pass(): pass
    def test_fail(): assert 0
    def test_skip(): pytest.skip("not now")
"""
STATUSES = {
    "test_suite.py::test_pass": "success",
    "test_suite.py::test_fail": "error",
    "test_suite.py::test_skip": "skipped",
}
# Inside of our own hook or around it.
REPLACING = """
    import pytest

    class Wrapped:
        def __init__(self, real): self.real = real
        def __getattr__(self, name): return getattr(self.real, name)

    class Derived(pytest.TestReport):
        pass

    def derived(real):
        made = object.__new__(Derived)
        made.__dict__.update(real.__dict__)
        return made

    @pytest.hookimpl(wrapper=True, tryfirst={first})
    def pytest_runtest_makereport(item, call):
        real = yield
        return {make}(real)
"""


def statuses(outcome: Outcome) -> dict[str, str]:
    return {job["name"]: job["status"] for job in outcome.jobs}


@pytest.mark.parametrize("first", ["True", "False"], ids=["outside", "inside"])
def test_a_report_of_a_derived_class_is_read_like_any_other(plain: Project, first: str) -> None:
    plain.write(conftest=REPLACING.format(first=first, make="derived"), test_suite=RESULTS)
    bare = plain.run(flag="")
    outcome = plain.run()
    outcome.check()
    assert outcome.exit_status == bare.exit_status == 1
    assert statuses(outcome) == STATUSES


@pytest.mark.parametrize("first", ["True", "False"], ids=["outside", "inside"])
def test_a_report_that_is_no_pytest_report_is_read_by_its_attributes(
    plain: Project, first: str
) -> None:
    plain.write(conftest=REPLACING.format(first=first, make="Wrapped"), test_suite=RESULTS)
    # junitxml refuses such a report.
    bare = plain.run("--junitxml=", flag="")
    outcome = plain.run("--junitxml=")
    outcome.check(junit=False)
    assert outcome.exit_status == bare.exit_status == 1
    assert statuses(outcome) == STATUSES
    assert "assert 0" in outcome.job("test_fail")["error"]["message"]


def test_a_report_without_our_stamp_has_pytests_own_words(project: Project) -> None:
    project.write(
        conftest="""
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_logreport(report):
            vars(report).pop("ddci_stamp", None)
        """,
        test_suite=RESULTS,
    )
    outcome = project.run()
    outcome.check()
    assert statuses(outcome) == STATUSES
    assert "assert 0" in outcome.job("test_fail")["error"]["message"]
    assert tags(outcome.job("test_skip"))["test.skip_reason"] == "not now"


def test_a_report_whose_attributes_are_not_what_they_should_be_is_read(plain: Project) -> None:
    plain.write(
        conftest="""
        import pytest

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_makereport(item, call):
            report = yield
            report.user_properties = [("a", "b", "c"), None, ("key", object)]
            report.ddci_stamp = 7
            return report
        """,
        test_suite="def test_pass(): pass",
    )
    # junitxml takes no such properties.
    outcome = plain.run("--junitxml=")
    outcome.check(junit=False)
    assert outcome.exit_status == 0
    assert statuses(outcome) == {"test_suite.py::test_pass": "success"}
    assert tags(outcome.job("test_pass"))["key"] == "<class 'object'>"
