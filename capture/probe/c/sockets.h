/* Sockets: addresses that the program gives, and the ends that the kernel knows. */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define S_IFSOCK 0140000
#define SOCKADDR_ROOM 128
#define UNIX_PATH 108
#define EINPROGRESS 115

static __always_inline u16 host_order(u16 port)
{
    return port << 8 | port >> 8;
}

/* An address of the program, as it is read. */
struct address {
    u16 family;
    u16 port;
    u32 ipv4; /* of IPv6: the label of the flow */
    u64 ipv6[2];
    char rest[SOCKADDR_ROOM - 24];
};

static __always_inline int read_address(struct address *a, u64 pointer, u64 size)
{
    *a = (struct address){};
    OPAQUE(size);
    if (size > SOCKADDR_ROOM)
        size = SOCKADDR_ROOM;
    return pointer && size > 2 && !bpf_probe_read_user(a, size, (void *)pointer);
}

#define ADD(e, ctype, value)                        \
    do {                                            \
        *(ctype *)((e)->bytes + (e)->at) = (value); \
        (e)->at += sizeof(ctype);                   \
    } while (0)

/* The path of a unix socket with a NUL; of abstract names the leading NUL is left out. */
static __always_inline void add_unix_path(struct event *e, void *path)
{
    u8 *to = e->bytes + e->at;
    char first = 0;
    long read;
    bpf_probe_read_kernel(&first, 1, path);
    if (first) {
        read = bpf_probe_read_kernel_str(to, UNIX_PATH, path);
    } else {
        asm volatile("" : : : "memory"); /* keeps both calls apart: pointers must not be chosen among */
        read = bpf_probe_read_kernel_str(to, UNIX_PATH, path + 1);
    }
    e->at += below(read, 128);
}

static __always_inline void put_address(struct event *e, u32 i, u64 pointer, u64 size)
{
    struct address a;
    u64 begin = e->at;
    if (read_address(&a, pointer, size)) {
        if (a.family == AF_INET) {
            ADD(e, u8, AF_INET);
            ADD(e, u32, a.ipv4);
            ADD(e, u16, host_order(a.port));
        } else if (a.family == AF_INET6) {
            ADD(e, u8, AF_INET6);
            ADD(e, u64, a.ipv6[0]);
            ADD(e, u64, a.ipv6[1]);
            ADD(e, u16, host_order(a.port));
        } else if (a.family == AF_UNIX) {
            ADD(e, u8, AF_UNIX);
            add_unix_path(e, (void *)&a + 2);
        }
    }
    LENGTH(e, i, e->at - begin);
}

/* One end of a connection; IPv4 in the first four bytes. */
struct end {
    u64 ip[2];
    u16 port;
};

static __always_inline void add_ends(struct event *e, u16 family, struct end *from, struct end *to)
{
    ADD(e, u8, family);
    if (family == AF_INET) {
        ADD(e, u32, from->ip[0]);
        ADD(e, u16, host_order(from->port));
        ADD(e, u32, to->ip[0]);
        ADD(e, u16, host_order(to->port));
        return;
    }
    ADD(e, u64, from->ip[0]);
    ADD(e, u64, from->ip[1]);
    ADD(e, u16, host_order(from->port));
    ADD(e, u64, to->ip[0]);
    ADD(e, u64, to->ip[1]);
    ADD(e, u16, host_order(to->port));
}

static __always_inline u64 socket_of(s32 fd)
{
    u64 file = file_of(fd);
    if (!file || (read_u16(read_u64(file, FILE_INODE), INODE_MODE) & 0170000) != S_IFSOCK)
        return 0;
    return read_u64(read_u64(file, FILE_PRIVATE), SOCKET_SK);
}

static __always_inline void read_ends(u64 sock, u16 family, struct end *local, struct end *remote)
{
    local->port = read_u16(sock, INET_SPORT);
    remote->port = read_u16(sock, SOCK_DPORT);
    if (family == AF_INET) {
        local->ip[0] = read_u32(sock, INET_SADDR);
        remote->ip[0] = read_u32(sock, SOCK_DADDR);
        return;
    }
#ifdef INET_PINET6
    bpf_probe_read_kernel(local->ip, 16, (void *)(read_u64(sock, INET_PINET6) + IPV6_SADDR));
    bpf_probe_read_kernel(remote->ip, 16, (void *)(sock + SOCK_V6_DADDR));
#endif
}

