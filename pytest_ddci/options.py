"""The option table: one row per setting drives the parser, the ini file, the environment and docs.

Nothing here knows pytest; `plugin` registers the rows and `config` resolves them.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Literal

from pytest_ddci import values
from pytest_ddci.frozen import frozen
from pytest_ddci.shard import parse_shard

if TYPE_CHECKING:
    from collections.abc import Callable

Shape = Literal["switch", "one", "many"]
"""A switch has an on and perhaps an off flag; one takes a value; many may be repeated."""


@frozen(kw_only=True)
class Option:
    """One setting.

    Attributes:
        field: the attribute of `Config` that it fills.
        flag: the command line flag; None when the command line must not carry it.
        off_flag: the flag that switches it off.
        ini: the ini key.
        environ: the environment variable.
        parse: text to value; raises ValueError with what is allowed.
        split: how a variable that holds several items is split (shape `many`).
        default: the value when nobody says anything; for `many` always empty.
        metavar: what stands for the value in `--help`.
        help: one sentence for `--help`.
    """

    field: str
    help: str
    shape: Shape = "one"
    flag: str | None = None
    off_flag: str | None = None
    ini: str | None = None
    environ: str | None = None
    parse: Callable[[str], object] = values.text
    split: Callable[[str], list[str]] = values.split_tags
    default: object = None
    metavar: str | None = None
    numeric: bool = False

    @property
    def dest(self) -> str:
        """The attribute of the parsed command line; prefixed so that no plugin shares it."""
        return f"ddci_{self.field}"

    @property
    def allowed(self) -> str:
        """What a value may be, in the words that the parser has for an empty one."""
        try:
            self.parse("")
        except ValueError as words:
            return str(words)
        return "text"


_DAYS = values.number(0, 36_500, "days")
_MEGABYTES = values.number(0, 1_000_000, "megabytes")
_SECONDS = values.number(0, 3_600, "seconds", above=True)

OPTIONS: tuple[Option, ...] = (
    Option(
        field="enabled",
        shape="switch",
        flag="--ddci",
        off_flag="--no-ddci",
        ini="ddci",
        environ="DDCI_ENABLED",
        parse=values.boolean,
        default=False,
        help="report this session as a CI pipeline execution",
    ),
    Option(
        field="site",
        flag="--ddci-site",
        ini="ddci_site",
        environ="DD_SITE",
        parse=values.site,
        default="datadoghq.com",
        metavar="SITE",
        help="the Datadog site",
    ),
    Option(
        field="url",
        flag="--ddci-url",
        ini="ddci_url",
        environ="DDCI_URL",
        parse=values.url,
        metavar="URL",
        help="the intake, when it is not https://api.<site>",
    ),
    Option(
        field="pipeline_name",
        flag="--ddci-pipeline-name",
        ini="ddci_pipeline_name",
        environ="DDCI_PIPELINE_NAME",
        metavar="NAME",
        help="the pipeline's name (default: the service, the repository or the root directory)",
    ),
    Option(
        field="pipeline_id",
        flag="--ddci-pipeline-id",
        environ="DDCI_PIPELINE_ID",
        parse=values.identifier,
        metavar="ID",
        help="the pipeline's unique id (default: a new one)",
    ),
    Option(
        field="shard",
        flag="--ddci-shard",
        environ="DDCI_SHARD",
        parse=parse_shard,
        metavar="K/N",
        help="which of how many processes this is (default: as the CI provider says)",
    ),
    Option(
        field="finish",
        shape="switch",
        flag="--ddci-finish",
        off_flag="--no-ddci-finish",
        environ="DDCI_FINISH",
        parse=values.boolean,
        help="send the pipeline's final event (default: unless this is a shard of a given id)",
    ),
    Option(
        field="previous_attempt",
        flag="--ddci-previous-attempt",
        environ="DDCI_PREVIOUS_ATTEMPT",
        parse=values.identifier,
        metavar="ID",
        help="the pipeline that this one retries (default: the last one, with --lf or --ff)",
    ),
    Option(
        field="env",
        flag="--ddci-env",
        ini="ddci_env",
        environ="DD_ENV",
        metavar="ENV",
        help="the Datadog environment",
    ),
    Option(
        field="service",
        flag="--ddci-service",
        ini="ddci_service",
        environ="DD_SERVICE",
        metavar="SERVICE",
        help="the service under test",
    ),
    Option(
        field="provider",
        flag="--ddci-provider",
        ini="ddci_provider",
        environ="DDCI_PROVIDER",
        default="pytest",
        metavar="NAME",
        help="the CI provider's name on every event",
    ),
    Option(
        field="tags",
        shape="many",
        flag="--ddci-tag",
        ini="ddci_tags",
        environ="DD_TAGS",
        parse=values.tag,
        metavar="KEY:VALUE",
        help="a tag for every event; may be repeated",
    ),
    Option(
        field="metrics",
        shape="many",
        flag="--ddci-metric",
        ini="ddci_metrics",
        environ="DDCI_METRICS",
        parse=values.metric,
        metavar="KEY:NUMBER",
        help="a metric of the pipeline; may be repeated",
    ),
    Option(
        field="steps",
        flag="--ddci-steps",
        ini="ddci_steps",
        environ="DDCI_STEPS",
        parse=values.choice("all", "failed", "none"),
        default="all",
        metavar="all|failed|none",
        help="which attempts report their phases and steps",
    ),
    Option(
        field="stage",
        flag="--ddci-stage",
        ini="ddci_stage",
        environ="DDCI_STAGE",
        parse=values.choice("module", "package", "class"),
        default="module",
        metavar="module|package|class",
        help="what a stage is",
    ),
    Option(
        field="running",
        shape="switch",
        flag="--ddci-running",
        off_flag="--no-ddci-running",
        ini="ddci_running",
        environ="DDCI_RUNNING",
        parse=values.boolean,
        help="announce the pipeline before the first test (default: when there is a key)",
    ),
    Option(
        field="dir",
        flag="--ddci-dir",
        ini="ddci_dir",
        environ="DDCI_DIR",
        default=".ddci",
        metavar="DIR",
        help="where journals are kept, relative to the root directory",
    ),
    Option(
        field="keep_days",
        ini="ddci_keep_days",
        environ="DDCI_KEEP_DAYS",
        numeric=True,
        parse=_DAYS,
        default=14.0,
        help="how many days journals are kept",
    ),
    Option(
        field="keep_mb",
        ini="ddci_keep_mb",
        environ="DDCI_KEEP_MB",
        numeric=True,
        parse=_MEGABYTES,
        default=500.0,
        help="how many megabytes of journals are kept",
    ),
    Option(
        field="timeout",
        flag="--ddci-timeout",
        ini="ddci_timeout",
        environ="DDCI_TIMEOUT",
        numeric=True,
        parse=_SECONDS,
        default=30.0,
        metavar="SECONDS",
        help="how long delivery may take at the end of the session",
    ),
    Option(
        field="on_failure",
        flag="--ddci-on-failure",
        ini="ddci_on_failure",
        environ="DDCI_ON_FAILURE",
        parse=values.choice("ignore", "warn", "fail"),
        default="warn",
        metavar="ignore|warn|fail",
        help="what an incomplete delivery does",
    ),
    Option(
        field="sigterm",
        shape="switch",
        ini="ddci_sigterm",
        environ="DDCI_SIGTERM",
        parse=values.boolean,
        default=True,
        help="report the run when SIGTERM ends it, if nothing else handles the signal",
    ),
    Option(
        field="gzip",
        shape="switch",
        flag="--ddci-gzip",
        ini="ddci_gzip",
        environ="DDCI_GZIP",
        parse=values.boolean,
        default=False,
        help="compress requests (not documented by the API: ask `ddci doctor --check` first)",
    ),
    Option(
        field="dry_run",
        shape="switch",
        flag="--ddci-dry-run",
        environ="DDCI_DRY_RUN",
        parse=values.boolean,
        default=False,
        help="send nothing: keep the events in the journal, ready to be sent",
    ),
    Option(
        field="redact",
        shape="many",
        ini="ddci_redact",
        environ="DDCI_REDACT",
        parse=values.pattern,
        split=values.split_lines,
        help="regular expressions whose matches are redacted, one a line",
    ),
    Option(
        field="redact_env",
        shape="many",
        ini="ddci_redact_env",
        environ="DDCI_REDACT_ENV",
        parse=values.variable,
        help="variables whose values are redacted, with * and ?; those behind a ! are not",
    ),
)
"""Every setting but the two keys, which only the environment may carry."""

API_KEY = "DD_API_KEY"
APP_KEY = "DD_APP_KEY"


def argument_type(option: Option, redact: Callable[[str], str] = str) -> Callable[[str], object]:
    """The row's parser as argparse wants it: a wrong value is a usage error that names both.

    Args:
        option: the row.
        redact: takes secrets out of the error's text.
    """

    def parse(text: str) -> object:
        try:
            return option.parse(text.strip())
        except ValueError as allowed:
            words = f"{values.refused(text)}: expected {allowed}"
            raise argparse.ArgumentTypeError(redact(words)) from None

    return parse
