"""What is told of containers, whatever they are called."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capture.containers import Container, Image, Mount, Runtime, container_block, removed_block
from capture.containers.container import POD_NAME
from capture.containers.limits import MAX_JSON, MAX_LABELS, MAX_MOUNTS, MAX_TEXT
from capture.redaction import DEFAULTS, BlockRedactor, Redactor
from falcolab.system.limits import MAX_CONTAINER_JSON
from tests.capture_containers.replayed import machine_after, shown, shown_after, told_in

ID = "ab" * 32
CGROUPS = [(b"cpu", b"/docker/" + ID.encode())]
WEB = Container(
    runtime=Runtime.CONTAINERD,
    full_id=ID,
    name="web",
    image=Image.named("box:5000/shop/web:2", digest="sha256:cd", image_id="sha256:ef"),
    privileged=True,
    ip="10.1.2.3",
    labels={POD_NAME: "web-0", "team": "shop"},
    pod_labels={"app": "web"},
    sandbox_id="ef" * 32,
    mounts=(
        Mount(source="/proc", destination="/host/proc", mode="ro", writable=False, propagation="rslave"),
    ),
)
HOSTILE = st.text(st.characters(), max_size=2000) | st.sampled_from(
    ["\0", "\ud800", '"', "\\", "\n", "ü" * 900]
)


def test_an_event_after_the_block_shows_the_container(tmp_path: Path) -> None:
    expected = {
        "container.id": ID[:12],
        "container.name": "web",
        "container.type": "containerd",
        "container.image": "box:5000/shop/web:2",
        "container.image.repository": "box:5000/shop/web",
        "container.image.tag": "2",
        "container.image.id": "ef",
        "container.image.digest": "sha256:cd",
        "container.privileged": True,
        "container.mounts": "/proc:/host/proc:ro:false:rslave",
        "container.label[team]": "shop",
        "k8s.pod.name": "web-0",
        "k8s.pod.label[app]": "web",
    }
    assert shown_after(tmp_path, [container_block(WEB.metadata(), 7)], CGROUPS, *expected) == expected


def test_a_fuller_block_replaces_the_first(tmp_path: Path) -> None:
    blocks = [
        container_block(each.metadata(), 7)
        for each in (WEB, replace(WEB, pod_labels={"app": "web", "a": "b"}))
    ]
    assert shown_after(tmp_path, blocks, CGROUPS, "k8s.pod.labels") == {"k8s.pod.labels": "a:b, app:web"}


def test_a_container_that_has_gone_is_known_no_more(tmp_path: Path) -> None:
    blocks = [container_block(WEB.metadata(), 7), removed_block(ID[:12], 8)]
    machine = machine_after(tmp_path, blocks, CGROUPS)
    assert machine.containers == {}
    assert shown(machine, "container.id", "container.name") == {
        "container.id": ID[:12],
        "container.name": None,
    }


@given(text=HOSTILE, labels=st.dictionaries(HOSTILE, HOSTILE, max_size=8), count=st.integers(0, 600))
def test_nothing_that_people_choose_breaks_an_event(text: str, labels: dict[str, str], count: int) -> None:
    many = {f"{text}{number}": "x" * (number % 150) for number in range(count)}
    container = Container(
        runtime=Runtime.PODMAN,
        full_id=ID,
        name=text,
        image=Image.named(text, digest=text, image_id=text),
        user=text,
        ip=text,
        cni_json=text * 3,
        sandbox_id=text,
        labels=labels | many,
        pod_labels=labels | many,
        namespace_labels=labels,
        mounts=tuple(Mount(source=text, destination=text, mode=text, propagation=text) for _ in range(count)),
    )
    block = container_block(container.metadata(), 7)
    assert len(block) < 2**16
    assert len(block) % 4 == 0
    told = told_in(block)
    assert told["id"] == ID[:12]
    assert all(len(told[key].encode()) <= MAX_TEXT for key in ("name", "image", "imagerepo", "User", "ip"))
    assert len(told["labels"]) <= MAX_LABELS
    assert len(told["Mounts"]) <= MAX_MOUNTS


def test_mounts_stay_when_labels_have_to_go() -> None:
    labels = {f"{number:0300}": "x" * 100 for number in range(200)} | {POD_NAME: "web-0"}
    told = replace(WEB, labels=labels, pod_labels=labels).metadata()
    assert told["truncated"] is True
    assert told["labels"] == told["pod_sandbox_labels"] == {POD_NAME: "web-0"}
    assert len(told["Mounts"]) == 1


def test_the_first_mounts_stay_when_there_are_too_many() -> None:
    mounts = tuple(Mount(source=f"/{number}" + "x" * 4000, destination="/d") for number in range(100))
    told = replace(WEB, mounts=mounts).metadata()
    assert told["truncated"] is True
    assert 10 <= len(told["Mounts"]) < 15
    assert told["Mounts"][0]["Source"] == mounts[0].source


def test_what_fits_is_not_called_truncated() -> None:
    assert "truncated" not in WEB.metadata()
    assert "truncated" in replace(WEB, mounts=WEB.mounts * (MAX_MOUNTS + 1)).metadata()


def test_long_labels_are_left_out_as_in_falco() -> None:
    told = replace(
        WEB, labels={"fits": "x" * 100, "long": "x" * 101, "y" * 318: "", "wide": "ü" * 51}
    ).metadata()
    assert told["labels"] == {"fits": "x" * 100}


def test_the_redactor_of_the_journal_lets_the_block_pass() -> None:
    blocks = container_block(WEB.metadata(), 7) + removed_block(ID[:12], 8)
    assert BlockRedactor(Redactor(DEFAULTS)).blocks(blocks) is blocks


def test_a_block_that_no_reader_takes_is_not_made() -> None:
    with pytest.raises(ValueError, match="60,000 are the most"):
        container_block({"id": "x" * MAX_JSON}, 7)
    assert MAX_JSON < MAX_CONTAINER_JSON
