"""Tokens that are known by their shape, and texts that only look like them."""

from __future__ import annotations

import base64

import pytest

from pytest_ddci.redact import MARK, Redactor
from tests.planted import leaks, secrets

redact = Redactor({})
HEX = "0123456789abcdef" * 2
LOGIN = base64.b64encode(b"ada:hunter22!?").decode()


@pytest.mark.parametrize(
    ("before", "token"),
    [
        ("", "ABIAIOSFODNN7EXAMPLE"),
        ("", "github_pat_" + "aB3d" * 5 + "_" + "aB3d" * 100),
        ("", "glpat-" + "aB3d" * 100),
        ("", "xoxe.xoxp-1-" + "aB3d" * 10),
        ("", "xapp-1-A0-" + "aB3d" * 10),
        ("", "ddpat_" + "aB3d" * 8),
        ("", "ddsat_" + "aB3d" * 8),
        ("", "ddapp_" + "aB3d" * 8),
        ("", "dop_v1_" + HEX * 2),
        ("", "glsa_" + "aB3d" * 8 + "_12345678"),
        ("", "shpat_" + HEX),
        ("", "whsec_" + "aB3d" * 8),
        ("", "dckr_pat_" + "aB3d-" * 5),
        ("", "lin_api_" + "aB3d" * 10),
        ("", "hf_" + "aBcD" * 9),
        ("", "sk-proj-" + "aB3d" * 12),
        ("", "sk-ant-api03-" + "aB3d_" * 12 + "AA"),
        ("", "GOCSPX-" + "aB3d" * 7),
        ("", "AGE-SECRET-KEY-1" + "Q7Z9" * 14),
        ("", "ATATT3xFf" + "aB3d" * 20),
        ("", "ATBB" + "aB3d" * 8),
        ("", "1234567890:AA" + "aB3d" * 8),
        ("", "abc8Q~" + "aB3d" * 8),
        ("https://x.blob.example/c?sv=2&sig=", "aB3d%2F" * 6),
        ("https://s3.example/o?X-Amz-Signature=", HEX * 2),
        ("https://hooks.slack.com/services/", "T000/B000/" + "aB3d" * 6),
        ("https://discord.com/api/webhooks/12345/", "aB3d-" * 13),
        ("https://api.telegram.org/bot", "12345:AA" + "aB3d" * 8),
        ("https://http-intake.logs.datadoghq.com/v1/input/", HEX),
        ("https://", "aB3d" * 6 + "@host/x".removesuffix("@host/x")),
        ("postgres://app:", "pa/ss/w0rd"),
    ],
)
@pytest.mark.parametrize("after", ["", " x", "'", '"', "\n", "\\n"])
def test_a_token_is_hidden_as_a_whole(before: str, token: str, after: str) -> None:
    tail = "@host/x" if before in {"https://", "postgres://app:"} else ""

    hidden = redact(f"{before}{token}{tail}{after}")

    assert hidden.removesuffix(after).removesuffix(tail).endswith(MARK)
    assert token[-6:] not in hidden


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"sent Basic {LOGIN} to x", "sent Basic {} to x"),
        (f'{{"h": "basic {LOGIN}"}}', '{{"h": "basic {}"}}'),
        (f"Invalid API key: {HEX}", "Invalid API key: {}"),
        (f"Invalid API key {HEX}!", "Invalid API key {}!"),
        (f"the application_key '{HEX}01234567' is", "the application_key '{}' is"),
        (f"api-key ({HEX})", "api-key ({})"),
    ],
)
def test_what_is_told_of_a_key_or_login_is_hidden(text: str, hidden: str) -> None:
    assert redact(text) == hidden.format(MARK)


@pytest.mark.parametrize(
    "text",
    [
        "the basic functionality of version2",
        "Basic YWJjZGVmZ2hp",
        f"the key {HEX} of the cache",
        f"digest {HEX}",
        "sk-container-id-1 sk-toggleable__content-arrow",
        "shiny_app_configuration and test_live_application",
        "https://someverylongusername@host/x",
        "https://host:8080/a/b:c@d",
        "http://[::1]:8080/a@b",
        "npm_lifecycle_event npm_config_registry",
        "a hook at https://hooks.slack.com/services/",
    ],
)
def test_an_ordinary_text_stays(text: str) -> None:
    assert redact(text) is text


@pytest.mark.parametrize("seed", range(5))
def test_generated_tokens_are_hidden_wherever_they_stand(seed: int) -> None:
    planted = [each for each in secrets(seed) if not each.variable and each.text[0] not in "A<"]
    for before, after in (("", ""), ("x ", " y"), ("('", "',)"), ("\n", "\n")):
        text = "\n".join(f"{before}{each.text}{after}" for each in planted)
        assert leaks([("text", redact(text))], planted) == []
