"""What a container was made from."""

from __future__ import annotations

from dataclasses import dataclass

_SHA256 = "sha256:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image, as the fields ``container.image*`` show it.

    Attributes:
        name: what was asked for: ``registry:5000/shop/web:1.2``.
        repository: the name without tag and digest.
        tag: the tag, empty if the name has none.
        digest: the manifest's, ``sha256:...``.
        id: of the image on this node, without ``sha256:``.
    """

    name: str = ""
    repository: str = ""
    tag: str = ""
    digest: str = ""
    id: str = ""

    @classmethod
    def named(cls, name: str, *, digest: str = "", image_id: str = "") -> Image:
        """An image whose name tells the repository and the tag."""
        repository, tag = split_reference(name)
        return cls(name=name, repository=repository, tag=tag, digest=digest, id=hex_digits(image_id))


def split_reference(name: str) -> tuple[str, str]:
    """The repository and the tag of a reference; a digest at its end is left out.

    The colon of a registry's port is none before a tag: ``box:5000/web`` has no tag.
    """
    name = name.partition("@")[0]
    path, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return path + slash + last, tag


def is_digest(name: str) -> bool:
    """Whether the reference is nothing but a digest."""
    return name.startswith(_SHA256)


def hex_digits(digest: str) -> str:
    """A digest without the name of its algorithm."""
    return digest.removeprefix(_SHA256)
