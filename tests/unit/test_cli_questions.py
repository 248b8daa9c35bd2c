"""The commands that ask for events: what is no question, and where there is no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_ddci.cli import main
from pytest_ddci.commands.call import DONE, ERROR, INCOMPLETE
from tests.stored import write
from tests.told_runs import header
from tests.unit.test_config import KEY

if TYPE_CHECKING:
    from pathlib import Path

LOOKING = (["list"], ["search", "*"], ["aggregate"], ["list", "--local"], ["show"])


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, in which the command is run."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*argv: str, environ: dict[str, str] | None = None) -> tuple[int, list[str]]:
    said: list[str] = []
    return main(argv, environ or {}, said.append), said


@pytest.mark.parametrize("argv", LOOKING, ids=" ".join)
def test_without_journals_nothing_is_found_and_nothing_is_made(
    argv: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*argv) == (INCOMPLETE, [])
    assert capsys.readouterr().err.endswith(f" in {here / '.ddci'}\n")
    assert not (here / ".ddci").exists()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("search", "(a"), "ddci: column "),
        (("list", ") OR ("), "ddci: column 1: "),
        (("list", "a) OR (b"), "ddci: column 2: "),
        (("search", "x", "--from", "soon"), "ddci: --from: 'soon' is no time: "),
        (("search", "x", "--to", "now/d"), "ddci: --to: 'now/d': times are not rounded"),
        (("list", "--from", "now", "--to", "now-1h"), "ddci: the window ends before it begins"),
        (("aggregate", "--compute", "p95(@duration)"), "ddci: --compute 'p95(@duration)': "),
        (("aggregate", "--compute", "avg"), "ddci: --compute 'avg': "),
        (("aggregate", "--sort", "up"), "ddci: --sort 'up': "),
        (("aggregate", "--interval", "soon"), "ddci: --compute 'count': Field 'interval'"),
        (("aggregate", "--group-by", "@a,@a"), "ddci: Field 'group_by' is invalid"),
        (("list", "--site", "datadoghq.eu"), "ddci: DD_API_KEY is not set: Datadog cannot be"),
        (("show", "p"), "ddci: 2 runs have ids that begin with p: p-1, p-2"),
    ],
)
def test_a_wrong_question_is_one_clear_line(
    argv: tuple[str, ...], words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        path = write(here / ".ddci", [], number)
        path.write_bytes(header(unique_id=f"p-{number}") + b"\n")
    assert run(*argv) == (ERROR, [])
    stderr = capsys.readouterr().err
    assert stderr.startswith(words)
    assert stderr.count("\n") == 1


@pytest.mark.parametrize(
    "argv",
    [
        ("list", "--limit=0"),
        ("list", "--limit=many"),
        ("list", "--sort=up"),
        ("search",),
        ("show", "--slowest", "-1"),
        ("show", "--failures", "x"),
        ("show", "a", "b"),
    ],
)
def test_wrong_arguments_are_a_usage_error(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(argv, {})
    assert left.value.code == ERROR
    assert "usage: ddci " in capsys.readouterr().err


def test_warnings_of_the_environment_stand_beside_the_answer(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(here / ".ddci", [], 1)
    status, said = run("list", environ={"DD_API_KEY": KEY, "DD_APP_KEY": "two words"})
    assert (status, said) == (INCOMPLETE, [])
    assert capsys.readouterr().err.splitlines() == [
        "ddci: warning: DD_APP_KEY ignored: a key is one word of printable ASCII characters",
        "ddci: DD_APP_KEY is malformed: asking the journals",
        f"ddci: nothing found in the journals in {here / '.ddci'}",
    ]


def test_a_file_that_is_called_latest_is_not_taken_for_the_latest_run(here: Path) -> None:
    (here / "latest").write_text("no journal\n")
    write(here / ".ddci", [], 1).write_bytes(header() + b"\n")
    status, said = run("show", "latest")
    assert status == DONE
    assert said[0].startswith("pipeline suite: canceled")
