"""Ids: derived from the pipeline's id, so that sending a run again is idempotent.

The API wants plain strings that are unique within a level. Stage and job ids are UUIDs (version 5)
of what they stand for; a step's id is its job's id with a suffix, which costs a tenth of a UUID.
"""

from __future__ import annotations

from dataclasses import field
from hashlib import sha1
from uuid import NAMESPACE_URL

from pytest_ddci.frozen import frozen

# Which digit says that it is an id as RFC 4122 wants it: its two upper bits are 10.
_VARIANT = {f"{digit:x}": f"{digit & 3 | 8:x}" for digit in range(16)}


@frozen
class Identity:
    """The ids of everything within one pipeline.

    Args:
        pipeline_id: the pipeline's `unique_id`, any text.
        salt: of this process, where several processes share the pipeline.
    """

    pipeline_id: str
    salt: str = ""
    _namespace: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ours = _uuid5(NAMESPACE_URL.bytes, f"ddci:{_encodable(self.pipeline_id)}{self.salt}")
        object.__setattr__(self, "_namespace", bytes.fromhex(ours.replace("-", "")))

    def stage(self, name: str) -> str:
        """The id of the stage of that name."""
        return _uuid5(self._namespace, f"stage\0{_encodable(name)}")

    def job(self, nodeid: str, worker: str, attempt: int) -> str:
        """The id of an attempt; `worker` is empty unless every worker runs every test."""
        return _uuid5(self._namespace, f"job\0{_encodable(nodeid)}\0{worker}\0{attempt}")

    @staticmethod
    def step(job_id: str, suffix: str) -> str:
        """The id of a step of that job; the suffix is its phase or its number."""
        return f"{job_id}-{suffix}"


def _uuid5(namespace: bytes, name: str) -> str:
    """As the standard library's as a text, which costs four times as much.

    That one also imports its hash when it is called, and tests may break imports.
    """
    digits = sha1(namespace + name.encode(), usedforsecurity=False).hexdigest()
    variant = _VARIANT[digits[16]]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


def _encodable(text: str) -> str:
    """The text with lone surrogates escaped: an id is made of UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
