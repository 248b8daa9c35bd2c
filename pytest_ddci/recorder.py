"""Facts in, journal lines out: every event is on disk the moment it is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.facts import AttemptStarted, Failure, WorkerDescribed
from pytest_ddci.finished import FinishedPipeline
from pytest_ddci.lines import level_of
from pytest_ddci.recovery import recover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_ddci.assembler import Assembler
    from pytest_ddci.encoder import Encoder
    from pytest_ddci.facts import Fact, SessionEnded
    from pytest_ddci.finished import FinishedJob
    from pytest_ddci.run_journal import RunJournal

INTERRUPTED = "the run was interrupted while its report was being written"


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
        journal: RunJournal,
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
        self._is_torn = False

    def feed(self, fact: Fact) -> None:
        """Take in a fact; write the job and steps that it finishes.

        Does nothing any more once an interrupt has come in here.

        Raises:
            JournalError: the journal cannot be written.
        """
        if self._is_torn:
            return
        self._is_torn = True
        if isinstance(fact, WorkerDescribed):
            self._encoder.fragments.describe_worker(fact.place, fact.worker)
        elif isinstance(fact, AttemptStarted) and (begun := self._assembler.begun(fact)):
            self._journal.note(self._encoder.started(fact, *begun))
        job = self._assembler.feed(fact)
        if job:
            self._journal.append(list(self._job_lines(job)))
        self._is_torn = False

    def finish(self, ended: SessionEnded) -> FinishedPipeline:
        """Write what the end of the session adds: cut-short attempts, stages, the pipeline.

        A process that shares its pipeline with others notes its part instead of the pipeline.
        Where an interrupt has come while something was being recorded, the journal alone knows
        what is true, and the end is made from it as for a killed run.

        Raises:
            JournalError: the journal cannot be written.
        """
        if self._is_torn:
            return self._finish_torn(ended)
        # For good: an interrupt on the way back to the caller has the end asked for again.
        self._is_torn = True
        ending = self._assembler.finish(ended)
        lines = [line for job in ending.jobs for line in self._job_lines(job)]
        lines += self._edited(self._encoder.stage(stage) for stage in ending.stages)
        if not self._encoder.is_part:
            lines += self._edited([self._encoder.pipeline(ending.pipeline)])
        self._journal.append(lines)
        if self._encoder.is_part:
            self._journal.note(self._encoder.part(ending.pipeline))
        return ending.pipeline

    def conclude(self, line: bytes) -> None:
        """Write the final event of a pipeline that several processes share.

        Raises:
            JournalError: the journal cannot be written.
        """
        self._journal.append(list(self._edited([line])))

    def _finish_torn(self, ended: SessionEnded) -> FinishedPipeline:
        self._journal.mend()
        made = recover(self._journal.lines(), ended.at_ns, INTERRUPTED)
        events = [line for line in made if level_of(line)]
        self._journal.complete([*self._edited(events), *made[len(events) :]])
        failure = Failure("Interrupted", INTERRUPTED, domain="provider")
        return FinishedPipeline(end_ns=ended.at_ns, status="canceled", failure=failure)

    def _job_lines(self, job: FinishedJob) -> Iterator[bytes]:
        wanted = self._steps == "all" or (self._steps == "failed" and job.status == "error")
        dropped = self.dropped
        yield from self._edited(self._redacted(lambda: iter([self._encoder.job(job)])))
        if self.dropped > dropped:
            self.dropped += len(job.steps) if wanted else 0
        elif wanted:
            yield from self._edited(self._redacted(lambda: self._encoder.steps(job)))

    def _redacted(self, encode: Callable[[], Iterator[bytes]]) -> Iterator[bytes | None]:
        """Lines, and None for each of which nobody could redact a text."""
        fragments = self._encoder.fragments
        before = fragments.unredacted
        for line in encode():
            yield line if fragments.unredacted == before else None
            before = fragments.unredacted

    def _edited(self, lines: Iterable[bytes | None]) -> Iterator[bytes]:
        for line in lines:
            edited = None if line is None else self._edit(line)
            if edited is None:
                self.dropped += 1
            else:
                yield edited
