"""The head of a pipeline: whom it retries, and whether it is one of several processes' own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.config import resolve
from pytest_ddci.context.host import HostInfo
from pytest_ddci.context.provider import Relation
from pytest_ddci.context.relations import Relations
from pytest_ddci.context.run_context import RunContext
from pytest_ddci.heading import make_head
from pytest_ddci.machine import this_machine
from pytest_ddci.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.head import Head
    from pytest_ddci.options import Option

FIRST = Relation("run-7-1", "https://ci/7/attempts/1")
RETRY = Relations(parent=Relation("run-7-2"), previous_attempt=FIRST, attempt=2)
LAST = Relation("our-last")


class Nothing:
    """Neither a command line nor an ini file."""

    def cli(self, option: Option) -> None: ...

    def ini(self, option: Option) -> None: ...


def head(
    relations: Relations = RETRY,
    environ: Mapping[str, str] | None = None,
    **more: Any,  # noqa: ANN401 - as `make_head`
) -> Head:
    node = HostInfo("h", None, ("os:linux",), None, this_machine())
    context = RunContext("github", {"ci.job.name": "unit"}, {}, None, node, relations)
    environ = environ or {}
    return make_head(
        resolve(Nothing(), environ), context, environ=environ, rootdir="/r", start_ns=1, **more
    )


def test_a_retried_ci_job_retries_the_provider_s_earlier_attempt() -> None:
    assert head().previous == FIRST
    assert head(Relations()).previous is None


def test_the_last_run_that_is_taken_up_is_nearer_and_the_user_knows_best() -> None:
    assert head(last=LAST, partial=True).previous == LAST
    given = {"DDCI_PREVIOUS_ATTEMPT": "given"}
    assert head(environ=given, last=LAST, partial=True).previous == Relation("given")


def test_an_id_made_of_the_provider_s_tells_the_own_earlier_one() -> None:
    made = head(environ={"DDCI_PIPELINE_ID": "unit-run-7-2"})
    assert made.previous == Relation("unit-run-7-1", FIRST.url)


def test_no_pipeline_retries_itself() -> None:
    assert (
        head(Relations(), {"DDCI_PIPELINE_ID": "our-last"}, last=LAST, partial=True).previous
        is None
    )


@pytest.mark.parametrize(
    ("known", "partial", "last", "expected"),
    [
        (True, False, None, True),
        (False, False, None, False),
        (None, False, None, False),
        (None, True, LAST, True),
        (None, True, None, False),
    ],
)
def test_a_retry_is_partial_if_the_provider_or_pytest_says_so(
    *, known: bool | None, partial: bool, last: Relation | None, expected: bool
) -> None:
    relations = replace(RETRY, previous_attempt=None, partial_retry=known)
    assert head(relations, last=last, partial=partial).partial_retry is expected


SHARD = {"DDCI_SHARD": "2/8"}
SHARED = {"DDCI_PIPELINE_ID": "p-1"}


@pytest.mark.parametrize(
    ("environ", "is_part", "finishes"),
    [
        ({}, False, True),
        (SHARD, False, True),
        (SHARED, False, True),
        ({"DDCI_FINISH": "0"}, False, True),
        ({**SHARED, **SHARD}, True, False),
        ({**SHARED, "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "2"}, True, False),
        ({**SHARED, **SHARD, "DDCI_FINISH": "1"}, True, True),
        ({**SHARED, "DDCI_FINISH": "0"}, True, False),
        ({**SHARED, "DDCI_FINISH": "1"}, True, True),
    ],
)
def test_a_process_is_a_part_if_it_was_given_a_pipeline_and_knows_of_others(
    *, environ: dict[str, str], is_part: bool, finishes: bool
) -> None:
    made = head(environ=environ)
    assert (made.part is not None, made.finishes, made.announces) == (
        is_part,
        finishes,
        not is_part,
    )


def test_the_user_s_shard_beats_the_provider_s() -> None:
    assert head(environ={**SHARD, "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "2"}).shard == Shard(8, 2)


def test_a_retried_shard_has_its_role_and_another_attempt() -> None:
    environ = {**SHARED, **SHARD}
    first, retry = (head(replace(RETRY, attempt=n), environ).part for n in (1, 2))
    assert first
    assert retry
    assert (first.role, first.attempt) != (retry.role, retry.attempt)
    assert first.role == retry.role
