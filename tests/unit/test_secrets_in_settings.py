"""Settings that hold secrets, and keys that are none: told, and not shown."""

from __future__ import annotations

import re

import pytest

from pytest_ddci import values
from pytest_ddci.config import Config, resolve, with_safe_ids
from pytest_ddci.errors import ConfigError
from pytest_ddci.redact import Redactor
from tests.unit.test_config import FakeSource

KEY = "3f1d5a7c9e0b2d4f6a8c1e3b5d7f9a0b"
SECRET = "hunter22-hunter22"
REDACT = Redactor({"A_TOKEN": SECRET})


def config(environ: dict[str, str] | None = None) -> Config:
    return resolve(FakeSource(), environ or {})


@pytest.mark.parametrize("key", [f"{KEY} {KEY}", f"{KEY}\n{KEY}", f"{KEY}ü", f"{KEY}\x07"])
def test_a_malformed_key_is_no_missing_key(key: str) -> None:
    found = config({"DD_API_KEY": key, "DD_APP_KEY": key})
    assert found.malformed == ("DD_API_KEY", "DD_APP_KEY")
    assert found.no_key == "DD_API_KEY is malformed"
    assert not found.sends
    assert KEY not in repr(found)


@pytest.mark.parametrize("key", ["", " ", "\n"])
def test_a_blank_key_is_a_missing_one(key: str) -> None:
    found = config({"DD_API_KEY": key})
    assert (found.no_key, found.malformed) == ("DD_API_KEY is not set", ())


def test_a_key_is_enough_to_send() -> None:
    found = config({"DD_API_KEY": f"{KEY}\n"})
    assert (found.no_key, found.sends) == ("", True)


def test_ids_without_secrets_stay_what_they_are() -> None:
    found = config({"DDCI_PIPELINE_ID": "build-1", "DDCI_PREVIOUS_ATTEMPT": "build-0"})
    assert with_safe_ids(found, REDACT) == found


def test_an_id_with_a_secret_has_none_and_is_still_like_no_other() -> None:
    ids = [f"{SECRET}-1", f"{SECRET}-2", f"{SECRET}-1"]
    found = [with_safe_ids(config({"DDCI_PIPELINE_ID": each}), REDACT) for each in ids]
    first, second, again = [str(each.pipeline_id) for each in found]
    assert first == again != second
    assert re.fullmatch(r"\[redacted\]-1-[0-9a-f]{16}", first)
    assert REDACT(first) == first
    assert found[0].warnings == (f"the pipeline id holds a secret: {first} stands for it",)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("maybe", "'maybe'"),
        ("https://app.us3.datadoghq.com", "'https://app.us3.datadoghq.com'"),
        (KEY, "'[redacted]'"),
        (f"https://{KEY}.example", "'https://[redacted].example'"),
        (f"key: {KEY}, {KEY}", "'key: [redacted], [redacted]'"),
        ("a-rather-long-word-without-digits", "'a-rather-long-word-without-digits'"),
    ],
)
def test_a_refused_value_is_shown_without_what_may_be_a_key(value: str, shown: str) -> None:
    assert values.refused(value) == shown


def test_refused_values_of_every_place_are_shown_so() -> None:
    warned = config({"DDCI_TIMEOUT": KEY, "DDCI_METRICS": KEY}).warnings
    assert len(warned) == 2
    assert not [line for line in warned if KEY in line]
    with pytest.raises(ConfigError) as refused:
        resolve(FakeSource(written={"timeout": KEY}), {})
    assert "'[redacted]': expected a number of seconds" in str(refused.value)


@pytest.mark.parametrize("name", ["A_NAME", "*", "AWS_?", "!A_NAME", "!*_ID", "name"])
def test_names_of_variables_may_have_wildcards(name: str) -> None:
    assert values.variable(name) == name


@pytest.mark.parametrize("name", ["", "!", "A=B", "a b", "A-B", "[ab]", "!!A"])
def test_what_is_no_name_of_a_variable_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="the name of a variable"):
        values.variable(name)
