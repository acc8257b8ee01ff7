"""What systemd is told."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest

from capture.daemon.notify import READY, notify


@pytest.mark.parametrize("address", ["{folder}/notify", "@falcolab-test-{folder}"])
def test_a_state_reaches_the_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    path = address.format(folder=tmp_path)
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path.replace("@", "\0"))
        notify(READY)
        assert systemd.recv(100) == b"READY=1"


def test_nothing_is_said_where_systemd_did_not_start_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify(READY)
    assert caplog.records == []


def test_a_socket_that_has_gone_is_no_reason_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    with caplog.at_level(logging.WARNING):
        notify(READY)
    assert "systemd cannot be told READY=1" in caplog.text
