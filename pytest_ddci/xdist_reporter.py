"""The hooks that only xdist's controller has: what its workers collect, hand back, and lose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_ddci.facts import Collected, Deselected, WorkerLost
from pytest_ddci.guard import guarded
from pytest_ddci.worker_output import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ddci.reporter import Reporter

_CTRL_C = "keyboard-interrupt"

# xdist's objects have no types.
WorkerController = Any


def without_group(nodeid: str) -> str:
    """A node id without the `@group` that `--dist loadgroup` adds (pytest < 9.2).

    xdist's own rule: the suffix begins at the last `@` if that is behind the last `]`. A name
    cannot hold `::`, so an `@` in a path is none.
    """
    at = nodeid.rfind("@")
    return nodeid[:at] if at > max(nodeid.rfind("]"), nodeid.rfind("::")) else nodeid


class XdistReporter:
    """Translates what xdist says of its workers.

    Args:
        reporter: takes the facts.
        told: what every worker is told; execnet's plain types only.
    """

    def __init__(self, reporter: Reporter, told: Mapping[str, object]) -> None:
        self.guard = reporter.guard
        self._reporter = reporter
        self._told = told

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Tell a worker that it takes part."""
        node.workerinput[KEY] = dict(self._told)

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_xdist_node_collection_finished(
        self, node: WorkerController, ids: Sequence[str]
    ) -> None:
        """Learn which tests are to run."""
        self._reporter.feed(Collected(nodeids=tuple(ids), worker=node.gateway.id))

    @pytest.hookimpl(optionalhook=True)
    @guarded
    def pytest_testnodedown(self, node: WorkerController, error: object) -> None:
        """Take in what a worker hands back, or that it died."""
        worker = str(node.gateway.id)
        answer: Mapping[str, Any] = getattr(node, "workeroutput", {}).get(KEY, {})
        if error == _CTRL_C:
            # xdist says so of a worker that was told to stop, too: the worker knows better.
            reason = answer.get("stopped") or "KeyboardInterrupt"
            self._reporter.feed(WorkerLost(worker=worker, error=reason, stopped=True))
            self._reporter.stopped_by_worker(reason, interrupted=answer.get("interrupted", True))
        elif error:
            self._reporter.feed(WorkerLost(worker=worker, error=str(error)))
        else:
            self._take_back(worker, answer)

    def _take_back(self, worker: str, answer: Mapping[str, Any]) -> None:
        if deselected := answer.get("deselected"):
            self._reporter.feed(Deselected(count=int(deselected), worker=worker))
        if problem := answer.get("problem"):
            self._reporter.note(f"worker {worker}: {problem}")
