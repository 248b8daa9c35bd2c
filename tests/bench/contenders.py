"""Who is measured: plain pytest, this plugin in its modes, junitxml, peers that are installed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata

PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to run a suite.

    Attributes:
        name: how it is shown.
        args: what the command line has beside what all have.
        sends: whether it has a key and a local intake; otherwise events stay in the journal.
    """

    name: str
    args: tuple[str, ...] = ()
    sends: bool = False


PLAINLY = Contender(PLAIN)
OFF = Contender("ddci off", ("-p", "ddci"))
DDCI = Contender("ddci", ("-p", "ddci", "--ddci"))
JUNITXML = Contender("junitxml", ("--junitxml=junit.xml",))
DDCI_SENT = Contender("ddci, sent", DDCI.args, sends=True)

OURS = (
    OFF,
    DDCI,
    Contender("ddci failed", (*DDCI.args, "--ddci-steps=failed")),
    Contender("ddci none", (*DDCI.args, "--ddci-steps=none")),
    DDCI_SENT,
)

# Distributions that report test sessions, and how each is asked to.
_PEERS = {
    "allure-pytest": ("--alluredir=allure",),
    "buildkite-test-collector": (),
    "ddtrace": ("--ddtrace",),
    "pytest-html": ("--html=report.html", "--self-contained-html"),
    "pytest-json-report": ("--json-report", "--json-report-file=report.json"),
    "pytest-mergify": (),
    "pytest-opentelemetry": (),
    "pytest-reportlog": ("--report-log=report.jsonl",),
}
# What a peer cannot do without.
_NEEDS = {"pytest-html": ("pytest-metadata",), "pytest-json-report": ("pytest-metadata",)}


def contenders() -> tuple[Contender, ...]:
    """All that can run here, plain pytest first."""
    return (PLAINLY, *OURS, JUNITXML, *_installed_peers())


def _installed_peers() -> list[Contender]:
    plugins: dict[str, list[str]] = {}
    for point in metadata.entry_points(group="pytest11"):
        if point.dist is not None:
            plugins.setdefault(point.dist.name.lower().replace("_", "-"), []).append(point.name)
    return [
        Contender(
            name,
            (
                *(
                    part
                    for needed in (*_NEEDS.get(name, ()), name)
                    for plugin in plugins.get(needed, ())
                    for part in ("-p", plugin)
                ),
                *flags,
            ),
        )
        for name, flags in _PEERS.items()
        if name in plugins
    ]
