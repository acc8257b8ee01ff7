"""Which members of the kernel's structures the probe reads, under which name, and where they lie."""

from __future__ import annotations

from collections.abc import Iterator

from capture.probe.btf import Btf
from capture.probe.errors import ProbeError

OFFSETS: dict[str, tuple[str, ...]] = {
    "BPRM_FILENAME": ("linux_binprm.filename",),
    "CGROUP_KN": ("cgroup.kn",),
    "CRED_EFFECTIVE": ("cred.cap_effective",),
    "CRED_EGID": ("cred.egid",),
    "CRED_EUID": ("cred.euid",),
    "CRED_FSGID": ("cred.fsgid",),
    "CRED_FSUID": ("cred.fsuid",),
    "CRED_GROUPS": ("cred.group_info",),
    "CRED_INHERITABLE": ("cred.cap_inheritable",),
    "CRED_PERMITTED": ("cred.cap_permitted",),
    "CRED_USER_NS": ("cred.user_ns",),
    "CSS_CGROUP": ("cgroup_subsys_state.cgroup",),
    "CSS_SET_SUBSYS": ("css_set.subsys",),
    "DENTRY_INODE": ("dentry.d_inode",),
    "DENTRY_NAME": ("dentry.d_name", "dentry.__d_name"),
    "DENTRY_PARENT": ("dentry.d_parent",),
    "FDTABLE_FD": ("fdtable.fd",),
    "FDTABLE_MAX_FDS": ("fdtable.max_fds",),
    "FILES_FDT": ("files_struct.fdt",),
    "FILE_INODE": ("file.f_inode",),
    "FILE_MODE": ("file.f_mode",),
    "FILE_PATH_DENTRY": ("file.f_path.dentry",),
    "FILE_PATH_MNT": ("file.f_path.mnt",),
    "FILE_PRIVATE": ("file.private_data",),
    "GROUPS_COUNT": ("group_info.ngroups",),
    "GROUPS_IDS": ("group_info.gid",),
    "IDMAP_COUNT": ("uid_gid_map.nr_extents",),
    "IDMAP_EXTENTS": ("uid_gid_map.extent",),
    "INET_SADDR": ("inet_sock.inet_saddr",),
    "INET_SPORT": ("inet_sock.inet_sport",),
    "INODE_CTIME": ("inode.i_ctime_sec", "inode.__i_ctime.tv_sec", "inode.i_ctime.tv_sec"),
    "INODE_CTIME_NS": ("inode.i_ctime_nsec", "inode.__i_ctime.tv_nsec", "inode.i_ctime.tv_nsec"),
    "INODE_FLAGS": ("inode.i_flags",),
    "INODE_GID": ("inode.i_gid",),
    "INODE_INO": ("inode.i_ino",),
    "INODE_MODE": ("inode.i_mode",),
    "INODE_MTIME": ("inode.i_mtime_sec", "inode.__i_mtime.tv_sec", "inode.i_mtime.tv_sec"),
    "INODE_MTIME_NS": ("inode.i_mtime_nsec", "inode.__i_mtime.tv_nsec", "inode.i_mtime.tv_nsec"),
    "INODE_SB": ("inode.i_sb",),
    "INODE_UID": ("inode.i_uid",),
    "KN_NAME": ("kernfs_node.name",),
    "KN_PARENT": ("kernfs_node.parent", "kernfs_node.__parent"),
    "MM_ARG_END": ("mm_struct.arg_end",),
    "MM_ARG_START": ("mm_struct.arg_start",),
    "MM_ENV_END": ("mm_struct.env_end",),
    "MM_ENV_START": ("mm_struct.env_start",),
    "MM_EXE_FILE": ("mm_struct.exe_file",),
    "MM_RSS": ("mm_struct.rss_stat.count",),
    "MM_TOTAL_VM": ("mm_struct.total_vm",),
    "MOUNT_MNT": ("mount.mnt",),
    "MOUNT_PARENT": ("mount.mnt_parent",),
    "MOUNT_POINT": ("mount.mnt_mountpoint",),
    "NSPROXY_CHILDREN": ("nsproxy.pid_ns_for_children",),
    "PIDNS_REAPER": ("pid_namespace.child_reaper",),
    "PID_LEVEL": ("pid.level",),
    "PID_NUMBERS": ("pid.numbers",),
    "QSTR_LEN": ("qstr.len",),
    "QSTR_NAME": ("qstr.name",),
    "SB_DEV": ("super_block.s_dev",),
    "SB_FLAGS": ("super_block.s_flags",),
    "SB_MAGIC": ("super_block.s_magic",),
    "SIGNAL_PIDS": ("signal_struct.pids",),
    "SIGNAL_RLIM": ("signal_struct.rlim",),
    "SIGNAL_THREADS": ("signal_struct.thread_head",),
    "SIGNAL_TTY": ("signal_struct.tty",),
    "SOCKET_SK": ("socket.sk",),
    "SOCK_ACK_BACKLOG": ("sock.sk_ack_backlog",),
    "SOCK_DADDR": ("sock.__sk_common.skc_daddr",),
    "SOCK_DPORT": ("sock.__sk_common.skc_dport",),
    "SOCK_FAMILY": ("sock.__sk_common.skc_family",),
    "SOCK_MAX_ACK_BACKLOG": ("sock.sk_max_ack_backlog",),
    "TASK_CGROUPS": ("task_struct.cgroups",),
    "TASK_CHILDREN": ("task_struct.children",),
    "TASK_COMM": ("task_struct.comm",),
    "TASK_CRED": ("task_struct.cred",),
    "TASK_EXIT_CODE": ("task_struct.exit_code",),
    "TASK_FILES": ("task_struct.files",),
    "TASK_FLAGS": ("task_struct.flags",),
    "TASK_MAJ_FLT": ("task_struct.maj_flt",),
    "TASK_MIN_FLT": ("task_struct.min_flt",),
    "TASK_MM": ("task_struct.mm",),
    "TASK_NSPROXY": ("task_struct.nsproxy",),
    "TASK_PID": ("task_struct.pid",),
    "TASK_REAL_PARENT": ("task_struct.real_parent",),
    "TASK_SIGNAL": ("task_struct.signal",),
    "TASK_STACK": ("task_struct.stack",),
    "TASK_START_TIME": ("task_struct.start_time",),
    "TASK_STATUS": ("task_struct.thread_info.status",),
    "TASK_TGID": ("task_struct.tgid",),
    "TASK_THREAD_NODE": ("task_struct.thread_node",),
    "TASK_THREAD_PID": ("task_struct.thread_pid",),
    "TTY_DRIVER": ("tty_struct.driver",),
    "TTY_DRIVER_MAJOR": ("tty_driver.major",),
    "TTY_DRIVER_MINOR": ("tty_driver.minor_start",),
    "TTY_INDEX": ("tty_struct.index",),
    "UNIX_ADDR": ("unix_sock.addr",),
    "UNIX_ADDRESS_NAME": ("unix_address.name",),
    "UNIX_PEER": ("unix_sock.peer",),
    "USERNS_GIDS": ("user_namespace.gid_map",),
    "USERNS_UIDS": ("user_namespace.uid_map",),
    "VFSMOUNT_ROOT": ("vfsmount.mnt_root",),
}
"""The name in the C files -> the members that it can be, newest kernels first."""

