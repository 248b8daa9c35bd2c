"""Attempts and their steps as journal lines: nearly all of a run's events, so they are spliced.

No event is built as an object here. What events share is JSON already, and each line is put
together from such parts: a fifth of the time that an encoder takes for the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_ddci.attempt import LINE, OWN_TAGS, own_tags
from pytest_ddci.clock import SECOND
from pytest_ddci.facts import Phase
from pytest_ddci.json_text import quoted, to_json
from pytest_ddci.owners import OWNERS_TAG
from pytest_ddci.source_texts import SourceTexts
from pytest_ddci.tally import Result
from pytest_ddci.timestamps import YEAR_NS, rfc3339, rfc3339_six, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_ddci.facts import Source
    from pytest_ddci.finished import BegunJob, FinishedJob, FinishedStep, PassedJob
    from pytest_ddci.fragments import Fragments

    # An attempt that has begun, and its name, stage and page as JSON.
    _Begun = tuple[BegunJob, str, str, str]
    # Tags before and behind that of the line, how the event ends, and how its steps do.
    _Known = tuple[str, str, str, str]

# Tests run file by file: what is remembered of others would only take memory.
_MOST_KNOWN = 64
_PHASES = {phase.value: quoted(phase.value) for phase in Phase}


class JobEncoder:
    """Writes attempts and their steps; every line is final and goes to the wire as it is.

    Args:
        fragments: the shared parts.
        job_url: the page of a test, for its source.
        owners_of: the owners of a source file; asked once for each file.
        common: tags of every job and step.
    """

    def __init__(
        self,
        fragments: Fragments,
        job_url: Callable[[Source | None], str],
        owners_of: Callable[[str], Sequence[str]],
        common: Mapping[str, str],
    ) -> None:
        self._fragments = fragments
        self._sources = SourceTexts(fragments, job_url, owners_of)
        self._common = common
        self._begun: dict[str, _Begun] = {}
        self._parent = f"{to_json(fragments.parent)[1:-1]},"
        self._job = f'{fragments.opening("job")}"id":"'
        self._known: dict[tuple[str, str, int, bool], _Known] = {}
        self._step = f'{fragments.opening("step")}"id":"'

    def begun(self, job: BegunJob) -> bytes:
        """A journal's note that an attempt has begun; it matters only if its end never comes."""
        fragments = self._fragments
        before = fragments.unredacted
        name = fragments.quoted_once(job.name)
        stage = fragments.stage(job.stage_id, job.stage_name)
        page = self._sources.page(job.source)
        # What cannot be redacted counts for each event that would have it.
        if fragments.unredacted == before:
            self._begun[job.id] = (job, name, stage, page)
        return (
            f'{{"ddci":"started","id":"{job.id}","name":{name},{stage},'
            f'"start":"{rfc3339(job.start_ns)}","url":{page}}}'
        ).encode("ascii")

    def job(self, job: FinishedJob) -> bytes:
        """The event of an attempt."""
        fragments, text, tags = self._fragments, self._fragments.quoted, job.tags
        self._begun.pop(job.id, None)
        if self._common:
            tags = {**tags, **self._common}
        if job.source and (owners := self._sources.owners(job.source.path)):
            tags = {**tags, OWNERS_TAG: owners}
        start, end = span(job.start_ns, job.end_ns)
        ties = (
            f'{self._job}{job.id}","name":{text(job.name)},{self._parent}'
            f'{fragments.stage(job.stage_id, job.stage_name)},"start":"{rfc3339(start)}",'
            f'"end":"{rfc3339(end)}","status":"{job.status}","url":{self._sources.page(job.source)}'
        )
        parts = [ties]
        if job.parameters:
            parts.append(f',"parameters":{self._parameters(job.parameters)}')
        if job.failure:
            parts.append(f',"error":{to_json(fragments.error(job.failure))}')
        if made := fragments.tag_texts(tags, job.worker):
            parts.append(f',"tags":[{made}]')
        if made := fragments.metric_texts(job.metrics):
            parts.append(f',"metrics":[{made}]')
        parts.append(fragments.ending(job.worker))
        return "".join(parts).encode("ascii")

    def passed(self, job: PassedJob, *, steps: bool) -> bytes | None:
        """The events of an attempt that passed, and of its steps if they are wanted, line by line.

        The same lines as `job` and `steps` write of the job `whole`, at half of the cost.

        Returns:
            None where those are needed: for what hardly any test has.
        """
        info, times, worker = job.info, job.times, job.worker
        source, tags = info.source, info.tags
        if info.metrics or times[5] - times[0] > YEAR_NS or not OWN_TAGS.isdisjoint(tags):
            return None
        if source is None or source.line is None:
            return None
        fragments = self._fragments
        begin, ready, called, returned, ending, over = times
        first, setup_end, call_start, call_end, teardown_start, last = rfc3339_six(times)
        name, stage, page = self._shared(job, source)
        ties = f"{self._parent}{stage}"
        parameters = ""
        if info.parameters:
            parameters = f',"parameters":{self._parameters(info.parameters)}'
        key = source.path, worker, job.number, job.flaky
        file, closing, rest, step_rest = self._known.get(key) or self._find_out(*key)
        if tags:
            file = "".join([f"{text}," for text in fragments.own_tag_texts(tags) if text]) + file
        event = (
            f'{self._job}{job.id}","name":{name},{ties},"start":"{first}","end":"{last}",'
            f'"status":"success","url":{page}{parameters},'
            f'"tags":[{file}"{LINE}:{source.line}",{closing}],'
            f'"metrics":["duration.setup:{(ready - begin) / SECOND!r}",'
            f'"duration.call:{(returned - called) / SECOND!r}",'
            f'"duration.teardown:{(over - ending) / SECOND!r}"]{rest}'
        )
        if not steps:
            return event.encode("ascii")
        ties = f'{ties},"job_id":"{job.id}","job_name":{name},"start":"'
        step = f"{self._step}{job.id}"
        return (
            f'{event}\n{step}-setup","name":"setup",{ties}{first}","end":"{setup_end}{step_rest}\n'
            f'{step}-call","name":"call",{ties}{call_start}","end":"{call_end}{step_rest}\n'
            f'{step}-teardown","name":"teardown",{ties}{teardown_start}","end":"{last}{step_rest}'
        ).encode("ascii")

    def steps(self, job: FinishedJob) -> Iterator[bytes]:
        """The events of an attempt's steps."""
        fragments, text = self._fragments, self._fragments.quoted
        parents = (
            f"{self._parent}{fragments.stage(job.stage_id, job.stage_name)},"
            f'"job_id":"{job.id}","job_name":{text(job.name)},"start":"'
        )
        ending = fragments.plain_ending(job.worker)
        for step in job.steps:
            start, end = step.start_ns, step.end_ns
            if not start <= end <= start + YEAR_NS:
                start, end = span(start, end)
            if step.failure or step.tags or self._common:
                rest = self._eventful(step, job.worker)
            else:
                rest = ending
            name = _PHASES.get(step.name) or text(step.name)
            yield (
                f'{self._step}{step.id}","name":{name},{parents}{rfc3339(start)}",'
                f'"end":"{rfc3339(end)}","status":"{step.status}"{rest}'
            ).encode("ascii")

    def _shared(self, job: PassedJob, source: Source) -> tuple[str, str, str]:
        """Name, stage and page of an attempt, which the note of its begin has said already."""
        known = self._begun.pop(job.id, None)
        if known is not None:
            begun, name, stage, page = known
            said = begun.source
            if (
                said is not None
                and said.line == source.line
                and said.path == source.path
                and begun.name == job.name
            ):
                return name, stage, page
        fragments = self._fragments
        return (
            fragments.quoted(job.name),
            fragments.stage(job.stage_id, job.stage_name),
            self._sources.page(source),
        )

    def _parameters(self, parameters: Mapping[str, str]) -> str:
        said = self._fragments.parameters(parameters)
        return f"{{{','.join([f'{quoted(key)}:{quoted(said[key])}' for key in said])}}}"

    def _plain_ending(self, worker: str) -> str:
        """What a step without a word of its own says behind its status."""
        fragments = self._fragments
        if not self._common:
            return fragments.plain_ending(worker)
        return f',"tags":[{fragments.tag_texts(self._common, worker)}]{fragments.ending(worker)}'

    def _find_out(self, path: str, worker: str, number: int, flaky: bool) -> _Known:  # noqa: FBT001 - a key
        """What attempts share that passed: of that file, on that worker."""
        fragments = self._fragments
        before = fragments.unredacted, fragments.left_out
        file = self._sources.tag(path)
        tags: dict[str, str] = {}
        own_tags(tags, None, worker, Result.PASSED, number, final=True, flaky=flaky)
        owners = self._sources.owners(path)
        named = {OWNERS_TAG: owners} if owners else {}
        closing = fragments.tag_texts({**tags, **self._common, **named}, worker)
        step_rest = f'","status":"success"{self._plain_ending(worker)}'
        made = f"{file}," if file else "", closing, fragments.ending(worker), step_rest
        # What is left out, or nobody could redact, is counted for each event.
        if before == (fragments.unredacted, fragments.left_out):
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[path, worker, number, flaky] = made
        return made

    def _eventful(self, step: FinishedStep, worker: str) -> str:
        """What a step says behind its status that has something to say of itself."""
        fragments = self._fragments
        error = f',"error":{to_json(fragments.error(step.failure))}' if step.failure else ""
        made = fragments.tag_texts({**step.tags, **self._common}, worker)
        tags = f',"tags":[{made}]' if made else ""
        return f"{error}{tags}{fragments.ending(worker)}"
