"""Replays with the metadata of containers as it was known, and with the last that is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from capture.containers.block import container_block, removed_block
from capture.syscalls.encoding import placed
from capture.syscalls.recorder import Recorder
from falcolab import Lake, load_rules
from falcolab.cli.main import main
from falcolab.fields.catalogue import SYSCALL
from falcolab.lake.capture_writer import CaptureWriter, ingesting
from tests.scap.building import TIME, getuid
from tests.system.events import machine, process

KNOWN, UNKNOWN = "a1" * 32, "b2" * 32
RULES = """
- rule: Shop
  desc: of the container called shop
  condition: evt.type = getuid and container.name = shop
  output: "%container.id %container.image.tag"
  priority: INFO
- rule: Nameless
  desc: of containers without a name
  condition: evt.type = getuid and not container.id = host and not container.name exists
  output: "%container.id"
  priority: INFO
"""


def told(name: str, tag: str) -> bytes:
    metadata = {
        "id": KNOWN[:12],
        "full_id": KNOWN,
        "name": name,
        "type": 7,
        "image": f"shop:{tag}",
        "imagerepo": "shop",
        "imagetag": tag,
    }
    return container_block(metadata, TIME)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A container without a name, then called web, then shop; and in a second part nothing is known."""
    groups = [b"cpu=/kubepods/besteffort/pod1/" + each.encode() for each in (KNOWN, UNKNOWN)]
    recorder = Recorder(machine(process(20, cgroups=groups[0]), process(30, cgroups=groups[1])))
    call, other, host = getuid(0, tid=20), getuid(0, tid=30), getuid(0, tid=10)
    first = [call, other, host, told("web", "1"), call, told("shop", "2"), call]
    with ingesting(tmp_path / "lake") as store:
        for digest, blocks in enumerate((first, [removed_block(KNOWN[:12], TIME), call, other])):
            writer = CaptureWriter(store, "test", SYSCALL)
            recorder.take(b"".join(blocks))
            writer.add_part(placed(recorder.tables(), writer.ordinal))
            writer.commit(str(digest))
            recorder.begin()
    return tmp_path / "lake"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


def said(lake: Path, rules: Path, metadata: str) -> list[tuple[str, str]]:
    found = Lake(lake).replay(load_rules(rules), metadata=metadata)
    return [(alert.rule.name, alert.message) for alert in found]


def test_an_event_keeps_the_metadata_it_was_judged_with(lake: Path, rules: Path) -> None:
    nameless, other = ("Nameless", KNOWN[:12]), ("Nameless", UNKNOWN[:12])
    shop = ("Shop", f"{KNOWN[:12]} 2")
    assert said(lake, rules, "judged") == [nameless, other, shop, nameless, other]


def test_the_what_if_has_the_last_known_metadata_everywhere(lake: Path, rules: Path) -> None:
    other, shop = ("Nameless", UNKNOWN[:12]), ("Shop", f"{KNOWN[:12]} 2")
    assert said(lake, rules, "final") == [shop, other, shop, shop, shop, other]


def test_the_what_if_leaves_nothing_behind_in_the_cache(lake: Path, rules: Path) -> None:
    before = said(lake, rules, "judged")
    said(lake, rules, "final")
    assert said(lake, rules, "judged") == before


def test_it_is_an_option_of_the_command(lake: Path, rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(lake), "-r", str(rules), "--metadata", "final"]) == 0
    assert capsys.readouterr().out.count("Info") == 6
    assert main(["replay", str(lake), "-r", str(rules), "--metadata", "newest"]) == 2
    assert "must be judged or final" in capsys.readouterr().err


def test_suggested_fields_are_appended_when_asked_for(
    lake: Path, rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(lake), "-r", str(rules), "--append-suggested"]) == 0
    assert "container_id=a1a1a1a1a1a1 container_name=shop " in capsys.readouterr().out
