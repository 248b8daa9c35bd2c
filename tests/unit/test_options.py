"""The option table is sound: names follow one rule, and nothing secret can be typed."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields

import pytest

from pytest_ddci.config import Config
from pytest_ddci.options import API_KEY, APP_KEY, OPTIONS, Option
from tests.option_cases import CASES

every_option = pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.field)


def test_every_setting_but_the_keys_is_an_option() -> None:
    settings = {each.name for each in fields(Config)} - {
        "api_key",
        "app_key",
        "malformed",
        "warnings",
    }
    assert {option.field for option in OPTIONS} == settings


def test_every_option_is_tried_from_every_place() -> None:
    for option in OPTIONS:
        case = CASES[option.field]
        assert (case.ini is None, case.cli is None) == (option.ini is None, option.flag is None)


def test_the_first_option_switches_everything_on() -> None:
    assert OPTIONS[0].field == "enabled"


@pytest.mark.parametrize("names", ["flag", "off_flag", "ini", "environ", "dest", "help"])
def test_no_name_is_used_twice(names: str) -> None:
    found = Counter(getattr(option, names) for option in OPTIONS if getattr(option, names))
    assert found.most_common(1)[0][1] == 1


@every_option
def test_flags_and_ini_keys_begin_with_our_name(option: Option) -> None:
    assert option.flag is None or option.flag.startswith("--ddci")
    assert option.off_flag is None or option.off_flag.startswith("--no-ddci")
    assert option.ini is None or option.ini.startswith("ddci")


@every_option
def test_every_option_can_be_set_by_the_environment(option: Option) -> None:
    assert option.environ
    assert option.environ.startswith(("DDCI_", "DD_"))


def test_no_option_carries_a_key() -> None:
    assert not {API_KEY, APP_KEY} & {option.environ for option in OPTIONS}
    assert not [option.field for option in OPTIONS if "key" in option.field]


@every_option
def test_the_default_is_a_value_the_parser_gives(option: Option) -> None:
    if option.default is None:
        return
    assert option.shape != "many"
    assert option.parse(str(option.default)) == option.default


@every_option
def test_what_is_allowed_is_in_the_parsers_words(option: Option) -> None:
    if option.allowed != "text":
        with pytest.raises(ValueError, match=re.escape(option.allowed)):
            option.parse(CASES[option.field].wrong)
