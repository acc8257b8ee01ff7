/* Parameters whose kind depends on another argument: those of prctl and ptrace. */
#define PR_SET_NAME 15
#define PR_GET_NAME 16
#define PR_GET_CHILD_SUBREAPER 37

static __always_inline int is_name(u64 option)
{
    return option == PR_SET_NAME || option == PR_GET_NAME;
}

static __always_inline void put_option(struct event *e, u32 i, u64 option, u64 argument)
{
    put_empty(e, i);
    if (is_name((u32)option))
        put_string(e, i, argument);
}

static __always_inline void put_option_number(struct event *e, u32 i, u64 option, u64 argument)
{
    s32 reaper = 0;
    put_empty(e, i);
    if (is_name((u32)option))
        return;
    if ((u32)option == PR_GET_CHILD_SUBREAPER) {
        bpf_probe_read_user(&reaper, 4, (void *)argument);
        argument = (s64)reaper;
    }
    put_u64(e, i, argument);
}

#define VARIANT_U64 0
#define VARIANT_SIGNAL 1

static __always_inline void put_traced(struct event *e, u32 i, u64 value)
{
    ADD(e, u8, VARIANT_U64);
    ADD(e, u64, value);
    LENGTH(e, i, 9);
}

static __always_inline void put_traced_address(struct event *e, u32 i, s64 ret, u64 address)
{
    put_traced(e, i, ret < 0 ? 0 : address);
}

/* What ptrace read or wrote; a signal for the requests that let the thread run on. */
static __always_inline void put_traced_data(struct event *e, u32 i, s64 ret, u64 request, u64 data)
{
    u64 word = 0;
    int is_signal = request == 7 || request == 9 || request == 17 || request == 24;
    if (ret >= 0 && is_signal) {
        ADD(e, u8, VARIANT_SIGNAL);
        ADD(e, u8, data);
        LENGTH(e, i, 2);
        return;
    }
    if (ret >= 0 && request >= 1 && request <= 3) {
        bpf_probe_read_user(&word, 8, (void *)data);
        data = word;
    }
    put_traced(e, i, ret < 0 ? 0 : data);
}
