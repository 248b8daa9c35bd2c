"""Ids: derived, so that the same run always has the same ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_ddci.identity import Identity

TEXT = st.text(st.characters(exclude_categories=[]))


def test_the_same_attempt_has_the_same_id_in_the_same_pipeline_only() -> None:
    first = Identity("p-1").job("a.py::test", "", 1)
    assert first == Identity("p-1").job("a.py::test", "", 1)
    assert first != Identity("p-2").job("a.py::test", "", 1)


@given(
    st.lists(st.tuples(TEXT, st.sampled_from(["", "gw0", "gw1"]), st.integers(1, 3)), unique=True)
)
def test_different_attempts_have_different_ids(attempts: list[tuple[str, str, int]]) -> None:
    identity = Identity("p-1")
    assert len({identity.job(*each) for each in attempts}) == len(attempts)


@given(TEXT)
def test_any_pipeline_id_and_name_will_do(text: str) -> None:
    assert Identity(text).stage(text) != Identity(text).job(text, "", 1)


def test_a_step_is_named_after_its_job() -> None:
    assert Identity.step("j", "call") == "j-call"
