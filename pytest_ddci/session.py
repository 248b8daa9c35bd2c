"""One reported session, from its first fact to its delivery. Knows no pytest."""

from __future__ import annotations

import contextlib
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from pytest_ddci.assembler import Assembler
from pytest_ddci.clock import Deadline
from pytest_ddci.context import gather
from pytest_ddci.context.provider import Relation
from pytest_ddci.disk import Disk
from pytest_ddci.dispatch import Dispatch
from pytest_ddci.editor import Editor
from pytest_ddci.encoder import Encoder
from pytest_ddci.frozen import frozen
from pytest_ddci.guard import described
from pytest_ddci.heading import make_head
from pytest_ddci.identity import Identity
from pytest_ddci.last_report import last_report, stopped_report, write_last
from pytest_ddci.lines import event_line
from pytest_ddci.owners_file import open_owners_file
from pytest_ddci.recorder import Recorder
from pytest_ddci.retention import apply_retention
from pytest_ddci.run_journal import RunJournal
from pytest_ddci.shelf import error_name, prepare
from pytest_ddci.stages import stage_of
from pytest_ddci.summary import Closing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ddci.censor import Censor
    from pytest_ddci.clock import Clock
    from pytest_ddci.config import Config
    from pytest_ddci.courier import Courier
    from pytest_ddci.facts import Fact, Place, SessionEnded, Source
    from pytest_ddci.finished import FinishedPipeline
    from pytest_ddci.head import Head
    from pytest_ddci.intake import Intake
    from pytest_ddci.user_hooks import UserHooks

ANNOUNCEMENT = 2.0
"""Seconds that announcing the running pipeline may take at most."""


@frozen(kw_only=True)
class Circumstances:
    """What the process that reports tells the session.

    Attributes:
        environ: the environment, as it was when the session began.
        rootdir: the directory that journals and sources are relative to.
        cwd: where the user started the session, and will type what the summary says.
        place: host, interpreter and pytest.
        each: every worker runs every test (`--dist each`).
        shown: the id to show for a report's id.
        partial: the last run is taken up where it failed (`--lf`, `--ff`).
        last: the run that this one takes up (`--lf`, `--ff`), if it is known.
    """

    environ: Mapping[str, str] = field(repr=False)
    rootdir: str
    cwd: str
    place: Place
    each: bool
    shown: Callable[[str], str]
    partial: bool
    last: Relation | None


@dataclass(slots=True)
class _Run:
    """What a session has once it is started.

    Attributes:
        owner: the process that started it; a child that a test forks reports nothing.
        ended: the pipeline, once the journal is complete.
        told: whether `last.json` says what became of it.
    """

    head: Head
    encoder: Encoder
    journal: RunJournal
    recorder: Recorder
    owner: int
    ended: FinishedPipeline | None = None
    told: bool = False


