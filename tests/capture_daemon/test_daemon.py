"""The daemon as a whole, with audit events: from webhook and log to alerts and the lake."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest

from capture.daemon import care
from capture.daemon import daemon as daemon_module
from capture.daemon.config import read_config
from capture.daemon.daemon import Daemon
from falcolab import Lake, load_rules
from falcolab.errors import FalcolabError
from tests.capture_audit.doubles import text
from tests.capture_daemon.conftest import SmallDisk, Webhook
from tests.capture_daemon.running import Setup, here
from tests.capture_daemon.servers import taking
from tests.e2e_containers.processes import wait_for

ID = "00000000-0000-0000-0000-{:012d}"


def ids(*numbers: int) -> list[str]:
    return [ID.format(number) for number in numbers]


def said(setup: Setup) -> list[str]:
    """Of which events there were alerts."""
    return [alert["output_fields"]["ka.auditid"] for alert in setup.alerts()]


class TestWebhook:
    def test_events_are_judged_and_in_the_lake_at_the_end(self, tmp_path: Path, webhook: Webhook) -> None:
        setup = Setup.audit_only(tmp_path, audit={"webhook": webhook.settings})
        with here(setup) as running:
            answer = webhook.send(*range(23), port=running.daemon.audit_port)
            assert answer.json() == {"events": 23, "duplicates": 0}
            wait_for(lambda: len(setup.alerts()) == 23)
            assert running.metric("falcosecurity_falco_rules_matches_total") == 23
            assert running.metric("falcolab_outputs_sent_total") == 23
            assert running.health() == (200, [])
        assert said(setup) == setup.ids() == ids(*range(23))
        assert Lake(setup.lake).verify() == []

    def test_the_replay_says_what_was_said_live(self, tmp_path: Path, webhook: Webhook) -> None:
        setup = Setup.audit_only(tmp_path, audit={"webhook": webhook.settings})
        with here(setup) as running:
            webhook.send(3, 1, 2, port=running.daemon.audit_port)
        again = Lake(setup.lake).replay(load_rules(setup.rules), append_suggested=True, matching="first")
        assert [alert.as_json() for alert in again] == setup.alerts()
        assert said(setup) == ids(3, 1, 2)

    def test_a_retry_is_known_though_the_daemon_was_restarted_and_the_lake_has_the_event(
        self, tmp_path: Path, webhook: Webhook
    ) -> None:
        setup = Setup.audit_only(tmp_path, audit={"webhook": webhook.settings})
        for expected in ({"events": 3, "duplicates": 0}, {"events": 0, "duplicates": 3}):
            with here(setup) as running:
                assert webhook.send(1, 2, 3, port=running.daemon.audit_port).json() == expected
        assert setup.ids() == ids(1, 2, 3)

    def test_a_webhook_that_anybody_could_use_is_refused(self, tmp_path: Path, webhook: Webhook) -> None:
        settings = {key: value for key, value in webhook.settings.items() if key != "token_file"}
        setup = Setup.audit_only(tmp_path, audit={"webhook": settings})
        with pytest.raises(FalcolabError, match="anybody could send events"), here(setup):
            pass

    def test_a_renewed_token_is_used_after_a_reload(self, tmp_path: Path, webhook: Webhook) -> None:
        setup = Setup.audit_only(tmp_path, audit={"webhook": webhook.settings})
        with here(setup) as running:
            port = running.daemon.audit_port
            (tmp_path / "token").write_text("another-token-of-the-tests")
            running.reload.set()
            wait_for(lambda: webhook.send(1, port=port).status_code == 401)
            (tmp_path / "token").write_text("")
            running.reload.set()
            wait_for(lambda: running.trouble("audit_certificate") == 1)
            status, (problem,) = running.health()
            assert (status, "holds no token" in problem) == (503, True)


class TestLog:
    def test_a_rotated_log_is_read_to_its_end_and_from_its_beginning(self, tmp_path: Path) -> None:
        log = tmp_path / "audit.log"
        log.write_bytes(text(1) + b"\n")
        setup = Setup.audit_only(tmp_path, audit={"log": str(log)})
        with here(setup) as running:
            wait_for(lambda: said(setup) == ids(1))
            with log.open("ab") as written:
                written.write(text(2) + b"\n")
            log.rename(tmp_path / "audit-2026.log")
            log.write_bytes(text(3) + b"\n")
            wait_for(lambda: sorted(said(setup)) == ids(1, 2, 3))
            assert running.metric("falcolab_audit_log_rotations_total") == 1
            assert running.metric("falcolab_audit_log_gaps_total") == 0
            assert running.health() == (200, [])
        assert setup.ids() == ids(1, 2, 3)

    def test_a_truncated_log_is_a_gap_with_a_message_and_a_counter(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        log = tmp_path / "audit.log"
        log.write_bytes(text(1) + b"\n" + text(2) + b"\n")
        setup = Setup.audit_only(tmp_path, audit={"log": str(log)})
        with here(setup) as running, caplog.at_level(logging.WARNING):
            wait_for(lambda: said(setup) == ids(1, 2))
            log.write_bytes(text(3) + b"\n")
            wait_for(lambda: running.metric("falcolab_audit_log_gaps_total") == 1)
            wait_for(lambda: said(setup) == ids(1, 2, 3))
        assert any("audit.log" in record.getMessage() for record in caplog.records)

    def test_what_is_no_event_is_kept_for_people_to_look_at(self, tmp_path: Path) -> None:
        log = tmp_path / "audit.log"
        log.write_bytes(b"no event\n" + text(1) + b"\n")
        setup = Setup.audit_only(tmp_path, audit={"log": str(log)})
        with here(setup):
            wait_for(lambda: said(setup) == ids(1))
        quarantine = tmp_path / "lake.journal" / "quarantine.jsonl"
        assert '"content": "no event"' in quarantine.read_text()
        assert quarantine.stat().st_mode & 0o777 == 0o600


class TestRules:
    def test_a_bad_file_is_refused_and_a_good_one_used(self, tmp_path: Path, webhook: Webhook) -> None:
        setup = Setup.audit_only(tmp_path, audit={"webhook": webhook.settings})
        good = setup.rules.read_text()
        with here(setup) as running:
            port = running.daemon.audit_port
            setup.rules.write_text(good.replace("ka.verb", "ka.vreb"))
            running.reload.set()
            wait_for(lambda: running.health()[0] == 503)
            (problem,) = running.health()[1]
            assert "rules: they stay as they were" in problem
            assert "ka.vreb" in problem
            assert running.trouble("rules") == 1
            webhook.send(1, port=port)
            wait_for(lambda: said(setup) == ids(1))
            setup.rules.write_text(good.replace("ka.verb = list", "ka.verb = list and ka.auditid endswith 3"))
            running.reload.set()
            wait_for(lambda: running.metric("falcolab_rules_reloads_total") == 1)
            webhook.send(2, 3, port=port)
            wait_for(lambda: said(setup) == ids(1, 3))
            assert running.health() == (200, [])


class TestDisk:
    def test_a_full_disk_is_told_to_senders_and_nothing_is_lost(
        self, tmp_path: Path, webhook: Webhook, small_disk: SmallDisk
    ) -> None:
        changes = {"audit": {"webhook": webhook.settings}, "journal": str(small_disk.path / "journal")}
        setup = Setup.audit_only(tmp_path, **changes)
        with here(setup) as running:
            port = running.daemon.audit_port
            assert webhook.send(1, port=port).status_code == 200
            small_disk.fill()
            refused = webhook.send(*range(10, 100), port=port)
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) >= 1
            assert running.metric("falcolab_audit_busy_total") == 1
            small_disk.make_room()
            assert webhook.send(*range(10, 100), port=port).status_code == 200
        assert setup.ids() == ids(1, *range(10, 100))

    def test_a_lake_that_cannot_be_written_waits_in_the_journal(
        self, tmp_path: Path, webhook: Webhook, small_disk: SmallDisk, caplog: pytest.LogCaptureFixture
    ) -> None:
        lake = small_disk.path / "lake"
        changes = {"lake": str(lake), "journal": str(tmp_path / "journal"), "rotation": {"seconds": 0.1}}
        setup = Setup.audit_only(tmp_path, audit={"webhook": webhook.settings}, **changes)
        small_disk.fill()
        with here(setup) as running:
            webhook.send(1, 2, 3, port=running.daemon.audit_port)
            wait_for(lambda: running.trouble("delivery") >= 1)
            status, (problem,) = running.health()
            assert (status, "stays in the journal for now" in problem) == (503, True)
            assert running.is_alive()
            small_disk.make_room()
            webhook.send(4, port=running.daemon.audit_port)
            wait_for(lambda: running.health() == (200, []))
        assert any("stays in the journal" in record.getMessage() for record in caplog.records)
        found = Lake(lake).sql('SELECT "ka.auditid" AS id FROM events ORDER BY id')
        assert found["id"].tolist() == ids(1, 2, 3, 4)


def test_a_step_of_the_clock_has_a_message_and_a_counter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    booted = [10**18]
    monkeypatch.setattr(daemon_module, "boot_time", lambda: booted[0])
    with here(Setup.audit_only(tmp_path)) as running, caplog.at_level(logging.WARNING):
        booted[0] -= 3600 * 10**9
        wait_for(lambda: running.metric("falcolab_clock_steps_total") == 1)
    assert any("the clock was set by -3600.000 s" in record.getMessage() for record in caplog.records)


def test_a_loop_that_does_not_go_round_is_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with here(Setup.audit_only(tmp_path)) as running:
        assert running.is_alive()
        monkeypatch.setattr(care, "STUCK_SECONDS", -1.0)
        assert not running.is_alive()


def test_a_dead_output_delays_no_other(tmp_path: Path, webhook: Webhook) -> None:
    with taking(is_slow=True) as taker:
        outputs = {"stdout": False, "file": str(tmp_path / "alerts.jsonl"), "http": {"url": taker.url}}
        setup = Setup.audit_only(tmp_path, audit={"webhook": webhook.settings}, outputs=outputs)
        with here(setup) as running:
            webhook.send(*range(5), port=running.daemon.audit_port)
            wait_for(lambda: len(setup.alerts()) == 5, seconds=3)
            assert taker.alerts == []
            taker.go.set()
            wait_for(lambda: len(taker.alerts) == 5)


def test_two_daemons_do_not_share_a_journal(tmp_path: Path) -> None:
    setup = Setup.audit_only(tmp_path)
    with here(setup), pytest.raises(FalcolabError, match="another process"), here(setup):
        pass


def test_a_port_that_is_taken_is_told_and_nothing_stays_behind(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.mkdir()
    with here(Setup.audit_only(first)) as running:
        daemon = Daemon(read_config(Setup.audit_only(tmp_path, status={"port": running.port}).config))
        with pytest.raises(FalcolabError, match=f"cannot listen on 127.0.0.1 port {running.port}"):
            daemon.run(threading.Event())
    with here(Setup.audit_only(tmp_path)) as again:
        assert again.health() == (200, [])


def test_everything_it_makes_is_for_its_owner_only(tmp_path: Path, webhook: Webhook) -> None:
    setup = Setup.audit_only(tmp_path, audit={"webhook": webhook.settings})
    with here(setup) as running:
        webhook.send(1, port=running.daemon.audit_port)
    made = [setup.lake, tmp_path / "lake.journal", tmp_path / "alerts.jsonl"]
    files = [Path(folder, name) for top in made for folder, _, names in os.walk(top) for name in names]
    assert files
    assert {path.stat().st_mode & 0o077 for path in [*made, *files]} == {0}
