"""``falcolab capture``: what it prints, and what it says where it cannot work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from capture.probe.requirements import missing
from falcolab.cli.main import main
from tests.capture_daemon.conftest import Webhook
from tests.capture_daemon.running import PROGRAM, Setup
from tests.cli.conftest import Done

Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run_command(*arguments: object) -> Done:
        code = main(["capture", *map(str, arguments)])
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run_command


class TestPlan:
    def test_it_says_what_is_hooked_and_why(self, run: Run, tmp_path: Path) -> None:
        done = run("plan", "-r", Setup(tmp_path).rules)
        assert done.code == 0
        rows = {row.split()[0]: row for row in done.out.splitlines()[2:] if row}
        assert "not hooked" in rows["read"]
        assert rows["openat"].split()[1] == "hooked"
        assert "state, rules: Marked file opened" in rows["openat"]
        assert "calls are hooked" in done.err

    def test_json_has_every_call(self, run: Run, tmp_path: Path) -> None:
        plan = run("plan", "-r", Setup(tmp_path).rules, "--extra", "getpriority", "--json").json
        calls = {call["call"]: call for call in plan["calls"]}
        assert calls["getpriority"] == {
            "call": "getpriority",
            "hooked": True,
            "state": False,
            "extra": True,
            "rules": [],
        }
        assert calls["execve"]["rules"] == ["Marked program started"]
        assert not calls["read"]["hooked"]
        assert plan["unsupported"] == {}

    def test_a_call_that_is_none(self, run: Run, tmp_path: Path) -> None:
        done = run("plan", "-r", Setup(tmp_path).rules, "--extra", "opnat")
        assert (done.code, "cannot record 'opnat'" in done.err) == (2, True)


class TestCheck:
    def test_a_valid_configuration(self, run: Run, tmp_path: Path, webhook: Webhook) -> None:
        setup = Setup(tmp_path, {"audit": {"webhook": webhook.settings}})
        done = run("check", "-c", setup.config)
        assert done.code == 0
        assert f"{setup.config}: valid\n2 rules on syscall\n1 rules on k8s_audit\n" in done.out

    def test_nothing_is_made(self, run: Run, tmp_path: Path) -> None:
        setup = Setup(tmp_path)
        before = sorted(tmp_path.iterdir())
        assert run("check", "-c", setup.config).code == 0
        assert sorted(tmp_path.iterdir()) == before

    def test_bad_rules(self, run: Run, tmp_path: Path) -> None:
        setup = Setup(tmp_path)
        setup.rules.write_text(setup.rules.read_text().replace("fd.name", "fd.nam"))
        done = run("check", "-c", setup.config)
        assert (done.code, "fd.nam" in done.err) == (1, True)

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"lak": "x"}, "lak: there is no such key; did you mean 'lake'?"),
            ({"rules": ["/nowhere"]}, "/nowhere"),
            ({"min_priority": "loud"}, "min_priority: 'loud' is no priority; there are emergency"),
            ({"redact": [{"name": "n", "expression": "(x"}]}, "missing )"),
            ({"outputs": {"http": {"url": "nowhere"}}}, "outputs.http.url"),
            ({"audit": {"webhook": {"certificate": "/no", "key": "/no"}}}, "/no: No such file"),
            ({"syscalls": {"extra_calls": ["opnat"]}}, "cannot record 'opnat'"),
        ],
    )
    def test_a_bad_configuration(
        self, run: Run, tmp_path: Path, changes: dict[str, object], told: str
    ) -> None:
        done = run("check", "-c", Setup(tmp_path, changes).config)
        assert (done.code, told in done.err) == (2, True), done.err


class TestRecord:
    def test_the_command_stands_after_dashes(self, run: Run, tmp_path: Path) -> None:
        done = run("record", "--lake", tmp_path / "lake", "ls")
        assert (done.code, "the command stands after `--`" in done.err) == (2, True)

    def test_help_needs_no_command(self, run: Run) -> None:
        done = run("record", "--help")
        assert (done.code, "-- COMMAND..." in done.out) == (0, True)


def program(
    *arguments: object, before: Sequence[str] = (), code: str = ""
) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, behind another one, and with other code in front."""
    python = [sys.executable, "-c", f"{code}\n{PROGRAM[2]}", *PROGRAM[3:]]
    command = [*before, *python, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_packages_that_are_missing_are_named_and_the_rest_works(tmp_path: Path) -> None:
    code = "import sys; sys.modules['prometheus_client'] = None"
    done = program("run", "-c", "none.yaml", code=code)
    assert (done.returncode, done.stderr) == (
        2,
        "falcolab: the package 'prometheus_client' is not installed: `pip install 'falcolab[capture]'`\n",
    )
    assert program("plan", "-r", Setup(tmp_path).rules, code=code).returncode == 0


HIDDEN = {
    "BTF": ("/sys/kernel/btf", "CONFIG_DEBUG_INFO_BTF"),
    "bcc": ("/usr/lib/python3/dist-packages", "apt-get install python3-bpfcc"),
}


@pytest.mark.kernel
@pytest.mark.parametrize("command", ["run", "record"])
class TestRequirements:
    """One clear line, exit code 2, and nothing is left behind."""

    @pytest.fixture
    def arguments(self, command: str, tmp_path: Path) -> list[object]:
        if (problem := missing()) is not None:
            pytest.skip(problem)
        setup = Setup(tmp_path)
        if command == "run":
            return ["run", "-c", setup.config]
        return ["record", "--lake", setup.lake, "--", "true"]

    def check(self, done: subprocess.CompletedProcess[str], told: str) -> None:
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert line.startswith("falcolab: ")
        assert told in line

    def test_without_root(self, arguments: list[object], tmp_path: Path) -> None:
        for folder in [tmp_path, *tmp_path.parents][:-1]:
            if folder.owner() == "root" and folder != Path("/tmp"):
                folder.chmod(0o777)
        done = program(*arguments, before=["setpriv", "--reuid", "65534", "--clear-groups"])
        self.check(done, "must be loaded by root: run the command with sudo")

    @pytest.mark.parametrize("what", HIDDEN)
    def test_without_something(self, arguments: list[object], tmp_path: Path, what: str) -> None:
        place, told = HIDDEN[what]
        hiding = f'mount -t tmpfs tmpfs {place} && exec "$@"'
        before = ["unshare", "--mount", "sh", "-c", hiding, "sh"]
        self.check(program(*arguments, before=before), told)
        assert not (tmp_path / "lake").exists()


def test_output_is_json_for_programs(run: Run, tmp_path: Path) -> None:
    out = run("plan", "-r", Setup(tmp_path).rules, "--json").out
    assert json.loads(out)
    assert os.linesep not in out.strip()