class ReportedSession:
    """Records a session and delivers it at its end.

    Args:
        config: the settings.
        clock: the time.
        circumstances: what the process knows.
        hooks: the users' hooks.
        redact: takes secrets out of a text.
        open_intake: opens the way to the API; asked only where something is sent.
        courier: delivers where this process is not fit for it; None where there is none to be had.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, by name
        self,
        config: Config,
        clock: Clock,
        *,
        circumstances: Circumstances,
        hooks: UserHooks,
        redact: Censor,
        open_intake: Callable[[], Intake],
        courier: Courier | None,
    ) -> None:
        self._config = config
        self._clock = clock
        self._circumstances = circumstances
        self._hooks = hooks
        self._redact = redact
        self._open_intake = open_intake
        self._notes = [f"warning: {line}" for line in config.warnings]
        self._directory = Path(circumstances.rootdir, config.dir)
        self._editor = Editor(hooks, redact.strict)
        self._dispatch = Dispatch(config, clock, open_intake, courier)
        self._run: _Run | None = None
        self._getpid = Disk.getpid

    @property
    def relation(self) -> Relation | None:
        """This run as a later one refers to it; None before the start."""
        head = self._run.head if self._run else None
        return Relation(head.unique_id, self._redact(head.url)) if head else None

    @property
    def is_foreign(self) -> bool:
        """Whether this process is only a child that the reporting one has forked."""
        return self._run is not None and self._run.owner != Disk.getpid()

    def start(self) -> None:
        """Find out where the session runs, open the journal, announce the pipeline."""
        start_ns = self._clock.now_ns()
        head = self._make_head(start_ns)
        owners = open_owners_file(self._circumstances.rootdir)
        if owners.problem:
            self.note(f"warning: {owners.problem}")
        encoder = Encoder(
            head, self._redact.strict, lambda source: self._page_of(head, source), owners.of
        )
        if encoder.fragments.warning:
            self.note(f"warning: {encoder.fragments.warning}")
        encoder.fragments.describe_worker(self._circumstances.place, "")
        owner = Disk.getpid()
        journal = RunJournal.begin(self._directory, encoder.header(owner), start_ns=start_ns)
        name_of = stage_of(self._config.stage)
        assembler = Assembler(
            Identity(head.unique_id, head.part.salt if head.part else ""),
            lambda nodeid: self._hooks.stage_name(nodeid, name_of(nodeid)),
            each=self._circumstances.each,
            shown=self._circumstances.shown,
        )
        recorder = Recorder(
            assembler, encoder, journal, steps=self._config.steps, editor=self._editor
        )
        self._run = _Run(head, encoder, journal, recorder, owner)
        if self._config.running and self._config.sends and head.announces:
            self._announce(encoder)

    def feed(self, fact: Fact) -> None:
        """Take in a fact; nothing once the journal is complete.

        Raises:
            JournalError: the journal is closed.
        """
        run = self._run
        if run is not None and run.ended is None and run.owner == self._getpid():
            run.recorder.feed(fact)

    def note(self, line: str) -> None:
        """Add a line to the summary."""
        self._notes.append(line)

    def conclude(self, ended: SessionEnded) -> FinishedPipeline:
        """Complete the journal; doing it again changes nothing.

        Raises:
            RuntimeError: the session was never started.
            JournalError: the journal is closed.
        """
        if self._run is None:
            raise RuntimeError("a session that was not started cannot finish")
        if self._run.ended is None:
            self._run.ended = self._run.recorder.finish(ended)
        return self._run.ended

    def hurry(self, seconds: float) -> None:
        """From now on a delivery, under way or to come, may take so many seconds at most."""
        self._dispatch.hurry(seconds)

    def deliver(self, progress: Callable[[int, int], None]) -> None:
        """Try to deliver what the journal holds; `finish` tries again what is left.

        Raises:
            JournalError: the journal cannot be read.
        """
        if self._run:
            self._dispatch.deliver(self._run.journal, progress)

    def finish(self, ended: SessionEnded, progress: Callable[[int, int], None]) -> Closing:
        """Complete the journal, deliver within the deadline, keep the history within bounds.

        Raises:
            RuntimeError: the session was never started.
            JournalError: the journal cannot be read.
        """
        pipeline = self.conclude(ended)
        run = cast("_Run", self._run)
        status: str = pipeline.status
        # Redacted before it is cut to its first line.
        failure = self._redact(pipeline.failure.message) if pipeline.failure else ""
        if run.head.part and run.head.finishes:
            status, failure = self._conclude_shared(run)
        interrupted = False
        try:
            self._dispatch.deliver(run.journal, progress)
        except KeyboardInterrupt:
            interrupted = True
        dispatched = self._dispatch.settle(run.journal)
        self._tidy_up(run.journal.path)
        self._hooks.delivered(dispatched.accounting)
        closing = Closing(
            name=run.encoder.fragments.name,
            part=self._part(run.head),
            status=status,
            failure=failure.partition("\n")[0].removesuffix(":"),
            url=run.head.url if self._config.sends else run.head.context.pipeline_url,
            accounting=dispatched.accounting,
            journal=self._shown(run.journal.path) if dispatched.stored else "",
            unsent="interrupted" if interrupted else self._why_unsent(),
            interrupted=interrupted,
            tell_problem=self._config.on_failure != "ignore",
            aside=self._shown(dispatched.aside) if dispatched.aside else None,
            lost=dispatched.lost,
            left_out=run.encoder.fragments.left_out,
            dropped=run.recorder.dropped,
            notes=[*self._notes, *dispatched.notes, *self._hooks.problems],
        )
        self._write_last(
            last_report(
                closing,
                pipeline_id=run.head.unique_id,
                exit_status=ended.exit_status,
                at_ns=self._clock.now_ns(),
                journal=run.journal.path.name if dispatched.stored else None,
                redact=self._redact,
            )
        )
        run.told = True
        return closing

    def close(self) -> None:
        """Leave the journal as it is; `ddci send` finishes and delivers it."""
        if self._run and not self.is_foreign:
            self._run.journal.close()

    def keep_error(self, why: str, trace: str) -> str:
        """Write an error of ours beside the journals; where that is, or an empty text.

        Args:
            why: the error in one line.
            trace: its traceback.
        """
        journal = self._run.journal if self._run else None
        if self._run is None or not self._run.told:
            self._write_last(
                stopped_report(
                    self._redact(why),
                    at_ns=self._clock.now_ns(),
                    journal=journal.path.name if journal else None,
                    emitted=journal.emitted if journal else 0,
                )
            )
        place = self._directory / error_name(self._clock.now_ns())
        try:
            prepare(self._directory)
            descriptor = Disk.create(str(place))
            Disk.write(descriptor, self._redact(trace).encode("utf-8", "replace"))
            Disk.close(descriptor)
        except OSError:
            return ""
        return self._shown(place)

    def _write_last(self, report: Mapping[str, object]) -> None:
        # Where it cannot be written the journal cannot either, and that has been said.
        with contextlib.suppress(OSError):
            write_last(self._directory, report)

    def _make_head(self, start_ns: int) -> Head:
        circumstances = self._circumstances
        context = gather(circumstances.environ, circumstances.rootdir, clock=self._clock)
        self._notes += [f"warning: {line}" for line in context.warnings]
        return make_head(
            self._config,
            context,
            environ=circumstances.environ,
            rootdir=circumstances.rootdir,
            start_ns=start_ns,
            change=self._hooks.pipeline,
            last=circumstances.last,
            partial=circumstances.partial,
        )

    def _conclude_shared(self, run: _Run) -> tuple[str, str]:
        """Write the final event of a shared pipeline: its status, and why it is no success."""
        from pytest_ddci.conclusion import conclude  # noqa: PLC0415 - few runs are shared
        from pytest_ddci.parts import kept_parts  # noqa: PLC0415 - as above
        from pytest_ddci.searched import completed  # noqa: PLC0415 - as above

        deadline = Deadline.after(self._config.timeout, self._clock)
        parts = kept_parts([self._directory], run.head.unique_id, own=run.journal)
        parts = completed(parts, self._config, self._clock, self._config.timeout / 2)
        if parts.problem:
            self.note(f"warning: {parts.problem}")
        self._dispatch.hurry(deadline.remaining())
        resource = conclude(run.encoder.shared(), parts.known, unheard=parts.unheard)
        run.recorder.conclude(event_line(run.encoder.fragments.attributes, resource))
        return resource["status"], resource.get("error", {}).get("message", "")

    def _part(self, head: Head) -> str:
        """What of a shared pipeline this session is, when others finish it."""
        if head.finishes:
            return ""
        self.note(f"its final event: ddci finish --pipeline-id {shlex.quote(head.unique_id)}")
        return f"shard {head.shard} of " if head.shard else "a part of "

    def _page_of(self, head: Head, source: Source | None) -> str:
        """A test's page: the CI job's, else its source line at the forge, else the pipeline's."""
        context = head.context
        if context.job_url or source is None:
            return head.url
        return context.source_url(source.path, source.line or 1) or head.url

    def _announce(self, encoder: Encoder) -> None:
        """Send the running pipeline; when that fails, the final event says it all anyway."""
        from pytest_ddci.delivery import announce  # noqa: PLC0415 - only where something is sent

        line = self._editor.edit(encoder.running())
        if line is None:
            return
        try:
            with self._open_intake() as intake:
                receipt = announce(line, intake, Deadline.after(ANNOUNCEMENT, self._clock))
            problem = None if receipt.delivered else receipt.problem
        except Exception as error:  # noqa: BLE001 - a conftest may have left anything behind
            problem = described(error, self._redact)
        if problem:
            self.note(f"the running pipeline was not announced: {problem}")

    def _tidy_up(self, own: Path) -> None:
        config = self._config
        spare = () if config.keep_days <= 0 or config.keep_mb <= 0 else (own,)
        try:
            removed = apply_retention(
                self._directory, self._clock.now_ns(), config.keep_days, config.keep_mb, spare=spare
            )
        except OSError as error:
            self.note(f"warning: old journals stay: {error.strerror or error}")
            return
        self._notes += [each.told for each in removed if each.told]

    def _why_unsent(self) -> str:
        if self._config.dry_run:
            return "dry run"
        return self._config.no_key

    def _shown(self, path: Path) -> str:
        """A path as the user would type it."""
        try:
            return path.relative_to(self._circumstances.cwd).as_posix()
        except ValueError:
            return str(path)
