"""References to images."""

from __future__ import annotations

import pytest

from capture.containers import Image


@pytest.mark.parametrize(
    ("name", "repository", "tag"),
    [
        ("", "", ""),
        ("nginx", "nginx", ""),
        ("nginx:1.25", "nginx", "1.25"),
        ("docker.io/library/nginx:1.25", "docker.io/library/nginx", "1.25"),
        ("box:5000/shop/web", "box:5000/shop/web", ""),
        ("box:5000/shop/web:2", "box:5000/shop/web", "2"),
        ("box:5000/web@sha256:aa", "box:5000/web", ""),
        ("box:5000/web:2@sha256:aa", "box:5000/web", "2"),
        ("/:", "/", ""),
    ],
)
def test_a_name_has_a_repository_and_a_tag(name: str, repository: str, tag: str) -> None:
    image = Image.named(name)
    assert (image.name, image.repository, image.tag) == (name, repository, tag)


def test_an_id_is_told_without_its_algorithm() -> None:
    assert Image.named("web", image_id="sha256:ab").id == Image.named("web", image_id="ab").id == "ab"
