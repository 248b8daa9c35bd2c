"""How a run is drawn, on widths that are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_ddci.screen.texts import width
from tests.told_runs import begun, chronicle, drawn, final, header, job, section, stage

GIT = {"branch": "main", "sha": "0123456789abcdef" * 2 + "01234567", "message": "Fix it\n\nmore"}
PLACE = {
    "git": GIT,
    "node": {"hostname": "vm"},
    "tags": ["runtime.name:CPython", "runtime.version:3.11.7", "pytest.version:9.2.0"],
}
JOURNAL = Path(".ddci/run-20270115T080000Z-00000001.delivered.jsonl")
BASKET, ORDER = "tests/test_basket.py", "tests/test_order.py"
PAY = "AssertionError: assert 1 == 2\n +  where 1 = f()"
RUN = [
    header(**PLACE),
    job(f"{BASKET}::test_add[1]", 0, 400, worker="gw0"),
    job(f"{BASKET}::test_pay", 400, 1_500, "error", worker="gw0", error=PAY),
    job(f"{ORDER}::test_late", 100, 200, "error", worker="gw1", final=False, error="Late: x\ny"),
    job(f"{ORDER}::test_late", 200, 300, worker="gw1", attempt=2, flaky=True),
    job(f"{ORDER}::test_ship", 300, 1_000, "skipped", worker="gw1"),
    stage(BASKET, 0, 1_500, "error", metrics=["tests.passed:1", "tests.failed:1"]),
    stage(ORDER, 100, 1_000, "success", metrics=["tests.passed:1", "tests.skipped:1"]),
    final(2_000, "error", "tests.passed:2", "tests.failed:1", "tests.skipped:1", **PLACE),
]
SHOWN = """\
pipeline suite: error (1 failed, 2 passed, 1 skipped)
  time     2027-01-15 08:00:00, 2.00 s
  commit   main 0123456789 Fix it
  place    vm, CPython 3.11.7, pytest 9.2.0
  link     https://ci.example/run/1
  id       p-1
  journal  .ddci/run-20270115T080000Z-00000001.delivered.jsonl (delivered)

stages
✗ suite                    2.00 s  ████████████
├─ ✗ tests/test_basket.py  1.50 s  █████████     1 failed, 1 passed
│  └─ ✗ test_pay           1.10 s    ███████     gw0
└─ ✓ tests/test_order.py   900 ms  ██████        1 passed, 1 skipped
   ├─ ✓ test_late          100 ms   █            flaky, attempt 2, gw1
   └─ - test_ship          700 ms   █████        gw1

failures
  1  tests/test_basket.py::test_pay
     a.py, gw0, 1.10 s
     AssertionError: assert 1 == 2
      +  where 1 = f()

retried tests
  ✓ tests/test_order.py::test_late  passed at attempt 2 of 2, flaky
      Late: x

slowest tests
  1.10 s  ████████████████████  tests/test_basket.py::test_pay
  700 ms  ████████████▊         tests/test_order.py::test_ship

workers, 1.50 s from first to last test
  gw0  ████████████████████  1.50 s busy,   0% idle, 2 tests
  gw1  ████████████          900 ms busy,  40% idle, 3 tests
