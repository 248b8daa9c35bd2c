"""What repeats on the events of one pipeline: redacted, within limits, encoded once."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_ddci import limits
from pytest_ddci.errors import RedactionError
from pytest_ddci.facts import Phase
from pytest_ddci.json_text import quoted, to_json
from pytest_ddci.redact import MARK
from pytest_ddci.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_ddci.facts import Failure, Place
    from pytest_ddci.head import Head

_CACHED = 128
# Characters beyond which nothing is remembered: such texts hardly repeat.
_LONG = 1_000
_WHOLE = 1 << 53
# Names of our own, by which parts of a run are added up.
_COUNTS = frozenset(
    [*Tally().metrics(), "tests.deselected", *(f"duration.{phase.value}" for phase in Phase)]
)
_GIT_FORMS = frozenset({"sha", "author_time", "commit_time"})
_GIT_LIMIT = {"message": limits.commit_message}


class Fragments:
    """The shared parts of a pipeline's events, and how single values become valid.

    Args:
        head: what is known of the pipeline before its first test.
        redact: takes secrets out of a text; may raise RedactionError.

    Attributes:
        left_out: how many tags and metrics could not be made valid.
        unredacted: how many texts nobody could take the secrets out of; of those only a mark is
            left.
        warning: what the user should know of the commit; empty if there is nothing.
        name: the pipeline's name as every event carries it.
    """

    def __init__(self, head: Head, redact: Callable[[str], str]) -> None:
        self.left_out = 0
        self.unredacted = 0
        self.warning = ""
        self._head = head
        self._hide = redact
        # Names, tags and parameters repeat from event to event; messages and stacks do not.
        self._hide_short = lru_cache(_CACHED)(redact)
        self._quoted = lru_cache(_CACHED)(lambda text: quoted(limits.name(self._hide_short(text))))
        self._stage = lru_cache(_CACHED)(
            lambda key, name: f'"stage_id":"{key}","stage_name":{self._quoted(name)}'
        )
        self._quoted_tag = lru_cache(_CACHED)(self._make_tag)
        self.name = self.text(head.name)
        self.attributes = self._attributes()
        self._opening = (
            f'{{"type":"cipipeline_resource_request","attributes":{{{to_json(self.attributes)[1:-1]}'
            ',"resource":'
        )
        self._git = self._git_block()
        self._own_tags = self._plain_tags(head.tags)
        self._nodes: dict[str, tuple[dict[str, object], str]] = {}
        self._worker_tags: dict[str, list[str]] = {}
        # The same once more, as JSON.
        self._last_tags: dict[str, str] = {}
        self._plain_endings: dict[str, str] = {}
        node = head.context.node
        self._remember("", node.hostname, node.hostname, node.labels, {})

    def describe_worker(self, place: Place, worker: str) -> None:
        """Remember where a worker runs for the events of its tests; "" is this process itself."""
        node = self._head.context.node
        name = worker or node.name or place.hostname
        own = node.labels if not worker else (f"worker:{worker}", *place.labels)
        self._remember(worker, place.hostname, name, own, place.tags)

    @property
    def parent(self) -> dict[str, object]:
        """What names the pipeline on the events below it."""
        return {"pipeline_unique_id": self._head.unique_id, "pipeline_name": self.name}

    def text(self, text: str) -> str:
        """A name, redacted and within limits."""
        return limits.name(self._short(text))

    def parameters(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """Parameters, redacted and within limits."""
        return {
            self.text(key): limits.parameter(self._value(key, ": ", parameters[key]))
            for key in parameters
        }

    def tags(self, tags: Mapping[str, str]) -> list[str]:
        """An event's own tags, those of the run and those of the place of this process."""
        return [*self._plain_tags(tags), *self._own_tags, *self._worker_tags.get("", ())]

    def opening(self, level: str) -> str:
        """How the line of a job or step begins, up to the first field behind its level."""
        return f'{self._opening}{{"level":"{level}",'

    def ending(self, worker: str) -> str:
        """How such a line ends: the worker's node and the commit, and all that is still open."""
        return f"{(self._nodes.get(worker) or self._nodes[''])[1]}}}}}}}"

    def plain_ending(self, worker: str) -> str:
        """The same of an event without tags of its own, with those that it has all the same."""
        return self._plain_endings.get(worker) or self._plain_endings[""]

    def quoted(self, text: str) -> str:
        """As `text`, as a JSON string."""
        try:
            return self._quoted(text) if len(text) < _LONG else quoted(self.text(text))
        except RedactionError:
            self.unredacted += 1
            return f'"{MARK}"'

    def quoted_once(self, text: str) -> str:
        """As `quoted`, of a text that hardly repeats and need not be remembered."""
        try:
            return quoted(limits.name(self._hide(text)))
        except RedactionError:
            self.unredacted += 1
            return f'"{MARK}"'

    def stage(self, stage_id: str, name: str) -> str:
        """What names a stage on the events below it, as the inside of a JSON object."""
        try:
            return self._stage(stage_id, name)
        except RedactionError:
            self.unredacted += 1
            return f'"stage_id":"{stage_id}","stage_name":"{MARK}"'

    def tag_texts(self, tags: Mapping[str, str], worker: str) -> str:
        """As `tags`, as the inside of a JSON list; empty if there are none."""
        last = self._last_tags.get(worker) or self._last_tags[""]
        return ",".join(filter(None, [*self.own_tag_texts(tags), last]))

    def own_tag_texts(self, tags: Mapping[str, str]) -> list[str]:
        """An event's own tags as JSON; an empty text for each that cannot be made valid."""
        made = []
        for key, value in tags.items():
            try:
                text = self._quoted_tag(key, value) if len(value) < _LONG else ""
            except RedactionError:
                text = ""
            made.append(text or self._rare_tag(key, value))
        return made

    def metric_texts(self, metrics: Mapping[str, float]) -> str:
        """As `metrics`, as the inside of a JSON list; empty if there are none."""
        made = []
        for key, number in metrics.items():
            # What nearly all are, and written at once: durations.
            if type(number) is float and key in _COUNTS and 0 <= number < _WHOLE:
                made.append(f'"{key}:{number!r}"')
            else:
                made += map(quoted, self.metrics({key: number}))
        return ",".join(made)

    def metrics(self, metrics: Mapping[str, float]) -> list[str]:
        """Metrics; what is no finite number is left out and counted."""
        redacted = {
            key if key in _COUNTS else self._short(key): number for key, number in metrics.items()
        }
        kept, left_out = limits.sanitise_metrics(redacted)
        self.left_out += left_out
        return kept

    def error(self, failure: Failure) -> dict[str, object]:
        """An error block: redacted first, then cut, so that no cut saves half a secret."""
        block: dict[str, object] = {
            "message": limits.message(self._redact(failure.message)),
            "type": limits.error_type(self._redact(failure.type)),
            "domain": failure.domain,
        }
        if failure.stack:
            block["stack"] = limits.stack(self._redact(failure.stack))
        return block

    def node_and_git(self) -> dict[str, object]:
        """The node of this process and the commit, for an event that is built as a whole."""
        node, _ = self._nodes[""]
        return {"node": node, **({"git": self._git} if self._git else {})}

    def line(self, resource: dict[str, object]) -> bytes:
        """An event line: the resource with this process's node and the commit spliced in."""
        return f"{self._opening}{to_json(resource)[:-1]}{self.ending('')}".encode("ascii")

    def _attributes(self) -> dict[str, object]:
        head = self._head
        said = {"provider_name": head.provider, "env": head.env, "service": head.service}
        return {key: self.text(value) for key, value in said.items() if value}

    def _git_block(self) -> dict[str, object]:
        info = self._head.context.git
        if info is None:
            return {}
        said = {key: value for key, value in asdict(info).items() if value}
        if "tag" in said:
            said.pop("branch", None)
        hidden = {key: self._redact(value) for key, value in said.items()}
        changed = {key for key in _GIT_FORMS & said.keys() if hidden[key] != said[key]}
        if "sha" in changed:
            # The API takes nothing but a commit's id there, and refuses an event with less.
            self.warning = "the events say nothing about git: the commit's id was redacted"
            return {}
        return {
            key: _GIT_LIMIT.get(key, limits.name)(value)
            for key, value in hidden.items()
            if key not in changed
        }

    def _redact(self, text: str) -> str:
        try:
            return self._hide(text)
        except RedactionError:
            self.unredacted += 1
            return MARK

    def _short(self, text: str) -> str:
        try:
            return self._hide(text) if len(text) > _LONG else self._hide_short(text)
        except RedactionError:
            self.unredacted += 1
            return MARK

    def _value(self, key: str, between: str, value: str) -> str:
        """A value without secrets, also without what is one because of its name."""
        name, value = self._short(key), self._short(value)
        whole = self._short(f"{name}{between}{value}")
        return whole.removeprefix(f"{name}{between}")

    def _plain_tags(self, tags: Mapping[str, str]) -> list[str]:
        made = [self._plain_tag(key, tags[key]) for key in tags]
        kept = [text for text in made if text is not None]
        self.left_out += len(made) - len(kept)
        return kept

    def _plain_tag(self, key: str, value: str) -> str | None:
        """A tag, redacted and within limits; None when it cannot be one."""
        return limits.tag(self._short(key), self._value(key, ":", value))

    def _rare_tag(self, key: str, value: str) -> str:
        """A tag as JSON that is not worth remembering; empty, and counted, when there is none."""
        text = self._plain_tag(key, value)
        self.left_out += text is None
        return quoted(text) if text else ""

    def _make_tag(self, key: str, value: str) -> str:
        """A tag as JSON; empty when it cannot be one.

        Raises:
            RedactionError: nobody can take the secrets out of it.
        """
        name = self._hide_short(key)
        whole = self._hide_short(f"{name}:{self._hide_short(value)}")
        text = limits.tag(name, whole.removeprefix(f"{name}:"))
        return quoted(text) if text else ""

    def _remember(
        self,
        worker: str,
        hostname: str,
        name: str,
        labels: Sequence[str],
        tags: Mapping[str, str],
    ) -> None:
        node: dict[str, object] = {
            "hostname": self.text(hostname),
            "name": self.text(name),
            "labels": [self.text(label) for label in labels],
        }
        if workspace := self._head.context.node.workspace:
            node["workspace"] = self.text(workspace)
        git = f',"git":{to_json(self._git)}' if self._git else ""
        self._nodes[worker] = node, f',"node":{to_json(node)}{git}'
        self._worker_tags[worker] = self._plain_tags(tags)
        last = to_json([*self._own_tags, *self._worker_tags[worker]])[1:-1]
        self._last_tags[worker] = last
        tags_block = f',"tags":[{last}]' if last else ""
        self._plain_endings[worker] = f"{tags_block}{self.ending(worker)}"