OPTIONAL: dict[str, str] = {
    "INET_PINET6": "inet_sock.pinet6",
    "IPV6_SADDR": "ipv6_pinfo.saddr",
    "SOCK_V6_DADDR": "sock.__sk_common.skc_v6_daddr",
    "TASK_LOGINUID": "task_struct.loginuid",
}
"""What a kernel can be built without."""

_CONTROLLERS = {
    "CGROUP_CPUSET": "cpuset_cgrp_id",
    "CGROUP_CPU": "cpu_cgrp_id",
    "CGROUP_CPUACCT": "cpuacct_cgrp_id",
    "CGROUP_IO": "io_cgrp_id",
    "CGROUP_MEMORY": "memory_cgrp_id",
}
_SUBREAPER = "signal_struct.is_child_subreaper"
_TASK_REGS = "BPF_FUNC_task_pt_regs"


def definitions(btf: Btf) -> dict[str, int]:
    """What the C files take from the kernel: name -> number.

    Raises:
        ProbeError: the kernel lacks something that the probe cannot do without.
    """
    return {
        **dict(_members(btf)),
        **{name: at for name, path in OPTIONAL.items() if (at := btf.offset(path)) is not None},
        **dict(_layouts(btf)),
        **dict(_constants(btf)),
    }


def _members(btf: Btf) -> Iterator[tuple[str, int]]:
    for name, paths in OFFSETS.items():
        found = next((at for path in paths if (at := btf.offset(path)) is not None), None)
        if found is None and name == "MM_RSS":
            found = _needed(btf.offset("mm_struct.rss_stat"), "mm_struct.rss_stat")
        yield name, _needed(found, " or ".join(paths))


def _layouts(btf: Btf) -> Iterator[tuple[str, int]]:
    """Sizes and bit fields; counters of memory are structures since Linux 6.2 and numbers before."""
    yield "INODE_SIZE", _needed(btf.size("inode"), "inode")
    yield "SIGNAL_SUBREAPER", _needed(btf.word(_SUBREAPER), _SUBREAPER)
    yield "SUBREAPER_BIT", _needed(btf.bit(_SUBREAPER), _SUBREAPER)
    is_old = btf.size("mm_rss_stat") is not None
    yield "RSS_STRIDE", 8 if is_old else _needed(btf.size("percpu_counter"), "percpu_counter")


def _constants(btf: Btf) -> Iterator[tuple[str, int]]:
    controllers = btf.constants("cgroup_subsys_id")
    yield from ((name, controllers[enum]) for name, enum in _CONTROLLERS.items() if enum in controllers)
    if _TASK_REGS in btf.constants("bpf_func_id"):
        yield "HAVE_TASK_REGS", 1


def _needed(found: int | None, what: str) -> int:
    if found is None:
        raise ProbeError(f"this kernel is unknown to the probe: it has no {what} in its BTF")
    return found
