"""A real API server delivers its audit events, whatever happens to the daemon: `make e2e-k8s`."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from capture.audit.follower import Follower
from capture.audit.identity import identity
from capture.audit.sink import Busy
from tests.e2e_k8s.cluster import ApiServer, running
from tests.e2e_k8s.daemon import Daemon, ask, wait_until

pytestmark = pytest.mark.e2e


def test_what_happens_to_the_daemon_loses_and_doubles_nothing(daemon: Daemon, tmp_path: Path) -> None:
    with running(tmp_path / "cluster", daemon.webhook) as api:
        with daemon.running() as parts:
            asked = ask(api, "quiet", 101)
            daemon.wait_for(asked, 10)

            # Without Retry-After the API server would come again after 10 s, with it after 2 s.
            daemon.sink.failures = [Busy(2)]
            asked += ask(api, "busy", 101)
            daemon.wait_for(asked, 8)
            assert parts.count("webhook_refused_total", reason="busy") == 1

            daemon.sink.delay = 35
            asked += ask(api, "slow", 101)
            wait_until(lambda: parts.count("duplicates_total", via="webhook") > 0, 90)
            assert parts.count("duplicates_total", via="webhook") > 0
            daemon.wait_for(asked, 60)

        asked += ask(api, "stopped", 2003, seconds=60)
        with daemon.running() as parts:
            daemon.wait_for(asked, 120)
        assert (api.errors("webhook"), api.errors("buffered")) == (0, 0)

        # The log has the same events; whoever has them already does not take them again.
        follower = Follower(api.log, tmp_path / "places", parts.intake)
        taken = len(daemon.sink.events)
        while follower.step():
            continue
        logged = [identity(line) for line in api.log.read_bytes().splitlines()]
        assert parts.count("duplicates_total", via="log") >= taken
        assert sorted(identity(raw) for raw in daemon.sink.events) == sorted(logged)


def test_above_the_buffer_the_api_server_counts_the_loss(daemon: Daemon, tmp_path: Path) -> None:
    narrow = {
        "audit_webhook_batch_buffer_size": "100",
        "audit_webhook_batch_max_size": "10",
        "audit_webhook_batch_throttle_qps": "5",
        "audit_webhook_batch_throttle_burst": "1",
    }
    with daemon.running(), running(tmp_path / "cluster", daemon.webhook, **narrow) as api:
        asked = ask(api, "many", 1009)
        # Five batches a second: the full buffer is empty after 2 s. To ask for metrics makes an event, too.
        time.sleep(5)
        missing = _missing(daemon, api)
        assert missing == api.errors("buffered")
        assert missing > len(asked) / 2


def _missing(daemon: Daemon, api: ApiServer) -> int:
    """How many events are in the log that have not arrived."""
    logged = {identity(line) for line in api.log.read_bytes().splitlines()}
    return len(logged - {identity(raw) for raw in daemon.sink.events})
