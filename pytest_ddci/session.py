"""One reported session, from its first fact to its delivery. Knows no pytest."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pytest_ddci.accounting import Accounting
from pytest_ddci.assembler import Assembler
from pytest_ddci.clock import Deadline
from pytest_ddci.context import gather
from pytest_ddci.context.provider import Relation
from pytest_ddci.disk import Disk
from pytest_ddci.editor import Editor
from pytest_ddci.encoder import Encoder
from pytest_ddci.head import Head, PipelineDraft, default_name, page
from pytest_ddci.identity import Identity
from pytest_ddci.journal import Journal
from pytest_ddci.recorder import Recorder
from pytest_ddci.retention import apply_retention
from pytest_ddci.stages import stage_of
from pytest_ddci.summary import Closing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ddci.clock import Clock
    from pytest_ddci.config import Config
    from pytest_ddci.delivery import DeliveryReport
    from pytest_ddci.facts import Fact, Place, SessionEnded, Source
    from pytest_ddci.intake import Intake
    from pytest_ddci.user_hooks import UserHooks

ANNOUNCEMENT = 2.0
"""Seconds that announcing the running pipeline may take at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
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

    environ: Mapping[str, str]
    rootdir: str
    cwd: str
    place: Place
    each: bool
    shown: Callable[[str], str]
    partial: bool
    last: Relation | None


