"""Where the run happens: CI provider, git, host, and the pipelines around it.

Everything works on a mapping of environment variables and a runner of git that are passed in;
nothing raises for an environment or a repository that is odd.
"""

from __future__ import annotations

from pytest_ddci.context.commits import GitInfo
from pytest_ddci.context.gathering import ci_tags, gather
from pytest_ddci.context.git import GitAnswer, GitRunner
from pytest_ddci.context.git_process import SubprocessGit
from pytest_ddci.context.host import HostInfo
from pytest_ddci.context.provider import Relation
from pytest_ddci.context.relations import Relations
from pytest_ddci.context.run_context import RunContext
from pytest_ddci.machine import Machine, this_machine

__all__ = [
    "GitAnswer",
    "GitInfo",
    "GitRunner",
    "HostInfo",
    "Machine",
    "Relation",
    "Relations",
    "RunContext",
    "SubprocessGit",
    "ci_tags",
    "gather",
    "this_machine",
]
