"""The arguments of system calls and other events, as ``evt.arg`` and ``evt.rawarg`` name them."""

from __future__ import annotations

from falcolab.fields.types import Type

_NAMES: dict[Type | None, str] = {
    Type.ABSTIME: "exe_ino_ctime exe_ino_mtime start_time",
    Type.BYTEBUF: "args cgroups data env img msgcontrol value_bytebuf",
    Type.CHARBUF: (
        "arg2_str comm container_id cwd desc description exe home image json quotafilepath scope shell "
        "special target uargs value_charbuf"
    ),
    Type.FSPATH: (
        "dir exepath filename linkpath name newpath oldpath path pathname root sun_path trusted_exepath"
    ),
    Type.INT16: "sem_op_0 sem_op_1",
    Type.INT32: "aux backlog key nsems semid semnum tty",
    Type.INT64: (
        "arg2_int cur dirfd dpid fd fd1 fd2 fd_in fd_out fdin fdout in_fd linkdirfd max maxevents "
        "mountfd newcur newdir newdirfd newfd newmax next oldcur olddir olddirfd oldfd oldmax out_fd "
        "pgid pid pid_fd ptid reaper_tid res ret spid status target_fd tid timeout vpgid vpid vtid"
    ),
    Type.PORT: "local_port remote_port",
    Type.RELTIME: "dqb_btime dqb_itime dqi_bgrace dqi_igrace interval",
    Type.UINT16: "ID creat_flags nativeID op opcode sem_flg_0 sem_flg_1 sem_num_0 sem_num_1 sk_proto sk_type",
    Type.UINT32: (
        "action cpu cq_entries dev domain egid entries error euid event_type features first flags gid id "
        "last loginuid mask min_complete mnt_id mode nr_args nsops nstype operation option optlen "
        "plugin_id prot proto queuelen queuemax ratio resolve rgid ruid semflg sgid size sq_entries "
        "sq_thread_cpu sq_thread_idle suid to_submit type uid vm_rss vm_size vm_swap"
    ),
    Type.UINT64: (
        "arg argument cap_effective cap_inheritable cap_permitted cpu_sys cpu_usr dqb_bhardlimit "
        "dqb_bsoftlimit dqb_curspace dqb_ihardlimit dqb_isoftlimit event_data exe_ino exe_ino_num "
        "fdlimit initval ino ino_num ip len length offin offout offset peer pgft_maj pgft_min pgoffset "
        "pidns_init_start_ts pos request sk_pointer source"
    ),
    Type.UINT8: (
        "clockid cmd core dqi_flags fd_type how level optname queuepct quota_fmt quota_fmt_out resource "
        "sig whence"
    ),
    None: (
        "addr arg2 arg3 arg4 arg5 argv fds local_ip ppid remote_ip res_or_fd sid sigmask tags tuple val vtgid"
    ),
}

EVENT_PARAMS: dict[str, Type | None] = {
    name: type_ for type_, names in _NAMES.items() for name in names.split()
}
"""Argument name -> the type that ``evt.rawarg`` compares it as; None where Falco cannot compare it.

An argument that several events have takes the type of the first of them, as in Falco.
"""
