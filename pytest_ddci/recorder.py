"""Facts in, journal lines out: every event is on disk the moment it is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.facts import AttemptStarted, WorkerDescribed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_ddci.assembler import Assembler
    from pytest_ddci.encoder import Encoder
    from pytest_ddci.facts import Fact, SessionEnded
    from pytest_ddci.finished import FinishedJob, FinishedPipeline
    from pytest_ddci.journal import Journal


class Recorder:
    """Writes one session into its journal.

    Args:
        assembler: decides.
        encoder: encodes.
        journal: remembers.
        steps: which attempts have their steps written: all, failed or none.
        edit: changes a line before it is written, or drops it by returning None; a dropped job
            takes its steps along.

    Attributes:
        dropped: how many events `edit` dropped.
    """

    def __init__(
        self,
        assembler: Assembler,
        encoder: Encoder,
        journal: Journal,
        *,
        steps: str,
        edit: Callable[[bytes], bytes | None],
    ) -> None:
        self.dropped = 0
        self._assembler = assembler
        self._encoder = encoder
        self._journal = journal
        self._steps = steps
        self._edit = edit

    def feed(self, fact: Fact) -> None:
        """Take in a fact; write the job and steps that it finishes.

        Raises:
            JournalError: the journal cannot be written.
        """
        if isinstance(fact, WorkerDescribed):
            self._encoder.fragments.describe_worker(fact.place, fact.worker)
        elif isinstance(fact, AttemptStarted) and (begun := self._assembler.begun(fact)):
            self._journal.note(self._encoder.started(fact, *begun))
        job = self._assembler.feed(fact)
        if job:
            self._journal.append(list(self._job_lines(job)))

    def finish(self, ended: SessionEnded) -> FinishedPipeline:
        """Write what the end of the session adds: cut-short attempts, stages, the pipeline.

        Raises:
            JournalError: the journal cannot be written.
        """
        ending = self._assembler.finish(ended)
        lines = [line for job in ending.jobs for line in self._job_lines(job)]
        lines += self._edited(self._encoder.stage(stage) for stage in ending.stages)
        lines += self._edited([self._encoder.pipeline(ending.pipeline)])
        self._journal.append(lines)
        return ending.pipeline

    def _job_lines(self, job: FinishedJob) -> Iterator[bytes]:
        line = self._edit(self._encoder.job(job))
        wanted = self._steps == "all" or (self._steps == "failed" and job.status == "error")
        if line is None:
            self.dropped += 1 + (len(job.steps) if wanted else 0)
            return
        yield line
        if wanted:
            yield from self._edited(self._encoder.steps(job))

    def _edited(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            edited = self._edit(line)
            if edited is None:
                self.dropped += 1
            else:
                yield edited
