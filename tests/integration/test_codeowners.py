"""Owners of tests in real repositories, with and without the library."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.outcome import tags
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.outcome import Outcome

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

SUITE = "def test_one(): pass\ndef test_two(): assert 0"
# Runs before anything of pytest: puts a directory with links to all but the library in the
# place of the one that it is installed in.
WITHOUT_LIBRARY = """
    import os, sys
    from pathlib import Path

    for at, entry in enumerate(sys.path):
        if Path(entry, "codeowners").is_dir():
            mirror = Path(os.environ["MIRROR"])
            mirror.mkdir(exist_ok=True)
            for installed in Path(entry).iterdir():
                link = mirror / installed.name
                if not installed.name.startswith("codeowners") and not link.is_symlink():
                    link.symlink_to(installed)
            sys.path[at] = str(mirror)
"""


def init(directory: Path) -> None:
    git = ["git", "-c", "init.defaultBranch=main", "init", "-q"]
    subprocess.run(git, cwd=directory, check=True)  # noqa: S603 - our own command


def owners(outcome: Outcome, ending: str) -> list[str] | None:
    said = tags(outcome.job(ending)).get("test.codeowners")
    return None if said is None else json.loads(said)


def test_each_job_names_the_owners_of_its_source_file(project: Project) -> None:
    init(project.directory)
    project.file(".github/CODEOWNERS", "* @all\n/api/ @acme/api @ada\n/api/free/\n")
    project.write(
        test_top=SUITE,
        api__base="class Base:\n    def test_shared(self): pass",
        api__test_api=SUITE,
        api__free__test_free=SUITE,
        web__test_web="from api.base import Base\nclass TestWeb(Base): pass",
    )
    outcome = project.run()
    outcome.check()
    assert outcome.exit_status == 1
    assert owners(outcome, "test_top.py::test_one") == ["@all"]
    assert owners(outcome, "test_api.py::test_one") == ["@acme/api", "@ada"]
    assert owners(outcome, "test_api.py::test_two") == ["@acme/api", "@ada"]
    assert owners(outcome, "test_free.py::test_one") is None
    # The source of a test that another file defines is that file.
    assert tags(outcome.job("::test_shared"))["test.source.file"] == "api/base.py"
    assert owners(outcome, "::test_shared") == ["@acme/api", "@ada"]
    assert not any("CODEOWNERS" in line for line in outcome.summary)


def test_paths_start_from_the_root_of_the_repository(tmp_path: Path) -> None:
    init(tmp_path)
    (tmp_path / "CODEOWNERS").write_text("/python/ @python\n/test_a.py @wrong\n")
    (tmp_path / "python").mkdir()
    project = Project(tmp_path / "python")
    project.write(test_a=SUITE)
    outcome = project.run()
    outcome.check()
    assert owners(outcome, "test_one") == ["@python"]


def test_stages_and_steps_have_no_owners(plain: Project) -> None:
    init(plain.directory)
    plain.file("docs/CODEOWNERS", "* @all")
    plain.write(test_a=SUITE)
    outcome = plain.run()
    outcome.check()
    for resource in (outcome.pipeline, *outcome.of("stage"), *outcome.of("step")):
        assert "test.codeowners" not in tags(resource)


def test_without_the_library_there_are_no_owners_and_no_words(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    init(project.directory)
    project.file("CODEOWNERS", "* @all")
    project.write(
        test_a="""
            import pytest
            def test_one():
                with pytest.raises(ImportError):
                    import codeowners
        """
    )
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    site = Project(elsewhere).file("sitecustomize.py", WITHOUT_LIBRARY)
    env = {"PYTHONPATH": str(site.parent), "MIRROR": str(elsewhere / "mirror")}
    outcome = project.run(env=env)
    outcome.check()
    assert outcome.exit_status == 0
    assert owners(outcome, "test_one") is None
    assert not any("odeowners" in line.lower() for line in outcome.summary)


@pytest.mark.parametrize("folder", ["", "tests__"], ids=["on the path early", "late"])
def test_a_module_of_the_users_with_the_librarys_name_is_theirs(
    folder: str, project: Project
) -> None:
    init(project.directory)
    project.file("CODEOWNERS", "* @all")
    importer = "import traceback\nSTACK = [frame.filename for frame in traceback.extract_stack()]"
    suite = """
        import codeowners
        def test_one(): assert not any("owners_file" in name for name in codeowners.STACK)
    """
    project.write(**{f"{folder}codeowners": importer, f"{folder}test_a": suite})
    outcome = project.run()
    outcome.check()
    assert outcome.exit_status == 0
    assert owners(outcome, "test_one") == ["@all"]


@pytest.mark.parametrize(
    ("content", "warning", "expected"),
    [
        pytest.param(b"* @\xff", "CODEOWNERS is not used: it is not UTF-8", None, id="no text"),
        pytest.param(b"* @a #" + b"x" * 3_000_000, "CODEOWNERS is not used", None, id="huge"),
        pytest.param(b"* @a\nx[ @b", "CODEOWNERS has lines that make", ["@a"], id="malformed"),
    ],
)  # fmt: skip
def test_an_odd_file_is_one_warning_and_costs_nothing_else(
    content: bytes, warning: str, expected: list[str] | None, plain: Project
) -> None:
    init(plain.directory)
    (plain.directory / "CODEOWNERS").write_bytes(content)
    plain.write(test_a="def test_one(): pass")
    outcome = plain.run()
    outcome.check()
    assert (outcome.exit_status, outcome.stderr) == (0, "")
    assert outcome.said("warning: CODEOWNERS").startswith(f"warning: {warning}")
    assert owners(outcome, "test_one") == expected


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_nobody_waits_for_a_pipe(plain: Project) -> None:
    init(plain.directory)
    os.mkfifo(plain.directory / "CODEOWNERS")
    plain.write(test_a="def test_one(): pass")
    outcome = plain.run()
    outcome.check()
    assert outcome.exit_status == 0


def test_owners_are_redacted_and_cut_to_whole_ones(plain: Project) -> None:
    init(plain.directory)
    many = " ".join(f"@acme/team-{number}" for number in range(1_000))
    plain.file("CODEOWNERS", f"* @acme/hush-hush {many}")
    plain.file("pytest.ini", "[pytest]\nddci_redact = hush-\\w+\n")
    plain.write(test_a="def test_one(): pass")
    outcome = plain.run()
    outcome.check()
    said = tags(outcome.job("test_one"))["test.codeowners"]
    found = json.loads(said)
    assert found[:2] == ["@acme/[redacted]", "@acme/team-0"]
    assert 4_980 < len(said) <= 5_000
    assert "hush" not in "".join(path.read_text() for path in outcome.journals)