class ReportedSession:
    """Records a session and delivers it at its end.

    Args:
        config: the settings.
        clock: the time.
        circumstances: what the process knows.
        hooks: the users' hooks.
        redact: takes secrets out of a text.
        open_intake: opens the way to the API; asked only where something is sent.
    """

    def __init__(  # noqa: PLR0913 - its collaborators, by name
        self,
        config: Config,
        clock: Clock,
        *,
        circumstances: Circumstances,
        hooks: UserHooks,
        redact: Callable[[str], str],
        open_intake: Callable[[], Intake],
    ) -> None:
        self._config = config
        self._clock = clock
        self._circumstances = circumstances
        self._hooks = hooks
        self._redact = redact
        self._open_intake = open_intake
        self._notes = [f"warning: {line}" for line in config.warnings]
        self._directory = Path(circumstances.rootdir, config.dir)
        self._editor = Editor(hooks, redact)
        self._journal: Journal | None = None
        self._recorder: Recorder | None = None
        self._encoder: Encoder | None = None
        self._head: Head | None = None

    @property
    def relation(self) -> Relation | None:
        """This run as a later one refers to it; None before the start."""
        return Relation(self._head.unique_id, self._head.url) if self._head else None

    def start(self) -> None:
        """Find out where the session runs, open the journal, announce the pipeline.

        Raises:
            JournalError: the journal cannot be created.
        """
        start_ns = self._clock.now_ns()
        head = self._make_head(start_ns)
        encoder = Encoder(head, self._redact, lambda source: self._page_of(head, source))
        encoder.fragments.describe_worker(self._circumstances.place, "")
        journal = Journal.create(self._directory, encoder.header(os.getpid()), start_ns=start_ns)
        name_of = stage_of(self._config.stage)
        assembler = Assembler(
            Identity(head.unique_id),
            lambda nodeid: self._hooks.stage_name(nodeid, name_of(nodeid)),
            each=self._circumstances.each,
            shown=self._circumstances.shown,
        )
        self._recorder = Recorder(
            assembler, encoder, journal, steps=self._config.steps, edit=self._editor.edit
        )
        self._head, self._encoder, self._journal = head, encoder, journal
        if self._config.running and self._config.sends:
            self._announce(encoder)

    def feed(self, fact: Fact) -> None:
        """Take in a fact.

        Raises:
            JournalError: the journal cannot be written.
        """
        if self._recorder:
            self._recorder.feed(fact)

    def note(self, line: str) -> None:
        """Add a line to the summary."""
        self._notes.append(line)

    def finish(self, ended: SessionEnded, progress: Callable[[int, int], None]) -> Closing:
        """Write what is left, deliver within the deadline, keep the history within bounds.

        Raises:
            RuntimeError: the session was never started.
            JournalError: the journal cannot be written.
        """
        if not (self._recorder and self._encoder and self._journal and self._head):
            raise RuntimeError("a session that was not started cannot finish")
        journal, encoder = self._journal, self._encoder
        pipeline = self._recorder.finish(ended)
        accounting, aside = self._deliver(journal, progress)
        self._tidy_up(journal.path)
        self._hooks.delivered(accounting)
        failure = pipeline.failure.message.partition("\n")[0] if pipeline.failure else ""
        return Closing(
            name=encoder.fragments.name,
            status=pipeline.status,
            failure=failure.removesuffix(":"),
            url=self._head.url if self._config.sends else self._head.context.pipeline_url,
            accounting=accounting,
            journal=self._shown(journal.path),
            unsent=self._why_unsent(),
            tell_problem=self._config.on_failure != "ignore",
            aside=aside,
            left_out=encoder.fragments.left_out,
            dropped=self._recorder.dropped,
            notes=[*self._notes, *self._hooks.problems],
        )

    def close(self) -> None:
        """Leave the journal as it is; `ddci send` finishes and delivers it."""
        if self._journal:
            self._journal.close()

    def keep_error(self, text: str) -> str:
        """Write an error of ours beside the journals; where that is, or an empty text."""
        place = self._directory / f"error-{self._clock.now_ns()}.txt"
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = Disk.create(str(place))
            Disk.write(descriptor, self._redact(text).encode("utf-8", "replace"))
            Disk.close(descriptor)
        except OSError:
            return ""
        return self._shown(place)

    def _make_head(self, start_ns: int) -> Head:
        config, circumstances = self._config, self._circumstances
        context = gather(circumstances.environ, circumstances.rootdir, clock=self._clock)
        self._notes += [f"warning: {line}" for line in context.warnings]
        draft = PipelineDraft(
            name=default_name(config, context, circumstances.rootdir),
            tags=dict(config.tags),
            metrics=dict(config.metrics),
        )
        self._hooks.pipeline(draft)
        unique_id = config.pipeline_id or str(uuid4())
        given = Relation(config.previous_attempt) if config.previous_attempt else None
        previous = given or circumstances.last
        return Head(
            unique_id=unique_id,
            name=draft.name,
            start_ns=start_ns,
            url=context.job_url or context.pipeline_url or page(config.site, unique_id),
            env=config.env,
            service=config.service,
            provider=config.provider,
            tags=draft.tags,
            metrics=draft.metrics,
            parameters=draft.parameters,
            context=context,
            previous=previous,
            partial_retry=circumstances.partial and previous is not None,
        )

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
        with self._open_intake() as intake:
            receipt = announce(line, intake, Deadline.after(ANNOUNCEMENT, self._clock))
        if not receipt.delivered and receipt.problem:
            self.note(f"the running pipeline was not announced: {receipt.problem}")

    def _deliver(
        self, journal: Journal, progress: Callable[[int, int], None]
    ) -> tuple[Accounting, str | None]:
        """Send the journal where there is a key; the books, and where rejected events are."""
        if not self._config.sends:
            journal.close()
            return _all_kept(journal), None
        report = self._flush(journal, progress)
        return report.accounting, self._aside(journal) if report.rejected else None

    def _flush(self, journal: Journal, progress: Callable[[int, int], None]) -> DeliveryReport:
        from pytest_ddci.delivery import deliver, settle  # noqa: PLC0415 - as above

        deadline = Deadline.after(self._config.timeout, self._clock)
        with self._open_intake() as intake:
            report = deliver(journal.lines(), intake, deadline, self._clock, progress=progress)
        settle(journal, report, self._clock.now_ns())
        return report

    def _aside(self, journal: Journal) -> str:
        from pytest_ddci.shelf import sibling  # noqa: PLC0415 - as above

        return self._shown(sibling(journal.path, "rejected"))

    def _tidy_up(self, own: Path) -> None:
        config = self._config
        spare = () if config.keep_days <= 0 or config.keep_mb <= 0 else (own,)
        removed = apply_retention(
            self._directory, self._clock.now_ns(), config.keep_days, config.keep_mb, spare=spare
        )
        self._notes += [each.told for each in removed if each.told]

    def _why_unsent(self) -> str:
        if self._config.dry_run:
            return "dry run"
        return "" if self._config.api_key else "DD_API_KEY is not set"

    def _shown(self, path: Path) -> str:
        """A path as the user would type it."""
        try:
            return path.relative_to(self._circumstances.cwd).as_posix()
        except ValueError:
            return str(path)


def _all_kept(journal: Journal) -> Accounting:
    return Accounting(
        emitted=journal.emitted,
        kept=journal.emitted,
        emitted_by_level=dict(journal.emitted_by_level),
    )
