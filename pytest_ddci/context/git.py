"""What git knows about the working directory, in at most three quick calls.

Nothing here raises and nothing asks for input: a directory without git, a repository that git
refuses to open, or a git that hangs is an answer like any other.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from pytest_ddci.clock import Deadline
from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_ddci.clock import Clock

GIT_SECONDS = 2.0
"""How long all calls to git together may take."""

_WHERE = (
    "rev-parse",
    "--show-toplevel",
    "--symbolic-full-name",
    "HEAD",
    "refs/remotes/origin/HEAD",
)
# HEAD^2 is the head of a pull request when HEAD is the merge commit that CI made of it; in a
# shallow clone it is missing, which --ignore-missing allows.
_COMMITS = (
    "log",
    "--no-walk=unsorted",
    "--ignore-missing",
    "--no-show-signature",
    "--no-color",
    "--no-patch",
    "--decorate=full",
    "--encoding=UTF-8",
    "-z",
    "--format=%H%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%D%x00%B",
    "HEAD",
    "HEAD^2",
    "--",
)
_FIELDS = 9
_REMOTES = (
    "config",
    "-z",
    "--get-regexp",
    r"^(remote\..*\.url|branch\..*\.remote|url\..*\.insteadof)$",
)
_HEADS = "refs/heads/"
_ORIGIN = "refs/remotes/origin/"


@frozen
class GitAnswer:
    """What a call to git has written, and its exit code."""

    code: int
    out: bytes = b""
    err: bytes = b""


class GitRunner(Protocol):
    """Runs git; the tests' own needs no repository."""

    def __call__(self, args: Sequence[str], cwd: str, timeout: float, /) -> GitAnswer | None:
        """Run `git <args>` in that directory for at most that many seconds.

        Returns:
            The answer; None if git cannot be run or has not answered in time.
        """


@frozen
class Commit:
    """One commit; texts as git gives them, times as ISO 8601 with offset."""

    sha: str
    author_name: str = ""
    author_email: str = ""
    author_time: str = ""
    committer_name: str = ""
    committer_email: str = ""
    commit_time: str = ""
    message: str = ""


@frozen
class Checkout:
    """A working directory under git.

    Attributes:
        toplevel: its root; None when there is no repository that git would open.
        head: the commit checked out; None in a repository without commits.
        merged: the second parent of `head`, where it is a merge and the parent is there.
        branch: the branch checked out; None when HEAD is detached.
        tag: a tag on that commit; None if there is none, or more than one.
        default_branch: the default branch of `origin`, where the clone knows it.
        remote_url: as configured, with `url.<base>.insteadOf` applied; may hold credentials.
        problem: one line, why git's answer is missing or incomplete; None for a directory
            without git, which is no problem.
    """

    toplevel: str | None = None
    head: Commit | None = None
    merged: Commit | None = None
    branch: str | None = None
    tag: str | None = None
    default_branch: str | None = None
    remote_url: str | None = None
    problem: str | None = None

    def commit(self, sha: str | None) -> Commit | None:
        """The commit with that full id, if it is one of the two that were read."""
        wanted = (sha or "").lower()
        for known in (self.head, self.merged):
            if known and known.sha == wanted:
                return known
        return None


class _Session:
    """The calls of one reading: one directory, one deadline."""

    __slots__ = ("cwd", "deadline", "runner", "unanswered")

    def __init__(self, cwd: str, runner: GitRunner, deadline: Deadline) -> None:
        self.cwd = cwd
        self.runner = runner
        self.deadline = deadline
        self.unanswered = False

    def ask(self, args: Sequence[str]) -> GitAnswer:
        remaining = self.deadline.remaining()
        answer = self.runner(args, self.cwd, remaining) if remaining > 0 else None
        if answer is None:
            self.unanswered = True
            return GitAnswer(code=-1)
        return answer


