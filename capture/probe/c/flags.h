/* The kernel's numbers in Falco's encoding. A flag of several bits counts when any of them is set, as in Falco. */
#define MAP_FLAG(flags, kernel, falco) (((flags) & (kernel)) ? (falco) : 0)

#define O_CREAT 0100
#define O_DIRECTORY 0200000
#define O_TMPFILE (020000000 | O_DIRECTORY)

static __always_inline u32 open_flags(u64 flags)
{
    u32 access = (flags & 3) == 1 ? 2 : (flags & 3) == 2 ? 3 : 1;
    return access | MAP_FLAG(flags, O_CREAT, 1 << 2) | MAP_FLAG(flags, 02000, 1 << 3) /* append */
           | MAP_FLAG(flags, 010000, 1 << 4)                                          /* dsync */
           | MAP_FLAG(flags, 0200, 1 << 5)                                            /* excl */
           | MAP_FLAG(flags, 04000, 1 << 6)                                           /* nonblock */
           | MAP_FLAG(flags, 04010000, 1 << 7)                                        /* sync */
           | MAP_FLAG(flags, 01000, 1 << 8)                                           /* trunc */
           | MAP_FLAG(flags, 040000, 1 << 9)                                          /* direct */
           | MAP_FLAG(flags, O_DIRECTORY, 1 << 10) | MAP_FLAG(flags, 0100000, 1 << 11) /* largefile */
           | MAP_FLAG(flags, 02000000, 1 << 12)                                        /* cloexec */
           | MAP_FLAG(flags, O_TMPFILE, 1 << 13);
}

static __always_inline u32 open_mode(u64 flags, u64 mode)
{
    return flags & (O_CREAT | O_TMPFILE) ? mode & 07777 : 0;
}

/* Only these two are told for new sockets, pipes and the like. */
static __always_inline u32 fd_flags(u64 flags)
{
    return MAP_FLAG(flags, 04000, 1 << 6) | MAP_FLAG(flags, 02000000, 1 << 12);
}

static __always_inline u32 resolve_flags(u64 flags)
{
    return MAP_FLAG(flags, 8, 1) | MAP_FLAG(flags, 16, 2) | MAP_FLAG(flags, 2, 4) | MAP_FLAG(flags, 4, 8) |
           MAP_FLAG(flags, 1, 16) | MAP_FLAG(flags, 32, 32);
}

static __always_inline u32 clone_flags(u64 flags)
{
    return MAP_FLAG(flags, 0x400, 1 << 0)        /* files */
           | MAP_FLAG(flags, 0x200, 1 << 1)      /* fs */
           | MAP_FLAG(flags, 0x80000000, 1 << 2) /* io */
           | MAP_FLAG(flags, 0x08000000, 1 << 3) /* newipc */
           | MAP_FLAG(flags, 0x40000000, 1 << 4) /* newnet */
           | MAP_FLAG(flags, 0x20000, 1 << 5)    /* newns */
           | MAP_FLAG(flags, 0x20000000, 1 << 6) /* newpid */
           | MAP_FLAG(flags, 0x04000000, 1 << 7) /* newuts */
           | MAP_FLAG(flags, 0x8000, 1 << 8)     /* parent */
           | MAP_FLAG(flags, 0x100000, 1 << 9)   /* parent_settid */
           | MAP_FLAG(flags, 0x2000, 1 << 10)    /* ptrace */
           | MAP_FLAG(flags, 0x800, 1 << 11)     /* sighand */
           | MAP_FLAG(flags, 0x40000, 1 << 12)   /* sysvsem */
           | MAP_FLAG(flags, 0x10000, 1 << 13)   /* thread */
           | MAP_FLAG(flags, 0x800000, 1 << 14)  /* untraced */
           | MAP_FLAG(flags, 0x100, 1 << 15)     /* vm */
           | MAP_FLAG(flags, 0x10000000, 1 << 20) /* newuser */
           | MAP_FLAG(flags, 0x200000, 1 << 23)  /* child_cleartid */
           | MAP_FLAG(flags, 0x1000000, 1 << 24) /* child_settid */
           | MAP_FLAG(flags, 0x80000, 1 << 25)   /* settls */
           | MAP_FLAG(flags, 0x4000, 1 << 27)    /* vfork */
           | MAP_FLAG(flags, 0x02000000, 1 << 28); /* newcgroup */
}