"""
NARROW = """\
F suite           2.00 s
|- F test...t.py  1.50 s  1 failed, 1 passed
|  `- F test_pay  1.10 s  gw0
`- . test...r.py  900 ms  1 passed, 1 ski...
   |- . tes...te  100 ms  flaky, attempt ...
   `- s tes...ip  700 ms  gw1
"""


def test_a_run_at_a_glance() -> None:
    assert drawn(chronicle(RUN, slowest=2), 80, paths=[JOURNAL]) == SHOWN.splitlines()


def test_on_a_narrow_screen_the_tree_fits() -> None:
    shown = drawn(chronicle(RUN, slowest=2), 44, unicode=False)
    assert section(shown, "stages") == NARROW.splitlines()
    assert all(line.isascii() for line in shown)


@pytest.mark.parametrize("columns", [20, 40, 59, 60, 80, 100, 140, 200])
def test_no_line_of_the_tree_is_wider_than_the_screen(columns: int) -> None:
    name = f"{BASKET}::test_with_quite_a_long_name[漢字漢字漢字漢字漢字漢字漢字漢字]"
    told = chronicle([*RUN[:-1], job(name, 0, 9_000), RUN[-1]])
    lines = section(drawn(told, columns), "stages")
    assert max(map(width, lines)) <= max(columns, 30)


def test_in_a_pipe_no_name_is_cut() -> None:
    name = f"{BASKET}::test_{'x' * 150}[y]"
    told = chronicle([job(name, 0, 9_000)])
    assert any(f"test_{'x' * 150}[y]" in line for line in section(drawn(told, None), "stages"))


def test_statuses_have_colours_where_there_are_any() -> None:
    shown = "\n".join(drawn(chronicle(RUN), colours=True))
    assert "\x1b[31m✗\x1b[0m tests/test_basket.py" in shown
    assert "\x1b[32m✓\x1b[0m tests/test_order.py" in shown
    assert "\x1b" not in "\n".join(drawn(chronicle(RUN)))


def test_a_run_that_is_going_on_shows_its_open_tests() -> None:
    told = chronicle([header(), begun("a.py::x", 0), begun("a.py::y", 500), job("a.py::x")])
    told.running = True
    shown = drawn(told, now=4_500)
    assert shown[0] == "pipeline suite: running (1 passed)"
    assert shown[1] == "  time     2027-01-15 08:00:00, running for 4.50 s"
    assert section(shown, "stages")[2:] == [
        "   ├─ ✓ x  1.00 s  ███",
        "   └─ ▶ y  4.00 s   ███████████",
    ]


def test_a_killed_run_says_so() -> None:
    told = chronicle([header(), final(3_000, "canceled")])
    told.killed = True
    assert drawn(told)[1] == "  time     2027-01-15 08:00:00, 3.00 s, then killed"


def test_a_problem_of_the_run_itself_is_told_in_full() -> None:
    error = {"type": "IncompleteRun", "message": "2 never finished:\na.py::x"}
    shown = drawn(chronicle([header(), final(1, "error", error=error)]))
    assert shown[4:6] == ["  problem  2 never finished:", "           a.py::x"]


def test_damage_is_told() -> None:
    assert "  damaged  1 line cannot be read" in drawn(chronicle([header(), b"garbage"]))


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("run-20270115T080000Z-00000001.jsonl", "to be sent: ddci send"),
        ("run-20270115T080000Z-00000001.delivered.jsonl", "delivered"),
    ],
)
def test_the_journal_is_named_with_its_fate(name: str, fate: str) -> None:
    assert f"  journal  {name} ({fate})" in drawn(chronicle(RUN), paths=[Path(name)])


def test_a_message_is_cut_and_a_stack_is_not() -> None:
    error = "E: " + "\n".join(f"line {n}" for n in range(40))
    data = [job("a.py::x", status="error", error=error)]
    short = section(drawn(chronicle(data)), "failures")
    assert short[-2:] == ["     line 14", "     25 more lines: --stack"]
    whole = section(drawn(chronicle(data, stacks=True)), "failures")
    assert whole[2] == "     File a.py"
    assert whole[-1] == "     line 39"


def test_failures_that_are_left_out_are_counted() -> None:
    shown = drawn(chronicle((job(f"a.py::t{n}", status="error") for n in range(3)), failures=1))
    assert "failures (1 of 3: --failures 3 shows all)" in shown


def test_a_failure_without_words_says_so() -> None:
    assert "     no message" in drawn(chronicle([job("a.py::x", status="error")]))


def test_collection_errors_are_failures() -> None:
    error = {"type": "SyntaxError", "message": "invalid"}
    shown = drawn(chronicle([stage("a.py", 0, 1, "error", error=error)]))
    assert section(shown, "failures") == ["  1  collecting a.py", "     SyntaxError: invalid"]


def test_slow_setups_are_told() -> None:
    metrics = ["duration.setup:0.6", "duration.call:0.35", "duration.teardown:0.05"]
    [line] = section(drawn(chronicle([job("a.py::x", metrics=metrics)])), "slowest tests")
    assert line.endswith("a.py::x  (setup 600 ms)")


def test_of_many_stages_those_that_are_worth_a_look_are_shown() -> None:
    quiet = [stage(f"q{n}.py", n, n + 1, "success") for n in range(50)]
    bad = [stage(f"bad{n}.py", n, n + 1, "canceled") for n in range(45)]
    data = [*quiet, *bad, job("z.py::slow", 0, 100)]
    shown = section(drawn(chronicle(data)), "stages")
    assert sum("bad" in line for line in shown) == 40
    assert " ".join(shown[-1].split()) == "└─ 55 more stages: -v 5 not successful"
    assert any("z.py" in line for line in shown)
    assert len(section(drawn(chronicle(data, every=True)), "stages")) == 98


def test_sections_without_anything_in_them_are_left_out() -> None:
    shown = drawn(chronicle([header(), final(1, "skipped")]))
    assert [line for line in shown if line and line[0].isalpha()] == [
        "pipeline suite: skipped",
        "stages",
    ]


HOSTILE = "\x1b[2J\r\n[red]\u202e\x07"
SECRET = "hunter2-hunter2"


def test_nothing_in_a_journal_reaches_the_terminal_as_it_is() -> None:
    text = f"{HOSTILE}{SECRET}"
    fields = {"git": {"branch": text, "sha": text, "message": text}, "node": {"hostname": text}}
    tags = [f"runtime.name:{text}", f"pytest.version:{text}"]
    related = {"previous_attempt": {"id": text}, "parent_pipeline": {"id": "p", "url": text}}
    error = {"type": text, "message": text, "stack": text}
    told = chronicle(
        [
            header(),
            job(
                f"{text}::{text}", 0, 50, "error", worker=text, final=False, error=f"{text}: {text}"
            ),
            job(f"{text}::{text}", 0, 50, "error", worker=text, attempt=2, error=f"{text}: {text}"),
            job(f"{text}::{text}2", 0, 90, text, worker=text),
            stage(text, 0, 1, text, error=error),
            final(9, text, name=text, url=text, tags=tags, error=error, **fields, **related),
        ],
        stacks=True,
        every=True,
    )
    for columns in (None, 60):
        shown = drawn(told, columns, redact=lambda each: each.replace(SECRET, "[redacted]"))
        assert all(line.isprintable() for line in shown)
        assert not any(SECRET in line for line in shown)
        assert "[red]" in "\n".join(shown)
