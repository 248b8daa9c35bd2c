"""Facts in, journal lines out: every event is on disk the moment it is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pytest_ddci.facts import PHASES, Failure, WorkerDescribed
from pytest_ddci.finished import BegunJob, FinishedPipeline, PassedJob
from pytest_ddci.lines import level_of
from pytest_ddci.passed import whole
from pytest_ddci.recovery import recover

if TYPE_CHECKING:
    from pytest_ddci.assembler import Assembler
    from pytest_ddci.encoder import Encoder
    from pytest_ddci.facts import Fact, SessionEnded
    from pytest_ddci.finished import FinishedJob
    from pytest_ddci.run_journal import RunJournal

INTERRUPTED = "the run was interrupted while its report was being written"


class Edits(Protocol):
    """What users have to say of events: `Editor`."""

    def edits(self) -> bool:
        """Whether they have anything to say."""

    def edit(self, line: bytes) -> bytes | None:
        """The line to write instead of an event's; None to leave it out."""


class Recorder:
    """Writes one session into its journal.

    Args:
        assembler: decides.
        encoder: encodes.
        journal: remembers.
        steps: which attempts have their steps written: all, failed or none.
        editor: changes lines before they are written, or drops them; a dropped job takes its
            steps along.

    Attributes:
        dropped: how many events were dropped, by `editor` or because nobody could redact them.
    """

    def __init__(
        self,
        assembler: Assembler,
        encoder: Encoder,
        journal: RunJournal,
        *,
        steps: str,
        editor: Edits,
    ) -> None:
        self.dropped = 0
        self._assembler = assembler
        self._encoder = encoder
        self._jobs = encoder.jobs
        self._journal = journal
        self._steps = steps
        # How many steps are written of an attempt that passed.
        self._phases = PHASES if steps == "all" else 0
        self._editor = editor
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
        job = self._assembler.feed(fact)
        if isinstance(job, BegunJob):
            self._journal.note(self._jobs.begun(job))
        elif job is not None:
            self._record(job)
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
        lines += self._edited([self._encoder.stage(stage) for stage in ending.stages])
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
        self._journal.append(self._edited([line]))

    def _finish_torn(self, ended: SessionEnded) -> FinishedPipeline:
        self._journal.mend()
        made = recover(self._journal.lines(), ended.at_ns, INTERRUPTED)
        events = [line for line in made if level_of(line)]
        self._journal.complete([*self._edited(events), *made[len(events) :]])
        failure = Failure("Interrupted", INTERRUPTED, domain="provider")
        return FinishedPipeline(end_ns=ended.at_ns, status="canceled", failure=failure)

    def _record(self, job: FinishedJob | PassedJob) -> None:
        if isinstance(job, PassedJob):
            lines = self._passed_lines(job)
            if lines is not None:
                self._journal.append_attempt(lines, self._phases)
                return
            job = whole(job)
        self._journal.append(self._job_lines(job))

    def _job_lines(self, job: FinishedJob) -> list[bytes]:
        wanted = self._steps == "all" or (self._steps == "failed" and job.status == "error")
        fragments = self._encoder.fragments
        before = fragments.unredacted
        event = self._jobs.job(job)
        made = self._edited([event]) if fragments.unredacted == before else self._drop()
        if not wanted:
            return made
        if not made:
            self.dropped += len(job.steps)
            return made
        steps, before = [], fragments.unredacted
        for line in self._jobs.steps(job):
            if fragments.unredacted == before:
                steps.append(line)
            else:
                before = fragments.unredacted
                self._drop()
        return made + self._edited(steps)

    def _passed_lines(self, job: PassedJob) -> bytes | None:
        """The lines of an ordinary attempt; None where they must be made one by one."""
        if self._editor.edits():
            return None
        fragments = self._encoder.fragments
        before = fragments.unredacted, fragments.left_out
        lines = self._jobs.passed(job, steps=self._phases > 0)
        if fragments.unredacted == before[0]:
            return lines
        fragments.unredacted, fragments.left_out = before
        return None

    def _drop(self) -> list[bytes]:
        """Leave out an event of which nobody could redact a text."""
        self.dropped += 1
        return []

    def _edited(self, lines: list[bytes]) -> list[bytes]:
        """What users' hooks leave of these lines."""
        if not self._editor.edits():
            return lines
        made = [edited for line in lines if (edited := self._editor.edit(line)) is not None]
        self.dropped += len(lines) - len(made)
        return made
