"""The command `ddci`: arguments, exit statuses, and where words go."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_ddci import __version__, cli
from pytest_ddci.cli import main, print_line
from pytest_ddci.clock import SECOND, SystemClock
from pytest_ddci.commands.call import DONE, ERROR, INCOMPLETE, INTERRUPTED
from pytest_ddci.journal import Journal
from tests.unit.test_config import KEY
from tests.wire import event, header

if TYPE_CHECKING:
    from pathlib import Path

NOW_NS = SystemClock().now_ns()
NOBODY = {"DD_API_KEY": KEY, "DDCI_URL": "http://127.0.0.1:9", "NO_PROXY": "*"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, in which the command is run."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*argv: str, environ: dict[str, str] | None = None) -> tuple[int, list[str]]:
    said: list[str] = []
    return main(argv, environ or {}, said.append), said


def write_journal(directory: Path, start_ns: int = NOW_NS - SECOND) -> Path:
    journal = Journal.create(directory / ".ddci", header(start_ns), start_ns=start_ns)
    journal.append([event("job", "a", start_ns), event("pipeline", at_ns=start_ns)])
    journal.close()
    return journal.path


def test_nothing_to_send_is_fine() -> None:
    assert run("send") == (DONE, ["ddci: nothing to send"])


def test_sending_without_a_key_is_an_error_that_says_so(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_journal(here)
    assert run("send") == (ERROR, [])
    assert capsys.readouterr().err == "ddci: DD_API_KEY is not set: nothing can be sent\n"


def test_a_missing_path_is_an_error_that_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("send", "gone", environ=NOBODY) == (ERROR, [])
    assert "no journal and no directory of journals at gone" in capsys.readouterr().err


def test_events_that_are_too_old_need_no_network_and_are_not_all_well(here: Path) -> None:
    write_journal(here, NOW_NS - 20 * 3_600 * SECOND)
    status, [said] = run("send", environ=NOBODY)
    assert status == INCOMPLETE
    assert "0 of 2 events delivered, 2 rejected" in said


def test_lines_that_are_garbage_are_told_with_their_number(here: Path) -> None:
    path = write_journal(here, NOW_NS - 20 * 3_600 * SECOND)
    path.write_bytes(path.read_bytes() + b"garbage\n")
    _, said = run("send", environ=NOBODY)
    assert any(line.startswith("ddci: ") and ".jsonl:4: " in line for line in said)


def test_warnings_of_the_environment_come_first() -> None:
    status, said = run("send", environ={"DDCI_TIMEOUT": "soon"})
    assert status == DONE
    assert said[0].startswith("ddci: warning: DDCI_TIMEOUT='soon' ignored")


def test_what_is_said_is_redacted(here: Path) -> None:
    secret = "hunter2hunter2hunter2"
    write_journal(here / secret, NOW_NS - 20 * 3_600 * SECOND)
    _, [said] = run("send", f"{secret}/.ddci", environ={**NOBODY, "MY_SECRET": secret})
    assert said.startswith("ddci: [redacted]")


def test_a_wrong_ini_value_is_an_error(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "pytest.ini").write_text("[pytest]\nddci_site = https://nope\n")
    assert run("doctor") == (ERROR, [])
    assert "ini option ddci_site = 'https://nope'" in capsys.readouterr().err


def test_lists_of_the_ini_file_are_read_as_pytest_reads_them(here: Path) -> None:
    (here / "pytest.ini").write_text("[pytest]\nddci_tags =\n    owner:two words\n    a:b\n")
    assert run("send") == (DONE, ["ddci: nothing to send"])


def test_the_doctor_needs_no_key() -> None:
    status, said = run("doctor")
    assert status == DONE
    assert "  DD_API_KEY  not set: events stay here  (default)" in said


def test_the_doctor_speaks_to_machines(here: Path) -> None:
    (here / "pytest.ini").write_text("[pytest]\nddci_service = shop\nddci_redact = value.*\n")
    status, said = run("doctor", "--json")
    report = json.loads("\n".join(said))
    assert status == DONE
    assert report["version"] == __version__
    settings = {each["name"]: each for each in report["settings"]}
    assert settings["service"]["value"] == "shop"
    assert settings["service"]["source"] == "ddci_service in pytest.ini"
    assert {"ci", "git", "missing", "node", "relations", "delivery", "warnings"} <= report.keys()


def test_what_standard_output_cannot_encode_is_escaped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    print_line("caf\u00e9")
    out.flush()
    assert out.buffer.getvalue().splitlines() == [rb"caf\xe9"]


def test_flags_are_those_of_the_option_table() -> None:
    status, said = run("doctor", "--site=datadoghq.eu", "--dir", "kept")
    assert status == DONE
    words = [line.split() for line in said]
    assert ["site", "datadoghq.eu", "(--site)"] in words
    assert ["dir", "kept", "(--dir)"] in words
    assert any(line[:2] == ["url", "https://api.datadoghq.eu"] for line in words)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "the following arguments are required: COMMAND"),
        (("unknown",), "invalid choice: 'unknown'"),
        (("send", "--timeout=-1"), "argument --timeout: '-1': expected a number of seconds > 0"),
        (("send", "--api-key=x"), "unrecognized arguments: --api-key=[redacted]"),
    ],
)
def test_wrong_arguments_are_a_usage_error(
    argv: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(argv, {})
    assert left.value.code == ERROR
    assert words in capsys.readouterr().err


def test_it_knows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"], {})
    assert left.value.code == DONE
    assert capsys.readouterr().out == f"pytest-ddci {__version__}\n"


def test_ctrl_c_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "find_ini", interrupted)
    assert run("send") == (INTERRUPTED, [])
    assert capsys.readouterr().err == "ddci: interrupted\n"


def test_a_directory_that_is_gone_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert run("send") == (ERROR, [])
    assert capsys.readouterr().err.startswith("ddci: ")
