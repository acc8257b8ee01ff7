/* The life of processes and threads: they are made, run a program, and end. */
#define NR_CLONE 56
#define NR_FORK 57
#define NR_VFORK 58
#define NR_CLONE3 435
#define NR_EXECVE 59
#define NR_EXECVEAT 322

static __always_inline void count_compat(u32 slot)
{
    struct count *c = count_of(slot, bpf_get_smp_processor_id());
    if (c)
        c->recorded++;
}

static __always_inline int is_kernel_thread(u64 task)
{
    return read_u32(task, TASK_FLAGS) & PF_KTHREAD;
}

/* What a call that makes a process was told; the argument of clone3 is a structure that begins with it. */
static __always_inline u64 told_flags(u64 nr, u64 argument)
{
    u64 flags = 0;
    if (nr == NR_CLONE3)
        bpf_probe_read_user(&flags, 8, (void *)argument);
    return nr == NR_CLONE ? argument : flags;
}

static __always_inline u32 shown_flags(u64 flags, u64 task, u64 pid)
{
    u64 own = namespace_of(pid), children = read_u64(read_u64(task, TASK_NSPROXY), NSPROXY_CHILDREN);
    return clone_flags(flags) | (read_u32(pid, PID_LEVEL) || own != children ? CHILD_IN_PIDNS : 0);
}

/* clone, clone3, fork, vfork: told by the caller (ret > 0), by the child (0), or that it failed. */
int cloned(struct exit_context *ctx)
{
    struct event e;
    u64 nr = ctx->nr;
    u32 type = nr == NR_CLONE ? 223 : nr == NR_CLONE3 ? 335 : nr == NR_FORK ? 225 : 227;
    if (!begin(&e, type, 21))
        return 0;
    s64 ret = ctx->ret;
    struct call c;
    read_call(&c);
    u64 task = bpf_get_current_task(), mm = read_u64(task, TASK_MM), cred = read_u64(task, TASK_CRED);
    u64 pid = read_u64(task, TASK_THREAD_PID);
    put_s64(&e, 0, ret);
    put_empty(&e, 1);
    put_empty(&e, 2);
    if (ret >= 0)
        put_arguments(&e, mm);
    put_process(&e, task, mm);
    put_u32(&e, 15, shown_flags(told_flags(nr, c.di), task, pid));
    put_u32(&e, 16, read_u32(cred, CRED_EUID));
    put_u32(&e, 17, read_u32(cred, CRED_EGID));
    put_s64(&e, 18, virtual_number(pid));
    put_s64(&e, 19, virtual_number(pid_of(task, PIDTYPE_TGID)));
    put_u64(&e, 20, ret ? 0 : read_u64(read_u64(namespace_of(pid), PIDNS_REAPER), TASK_START_TIME));
    return submit(&e);
}

/* execve, execveat that failed: the arguments of the call, and the process as it still is. */
int not_started(struct exit_context *ctx)
{
    struct event e;
    s64 ret = ctx->ret;
    u64 is_at = ctx->nr == NR_EXECVEAT, exe = 0;
    if (!ret || !begin(&e, is_at ? 331 : 293, is_at ? 30 : 31))
        return 0;
    struct call c;
    read_call(&c);
    u64 path = is_at ? c.si : c.di, argv = is_at ? c.dx : c.si, envp = is_at ? c.r10 : c.dx;
    u64 task = bpf_get_current_task(), mm = read_u64(task, TASK_MM);
    put_s64(&e, 0, ret);
    bpf_probe_read_user(&exe, 8, (void *)argv);
    put_string(&e, 1, exe);
    put_array(&e, 2, argv, 1);
    put_process(&e, task, mm);
    put_array(&e, 15, envp, 0);
    put_program(&e, task, mm);
    if (!is_at)
        put_string(&e, 30, path);
    return submit(&e);
}

/* raw tracepoint sched_process_exec: task, former thread id, binprm */
int started(struct bpf_raw_tracepoint_args *ctx)
{
    u64 task = ctx->args[0], bprm = ctx->args[2];
    struct event e;
    if (is_kernel_thread(task))
        return 0;
    if (user_cs(task) == USER32_CS)
        count_compat(COMPAT_PROGRAMS);
    if (!begin(&e, 293, 31))
        return 0;
    u64 mm = read_u64(task, TASK_MM);
    put_s64(&e, 0, 0);
    put_arguments(&e, mm);
    put_process(&e, task, mm);
    u64 env = read_u64(mm, MM_ENV_START);
    put_bytes(&e, 15, env, read_u64(mm, MM_ENV_END) - env, STRING);
    put_program(&e, task, mm);
    put_kernel_string(&e, 30, read_u64(bprm, BPRM_FILENAME));
    return submit(&e);
}

#define REAPER_STEPS 60

/* Who takes over the children of a thread: 0 without children, -1 if it cannot be found. */
static __always_inline s64 reaper_of(u64 task)
{
    u64 children = task + TASK_CHILDREN, signal = read_u64(task, TASK_SIGNAL);
    if (read_u64(children, 0) == children)
        return 0;
    u64 head = signal + SIGNAL_THREADS, node = read_u64(head, 0);
    for (int n = 0; n < REAPER_STEPS; n++) {
        OPAQUE(node);
        if (node == head)
            break;
        u64 other = node - TASK_THREAD_NODE;
        if (other != task && !(read_u32(other, TASK_FLAGS) & 4 /* PF_EXITING */))
            return (s32)read_u32(other, TASK_PID);
        node = read_u64(node, 0);
    }
    u64 pid = read_u64(task, TASK_THREAD_PID), space = namespace_of(pid);
    u32 level = read_u32(pid, PID_LEVEL);
    u64 first = read_u64(space, PIDNS_REAPER);
    if (first == task)
        return -1;
    u64 parent = read_u64(task, TASK_REAL_PARENT);
    for (int n = 0; n < REAPER_STEPS; n++) {
        u64 its = read_u64(parent, TASK_SIGNAL);
        if (parent == first || read_u32(read_u64(parent, TASK_THREAD_PID), PID_LEVEL) != level)
            break;
        if (read_u32(its, SIGNAL_SUBREAPER) >> SUBREAPER_BIT & 1)
            return (s32)read_u32(parent, TASK_PID);
        parent = read_u64(parent, TASK_REAL_PARENT);
    }
    return (s32)read_u32(first, TASK_PID);
}

/* raw tracepoint sched_process_exit: task */
int ended(struct bpf_raw_tracepoint_args *ctx)
{
    u64 task = ctx->args[0];
    struct event e;
    if (is_kernel_thread(task) || !begin(&e, 186, 5))
        return 0;
    u32 code = read_u32(task, TASK_EXIT_CODE);
    put_s64(&e, 0, (s32)code);
    put_s64(&e, 1, code >> 8 & 0xff);
    put_u8(&e, 2, code & 0x7f);
    put_u8(&e, 3, code >> 7 & 1);
    put_s64(&e, 4, reaper_of(task));
    return submit(&e);
}

#ifdef COUNT_COMPAT
#define TS_COMPAT 2

/* raw tracepoint sys_enter: registers, number. Calls of 32-bit programs are counted, not recorded. */
int entered(struct bpf_raw_tracepoint_args *ctx)
{
    if (read_u32(bpf_get_current_task(), TASK_STATUS) & TS_COMPAT)
        count_compat(COMPAT_CALLS);
    return 0;
}
#endif
