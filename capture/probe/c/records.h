/* How a record is written: as one event block of the capture format.
 *
 *   0 u32 block code     4 u32 block length     8 u16 processor
 *  10 u64 time          18 s64 thread          26 u32 event length
 *  30 u16 event type    32 u32 number of parameters
 *  36 u16 length of each parameter, then their values, padding, u32 block length
 *
 * Blocks are a multiple of eight bytes long, as the records of the ring are, so that the reader can
 * take them out in words.
 *
 * A record is put together in a buffer of its processor and copied into the ring as a whole, for
 * its length is known only at the end. Tracepoints run with preemption off, so nobody else uses
 * the buffer meanwhile.
 */
#define BLOCK_CODE 0x216
#define AT_EVENT 10
#define AT_LENGTHS 36
#define RECORD_SIZE 32760
#define STRING 4096 /* a string and its NUL are shorter than this */
#define TYPES 512
#define COMPAT_PROGRAMS 510
#define COMPAT_CALLS 511
#define MAX_OTHERS 8
#define MMAPABLE 1024
#define NO_WAKEUP 1 /* the reader polls; waking it for each record would cost more than the record */

struct record {
    u8 bytes[RECORD_SIZE];
};

struct count {
    u64 recorded;
    u64 lost;
};

/* Written by the daemon, in memory that it shares with the kernel. */
struct settings {
    u64 epoch;              /* ns that are added to the time since boot to get the time since 1970 */
    u32 self;               /* the process that is never recorded */
    u32 excluded;           /* how many more there are */
    u32 others[MAX_OTHERS]; /* which */
};

BPF_RINGBUF_OUTPUT(events, RING_SIZE / 4096);
BPF_PERCPU_ARRAY(scratch, struct record, 1);
BPF_F_TABLE("array", int, struct settings, settings, 1, MMAPABLE);
/* Each processor writes a row of its own; the last columns count what is no event. */
BPF_F_TABLE("array", int, struct count, counts, CPUS * TYPES, MMAPABLE);

/* Keeps the compiler from knowing anything of a value. A loop that ends early by a count is written with
 * one in each round: otherwise the compiler makes of both ends a single comparison for equality, and
 * older verifiers do not see that such a loop ends. */
#define OPAQUE(value) asm volatile("" : "+r"(value))

struct event {
    u8 *bytes;
    u64 at; /* where the next value goes */
    u32 type;
    u32 cpu;
};

static __always_inline int is_excluded(struct settings *s, u32 tgid)
{
    if (!s->excluded)
        return 0;
    u32 differs = 1;
#pragma unroll
    for (u32 n = 0; n < MAX_OTHERS; n++)
        differs = differs && s->others[n] != tgid;
    return !differs;
}

static __always_inline int begin(struct event *e, u32 type, u32 params)
{
    int zero = 0;
    struct settings *s = settings.lookup(&zero);
    struct record *r = scratch.lookup(&zero);
    u64 id = bpf_get_current_pid_tgid();
    u32 tgid = id >> 32;
    if (!s || !r || tgid == s->self || is_excluded(s, tgid))
        return 0;
    e->bytes = r->bytes;
    e->at = AT_LENGTHS + 2 * params;
    e->type = type;
    e->cpu = bpf_get_smp_processor_id();
    *(u32 *)(e->bytes) = BLOCK_CODE;
    *(u16 *)(e->bytes + 8) = e->cpu;
    *(u64 *)(e->bytes + 10) = bpf_ktime_get_boot_ns() + s->epoch;
    *(u64 *)(e->bytes + 18) = (u32)id;
    *(u16 *)(e->bytes + 30) = type;
    *(u32 *)(e->bytes + 32) = params;
    return 1;
}

static __always_inline struct count *count_of(u32 type, u32 cpu)
{
    u32 slot = cpu * TYPES + type;
    return counts.lookup(&slot);
}

static __always_inline int submit(struct event *e)
{
    u64 at = e->at;
    if (at > RECORD_SIZE - 16)
        return 0;
    u64 end = at + ((4 - at) & 7), size = end + 4;
    *(u32 *)(e->bytes + 26) = at - AT_EVENT;
    *(u32 *)(e->bytes + 4) = size;
    *(u64 *)(e->bytes + at) = 0; /* padding */
    *(u32 *)(e->bytes + end) = size;
    struct count *c = count_of(e->type, e->cpu);
    long failed = events.ringbuf_output(e->bytes, size, NO_WAKEUP);
    if (!c)
        return 0;
    if (failed)
        c->lost++;
    else
        c->recorded++;
    return 0;
}

#define LENGTH(e, i, size) (*(u16 *)((e)->bytes + AT_LENGTHS + 2 * (i)) = (size))
#define PUT(e, i, ctype, value)                        \
    do {                                               \
        *(ctype *)((e)->bytes + (e)->at) = (value);    \
        LENGTH(e, i, sizeof(ctype));                   \
        (e)->at += sizeof(ctype);                      \
    } while (0)

#define put_u8(e, i, value) PUT(e, i, u8, value)
#define put_u16(e, i, value) PUT(e, i, u16, value)
#define put_u32(e, i, value) PUT(e, i, u32, value)
#define put_u64(e, i, value) PUT(e, i, u64, value)
#define put_s64(e, i, value) PUT(e, i, s64, value)
#define put_fd(e, i, value) PUT(e, i, s64, (s32)(value))
#define put_empty(e, i) LENGTH(e, i, 0)

/* What a helper that reads returned, as a length below a power of two; failures count as 0.
 *
 * Without a branch: each branch on a length would double what the verifier has to look at. */
static __always_inline u64 below(long read, u64 power)
{
    u64 size = read & ~(read >> 63);
    OPAQUE(size);
    return size & (power - 1);
}

static __always_inline void took(struct event *e, u32 i, u64 size)
{
    LENGTH(e, i, size);
    e->at += size;
}

/* A string of the program, with its NUL; nothing if it cannot be read. */
static __always_inline void put_string(struct event *e, u32 i, u64 address)
{
    took(e, i, below(bpf_probe_read_user_str(e->bytes + e->at, STRING - 1, (void *)address), STRING));
}

static __always_inline void put_kernel_string(struct event *e, u32 i, u64 address)
{
    took(e, i, below(bpf_probe_read_kernel_str(e->bytes + e->at, STRING - 1, (void *)address), STRING));
}

/* Forget, for the verifier, on which of many ways the position was reached. All that is written before
 * the last such point of an event is shorter than `SETTLED`. */
#define SETTLED 16384
#define SETTLED_AT (RECORD_SIZE - 8)

static __always_inline void settle(struct event *e)
{
    volatile u64 *kept = (volatile u64 *)(e->bytes + SETTLED_AT);
    *kept = e->at;
    e->at = *kept & (SETTLED - 1);
}

/* Bytes of the program, fewer than `power`; nothing if they cannot be read. */
static __always_inline u64 read_bytes(struct event *e, u64 address, u64 size, u64 power)
{
    if (size > power - 1)
        size = power - 1;
    size = below(size, power);
    long failed = bpf_probe_read_user(e->bytes + e->at, size, (void *)address);
    return below(size & ~(failed >> 63), power);
}

static __always_inline void put_bytes(struct event *e, u32 i, u64 address, u64 size, u64 power)
{
    took(e, i, read_bytes(e, address, size, power));
}
