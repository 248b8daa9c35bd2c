"""The forge's page of a source line at a commit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from pytest_ddci.context.source_tree import source_tree
from pytest_ddci.frozen import frozen

if TYPE_CHECKING:
    from pytest_ddci.context.source_tree import SourceTree

_WEB = re.compile(r"(https?)://([^/?#@]+)/(.+)", re.IGNORECASE)
_SSH = re.compile(r"(?:git\+)?ssh://(?:[^/?#]*@)?([^/?#:@]+)(?::\d+)?/(.+)", re.IGNORECASE)
_SCP = re.compile(r"(?:[^/@:]+@)?([^/@:]+):(?!//)/*(.+)")
_OTHER_NAMES = {"ssh.github.com": "github.com", "altssh.bitbucket.org": "bitbucket.org"}
_AZURE_SSH_PARTS = 4

_FORMS = {
    "github": "{repository}/blob/{sha}/{path}#L{line}",
    "gitlab": "{repository}/-/blob/{sha}/{path}#L{line}",
    "bitbucket": "{repository}/src/{sha}/{path}#lines-{line}",
    "gitea": "{repository}/src/commit/{sha}/{path}#L{line}",
    "forgejo": "{repository}/src/commit/{sha}/{path}#L{line}",
    "azure": (
        "{repository}?path=/{path}&version=GC{sha}&line={line}&lineEnd={line}"
        "&lineStartColumn=1&lineEndColumn=1000"
    ),
}


@frozen
class SourcePages:
    """Addresses of source lines in one repository at one commit.

    Attributes:
        form: the address with `{path}` and `{line}` left open.
        tree: where the files lie in the checkout.
    """

    form: str
    tree: SourceTree

    def page(self, path: str, line: int) -> str | None:
        """The page of a line (the first is 1); None for a file outside the checkout."""
        inside = self.tree.below_top(path)
        if inside is None:
            return None
        quoted = quote(inside, errors="replace")
        return self.form.replace("{path}", quoted).replace("{line}", str(max(line, 1)))


def source_pages(
    repository_url: str, sha: str, root: str, toplevel: str, forge: str | None = None
) -> SourcePages | None:
    """The pages of a repository's sources; None if its forge is unknown.

    Args:
        repository_url: any form of address, without user information.
        sha: the commit.
        root: the directory relative paths start from.
        toplevel: the root of the checkout.
        forge: `github`, `gitlab`, `bitbucket`, `gitea`, `forgejo`; None to go by the host's name.
    """
    place = _web_place(repository_url)
    if place is None:
        return None
    scheme, host, repository = place
    kind = _forge_of(host) or forge
    if kind == "azure":
        page = _azure_repository(scheme, host, repository)
    else:
        page = f"{scheme}://{host}/{quote(repository, safe='/~%')}"
    if page is None or kind not in _FORMS:
        return None
    tree = source_tree(root, toplevel)
    if tree is None:
        return None
    form = _FORMS[kind].replace("{repository}", page).replace("{sha}", sha)
    return SourcePages(form, tree)


def _web_place(url: str) -> tuple[str, str, str] | None:
    """Scheme, host and path of the repository's page on the web."""
    web = _WEB.fullmatch(url)
    if web:
        scheme, host, path = web[1].lower(), web[2].lower(), web[3]
    else:
        other = _SSH.fullmatch(url) or (None if "://" in url else _SCP.fullmatch(url))
        if other is None:
            return None
        scheme, host, path = "https", other[1].lower(), other[2]
    path = path.strip("/").removesuffix(".git").strip("/")
    return (scheme, _OTHER_NAMES.get(host, host), path) if path else None


def _forge_of(host: str) -> str | None:
    """The kind of forge a host's name speaks of."""
    name = host.partition(":")[0]
    labels = name.split(".")
    if name in {"dev.azure.com", "ssh.dev.azure.com"} or name.endswith(".visualstudio.com"):
        return "azure"
    if name == "bitbucket.org":
        return "bitbucket"
    if name == "codeberg.org" or "gitea" in labels or "forgejo" in labels:
        return "gitea"
    for kind in ("github", "gitlab"):
        if kind in labels:
            return kind
    return None


def _azure_repository(scheme: str, host: str, path: str) -> str | None:
    """The page of a repository in Azure Repos; over ssh its path is `v3/<org>/<project>/<name>`."""
    parts = path.split("/")
    if parts[0] == "v3":
        if len(parts) != _AZURE_SSH_PARTS:
            return None
        _, organisation, project, name = parts
        return f"https://dev.azure.com/{organisation}/{project}/_git/{name}"
    return f"{scheme}://{host}/{quote(path, safe='/%')}" if "_git" in parts else None
