"""What tells a process from the others of its pipeline."""

from __future__ import annotations

from pytest_ddci.identity import Identity
from pytest_ddci.part import make_part
from pytest_ddci.shard import Shard


def test_two_processes_never_have_the_same_ids() -> None:
    parts = [make_part(Shard(2, 1), ["test"], ["7"]) for _ in range(2)]
    one, other = (Identity("p-1", part.salt) for part in parts)
    assert one.stage("a.py") != other.stage("a.py")
    assert one.job("a.py::t", "", 1) != other.job("a.py::t", "", 1)


def test_a_retried_job_has_the_role_of_the_first_and_another_attempt() -> None:
    first, retry = (make_part(Shard(2, 1), ["test", "linux"], [id_, 1]) for id_ in ("7", "8"))
    assert first.role == retry.role
    assert first.attempt != retry.attempt
    assert first.key != retry.key


def test_other_shards_jobs_and_machines_have_other_roles() -> None:
    parts = [
        make_part(shard, role, ["7"])
        for shard in (Shard(2, 1), Shard(2, 2))
        for role in (["test", "linux"], ["test", "mac"], ["lint", "linux"], [None, "linux"])
    ]
    assert len({part.role for part in parts}) == len(parts)


def test_without_a_shard_every_process_has_a_role_of_its_own() -> None:
    assert make_part(None, ["test"], ["7"]).role != make_part(None, ["test"], ["7"]).role


def test_undecodable_bytes_in_a_name_do_no_harm() -> None:
    assert make_part(Shard(2, 1), ["\udcff"], ["\udcff"]).key
