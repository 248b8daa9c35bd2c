"""Attempts and their steps as journal lines: nearly all of a run's events, so they are spliced.

No event is built as an object here. What events share is JSON already, and each line is put
together from such parts: a fifth of the time that an encoder takes for the whole.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_ddci.attempt import FILE, LINE, OWN_TAGS, own_tags
from pytest_ddci.clock import SECOND
from pytest_ddci.facts import Phase
from pytest_ddci.json_text import quoted, to_json
from pytest_ddci.owners import OWNERS_TAG, owners_tag
from pytest_ddci.tally import Result
from pytest_ddci.timestamps import YEAR_NS, rfc3339, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_ddci.facts import AttemptStarted, Source
    from pytest_ddci.finished import FinishedJob, FinishedStep, PassedJob
    from pytest_ddci.fragments import Fragments

_FILES = 1_024
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
        self._job_url = job_url
        self._common = common
        # Each owner is redacted by itself, so that what is left is still a list.
        self._owners = lru_cache(_FILES)(
            lambda path: owners_tag([fragments.text(owner) for owner in owners_of(path)])
        )
        self._parent = f"{to_json(fragments.parent)[1:-1]},"
        self._job = f'{fragments.opening("job")}"id":"'
        self._closings: dict[tuple[str, int, bool, str], str] = {}
        self._step = f'{fragments.opening("step")}"id":"'

    def started(
        self, fact: AttemptStarted, job_id: str, name: str, stage_id: str, stage_name: str
    ) -> bytes:
        """A journal's note that an attempt has begun; it matters only if its end never comes."""
        text = self._fragments.quoted
        return (
            f'{{"ddci":"started","id":"{job_id}","name":{text(name)},'
            f'{self._fragments.stage(stage_id, stage_name)},"start":"{rfc3339(fact.at_ns)}",'
            f'"url":{text(self._job_url(fact.source))}}}'
        ).encode("ascii")

    def job(self, job: FinishedJob) -> bytes:
        """The event of an attempt."""
        fragments, text, tags = self._fragments, self._fragments.quoted, job.tags
        if self._common:
            tags = {**tags, **self._common}
        if job.source and (owners := self._owners(job.source.path)):
            tags = {**tags, OWNERS_TAG: owners}
        start, end = span(job.start_ns, job.end_ns)
        ties = (
            f'{self._job}{job.id}","name":{text(job.name)},{self._parent}'
            f'{fragments.stage(job.stage_id, job.stage_name)},"start":"{rfc3339(start)}",'
            f'"end":"{rfc3339(end)}","status":"{job.status}","url":{text(self._job_url(job.source))}'
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
        first, last = rfc3339(begin), rfc3339(over)
        ties = f"{self._parent}{fragments.stage(job.stage_id, job.stage_name)}"
        name, rest = fragments.quoted(job.name), fragments.ending(worker)
        url = fragments.quoted(self._job_url(source))
        parameters = ""
        if info.parameters:
            parameters = f',"parameters":{self._parameters(info.parameters)}'
        own = fragments.own_tag_texts({**tags, FILE: source.path, LINE: str(source.line)})
        own.append(self._closing(worker, job.number, job.flaky, self._owners(source.path)))
        event = (
            f'{self._job}{job.id}","name":{name},{ties},"start":"{first}","end":"{last}",'
            f'"status":"success","url":{url}{parameters},"tags":[{",".join(filter(None, own))}],'
            f'"metrics":["duration.setup:{(ready - begin) / SECOND!r}",'
            f'"duration.call:{(returned - called) / SECOND!r}",'
            f'"duration.teardown:{(over - ending) / SECOND!r}"]{rest}'
        )
        if not steps:
            return event.encode("ascii")
        ties = f'{ties},"job_id":"{job.id}","job_name":{name},"start":"'
        rest = f'","status":"success"{self._plain_ending(worker)}'
        step = f"{self._step}{job.id}"
        moments = (first, *map(rfc3339, times[1:5]), last)
        return (
            f'{event}\n{step}-setup","name":"setup",{ties}{moments[0]}","end":"{moments[1]}{rest}\n'
            f'{step}-call","name":"call",{ties}{moments[2]}","end":"{moments[3]}{rest}\n'
            f'{step}-teardown","name":"teardown",{ties}{moments[4]}","end":"{moments[5]}{rest}'
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

    def _parameters(self, parameters: Mapping[str, str]) -> str:
        said = self._fragments.parameters(parameters)
        return f"{{{','.join([f'{quoted(key)}:{quoted(said[key])}' for key in said])}}}"

    def _plain_ending(self, worker: str) -> str:
        """What a step without a word of its own says behind its status."""
        fragments = self._fragments
        if not self._common:
            return fragments.plain_ending(worker)
        return f',"tags":[{fragments.tag_texts(self._common, worker)}]{fragments.ending(worker)}'

    def _closing(self, worker: str, number: int, flaky: bool, owners: str) -> str:  # noqa: FBT001 - a key
        """The tags of an attempt that passed, from its result on, as the inside of a JSON list."""
        key = worker, number, flaky, owners
        made = self._closings.get(key)
        if made is None:
            fragments = self._fragments
            before = fragments.unredacted, fragments.left_out
            tags: dict[str, str] = {}
            own_tags(tags, None, worker, Result.PASSED, number, final=True, flaky=flaky)
            named = {OWNERS_TAG: owners} if owners else {}
            made = fragments.tag_texts({**tags, **self._common, **named}, worker)
            # What is left out is counted for each event.
            if (
                before == (fragments.unredacted, fragments.left_out)
                and len(self._closings) < _FILES
            ):
                self._closings[key] = made
        return made

    def _eventful(self, step: FinishedStep, worker: str) -> str:
        """What a step says behind its status that has something to say of itself."""
        fragments = self._fragments
        error = f',"error":{to_json(fragments.error(step.failure))}' if step.failure else ""
        made = fragments.tag_texts({**step.tags, **self._common}, worker)
        tags = f',"tags":[{made}]' if made else ""
        return f"{error}{tags}{fragments.ending(worker)}"
