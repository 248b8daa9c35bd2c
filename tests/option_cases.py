"""A right value for every option from every place that may say it, and a wrong one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_ddci.options import OPTIONS
from pytest_ddci.shard import Shard

if TYPE_CHECKING:
    from pytest_ddci.options import Option


@dataclass(frozen=True, kw_only=True)
class Case:
    """What one option makes of what it is told.

    Attributes:
        ini: a text for the ini file, and what it becomes.
        environ: one for the environment.
        cli: one for the command line; for a switch, the flag.
        wrong: what no place may say.
        allowed: what the message about it must name.
    """

    ini: tuple[str, object] | None = None
    environ: tuple[str, object]
    cli: tuple[str, object] | None = None
    wrong: str
    allowed: str


_PRINTABLE = "printable text of at most 1000 characters"
_ID = "an id without blanks, at most 200 characters"
_LONG = "x" * 1_001

CASES = {
    "enabled": Case(
        ini=("true", True),
        environ=("false", False),
        cli=("--ddci", True),
        wrong="maybe",
        allowed="true or false",
    ),
    "site": Case(
        ini=("us3.datadoghq.com", "us3.datadoghq.com"),
        environ=("US5.datadoghq.com", "us5.datadoghq.com"),
        cli=("datadoghq.eu", "datadoghq.eu"),
        wrong="https://app.datadoghq.com",
        allowed="us3.datadoghq.com",
    ),
    "url": Case(
        ini=("http://ini.example", "http://ini.example"),
        environ=("http://env.example:81/", "http://env.example:81"),
        cli=("https://cli.example/sub/", "https://cli.example/sub"),
        wrong="ftp://files.example",
        allowed="a url such as https://api.datadoghq.com",
    ),
    "pipeline_name": Case(
        ini=("ini name", "ini name"),
        environ=("env name", "env name"),
        cli=("cli name", "cli name"),
        wrong=_LONG,
        allowed=_PRINTABLE,
    ),
    "pipeline_id": Case(environ=("e-1", "e-1"), cli=("c-1", "c-1"), wrong="two words", allowed=_ID),
    "shard": Case(
        environ=("1/4", Shard(4, 1)), cli=("2/8", Shard(8, 2)), wrong="9/8", allowed="K/N"
    ),
    "finish": Case(
        environ=("no", False), cli=("--ddci-finish", True), wrong="last", allowed="true or false"
    ),
    "previous_attempt": Case(
        environ=("e-0", "e-0"), cli=("c-0", "c-0"), wrong="two words", allowed=_ID
    ),
    "env": Case(
        ini=("ini", "ini"),
        environ=("env", "env"),
        cli=("cli", "cli"),
        wrong=_LONG,
        allowed=_PRINTABLE,
    ),
    "service": Case(
        ini=("ini-s", "ini-s"),
        environ=("env-s", "env-s"),
        cli=("cli-s", "cli-s"),
        wrong=_LONG,
        allowed=_PRINTABLE,
    ),
    "provider": Case(
        ini=("ini-p", "ini-p"),
        environ=("env-p", "env-p"),
        cli=("cli-p", "cli-p"),
        wrong=_LONG,
        allowed=_PRINTABLE,
    ),
    "tags": Case(
        ini=("from:ini", {"from": "ini"}),
        environ=("from:env,host:a:b", {"from": "env", "host": "a:b"}),
        cli=("from:cli", {"from": "cli", "host": "a:b"}),
        wrong="keyonly",
        allowed="KEY:VALUE",
    ),
    "metrics": Case(
        ini=("n:1", {"n": 1.0}),
        environ=("n:2 m:2.5", {"n": 2.0, "m": 2.5}),
        cli=("n:3", {"n": 3.0, "m": 2.5}),
        wrong="n:many",
        allowed="KEY:NUMBER",
    ),
    "steps": Case(
        ini=("none", "none"),
        environ=("failed", "failed"),
        cli=("all", "all"),
        wrong="some",
        allowed="one of all, failed, none",
    ),
    "stage": Case(
        ini=("package", "package"),
        environ=("class", "class"),
        cli=("module", "module"),
        wrong="function",
        allowed="one of module, package, class",
    ),
    "running": Case(
        ini=("true", True),
        environ=("off", False),
        cli=("--ddci-running", True),
        wrong="2",
        allowed="true or false",
    ),
    "dir": Case(
        ini=("ini-dir", "ini-dir"),
        environ=("env-dir", "env-dir"),
        cli=("cli-dir", "cli-dir"),
        wrong=_LONG,
        allowed=_PRINTABLE,
    ),
    "keep_days": Case(
        ini=("3", 3.0), environ=("0.5", 0.5), wrong="-1", allowed="a number of days >= 0"
    ),
    "keep_mb": Case(
        ini=("30", 30.0), environ=("7", 7.0), wrong="lots", allowed="a number of megabytes >= 0"
    ),
    "timeout": Case(
        ini=("11", 11.0),
        environ=("12.5", 12.5),
        cli=("13", 13.0),
        wrong="0",
        allowed="a number of seconds > 0 and <= 3600",
    ),
    "on_failure": Case(
        ini=("ignore", "ignore"),
        environ=("fail", "fail"),
        cli=("warn", "warn"),
        wrong="explode",
        allowed="one of ignore, warn, fail",
    ),
    "sigterm": Case(
        ini=("false", False), environ=("1", True), wrong="perhaps", allowed="true or false"
    ),
    "gzip": Case(
        ini=("true", True),
        environ=("no", False),
        cli=("--ddci-gzip", True),
        wrong="gzip",
        allowed="true or false",
    ),
    "dry_run": Case(
        environ=("on", True), cli=("--ddci-dry-run", True), wrong="dry", allowed="true or false"
    ),
    "redact": Case(
        ini=("i[0-9]+", ("i[0-9]+",)),
        environ=("e[0-9]+\nf+", ("i[0-9]+", "e[0-9]+", "f+")),
        wrong="(unclosed",
        allowed="a regular expression",
    ),
    "redact_env": Case(
        ini=("I_NAME*", ("I_NAME*",)),
        environ=("E_NAME, !I_NAME_2", ("I_NAME*", "E_NAME", "!I_NAME_2")),
        wrong="NAME=value",
        allowed="the name of a variable, perhaps with * or ?, or ! and such a name",
    ),
}
"""By `Option.field`; where several places speak at once, what each adds to those before it."""

BY_FIELD: dict[str, Option] = {option.field: option for option in OPTIONS}


def arguments(fields: list[str]) -> list[str]:
    """The command line that gives every one of those options its case's value."""
    parts: list[str] = []
    for field in fields:
        option, said = BY_FIELD[field], CASES[field].cli
        assert option.flag is not None
        assert said is not None
        parts += [said[0]] if option.shape == "switch" else [option.flag, said[0]]
    return parts
