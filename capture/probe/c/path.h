/* The path of an open file, as the kernel would print it, put together from its end. */
#define MAX_COMPONENTS 96
#define COMPONENT 256 /* the name of a component is shorter than this */
#define PATH_ROOM 4096

/* The path is made here, backwards, and then moved to its place. */
#define PATH_AT (RECORD_SIZE - PATH_ROOM - 2 * COMPONENT)

/* Where it begins so far. It is kept in the record: what comes from there is any number to the
 * verifier, so that all rounds of the loop look the same to it and it need not follow each one. */
#define BEGIN_AT (PATH_AT - 8)
#define BEGIN(e) (*(volatile u64 *)((e)->bytes + BEGIN_AT))

/* One more component in front. */
static __always_inline int prepend(struct event *e, u64 name)
{
    u64 size = read_u32(name, QSTR_LEN) & (COMPONENT - 1), left = BEGIN(e);
    if (left < size + 1)
        return 0;
    left = left - size - 1;
    BEGIN(e) = left;
    u8 *to = e->bytes + PATH_AT + (BEGIN(e) & (PATH_ROOM - 1));
    *to = '/';
    bpf_probe_read_kernel(to + 1, size, (void *)read_u64(name, QSTR_NAME));
    return 1;
}

/* Files without a directory, such as those of memfd_create, have just their name. */
static __always_inline void put_path(struct event *e, u32 i, u64 file)
{
    u64 mount = read_u64(file, FILE_PATH_MNT) - MOUNT_MNT, first = read_u64(file, FILE_PATH_DENTRY);
    u64 dentry = first;
    BEGIN(e) = PATH_ROOM - 1;
    for (int n = 0; n < MAX_COMPONENTS; n++) {
        u64 root = read_u64(mount + MOUNT_MNT, VFSMOUNT_ROOT), parent = read_u64(dentry, DENTRY_PARENT);
        if (dentry == root) {
            u64 above = read_u64(mount, MOUNT_PARENT);
            if (above == mount)
                break;
            dentry = read_u64(mount, MOUNT_POINT);
            mount = above;
            continue;
        }
        if (dentry == parent || !prepend(e, dentry + DENTRY_NAME))
            break;
        dentry = parent;
    }
    u64 left = BEGIN(e) & (PATH_ROOM - 1), size = (PATH_ROOM - 1 - left) & (PATH_ROOM - 1);
    u8 *to = e->bytes + e->at;
    bpf_probe_read_kernel(to, size, e->bytes + PATH_AT + left);
    if (!size) {
        void *name = (void *)read_u64(first + DENTRY_NAME, QSTR_NAME);
        size = below(bpf_probe_read_kernel_str(to, COMPONENT, name) - 1, PATH_ROOM);
    }
    size = below(size, PATH_ROOM);
    to[size] = 0;
    took(e, i, size + 1);
}
