"""Where a setting comes from: command line, environment, ini file, default; keys stay secret."""

from __future__ import annotations

import copy
import pickle
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from pytest_ddci.config import Config, Secret, Setting, is_enabled, resolve, settings
from pytest_ddci.errors import ConfigError
from pytest_ddci.options import OPTIONS
from tests.option_cases import BY_FIELD, CASES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_ddci.options import Option

KEY = "3f1d5a7c9e0b2d4f6a8c1e3b5d7f9a0b"


@dataclass
class FakeSource:
    """What was typed and what the file says, by field."""

    typed: Mapping[str, object] = field(default_factory=dict)
    written: Mapping[str, object] = field(default_factory=dict)

    def cli(self, option: Option) -> object:
        return self.typed.get(option.field)

    def ini(self, option: Option) -> object:
        return self.written.get(option.field)


def typed(*fields: str) -> dict[str, object]:
    """Those options as an argument parser hands them over."""
    found: dict[str, object] = {}
    for name in fields:
        option, said = BY_FIELD[name], CASES[name].cli
        assert said is not None
        if option.shape == "switch":
            found[name] = True
        else:
            value = option.parse(said[0])
            found[name] = [value] if option.shape == "many" else value
    return found


def written(*fields: str) -> dict[str, object]:
    return {name: said[0] for name in fields if (said := CASES[name].ini)}


every_field = pytest.mark.parametrize("name", CASES)
with_ini = pytest.mark.parametrize("name", [name for name in CASES if CASES[name].ini])
with_cli = pytest.mark.parametrize("name", [name for name in CASES if CASES[name].cli])


def environ_of(*fields: str) -> dict[str, str]:
    return {BY_FIELD[name].environ or "": CASES[name].environ[0] for name in fields}


@with_ini
def test_the_ini_file_beats_the_default(name: str) -> None:
    config = resolve(FakeSource(written=written(name)), {})
    said = CASES[name].ini
    assert said is not None
    assert getattr(config, name) == said[1]


@every_field
def test_the_environment_beats_the_ini_file(name: str) -> None:
    config = resolve(FakeSource(written=written(name)), environ_of(name))
    assert getattr(config, name) == CASES[name].environ[1]


@with_cli
def test_the_command_line_beats_the_environment(name: str) -> None:
    config = resolve(FakeSource(typed(name), written(name)), environ_of(name))
    said = CASES[name].cli
    assert said is not None
    assert getattr(config, name) == said[1]


@every_field
@pytest.mark.parametrize("silent", [0, 1, 2, 3], ids=["all", "no cli", "no environment", "nobody"])
def test_a_setting_tells_who_said_it(name: str, silent: int) -> None:
    cli = typed(name) if CASES[name].cli and silent < 1 else {}
    environ = environ_of(name) if silent < 2 else {}
    ini = written(name) if silent < 3 else {}
    who = {"command line": cli, "environment": environ, "ini file": ini}
    right = [origin for origin, said in who.items() if said]
    found = [setting.origin for setting in settings(FakeSource(cli, ini), environ)[name]]
    if BY_FIELD[name].shape == "many":
        assert list(dict.fromkeys(found)) == right[::-1]
    else:
        assert found == (right or ["default"])[:1]


@every_field
def test_a_setting_that_nobody_mentions_is_the_default(name: str) -> None:
    option = BY_FIELD[name]
    expected = () if option.shape == "many" else (Setting(option.default, "default"),)
    assert settings(FakeSource(), {})[name] == expected


@every_field
def test_a_wrong_variable_is_a_warning_and_as_if_unset(name: str) -> None:
    config = resolve(FakeSource(), {BY_FIELD[name].environ or "": CASES[name].wrong})
    [warning] = config.warnings
    assert CASES[name].allowed in warning
    assert str(BY_FIELD[name].environ) in warning
    assert getattr(config, name) == getattr(resolve(FakeSource(), {}), name)


@every_field
def test_an_empty_variable_says_nothing(name: str) -> None:
    config = resolve(FakeSource(), {BY_FIELD[name].environ or "": " \n"})
    assert config == resolve(FakeSource(), {})


