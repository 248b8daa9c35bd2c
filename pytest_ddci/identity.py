"""Ids: derived from the pipeline's id, so that sending a run again is idempotent.

The API wants plain strings that are unique within a level. Stage and job ids are UUIDs (version 5)
of what they stand for; a step's id is its job's id with a suffix, which costs a tenth of a UUID.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha1
from uuid import NAMESPACE_URL, UUID


@dataclass(frozen=True, slots=True)
class Identity:
    """The ids of everything within one pipeline.

    Args:
        pipeline_id: the pipeline's `unique_id`, any text.
        salt: of this process, where several processes share the pipeline.
    """

    pipeline_id: str
    salt: str = ""
    _namespace: UUID = field(init=False, repr=False)

    def __post_init__(self) -> None:
        namespace = _uuid5(NAMESPACE_URL, f"ddci:{_encodable(self.pipeline_id)}{self.salt}")
        object.__setattr__(self, "_namespace", namespace)

    def stage(self, name: str) -> str:
        """The id of the stage of that name."""
        return str(_uuid5(self._namespace, f"stage\0{_encodable(name)}"))

    def job(self, nodeid: str, worker: str, attempt: int) -> str:
        """The id of an attempt; `worker` is empty unless every worker runs every test."""
        return str(_uuid5(self._namespace, f"job\0{_encodable(nodeid)}\0{worker}\0{attempt}"))

    @staticmethod
    def step(job_id: str, suffix: str) -> str:
        """The id of a step of that job; the suffix is its phase or its number."""
        return f"{job_id}-{suffix}"


def _uuid5(namespace: UUID, name: str) -> UUID:
    """As the standard library's, which imports its hash when called; tests may break imports."""
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()
    return UUID(bytes=digest[:16], version=5)


def _encodable(text: str) -> str:
    """The text with lone surrogates escaped: an id is made of UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
