/* What is told of a process that was born, that runs another program or that ends. */
#define PF_KTHREAD 0x00200000
#define PIDTYPE_TGID 1
#define PIDTYPE_PGID 2
#define UPID_SIZE 16
#define NOFILE_LIMIT 7
#define CHILD_IN_PIDNS (1 << 29)
#define MAX_POINTERS 16
#define ARGUMENT 2048 /* an argument of a call that failed is shorter than this */
#define CGROUP_DEPTH 6
#define CGROUP_NAME 128 /* a name is shorter than this */

static __always_inline u64 pid_of(u64 task, u32 type)
{
    return read_u64(read_u64(task, TASK_SIGNAL), SIGNAL_PIDS + 8 * type);
}

/* The number in the innermost namespace; the one in the first namespace stands at level 0. */
static __always_inline s64 virtual_number(u64 pid)
{
    u32 level = read_u32(pid, PID_LEVEL) & 31;
    return (s32)read_u32(pid, PID_NUMBERS + UPID_SIZE * level);
}

static __always_inline u64 namespace_of(u64 pid)
{
    u32 level = read_u32(pid, PID_LEVEL) & 31;
    return read_u64(pid, PID_NUMBERS + UPID_SIZE * level + 8);
}

/* The arguments as they lie in memory: the program's name and the rest. */
static __always_inline void put_arguments(struct event *e, u64 mm)
{
    u64 start = read_u64(mm, MM_ARG_START), end = read_u64(mm, MM_ARG_END);
    u64 exe = below(bpf_probe_read_user_str(e->bytes + e->at, STRING - 1, (void *)start), STRING);
    u64 rest = end - start - exe, room = STRING - 1 - exe;
    took(e, 1, exe);
    put_bytes(e, 2, start + exe, rest < room ? rest : room, STRING);
    settle(e);
}

/* The arguments or the environment of a call that failed: an array of pointers to strings. */
static __always_inline void put_array(struct event *e, u32 i, u64 array, u32 first)
{
    u8 *to = e->bytes + e->at;
    u64 used = 0;
    for (u32 n = first; n < MAX_POINTERS; n++) {
        u64 string = 0;
        if (bpf_probe_read_user(&string, 8, (void *)(array + 8ULL * n)) || !string)
            break;
        used &= STRING - 1;
        u64 size = below(bpf_probe_read_user_str(to + used, ARGUMENT, (void *)string), STRING);
        if (used + size >= STRING)
            break;
        used += size;
    }
    took(e, i, below(used, STRING));
    settle(e);
}

static __always_inline u32 pages_of(u64 mm, u32 kind)
{
    return read_u64(mm, MM_RSS + RSS_STRIDE * kind);
}

/* Positions 7 to 12: the limit of descriptors, page faults and memory in KiB. */
static __always_inline void put_usage(struct event *e, u64 task, u64 mm)
{
    u64 signal = read_u64(task, TASK_SIGNAL);
    put_u64(e, 7, read_u64(signal, SIGNAL_RLIM + 16 * NOFILE_LIMIT));
    put_u64(e, 8, read_u64(task, TASK_MAJ_FLT));
    put_u64(e, 9, read_u64(task, TASK_MIN_FLT));
    put_u32(e, 10, (u32)read_u64(mm, MM_TOTAL_VM) << 2);
    put_u32(e, 11, (pages_of(mm, 0) + pages_of(mm, 1) + pages_of(mm, 3)) << 2);
    put_u32(e, 12, pages_of(mm, 2) << 2);
}

/* Positions 3 to 6: the thread, its process, its parent, and the directory, which Falco leaves empty. */
static __always_inline void put_ids(struct event *e, u64 task)
{
    put_s64(e, 3, (s32)read_u32(task, TASK_PID));
    put_s64(e, 4, (s32)read_u32(task, TASK_TGID));
    put_s64(e, 5, (s32)read_u32(read_u64(task, TASK_REAL_PARENT), TASK_PID));
    put_empty(e, 6);
}

static __always_inline void put_comm(struct event *e, u64 task)
{
    took(e, 13, below(bpf_probe_read_kernel_str(e->bytes + e->at, 16, (void *)(task + TASK_COMM)), 32));
}

/* A slash and a name, unless the name is empty, as that of the root is; its NUL gives way to the next. */
static __always_inline void add_name(struct event *e, u64 name)
{
    e->bytes[e->at] = '/';
    s64 size = bpf_probe_read_kernel_str(e->bytes + e->at + 1, CGROUP_NAME - 1, (void *)name);
    e->at += below(size & ((1 - size) >> 63), CGROUP_NAME);
}

/* One `controller=/path`, with at most six names from the leaf upwards. */
static __always_inline void add_cgroup(struct event *e, u64 set, u32 controller, u64 label, u32 size)
{
    u64 css = read_u64(set, CSS_SET_SUBSYS + 8 * controller);
    u64 node = read_u64(read_u64(css, CSS_CGROUP), CGROUP_KN);
    u64 name[CGROUP_DEPTH];
#pragma unroll
    for (int n = 0; n < CGROUP_DEPTH; n++) {
        name[n] = read_u64(node, KN_NAME);
        node = read_u64(node, KN_PARENT);
    }
    *(u64 *)(e->bytes + e->at) = label;
    e->at += size;
    u64 begin = e->at;
#pragma unroll
    for (int n = CGROUP_DEPTH - 1; n >= 0; n--)
        add_name(e, name[n]);
    e->at += (e->at - begin - 1) >> 63; /* the slash alone, if there was no name */
    e->bytes[e->at] = 0;
    e->at++;
}

static __always_inline void put_cgroups(struct event *e, u64 task)
{
    u64 set = read_u64(task, TASK_CGROUPS), begin = e->at;
#ifdef CGROUP_CPUSET
    add_cgroup(e, set, CGROUP_CPUSET, 0x3d746573757063ULL, 7); /* cpuset= */
#endif
#ifdef CGROUP_CPU
    add_cgroup(e, set, CGROUP_CPU, 0x3d757063ULL, 4); /* cpu= */
#endif
#ifdef CGROUP_CPUACCT
    add_cgroup(e, set, CGROUP_CPUACCT, 0x3d74636361757063ULL, 8); /* cpuacct= */
#endif
#ifdef CGROUP_IO
    add_cgroup(e, set, CGROUP_IO, 0x3d6f69ULL, 3); /* io= */
#endif
#ifdef CGROUP_MEMORY
    add_cgroup(e, set, CGROUP_MEMORY, 0x3d79726f6d656dULL, 7); /* memory= */
#endif
    LENGTH(e, 14, e->at - begin);
    settle(e);
}
