"""Options, ini file and environment, resolved once into one frozen `Config`.

The command line beats the environment, which beats the ini file, which beats the default. Tags,
metrics and redaction patterns of all sources are joined, equal keys by the same order. A wrong
value on the command line or in the ini file is a `ConfigError`; a wrong value in the environment
is a warning, and the variable counts as unset.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, cast

from pytest_ddci import values
from pytest_ddci.errors import ConfigError
from pytest_ddci.options import API_KEY, APP_KEY, OPTIONS, Option

if TYPE_CHECKING:
    from collections.abc import Mapping


class Secret:
    """A text that no repr, log line or traceback shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; call it only where it is sent."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('[redacted]')"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class Source(Protocol):
    """Where the command line and the ini file are asked; pytest's config behind two questions."""

    def cli(self, option: Option) -> object:
        """The command line's value: None when absent, already parsed otherwise."""

    def ini(self, option: Option) -> object:
        """The ini file's value: None when absent; raises ConfigError on a wrong type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting of one session; the fields are those of the option table."""

    enabled: bool
    site: str
    url: str
    pipeline_name: str | None
    pipeline_id: str | None
    previous_attempt: str | None
    env: str | None
    service: str | None
    provider: str
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    steps: Literal["all", "failed", "none"]
    stage: Literal["module", "package", "class"]
    running: bool
    dir: str
    keep_days: float
    keep_mb: float
    timeout: float
    on_failure: Literal["ignore", "warn", "fail"]
    gzip: bool
    dry_run: bool
    redact: tuple[str, ...]
    api_key: Secret | None = field(default=None)
    app_key: Secret | None = field(default=None)
    warnings: tuple[str, ...] = ()

    @property
    def sends(self) -> bool:
        """Whether this session delivers anything: it has a key and is no dry run."""
        return self.api_key is not None and not self.dry_run


def resolve(source: Source, environ: Mapping[str, str]) -> Config:
    """All settings of a session.

    Raises:
        ConfigError: a value of the command line or the ini file is not allowed.
    """
    warnings: list[str] = []
    found = {option.field: _resolve(option, source, environ, warnings) for option in OPTIONS}
    api_key = _key(API_KEY, environ, warnings)
    found["url"] = found["url"] or f"https://api.{found['site']}"
    if found["running"] is None:
        found["running"] = api_key is not None
    for mapping in ("tags", "metrics"):
        found[mapping] = dict(cast("tuple[tuple[str, object], ...]", found[mapping]))
    return Config(
        **found,  # type: ignore[arg-type] # the table's parsers give the types of the fields
        api_key=api_key,
        app_key=_key(APP_KEY, environ, warnings),
        warnings=tuple(warnings),
    )


def is_enabled(source: Source, environ: Mapping[str, str], warnings: list[str]) -> bool:
    """Whether the session is to be reported; the only question asked when it is not.

    Args:
        source: command line and ini file.
        environ: the environment.
        warnings: a line is added when `DDCI_ENABLED` is neither true nor false.

    Raises:
        ConfigError: the ini file's `ddci` is neither true nor false.
    """
    return bool(_resolve(OPTIONS[0], source, environ, warnings))


def _resolve(
    option: Option, source: Source, environ: Mapping[str, str], warnings: list[str]
) -> object:
    if option.shape == "many":
        return (
            *_many(option, source.ini(option)),
            *_many_of_environ(option, environ, warnings),
            *cast("list[object]", source.cli(option) or ()),
        )
    value = source.cli(option)
    if value is None:
        value = _of_environ(option, environ, warnings)
    if value is None:
        value = _of_ini(option, source.ini(option))
    return option.default if value is None else value


def _of_environ(option: Option, environ: Mapping[str, str], warnings: list[str]) -> object:
    text = environ.get(option.environ or "", "").strip()
    if not text:
        return None
    try:
        return option.parse(text)
    except ValueError as allowed:
        warnings.append(f"{option.environ}={text!r} ignored: expected {allowed}")
        return None


def _many_of_environ(
    option: Option, environ: Mapping[str, str], warnings: list[str]
) -> list[object]:
    parsed: list[object] = []
    for item in option.split(environ.get(option.environ or "", "")):
        try:
            parsed.append(option.parse(item))
        except ValueError as allowed:
            warnings.append(f"{option.environ}: {item!r} ignored: expected {allowed}")
    return parsed


def _of_ini(option: Option, value: object) -> object:
    if value is None:
        return None
    text = str(value).strip()
    if not text:
        return None
    try:
        return option.parse(text)
    except ValueError as allowed:
        raise ConfigError(f"ini option {option.ini} = {text!r}: expected {allowed}") from None


def _many(option: Option, value: object) -> list[object]:
    # An ini file has one item a line; pytest hands them over as a list, `inifile` as they are.
    items = values.split_lines(value) if isinstance(value, str) else value or []
    parsed = [_of_ini(option, item) for item in cast("list[object]", items)]
    return [item for item in parsed if item is not None]


def _key(name: str, environ: Mapping[str, str], warnings: list[str]) -> Secret | None:
    """A key of the environment; one that no header can carry is refused without showing it."""
    text = environ.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isprintable() or " " in text:
        warnings.append(f"{name} ignored: a key is one word of printable ASCII characters")
        return None
    return Secret(text)
