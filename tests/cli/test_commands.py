"""What each command prints and answers, on the bundled recording."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import CLUSTER, NOISY, TUNING, Run


def test_rules_check_says_ok_and_answers_yes(run: Run) -> None:
    done = run("rules", "check", NOISY, TUNING)
    assert (done.code, done.out) == (0, f"{NOISY}: Ok\n{TUNING}: Ok\n")


def test_rules_check_shows_file_line_column_text_caret_and_the_nearest_name(run: Run, tmp_path: Path) -> None:
    rules = tmp_path / "r.yaml"
    keys = {"rule": "R", "desc": "d", "condition": "evt.type = open and proc.nam = x", "output": "o"}
    rules.write_text(f"- {json.dumps({**keys, 'priority': 'INFO'})}")
    done = run("rules", "check", rules)
    assert done.code == 1
    assert f"{rules}:1:" in done.out
    assert "error LOAD_ERR_COMPILE_CONDITION" in done.out
    assert "did you mean proc.name?" in done.out
    text, caret = done.out.splitlines()[3:5]
    assert text[caret.index("^") :].startswith("proc.nam")


def test_rules_check_with_json_has_the_shape_of_falco(run: Run) -> None:
    (result,) = run("rules", "check", NOISY, "--json").json["falco_load_results"]
    assert result["successful"]
    assert set(result) == {"name", "successful", "errors", "warnings", "schema_valid", "schema_warnings"}


def test_rules_check_shows_lints_unless_told_not_to(run: Run, tmp_path: Path) -> None:
    rules = tmp_path / "r.yaml"
    keys = {"rule": "R", "desc": "d", "condition": "ka.target.resource=pods/exec", "output": "o"}
    rules.write_text(f"- {json.dumps({**keys, 'priority': 'INFO', 'source': 'k8s_audit'})}")
    assert "FL003" in run("rules", "check", rules).out
    assert "FL003" not in run("rules", "check", rules, "--no-lints").out


def test_an_audit_rule_without_its_plugin_is_skipped_as_falco_does_unless_the_source_is_named(
    run: Run, tmp_path: Path
) -> None:
    rules = tmp_path / "r.yaml"
    keys = {"rule": "R", "desc": "d", "condition": "ka.verb=get", "output": "o"}
    rules.write_text(f"- {json.dumps({**keys, 'priority': 'INFO', 'source': 'k8s_audit'})}")
    assert "LOAD_UNKNOWN_SOURCE" in run("rules", "check", rules).out
    assert "LOAD_UNKNOWN_SOURCE" not in run("rules", "check", rules, "--source", "k8s_audit").out


@pytest.mark.parametrize(("source", "count"), [("syscall", 268), ("k8s_audit", 124)])
def test_rules_fields_lists_every_field_of_a_source(run: Run, source: str, count: int) -> None:
    classes = run("rules", "fields", "--source", source, "--json").json["fieldclasses"]
    assert sum(len(each["fields"]) for each in classes) == count
    assert "ka.verb  CHARBUF" in run("rules", "fields", "--source", "k8s_audit").out


def test_lake_info_counts_what_was_ingested(run: Run, cluster_lake: Path) -> None:
    (capture,) = run("lake", "info", cluster_lake, "--json").json["captures"]
    assert (capture["events"], capture["rejected"], capture["rows"]["events"]) == (1200, 0, 1200)
    assert "1 captures, 1,200 events" in run("lake", "info", cluster_lake).out


def test_replay_prints_alerts_in_event_order_with_the_ids_of_their_events(
    run: Run, cluster_lake: Path
) -> None:
    done = run("replay", cluster_lake, "-r", NOISY, TUNING)
    numbers = [int(line[1:].split("]")[0].split("-")[1]) for line in done.out.splitlines()]
    assert (len(numbers), numbers) == (28, sorted(numbers))
    assert "28 alerts on 1,200 events" in done.err


def test_replay_with_json_prints_falcos_alerts_and_nothing_else(
    run: Run, cluster_lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FALCO_HOSTNAME", "node-1")
    done = run("replay", cluster_lake, "-r", NOISY, "-r", TUNING, "--json")
    assert (len(done.lines), done.err) == (28, "")
    alert = done.lines[1]
    assert list(alert) == sorted(alert)
    assert (alert["hostname"], alert["rule"]) == ("node-1", "Pod close to the host")
    assert alert["output_fields"]["ka.req.pod.containers.privileged"] == ["true"]
    assert alert["output_fields"]["ka.req.pod.volumes.hostpath"] is None
    assert isinstance(alert["output_fields"]["evt.time"], int)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--disable", "*"], 0),
        (["--disable", "*", "--enable", "Request*"], 2),
        (["--enable", "Request*", "--disable", "*"], 0),
        (["--disable", "*", "--enable-tag", "T1609"], 15),
        (["--disable-tag", "T1609", "--disable-tag", "mitre_persistence"], 15),
        (["--min-priority", "critical"], 3),
        (["--since", "2026-11-23T17:30:00Z"], 21),
        (["--until", "2026-11-23T17:30:00Z"], 142),
        (["--since", "2026-11-24"], 0),
        (["--matching", "first"], 161),
    ],
)
def test_options_choose_rules_and_events(
    run: Run, cluster_lake: Path, options: list[str], count: int
) -> None:
    assert len(run("replay", cluster_lake, "-r", NOISY, "--json", *options).lines) == count


def test_match_shows_events_and_their_ids(run: Run, cluster_lake: Path) -> None:
    done = run("match", cluster_lake, "ka.response.code = 403")
    assert (done.code, done.err) == (0, "2 events\n")
    assert "1-185" in done.out


def test_match_from_a_file_answers_in_order_and_goes_on_after_an_error(
    run: Run, cluster_lake: Path, tmp_path: Path
) -> None:
    conditions = tmp_path / "conditions"
    conditions.write_text("ka.response.code = 403\nka.nonsense = 1\nnot ka.verb exists\nsome_macro\n")
    done = run("match", cluster_lake, "--from", conditions, "--json")
    first, second, third, fourth = done.lines
    assert done.code == 0
    assert first["matches"] == 2
    assert set(first["events"][0]) == {"ka.auditid", "stage"}
    assert second["error"] == "LOAD_ERR_COMPILE_CONDITION"
    assert (third["matches"], third["events"]) == (0, [])
    assert fourth["error"] == "LOAD_ERR_VALIDATE"


def test_match_points_to_the_mistake(run: Run, cluster_lake: Path) -> None:
    done = run("match", cluster_lake, "ka.verb = get and ka.vreb = x")
    assert done.code == 1
    _, text, caret, hint = done.err.splitlines()
    assert text[caret.index("^") :].startswith("ka.vreb")
    assert hint == "  = did you mean ka.verb?"


def test_compare_lists_lost_alerts_first_and_sums_up(run: Run, cluster_lake: Path) -> None:
    done = run("compare", cluster_lake, "--baseline", NOISY, "--candidate", NOISY, TUNING)
    assert done.out.startswith("lost: 135 alerts\n")
    assert "the candidate silences 135 of 163 alerts (83%), keeps 28, adds 0" in done.out


def test_compare_takes_its_options_before_the_lake_as_well(run: Run, cluster_lake: Path) -> None:
    options = ["--baseline", NOISY, "--candidate", NOISY, "--candidate", TUNING]
    found = run("compare", *options, cluster_lake, "--json").json
    assert found["totals"] == {
        "baseline": 163,
        "candidate": 28,
        "kept": 28,
        "lost": 135,
        "gained": 0,
        "moved": 0,
    }
    assert len(found["lost"]) == 135


def test_compare_tells_an_alert_that_moved_to_another_rule_from_a_lost_one(
    run: Run, cluster_lake: Path, tmp_path: Path
) -> None:
    wide = tmp_path / "wide.yaml"
    keys = {"desc": "d", "output": "o", "priority": "INFO", "source": "k8s_audit"}
    first = {"rule": "Anything forbidden", "condition": "ka.response.code = 403", **keys}
    second = {"rule": "Secrets", "condition": "ka.target.resource = secrets and ka.verb = list", **keys}
    wide.write_text(json.dumps([first, second]))
    narrow = tmp_path / "narrow.yaml"
    narrow.write_text(json.dumps([second]))
    found = run(
        "compare", cluster_lake, "--baseline", narrow, "--candidate", wide, "--matching", "first", "--json"
    ).json
    rules = {row["rule"]: row for row in found["rules"]}
    assert rules["Secrets"]["moved"] == {"Anything forbidden": 2}
    assert (rules["Secrets"]["lost"], rules["Anything forbidden"]["gained"]) == (0, 0)


def test_promote_writes_rules_that_come_back_as_they_were(run: Run, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    assert run("promote", "-r", NOISY, TUNING, "--values", values).code == 0
    written = yaml.safe_load(values.read_text())["customRules"]
    assert written == {path.name: path.read_text() for path in (NOISY, TUNING)}


def test_promote_leaves_the_rest_of_the_values_as_it_is(run: Run, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    rules = "customRules:\n  other.yaml: |-\n    - list: l\n      items: []\n"
    before = f"# ours\ndriver:\n  kind: modern_ebpf # not auto\n{rules}"
    values.write_text(before)
    assert run("promote", "-r", NOISY, "--values", values).code == 0
    assert values.read_text().startswith(before)


def test_promote_refuses_rules_that_do_not_load_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    done = run("promote", "-r", TUNING, "--values", values)
    assert (done.code, values.exists()) == (1, False)
    assert "no rule by that name already exists" in done.err


def test_standard_input_and_plain_files_are_the_same_capture(run: Run, tmp_path: Path) -> None:
    content = gzip.decompress((CLUSTER / "audit.jsonl.gz").read_bytes())
    plain = tmp_path / "plain.jsonl"
    plain.write_bytes(content)
    lake = tmp_path / "lake"
    command = [sys.executable, "-m", "falcolab", "ingest", "k8s-audit", "-", "--lake", str(lake)]
    subprocess.run(command, input=content, check=True, env=os.environ)
    assert "already in the lake, nothing added" in run("ingest", "k8s-audit", plain, "--lake", lake).err
    assert len(run("lake", "info", lake, "--json").json["captures"]) == 1


def test_a_reader_that_leaves_early_is_no_error(cluster_lake: Path) -> None:
    command = f"{sys.executable} -m falcolab replay {cluster_lake} -r {NOISY} | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert "Error" not in done.stderr
    assert done.stdout.startswith("[1-2]")


def test_captured_control_characters_are_shown_as_escapes(run: Run, tmp_path: Path) -> None:
    event = {
        "kind": "Event",
        "auditID": "x",
        "stage": "ResponseComplete",
        "stageTimestamp": "2026-01-01T00:00:00Z",
        "verb": "\x1b[31mred\u202e",
    }
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(event))
    rules = tmp_path / "r.yaml"
    keys = {
        "rule": "R",
        "desc": "d",
        "condition": "ka.verb exists",
        "output": "verb=%ka.verb",
        "priority": "INFO",
    }
    rules.write_text(json.dumps([{**keys, "source": "k8s_audit"}]))
    run("ingest", "k8s-audit", log, "--lake", tmp_path / "lake")
    done = run("replay", tmp_path / "lake", "-r", rules)
    assert "verb=\\x1b[31mred\\u202e" in done.out


def test_control_characters_of_rules_are_shown_as_escapes(run: Run, tmp_path: Path) -> None:
    rules = tmp_path / "r.yaml"
    keys = '"desc": "d", "output": "o", "priority": "INFO"'
    rules.write_text('- {"rule": "R", "condition": "proc.nam = \\x1b[31m and evt.type = open", ' + keys + "}")
    done = run("rules", "check", rules)
    assert done.code == 1
    assert ("\x1b" in done.out, "\\x1b[31m" in done.out) == (False, True)
