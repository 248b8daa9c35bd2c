"""Options, ini file and environment, resolved once into one frozen `Config`.

The command line beats the environment, which beats the ini file, which beats the default. Tags,
metrics and redaction patterns of all sources are joined, equal keys by the same order. A wrong
value on the command line or in the ini file is a `ConfigError`; a wrong value in the environment
is a warning, and the variable counts as unset.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from pytest_ddci import values
from pytest_ddci.errors import ConfigError
from pytest_ddci.frozen import frozen
from pytest_ddci.options import API_KEY, APP_KEY, OPTIONS, Option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_ddci.shard import Shard


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


Origin = Literal["command line", "environment", "ini file", "default"]
"""Who says what a setting is, the one who is right first."""


@frozen
class Setting:
    """A value of an option, and who said it."""

    value: object
    origin: Origin


class Source(Protocol):
    """Where the command line and the ini file are asked; pytest's config behind two questions."""

    def cli(self, option: Option) -> object:
        """The command line's value: None when absent, already parsed otherwise."""

    def ini(self, option: Option) -> object:
        """The ini file's value: None when absent; raises ConfigError on a wrong type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Every setting of one session; most fields are those of the option table.

    Attributes:
        malformed: the names of keys that are set to what is no key.
        warnings: what was wrong in the environment, a line each; not redacted.
    """

    enabled: bool
    site: str
    url: str
    pipeline_name: str | None
    pipeline_id: str | None
    shard: Shard | None
    finish: bool | None
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
    sigterm: bool
    gzip: bool
    dry_run: bool
    redact: tuple[str, ...]
    redact_env: tuple[str, ...]
    api_key: Secret | None = field(default=None)
    app_key: Secret | None = field(default=None)
    malformed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def no_key(self) -> str:
        """Why there is no API key; empty when there is one."""
        if self.api_key is not None:
            return ""
        return f"{API_KEY} is {'malformed' if API_KEY in self.malformed else 'not set'}"

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
    keys = {name: _key(name, environ, warnings) for name in (API_KEY, APP_KEY)}
    api_key = keys[API_KEY]
    found["url"] = found["url"] or f"https://api.{found['site']}"
    if found["running"] is None:
        found["running"] = api_key is not None
    for mapping in ("tags", "metrics"):
        found[mapping] = dict(cast("tuple[tuple[str, object], ...]", found[mapping]))
    return Config(
        **found,  # type: ignore[arg-type] # the table's parsers give the types of the fields
        api_key=api_key,
        app_key=keys[APP_KEY],
        malformed=tuple(name for name in keys if keys[name] is None and _is_set(name, environ)),
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


def settings(source: Source, environ: Mapping[str, str]) -> dict[str, tuple[Setting, ...]]:
    """What each option was set to, and by whom, by the names of the fields.

    One for each option, and for one that may be repeated one for each item, the last of equal
    keys being right.

    Raises:
        ConfigError: as `resolve` does.
    """
    return {option.field: tuple(_said(option, source, environ, [])) for option in OPTIONS}


def _resolve(
    option: Option, source: Source, environ: Mapping[str, str], warnings: list[str]
) -> object:
    said = _said(option, source, environ, warnings)
    if option.shape == "many":
        return tuple(setting.value for setting in said)
    return said[0].value


def _said(
    option: Option, source: Source, environ: Mapping[str, str], warnings: list[str]
) -> list[Setting]:
    if option.shape == "many":
        return [
            *(Setting(item, "ini file") for item in _many(option, source.ini(option))),
            *(Setting(item, "environment") for item in _many_of_environ(option, environ, warnings)),
            *(
                Setting(item, "command line")
                for item in cast("list[object]", source.cli(option) or ())
            ),
        ]
    value = source.cli(option)
    if value is not None:
        return [Setting(value, "command line")]
    value = _of_environ(option, environ, warnings)
    if value is not None:
        return [Setting(value, "environment")]
    value = _of_ini(option, source.ini(option))
    if value is not None:
        return [Setting(value, "ini file")]
    return [Setting(option.default, "default")]


def _of_environ(option: Option, environ: Mapping[str, str], warnings: list[str]) -> object:
    text = environ.get(option.environ or "", "").strip()
    if not text:
        return None
    try:
        return option.parse(text)
    except ValueError as allowed:
        warnings.append(f"{option.environ}={values.refused(text)} ignored: expected {allowed}")
        return None


def _many_of_environ(
    option: Option, environ: Mapping[str, str], warnings: list[str]
) -> list[object]:
    parsed: list[object] = []
    for item in option.split(environ.get(option.environ or "", "")):
        try:
            parsed.append(option.parse(item))
        except ValueError as allowed:
            warnings.append(f"{option.environ}: {values.refused(item)} ignored: expected {allowed}")
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
        words = f"ini option {option.ini} = {values.refused(text)}: expected {allowed}"
        raise ConfigError(words) from None


def _many(option: Option, value: object) -> list[object]:
    # An ini file has one item a line; pytest hands them over as a list, `inifile` as they are.
    items = values.split_lines(value) if isinstance(value, str) else value or []
    parsed = [_of_ini(option, item) for item in cast("list[object]", items)]
    return [item for item in parsed if item is not None]


def with_safe_ids(config: Config, redact: Callable[[str], str]) -> Config:
    """The settings with ids that hold no secrets; each is still like no other."""
    given = {name: getattr(config, name) for name in ("pipeline_id", "previous_attempt")}
    changes: dict[str, Any] = {
        name: _distinct(value, redact) for name, value in given.items() if value is not None
    }
    told = [
        f"the {name.replace('_', ' ')} holds a secret: {value} stands for it"
        for name, value in changes.items()
        if value != given[name]
    ]
    return replace(config, **changes, warnings=(*config.warnings, *told))


def _distinct(identifier: str, redact: Callable[[str], str]) -> str:
    """An id without secrets; what was taken out is told by a hash of it all."""
    hidden = redact(identifier)
    if hidden == identifier:
        return identifier
    data = identifier.encode("utf-8", "surrogatepass")
    return f"{hidden}-{blake2b(data, digest_size=8).hexdigest()}"


def _is_set(name: str, environ: Mapping[str, str]) -> bool:
    return bool(environ.get(name, "").strip())


def _key(name: str, environ: Mapping[str, str], warnings: list[str]) -> Secret | None:
    """A key of the environment; one that no header can carry is refused without showing it."""
    if not _is_set(name, environ):
        return None
    text = environ[name].strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        warnings.append(f"{name} ignored: a key is one word of printable ASCII characters")
        return None
    return Secret(text)