static __always_inline u64 value_at(u64 low, u64 high, u64 index)
{
    return (index < 8 ? low >> (8 * index) : high >> (8 * (index - 8))) & 0xff;
}

static __always_inline u8 fcntl_command(u64 command)
{
    if (command < 12) /* 0-11: dupfd getfd setfd getfl setfl getlk setlk setlkw setown getown setsig getsig */
        return value_at(0x0908060504030201ULL, 0x0f0d0c0aULL, command);
    if (command == 15 || command == 16) /* set and get owner_ex */
        return command + 6;
    if (command >= 36 && command <= 38) /* locks of open file descriptions */
        return command - 6;
    if (command == 1024 || command == 1025) /* set and get lease */
        return 1048 - command;
    if (command == 1026) /* notify */
        return 27;
    if (command == 1029) /* cancellk */
        return 25;
    if (command == 1030) /* dupfd_cloexec */
        return 26;
    return command == 1031 || command == 1032 ? command - 1031 + 28 : 0; /* size of pipes */
}

static __always_inline u8 rlimit_resource(u64 resource)
{
    return resource < 16 ? resource : 255;
}

static __always_inline u16 ptrace_request(u64 request)
{
    if (request < 10) /* traceme, peek, poke, cont, kill, singlestep */
        return request + 1;
    if (request >= 0x4200 && request <= 0x420b)
        return request - 0x4200 + 14;
    switch (request) {
    case 12: return 26; /* getregs */
    case 13: return 27;
    case 14: return 28; /* getfpregs */
    case 15: return 29;
    case 16: return 11; /* attach */
    case 17: return 12;
    case 18: return 30; /* getfpxregs */
    case 19: return 31;
    case 21: return 32; /* oldsetoptions */
    case 24: return 13; /* syscall */
    case 25: return 33; /* get_thread_area */
    case 26: return 34;
    case 30: return 35; /* arch_prctl */
    case 31: return 36; /* sysemu */
    case 32: return 37;
    case 33: return 38; /* singleblock */
    }
    return 0;
}

static __always_inline u32 mount_flags(u64 flags)
{
    return (flags & 0xffff0000) == 0xc0ed0000 ? flags & 0xffff : flags;
}

static __always_inline u32 flock_operation(u64 operation)
{
    return MAP_FLAG(operation, 1, 1) | MAP_FLAG(operation, 2, 2) | MAP_FLAG(operation, 4, 4) |
           MAP_FLAG(operation, 8, 8);
}

static __always_inline u32 mmap_flags(u64 flags)
{
    return (flags & 3) | MAP_FLAG(flags, 0x10, 4)  /* fixed */
           | MAP_FLAG(flags, 0x20, 8)              /* anonymous */
           | MAP_FLAG(flags, 0x40, 1 << 4)         /* 32bit */
           | MAP_FLAG(flags, 0x4000, 1 << 6)       /* noreserve */
           | MAP_FLAG(flags, 0x8000, 1 << 7)       /* populate */
           | MAP_FLAG(flags, 0x10000, 1 << 8)      /* nonblock */
           | MAP_FLAG(flags, 0x100, 1 << 9)        /* growsdown */
           | MAP_FLAG(flags, 0x800, 1 << 10)       /* denywrite */
           | MAP_FLAG(flags, 0x1000, 1 << 11)      /* executable */
           | MAP_FLAG(flags, 0x2000, 1 << 14);     /* locked */
}

static __always_inline u32 protection(u64 prot)
{
    return (prot & 0xf) | MAP_FLAG(prot, 0x01000000, 1 << 4) | MAP_FLAG(prot, 0x02000000, 1 << 5);
}