#define OUTBOUND 0
#define INBOUND 1

static __always_inline void add_unix(struct event *e, u64 sock, int direction, u64 pointer, u64 size)
{
    u64 peer = read_u64(sock, UNIX_PEER), named = direction == OUTBOUND ? peer : sock;
    ADD(e, u8, AF_UNIX);
    ADD(e, u64, direction == OUTBOUND ? peer : sock);
    ADD(e, u64, direction == OUTBOUND ? sock : peer);
    struct address a;
    u64 name = named ? read_u64(named, UNIX_ADDR) : 0;
    if (name)
        add_unix_path(e, (void *)(name + UNIX_ADDRESS_NAME + 2));
    else if (!peer && read_address(&a, pointer, size))
        add_unix_path(e, (void *)&a + 2);
    else
        ADD(e, u8, 0);
}

/* Both ends of a socket; the address of the call stands in for an end that the kernel does not know. */
static __always_inline void put_tuple(struct event *e, u32 i, s32 fd, int direction, u64 pointer, u64 size)
{
    u64 sock = socket_of(fd), begin = e->at;
    u16 family = sock ? read_u16(sock, SOCK_FAMILY) : 0;
    if (family == AF_INET || family == AF_INET6) {
        struct end local = {}, remote = {};
        struct address a;
        read_ends(sock, family, &local, &remote);
        if (!remote.port && read_address(&a, pointer, size) && a.family == family) {
            remote.port = a.port;
            remote.ip[0] = family == AF_INET ? a.ipv4 : a.ipv6[0];
            remote.ip[1] = family == AF_INET ? 0 : a.ipv6[1];
        }
        if (direction == OUTBOUND)
            add_ends(e, family, &local, &remote);
        else
            add_ends(e, family, &remote, &local);
    } else if (family == AF_UNIX) {
        add_unix(e, sock, direction, pointer, size);
    }
    LENGTH(e, i, e->at - begin);
}

/* How full the queue of a listening socket is. */
struct queue {
    u32 length, most;
    u8 percent;
};

static __always_inline void read_queue(struct queue *q, s32 fd, s64 ret)
{
    u64 sock = ret >= 0 ? socket_of(fd) : 0;
    *q = (struct queue){};
    if (!sock)
        return;
    q->length = read_u32(sock, SOCK_ACK_BACKLOG);
    q->most = read_u32(sock, SOCK_MAX_ACK_BACKLOG);
    q->percent = q->length && q->most ? q->length * 100ULL / q->most : 0;
}

/* The header of a message, as the program has it. */
struct message {
    u64 name;
    u32 name_size, pad;
    u64 vectors, count, control, control_size;
};

struct vector {
    u64 base, size;
};

#define MAX_VECTORS 32
#define SHOWN_VECTORS 8
#define SNAPLEN 80
#define SNAPLEN_ROOM 128

static __always_inline u32 size_of_vectors(u64 vectors, u64 count)
{
    struct vector v;
    u32 size = 0;
    for (u64 n = 0; n < MAX_VECTORS; n++) {
        OPAQUE(count);
        if (n >= count || bpf_probe_read_user(&v, sizeof(v), (void *)(vectors + 16ULL * n)))
            break;
        size += v.size;
    }
    return size;
}

static __always_inline void put_data(struct event *e, u32 i, u64 address, u64 size)
{
    put_bytes(e, i, address, size < SNAPLEN ? size : SNAPLEN, SNAPLEN_ROOM);
}

/* The first bytes of what was transferred, from the first parts of a list that are not empty. */
static __always_inline void put_vectors(struct event *e, u32 i, u64 vectors, u64 count, u64 size)
{
    u64 begin = e->at, left = size > SNAPLEN ? SNAPLEN : size;
    for (u64 n = 0; n < SHOWN_VECTORS; n++) {
        struct vector v;
        OPAQUE(count);
        if (n >= count || !left || bpf_probe_read_user(&v, sizeof(v), (void *)(vectors + 16ULL * n)))
            break;
        u64 part = read_bytes(e, v.base, v.size < left ? v.size : left, SNAPLEN_ROOM);
        left -= part;
        e->at += part;
    }
    LENGTH(e, i, e->at - begin);
}
