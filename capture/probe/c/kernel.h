/* What the probe reads of the kernel's structures; their offsets come from BTF as -D flags. */
static void *(*current_task)(void) = (void *)158;    /* bpf_get_current_task_btf, since 5.11 */
static void *(*current_regs)(void *) = (void *)175;  /* bpf_task_pt_regs, since 5.15 */

/* The registers of a system call in the order in which the kernel saves them, from r10 on. */
struct call {
    u64 r10, r9, r8, ax, cx, dx, si, di, nr;
};

#define REGS_SIZE 168
#define REGS_R10 56
#define REGS_CS 136
#define STACK_SIZE 16384
#define USER32_CS 0x23

static __always_inline u64 read_u64(u64 base, u32 offset)
{
    u64 value = 0;
    bpf_probe_read_kernel(&value, 8, (void *)(base + offset));
    return value;
}

static __always_inline u32 read_u32(u64 base, u32 offset)
{
    u32 value = 0;
    bpf_probe_read_kernel(&value, 4, (void *)(base + offset));
    return value;
}

static __always_inline u16 read_u16(u64 base, u32 offset)
{
    u16 value = 0;
    bpf_probe_read_kernel(&value, 2, (void *)(base + offset));
    return value;
}

#ifdef HAVE_TASK_REGS
#define DIRECT(value, base, offset) \
    asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(value) : "r"(base), "i"(offset))

static __always_inline void read_call(struct call *c)
{
    void *regs = current_regs(current_task());
    DIRECT(c->r10, regs, REGS_R10);
    DIRECT(c->r9, regs, REGS_R10 + 8);
    DIRECT(c->r8, regs, REGS_R10 + 16);
    DIRECT(c->dx, regs, REGS_R10 + 40);
    DIRECT(c->si, regs, REGS_R10 + 48);
    DIRECT(c->di, regs, REGS_R10 + 56);
}

static __always_inline u16 user_cs(u64 task)
{
    u64 cs;
    void *regs = current_regs(current_task());
    DIRECT(cs, regs, REGS_CS);
    return cs;
}
#else
static __always_inline u64 saved_regs(u64 task)
{
    return read_u64(task, TASK_STACK) + STACK_SIZE - REGS_SIZE;
}

static __always_inline void read_call(struct call *c)
{
    u64 regs = saved_regs(bpf_get_current_task());
    bpf_probe_read_kernel(c, sizeof(*c), (void *)(regs + REGS_R10));
}

static __always_inline u16 user_cs(u64 task)
{
    return read_u16(saved_regs(task), REGS_CS);
}
#endif

/* What the perf tracepoints of the ends of system calls hand over. */
struct exit_context {
    u64 common;
    u32 nr;
    u32 padding; /* whatever was on the kernel's stack */
    s64 ret;
};

static __always_inline u32 encode_dev(u32 dev)
{
    u32 major = dev >> 20, minor = dev & 0xfffff;
    return (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
}

/* The file of a descriptor of the current task; 0 if there is none. */
static __always_inline u64 file_of(s32 fd)
{
    if (fd < 0)
        return 0;
    u64 files = read_u64(bpf_get_current_task(), TASK_FILES);
    u64 table = read_u64(files, FILES_FDT);
    if ((u32)fd >= read_u32(table, FDTABLE_MAX_FDS))
        return 0;
    return read_u64(read_u64(table, FDTABLE_FD), 8 * (u32)fd);
}

#define OVERLAY_MAGIC 0x794c7630
#define LAYER_NONE 0
#define LAYER_UPPER 1
#define LAYER_LOWER 2

/* In which layer of an overlay a file lies: the upper dentry stands right behind the inode. */
static __always_inline u32 layer_of(u64 inode, u64 sb)
{
    if (read_u64(sb, SB_MAGIC) != OVERLAY_MAGIC)
        return LAYER_NONE;
    u64 upper = read_u64(inode, INODE_SIZE);
    if (!upper)
        return LAYER_LOWER;
    return read_u64(read_u64(upper, DENTRY_INODE), INODE_INO) ? LAYER_UPPER : LAYER_LOWER;
}