def read_git(cwd: str, runner: GitRunner, clock: Clock, seconds: float = GIT_SECONDS) -> Checkout:
    """Read what git says about a directory.

    Args:
        cwd: the directory; anywhere in a working tree.
        runner: runs git.
        clock: measures the limit.
        seconds: the limit of all calls together.

    Returns:
        What could be read; an empty one where there is no repository.
    """
    session = _Session(cwd, runner, Deadline.after(seconds, clock))
    where = session.ask(_WHERE)
    lines = where.out.split(b"\n")
    if not lines[0] or b"\0" in lines[0]:
        return Checkout(problem=_refusal(session, where, seconds))
    # Not text for the wire but a path, to be compared with others of the file system.
    toplevel = os.path.normpath(os.fsdecode(lines[0]))
    symbolic = [_text(line) for line in lines[1:] if line]
    # A name that leads nowhere is written as it was asked for.
    head_ref, default_ref = (*symbolic, "", "")[:2]
    branch = head_ref.removeprefix(_HEADS) if head_ref.startswith(_HEADS) else None
    default = default_ref.removeprefix(_ORIGIN) if default_ref.startswith(_ORIGIN) else None

    head, merged, tag = _commits(session.ask(_COMMITS).out)
    remote_url = _remote(session.ask(_REMOTES).out, branch)
    return Checkout(
        toplevel=toplevel,
        head=head,
        merged=merged,
        branch=branch,
        tag=tag,
        default_branch=default if default != "HEAD" else None,
        remote_url=remote_url,
        problem=_too_slow(seconds) if session.unanswered else None,
    )


def _refusal(session: _Session, answer: GitAnswer, seconds: float) -> str | None:
    """Why there is no working tree; None if there simply is none."""
    if session.unanswered:
        return (
            _too_slow(seconds)
            if session.deadline.passed
            else "git could not be run: is it installed, and on PATH?"
        )
    if b"dubious ownership" in answer.err or b"unsafe repository" in answer.err:
        return "git does not read this repository because another user owns it (safe.directory)"
    return None


def _too_slow(seconds: float) -> str:
    return f"git did not answer within {seconds:g} s"


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _commit(*fields: str) -> Commit:
    """One record of `_COMMITS`, whose eighth field is about refs."""
    sha, name, email, time, committer, committer_email, commit_time, _, message = fields
    return Commit(sha, name, email, time, committer, committer_email, commit_time, message.strip())


def _commits(out: bytes) -> tuple[Commit | None, Commit | None, str | None]:
    """HEAD, its second parent, and the only tag on HEAD."""
    values = [_text(value) for value in out.split(b"\0")]
    records = [values[i : i + _FIELDS] for i in range(0, len(values) - _FIELDS + 1, _FIELDS)]
    commits = [_commit(*record) for record in records]
    if not commits:
        return None, None, None
    prefix = "tag: refs/tags/"
    decorations = records[0][7].split(", ")
    tags = [name.removeprefix(prefix) for name in decorations if name.startswith(prefix)]
    merged = commits[1] if len(commits) > 1 else None
    return commits[0], merged, tags[0] if len(tags) == 1 else None


def _remote(out: bytes, branch: str | None) -> str | None:
    """The address of the remote a person would mean: upstream's, else `origin`, else the first."""
    urls: dict[str, str] = {}
    upstreams: dict[str, str] = {}
    instead: dict[str, str] = {}
    for entry in out.split(b"\0"):
        key, _, value = _text(entry).partition("\n")
        section, _, rest = key.partition(".")
        name, _, variable = rest.rpartition(".")
        if not value:
            continue
        if section == "remote" and variable == "url":
            urls.setdefault(name, value)
        elif section == "branch":
            upstreams[name] = value
        elif section == "url":
            instead[value] = name
    chosen = urls.get(upstreams.get(branch or "", ""))
    url = chosen or urls.get("origin") or next(iter(urls.values()), None)
    return _instead(url, instead) if url else None


def _instead(url: str, instead: Mapping[str, str]) -> str:
    """The address with the longest abbreviation that fits it written out."""
    fitting = max((short for short in instead if url.startswith(short)), key=len, default=None)
    return url if fitting is None else instead[fitting] + url[len(fitting) :]
