/* Only programs attached to kprobes are checked for the version, and the probe has none. */
#define LINUX_VERSION_CODE 394752
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
