"""Each thing that can be missing, and the one line that says so."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from capture.probe import loader, requirements, tracefs
from capture.probe.btf import Btf, read_btf
from capture.probe.counters import Counters
from capture.probe.errors import ProbeError
from capture.probe.offsets import definitions
from capture.probe.settings import Settings
from falcolab.errors import InputError


@pytest.fixture
def able(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine that has everything, as far as the checks look."""
    (tmp_path / "vmlinux").write_bytes(b"")
    (tmp_path / "bcc").mkdir()
    (tmp_path / "bcc/__init__.py").write_text("here = True\n")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(platform, "release", lambda: "5.8.0-1-amd64")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(requirements, "VMLINUX", tmp_path / "vmlinux")
    monkeypatch.setattr(requirements, "DIST_PACKAGES", (str(tmp_path),))
    return monkeypatch


def test_nothing_is_missing(able: pytest.MonkeyPatch) -> None:
    assert requirements.missing() is None
    requirements.require()


def test_another_architecture(able: pytest.MonkeyPatch) -> None:
    able.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(ProbeError, match=r"x86-64 only, and this is Linux on aarch64$"):
        requirements.require()


@pytest.mark.parametrize("release", ["5.4.0", "4.19.0-27-amd64", "strange"])
def test_an_old_kernel(able: pytest.MonkeyPatch, release: str) -> None:
    able.setattr(platform, "release", lambda: release)
    with pytest.raises(ProbeError, match=rf"^the kernel is {release}: the probe needs Linux 5\.8 or newer$"):
        requirements.require()


def test_another_user(able: pytest.MonkeyPatch) -> None:
    able.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ProbeError, match=r"must be loaded by root: run the command with sudo$"):
        requirements.require()


def test_a_kernel_without_btf(able: pytest.MonkeyPatch, tmp_path: Path) -> None:
    able.setattr(requirements, "VMLINUX", tmp_path / "none")
    with pytest.raises(ProbeError, match="CONFIG_DEBUG_INFO_BTF=y"):
        requirements.require()
    with pytest.raises(ProbeError, match="CONFIG_DEBUG_INFO_BTF=y"):
        read_btf(tmp_path / "none")


def test_bcc_that_is_not_installed(able: pytest.MonkeyPatch, tmp_path: Path) -> None:
    able.setattr(requirements, "_folders", lambda: [str(tmp_path / "empty")])
    able.delitem(requirements.sys.modules, "bcc", raising=False)
    with pytest.raises(ProbeError, match="apt-get install python3-bpfcc"):
        requirements.require()
    with pytest.raises(ProbeError, match="apt-get install python3-bpfcc"):
        requirements.load_bcc()


def test_bcc_comes_alone_from_where_the_distribution_has_it(able: pytest.MonkeyPatch, tmp_path: Path) -> None:
    able.delitem(requirements.sys.modules, "bcc", raising=False)
    (tmp_path / "neighbour.py").write_text("")
    assert requirements.load_bcc().here
    with pytest.raises(ModuleNotFoundError):
        __import__("neighbour")
    able.delitem(requirements.sys.modules, "bcc")


def test_bcc_without_its_library(able: pytest.MonkeyPatch, tmp_path: Path) -> None:
    able.delitem(requirements.sys.modules, "bcc", raising=False)
    (tmp_path / "bcc/__init__.py").write_text("raise OSError('libbcc.so.0: cannot open')\n")
    with pytest.raises(ProbeError, match=r"cannot be loaded \(libbcc\.so\.0: cannot open\): install it"):
        requirements.load_bcc()


def test_data_that_are_no_btf() -> None:
    with pytest.raises(ProbeError, match="magic number"):
        Btf(b"\x7fELF" + bytes(100))


def test_a_kernel_that_lacks_a_member() -> None:
    with pytest.raises(ProbeError, match=r"no linux_binprm\.filename in its BTF"):
        definitions(Btf(bytes.fromhex("9feb0100180000000000000000000000000000000100000000")))


def test_a_kernel_without_tracepoints_of_calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    monkeypatch.setattr(tracefs, "PLACES", (tmp_path,))
    with pytest.raises(ProbeError, match="CONFIG_FTRACE_SYSCALLS=y"):
        tracefs.find()
    (tmp_path / "events/syscalls").mkdir()
    assert tracefs.find() == tmp_path / "events/syscalls"


def test_tracefs_that_cannot_be_mounted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "none"
    monkeypatch.setattr(tracefs, "PLACES", (place,))
    with pytest.raises(ProbeError, match=rf"run `mount -t tracefs tracefs {place}` on the host"):
        tracefs.find()


def test_a_program_that_does_not_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    if (problem := requirements.missing()) is not None:
        pytest.skip(problem)
    with pytest.raises(ProbeError, match=r"^the kernel refuses the probe"):
        loader.load(["close"], {})


def test_too_many_processes_to_leave_out() -> None:
    with pytest.raises(InputError, match="9 processes are to be left out, where 8 are the most"):
        Settings(-1, range(9))


def test_counters_that_are_closed(tmp_path: Path) -> None:
    table = tmp_path / "counts"
    table.write_bytes(bytes(16 * 512))
    with table.open("rb") as file:
        counters = Counters(file.fileno(), 1)
    assert counters.read().submitted == 0
    counters.close()
    counters.close()
    with pytest.raises(ValueError, match="closed"):
        counters.read()
