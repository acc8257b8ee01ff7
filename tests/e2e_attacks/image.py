"""The image that attacks are performed in: busybox, the actor under many names, and files worth stealing."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.e2e_attacks.catalogue import FOLDER

_BUSYBOX = Path("/bin/busybox")
_STAND_INS = ("curl", "debugfs", "kubectl", "npm", "scp")
_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/shadow": "root:*:19000:0:99999:7:::\n",
    "etc/apt/sources.list.d/main.list": "deb http://127.0.0.1/ stable main\n",
    "etc/cron.d/none": "# nothing\n",
    "host/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "root/.aws/credentials": "[default]\n",
    "root/.bash_history": "true\n",
    "root/.profile": "# nothing\n",
    "root/.ssh/id_rsa": "not a key\n",
    "srv/data/secret": "nothing\n",
    "var/lib/rpm/Packages": "nothing\n",
}
_FOLDERS = ("bin", "usr/bin", "tmp", "mnt", "proc", "sys", "dev")


def compile_actor(folder: Path) -> Path:
    """The program that makes unusual calls; it needs no libraries, so that it runs in any container."""
    actor = folder / "actor"
    command: list[str | Path] = ["cc", "-static", "-O1", "-Wall", "-Werror", "-o", actor, FOLDER / "actor.c"]
    subprocess.run(command, check=True)
    return actor


def save_image(folder: Path, actor: Path) -> Path:
    """An archive of the root folder of a container, as ``podman import`` takes it."""
    root = folder / "image"
    for name in _FOLDERS:
        (root / name).mkdir(parents=True)
    for name, text in _FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    _add_programs(root, actor)
    archive = folder / "image.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, ".")
    return archive


def _add_programs(root: Path, actor: Path) -> None:
    shutil.copy(actor, root / "bin/actor")
    shutil.copy(_BUSYBOX, root / "bin/busybox")
    listed = subprocess.run([_BUSYBOX, "--list"], check=True, capture_output=True, text=True)
    for applet in set(listed.stdout.split()) - {"busybox"}:
        (root / "bin" / applet).symlink_to("busybox")
    for name in _STAND_INS:
        (root / "usr/bin" / name).symlink_to("/bin/actor")
