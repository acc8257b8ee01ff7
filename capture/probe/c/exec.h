/* A program was started, or could not be: its file, and who may change it. */
#define S_IFMT 0170000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFDIR 0040000
#define SB_RDONLY 1
#define S_IMMUTABLE 8
#define CAP_DAC_OVERRIDE 1
#define CAP_FOWNER 3
#define NO_ID 0xffffffffU
#define GROUP_STEPS 16
#define MAP_EXTENTS 5
#define CAPABILITIES ((1ULL << 41) - 1)
#define CTIME_QUERIED (1U << 31)

#define EXE_WRITABLE 1
#define EXE_UPPER 2
#define EXE_MEMFD 4
#define EXE_LOWER 8

static __always_inline u64 capabilities(u64 cred, u32 offset)
{
    return read_u64(cred, offset) & CAPABILITIES;
}

/* 1 if the first number is less than the second, without a branch; both are below 2^63. */
static __always_inline u64 is_less(u64 first, u64 second)
{
    return (first - second) >> 63;
}

/* Whether a group is among the further ones of a process, which are sorted. */
static __always_inline u64 is_in_groups(u64 cred, u64 group)
{
    u64 groups = read_u64(cred, CRED_GROUPS), left = 0, right = read_u32(groups, GROUPS_COUNT), is_found = 0;
    for (int n = 0; n < GROUP_STEPS; n++) {
        u64 goes_on = is_less(left, right), middle = (left + right) >> 1;
        u64 found = read_u32(groups + 4 * middle, GROUPS_IDS);
        u64 is_above = is_less(found, group), is_below = is_less(group, found);
        is_found |= goes_on & ~(is_above | is_below);
        left += (middle + 1 - left) * (goes_on & is_above);
        right -= (right - middle) * (goes_on & is_below);
        OPAQUE(left);
        OPAQUE(right);
        OPAQUE(is_found);
    }
    return is_found & 1;
}

/* Whether a user or group exists in a user namespace, by the first five extents of its map. */
static __always_inline int is_mapped(u64 map, u32 id)
{
    u64 extents = read_u32(map, IDMAP_COUNT), is_found = 0;
#pragma unroll
    for (u64 n = 0; n < MAP_EXTENTS; n++) {
        u64 extent = map + IDMAP_EXTENTS + 12 * n;
        u32 distance = id - read_u32(extent, 4);
        is_found |= is_less(n, extents) & is_less(distance, read_u32(extent, 8));
        OPAQUE(is_found);
    }
    return is_found;
}

static __always_inline int is_writable(u64 cred, u64 inode)
{
    u32 mode = read_u16(inode, INODE_MODE), kind = mode & S_IFMT;
    int is_bound = kind == S_IFREG || kind == S_IFDIR || kind == S_IFLNK;
    if (is_bound && read_u64(read_u64(inode, INODE_SB), SB_FLAGS) & SB_RDONLY)
        return 0;
    u32 owner = read_u32(inode, INODE_UID), group = read_u32(inode, INODE_GID);
    if (read_u32(inode, INODE_FLAGS) & S_IMMUTABLE || owner == NO_ID || group == NO_ID)
        return 0;
    if (read_u32(cred, CRED_FSUID) == owner)
        return 1;
    if (group == read_u32(cred, CRED_FSGID) || is_in_groups(cred, group))
        mode >>= 3;
    if (mode & 2)
        return 1;
    u64 space = read_u64(cred, CRED_USER_NS), able = read_u64(cred, CRED_EFFECTIVE);
    if (!is_mapped(space + USERNS_UIDS, owner))
        return 0;
    return able >> CAP_FOWNER & 1 || (able >> CAP_DAC_OVERRIDE & 1 && is_mapped(space + USERNS_GIDS, group));
}

static __always_inline int is_memfd(u64 file)
{
    u64 dentry = read_u64(file, FILE_PATH_DENTRY);
    if (read_u64(dentry, DENTRY_PARENT) != dentry)
        return 0;
    u64 name = read_u64(dentry + DENTRY_NAME, QSTR_NAME);
    return (read_u64(name, 0) & 0xffffffffffffULL) == 0x3a64666d656dULL; /* memfd: */
}

static __always_inline u32 file_facts(u64 cred, u64 file, u64 inode)
{
    u32 layer = layer_of(inode, read_u64(inode, INODE_SB));
    return (is_writable(cred, inode) ? EXE_WRITABLE : 0) | (is_memfd(file) ? EXE_MEMFD : 0) |
           (layer == LAYER_UPPER ? EXE_UPPER : layer == LAYER_LOWER ? EXE_LOWER : 0);
}

static __always_inline u64 nanoseconds(u64 inode, u32 seconds, u32 rest)
{
    s64 since_1970 = read_u64(inode, seconds);
    return since_1970 < 0 ? 0 : since_1970 * 1000000000ULL + (read_u32(inode, rest) & ~CTIME_QUERIED);
}

static __always_inline u32 terminal(u64 task)
{
    u64 tty = read_u64(read_u64(task, TASK_SIGNAL), SIGNAL_TTY);
    if (!tty)
        return 0;
    u64 driver = read_u64(tty, TTY_DRIVER);
    u32 minor = read_u32(driver, TTY_DRIVER_MINOR) + read_u32(tty, TTY_INDEX);
    return encode_dev((read_u32(driver, TTY_DRIVER_MAJOR) << 20) + minor);
}

static __always_inline u32 login_uid(u64 task)
{
#ifdef TASK_LOGINUID
    return read_u32(task, TASK_LOGINUID);
#else
    return NO_ID;
#endif
}

/* Positions 3 to 14. */
static __always_inline void put_process(struct event *e, u64 task, u64 mm)
{
    put_ids(e, task);
    put_usage(e, task, mm);
    put_comm(e, task);
    put_cgroups(e, task);
}

/* Positions 16 to 29. */
static __always_inline void put_program(struct event *e, u64 task, u64 mm)
{
    u64 cred = read_u64(task, TASK_CRED);
    u64 file = read_u64(mm, MM_EXE_FILE), inode = read_u64(file, FILE_INODE);
    u64 group = pid_of(task, PIDTYPE_PGID);
    put_u32(e, 16, terminal(task));
    put_s64(e, 17, virtual_number(group));
    put_u32(e, 18, login_uid(task));
    put_u32(e, 19, file_facts(cred, file, inode));
    put_u64(e, 20, capabilities(cred, CRED_INHERITABLE));
    put_u64(e, 21, capabilities(cred, CRED_PERMITTED));
    put_u64(e, 22, capabilities(cred, CRED_EFFECTIVE));
    put_u64(e, 23, read_u64(inode, INODE_INO));
    put_u64(e, 24, nanoseconds(inode, INODE_CTIME, INODE_CTIME_NS));
    put_u64(e, 25, nanoseconds(inode, INODE_MTIME, INODE_MTIME_NS));
    put_u32(e, 26, read_u32(cred, CRED_EUID));
    settle(e);
    put_path(e, 27, file);
    put_s64(e, 28, (s32)read_u32(group, PID_NUMBERS));
    put_u32(e, 29, read_u32(cred, CRED_EGID));
}
