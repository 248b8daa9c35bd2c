"""What an attempt comes to whose phases have passed and have nothing else to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.attempt import DURATION, own_tags
from pytest_ddci.clock import SECOND
from pytest_ddci.facts import Phase
from pytest_ddci.finished import FinishedJob, FinishedStep
from pytest_ddci.tally import Result

if TYPE_CHECKING:
    from pytest_ddci.finished import PassedJob


def whole(job: PassedJob) -> FinishedJob:
    """The same in full, as `Attempt` makes it of such phases."""
    info, times = job.info, job.times
    tags, metrics = dict(info.tags), dict(info.metrics)
    own_tags(tags, info.source, job.worker, Result.PASSED, job.number, final=True, flaky=job.flaky)
    spans = list(zip(Phase, times[::2], times[1::2], strict=True))
    for phase, start_ns, end_ns in spans:
        metrics[DURATION[phase]] = (end_ns - start_ns) / SECOND
    steps = [
        FinishedStep(f"{job.id}-{phase.value}", phase.value, start_ns, end_ns, "success")
        for phase, start_ns, end_ns in spans
    ]
    return FinishedJob(
        id=job.id,
        name=job.name,
        stage_id=job.stage_id,
        stage_name=job.stage_name,
        start_ns=times[0],
        end_ns=times[-1],
        status="success",
        worker=job.worker,
        source=info.source,
        parameters=info.parameters,
        tags=tags,
        metrics=metrics,
        steps=steps,
    )
