/* What a system call that opened a file tells of it. */
#define FMODE_CREATED 0x100000
#define PPM_CREATED (1 << 14)
#define PPM_UPPER (1 << 15)
#define PPM_LOWER (1 << 16)

struct opened {
    u64 file;
    u64 ino;
    u32 dev;
    u32 layer;
    u32 flags; /* what is added to the flags of the call */
};

static __always_inline void look_at(struct opened *o, s64 fd)
{
    u64 file = fd > 0 ? file_of(fd) : 0;
    *o = (struct opened){};
    if (!file)
        return;
    u64 inode = read_u64(file, FILE_INODE), sb = read_u64(inode, INODE_SB);
    o->file = file;
    o->ino = read_u64(inode, INODE_INO);
    o->dev = encode_dev(read_u32(sb, SB_DEV));
    o->layer = layer_of(inode, sb);
    o->flags = MAP_FLAG(read_u32(file, FILE_MODE), FMODE_CREATED, PPM_CREATED);
    o->flags |= o->layer == LAYER_UPPER ? PPM_UPPER : o->layer == LAYER_LOWER ? PPM_LOWER : 0;
}

/* The arguments of openat2, which lie in the memory of the program. */
struct open_how {
    u64 flags, mode, resolve;
};

static __always_inline void read_how(struct open_how *how, u64 address)
{
    *how = (struct open_how){};
    bpf_probe_read_user(how, sizeof(*how), (void *)address);
}

/* The two ends of a new pipe or pair of sockets. */
struct pair {
    s32 first, second;
};

static __always_inline void read_pair(struct pair *p, u64 address, s64 ret)
{
    if (ret || bpf_probe_read_user(p, sizeof(*p), (void *)address))
        *p = (struct pair){-1, -1};
}

static __always_inline u64 inode_number(s32 fd)
{
    u64 file = file_of(fd);
    return file ? read_u64(read_u64(file, FILE_INODE), INODE_INO) : 0;
}

/* Two numbers of the program, such as a limit. */
struct limit {
    s64 current, most;
};

static __always_inline void read_limit(struct limit *l, u64 address, int is_read)
{
    if (!is_read || !address || bpf_probe_read_user(l, sizeof(*l), (void *)address))
        *l = (struct limit){-1, -1};
}

/* The parameters of a ring of io_uring, as far as they are told. */
struct uring {
    u32 sq, cq, flags, cpu, idle, features;
};

static __always_inline void read_uring(struct uring *u, u64 address)
{
    *u = (struct uring){};
    bpf_probe_read_user(u, sizeof(*u), (void *)address);
    /* Falco has SQ_NEED_WAKEUP, which has the kernel's number of IOPOLL, in third place. */
    u->flags = (u->flags & 3) | (u->flags & 0x7c) << 1 | (u->flags & 1) << 2;
}
