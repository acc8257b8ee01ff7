#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << 12)
