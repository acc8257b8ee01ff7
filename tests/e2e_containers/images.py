"""Images made from busybox, for no registry of images can be reached."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from pathlib import Path

_BUSYBOX = Path("/bin/busybox")


def save_image(path: Path, reference: str, entrypoint: list[str]) -> None:
    """An archive with one image, as ``docker save`` makes it."""
    layer = _layer()
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": entrypoint, "Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + _sha256(layer)]},
        }
    )
    names = {"Config": _sha256(config) + ".json", "RepoTags": [reference], "Layers": ["layer.tar"]}
    with tarfile.open(path, "w") as archive:
        for name, content in (
            (names["Config"], config),
            ("layer.tar", layer),
            ("manifest.json", _json([names])),
        ):
            _add(archive, str(name), content)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _layer() -> bytes:
    """A root folder with busybox under each of its names."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        for folder in ("bin", "etc", "tmp", "root", "proc", "sys", "dev", "data"):
            _add(layer, folder, kind=tarfile.DIRTYPE)
        _add(layer, "bin/busybox", _BUSYBOX.read_bytes())
        applets = subprocess.run(
            [_BUSYBOX, "--list"], check=True, capture_output=True, text=True
        ).stdout.split()
        for applet in set(applets) - {"busybox"}:
            _add(layer, f"bin/{applet}", kind=tarfile.SYMTYPE, target="busybox")
        _add(layer, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    return buffer.getvalue()


def _add(
    archive: tarfile.TarFile, name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, target: str = ""
) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.type, entry.size, entry.linkname = 0o755, kind, len(content), target
    archive.addfile(entry, io.BytesIO(content))