@with_ini
def test_a_wrong_ini_value_names_the_option_and_what_is_allowed(name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        resolve(FakeSource(written={name: CASES[name].wrong}), {})
    assert f"ini option {BY_FIELD[name].ini} = " in str(refused.value)
    assert CASES[name].allowed in str(refused.value)


@pytest.mark.parametrize("name", ["tags", "metrics", "redact"])
def test_a_list_in_the_ini_file_is_taken_item_by_item(name: str) -> None:
    said = CASES[name].ini
    assert said is not None
    config = resolve(FakeSource(written={name: [said[0], " "]}), {})
    assert getattr(config, name) == said[1]


def test_only_the_wrong_items_of_a_variable_are_ignored() -> None:
    config = resolve(FakeSource(), {"DD_TAGS": "team:core,oops,env:qa"})
    assert config.tags == {"team": "core", "env": "qa"}
    assert config.warnings == ("DD_TAGS: 'oops' ignored: expected KEY:VALUE",)


def test_the_url_follows_the_site() -> None:
    assert resolve(FakeSource(), {"DD_SITE": "datadoghq.eu"}).url == "https://api.datadoghq.eu"


def test_a_url_of_its_own_beats_the_site() -> None:
    config = resolve(FakeSource(), {"DD_SITE": "datadoghq.eu", "DDCI_URL": "http://localhost:1"})
    assert config.url == "http://localhost:1"


@pytest.mark.parametrize(
    ("environ", "running"),
    [
        ({}, False),
        ({"DD_API_KEY": KEY}, True),
        ({"DD_API_KEY": KEY, "DDCI_RUNNING": "0"}, False),
        ({"DDCI_RUNNING": "1"}, True),
    ],
)
def test_the_pipeline_is_announced_when_there_is_a_key_unless_said_otherwise(
    environ: dict[str, str], *, running: bool
) -> None:
    assert resolve(FakeSource(), environ).running is running


@pytest.mark.parametrize(
    ("environ", "sends"),
    [({}, False), ({"DD_API_KEY": KEY}, True), ({"DD_API_KEY": KEY, "DDCI_DRY_RUN": "1"}, False)],
)
def test_it_sends_with_a_key_and_not_in_a_dry_run(environ: dict[str, str], *, sends: bool) -> None:
    assert resolve(FakeSource(), environ).sends is sends


def test_a_key_loses_blanks_and_line_ends_around_it() -> None:
    config = resolve(FakeSource(), {"DD_API_KEY": f" {KEY}\r\n", "DD_APP_KEY": f"{KEY}\n"})
    assert config.api_key is not None
    assert config.api_key.reveal() == KEY
    assert config.app_key is not None
    assert config.app_key.reveal() == KEY
    assert config.warnings == ()


@pytest.mark.parametrize("key", ["", "  ", "\n"])
def test_an_empty_key_is_none(key: str) -> None:
    config = resolve(FakeSource(), {"DD_API_KEY": key})
    assert config.api_key is None
    assert config.warnings == ()


@pytest.mark.parametrize(
    "key", ["two\nlines", "two words", "schlüssel", "nul\x00", "\udc80x"], ids=ascii
)
def test_a_key_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    config = resolve(FakeSource(), {"DD_API_KEY": key})
    assert config.api_key is None
    [warning] = config.warnings
    assert warning.startswith("DD_API_KEY ignored: ")
    assert key not in warning


def test_a_secret_is_in_no_text_of_the_settings() -> None:
    config = resolve(FakeSource(), {"DD_API_KEY": KEY, "DD_APP_KEY": KEY})
    for text in (repr(config), str(config), f"{config.api_key}", f"{config.api_key!a}"):
        assert KEY not in text


def test_a_secret_is_in_no_traceback() -> None:
    def fail(secret: Secret) -> None:
        raise RuntimeError(secret)

    with pytest.raises(RuntimeError) as raised:
        fail(Secret(KEY))
    trace = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    assert KEY not in "".join(trace.format())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(KEY), protocol)


def test_a_secret_is_not_copied() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        copy.copy(Secret(KEY))


def test_whether_it_is_on_is_asked_without_anything_else() -> None:
    warnings: list[str] = []
    assert is_enabled(FakeSource(written={"enabled": "true", "steps": "oops"}), {}, warnings)
    assert not is_enabled(FakeSource(), {}, warnings)
    assert not is_enabled(FakeSource(typed={"enabled": False}), {"DDCI_ENABLED": "1"}, warnings)
    assert warnings == []


def test_a_wrong_switch_is_off_and_told() -> None:
    warnings: list[str] = []
    assert not is_enabled(FakeSource(), {"DDCI_ENABLED": "ture"}, warnings)
    assert warnings == ["DDCI_ENABLED='ture' ignored: expected true or false"]


def test_settings_do_not_change() -> None:
    config = resolve(FakeSource(), {})
    assert isinstance(config, Config)
    with pytest.raises(AttributeError, match="cannot assign"):
        config.site = "elsewhere.example"  # type: ignore[misc]
    assert {option.field for option in OPTIONS} <= set(Config.__dataclass_fields__)
