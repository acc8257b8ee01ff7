/* A known workload: workload TAG FOLDER NAME=COUNT...  Each NAME is done COUNT times, without libc in between. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *tag, *folder, *self;
static char path[512], other[512];

static const char *name(char *into, const char *kind, int number)
{
	snprintf(into, 512, "%s/%s-%s-%d", folder, tag, kind, number);
	return into;
}

#define CALL(what, ...) static void do_##what(int n) { (void)n; __VA_ARGS__; }
#define AT AT_FDCWD

CALL(open, close(syscall(SYS_open, name(path, "open", n), O_CREAT | O_RDWR, 0600)))
CALL(openat, close(syscall(SYS_openat, AT, name(path, "openat", n), O_CREAT | O_RDWR, 0600)))
CALL(creat, close(syscall(SYS_creat, name(path, "creat", n), 0600)))
CALL(mkdir, syscall(SYS_mkdir, name(path, "dir", n), 0700))
CALL(mkdirat, syscall(SYS_mkdirat, AT, name(path, "dirat", n), 0700))
CALL(rmdir, syscall(SYS_rmdir, name(path, "none", n)))
CALL(rename, syscall(SYS_rename, name(path, "none", n), name(other, "new", n)))
CALL(renameat2, syscall(SYS_renameat2, AT, name(path, "none", n), AT, name(other, "new", n), 0))
CALL(link, syscall(SYS_link, name(path, "none", n), name(other, "new", n)))
CALL(symlink, syscall(SYS_symlink, "target", name(path, "symlink", n)))
CALL(symlinkat, syscall(SYS_symlinkat, "target", AT, name(path, "symlinkat", n)))
CALL(unlink, syscall(SYS_unlink, name(path, "none", n)))
CALL(unlinkat, syscall(SYS_unlinkat, AT, name(path, "none", n), 0))
CALL(chmod, syscall(SYS_chmod, name(path, "none", n), 0600))
CALL(fchmodat, syscall(SYS_fchmodat, AT, name(path, "none", n), 0600))
CALL(chdir, syscall(SYS_chdir, folder))
CALL(dup, close(syscall(SYS_dup, 1)))
CALL(dup2, syscall(SYS_dup2, 1, 100))
CALL(dup3, syscall(SYS_dup3, 1, 101, O_CLOEXEC))
CALL(pipe2, int ends[2]; syscall(SYS_pipe2, ends, 0); close(ends[0]); close(ends[1]))
CALL(socketpair, int ends[2]; syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends); close(ends[0]); close(ends[1]))
CALL(eventfd2, close(syscall(SYS_eventfd2, 0, 0)))
CALL(memfd_create, close(syscall(SYS_memfd_create, tag, 0)))
CALL(setuid, syscall(SYS_setuid, 0))
CALL(setgid, syscall(SYS_setgid, 0))
CALL(setpgid, syscall(SYS_setpgid, 0, 0))
CALL(prctl, syscall(SYS_prctl, PR_SET_NAME, "workload", 0, 0, 0))
CALL(ptrace, syscall(SYS_ptrace, PTRACE_CONT, 999999, 0, 0))
CALL(kill, syscall(SYS_kill, getpid(), 0))
CALL(mount, syscall(SYS_mount, "none", "/nowhere", tag, 0, 0))
CALL(umount2, syscall(SYS_umount2, "/nowhere", 0))
CALL(execve, char *none[] = {0}; syscall(SYS_execve, "/nowhere", none, none))

/* A child that becomes this program again and ends with its number. */
static void do_child(int n)
{
	char number[16];
	snprintf(number, sizeof number, "%d", n);
	char *args[] = {(char *)self, "child", (char *)tag, number, 0}, *none[] = {0};
	pid_t child = fork();
	if (child == 0) {
		execve(self, args, none);
		_exit(99);
	}
	int status;
	waitpid(child, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != n % 100)
		exit(3);
}

/* A connection to ourselves, and its other end. */
static void join(struct sockaddr *address, socklen_t size)
{
	int listening = socket(address->sa_family, SOCK_STREAM, 0), one = 1;
	setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(listening, address, size) || listen(listening, 1))
		exit(4);
	int client = socket(address->sa_family, SOCK_STREAM, 0);
	if (connect(client, address, size))
		exit(5);
	int server = syscall(SYS_accept4, listening, 0, 0, 0);
	if (server < 0)
		exit(6);
	close(server);
	close(client);
	close(listening);
}

static void do_ipv4(int n)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(21000 + n)};
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	join((struct sockaddr *)&address, sizeof address);
}

static void do_ipv6(int n)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(22000 + n)};
	address.sin6_addr = in6addr_loopback;
	join((struct sockaddr *)&address, sizeof address);
}

static void do_unix(int n)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "/tmp/%s-%d.sock", tag, n);
	join((struct sockaddr *)&address, sizeof address);
	unlink(address.sun_path);
}

#define ENTRY(what) {#what, do_##what}
static const struct { const char *name; void (*run)(int); } known[] = {
	ENTRY(open), ENTRY(openat), ENTRY(creat), ENTRY(mkdir), ENTRY(mkdirat), ENTRY(rmdir), ENTRY(rename),
	ENTRY(renameat2), ENTRY(link), ENTRY(symlink), ENTRY(symlinkat), ENTRY(unlink), ENTRY(unlinkat),
	ENTRY(chmod), ENTRY(fchmodat), ENTRY(chdir), ENTRY(dup), ENTRY(dup2), ENTRY(dup3), ENTRY(pipe2),
	ENTRY(socketpair), ENTRY(eventfd2), ENTRY(memfd_create), ENTRY(setuid), ENTRY(setgid), ENTRY(setpgid),
	ENTRY(prctl), ENTRY(ptrace), ENTRY(kill), ENTRY(mount), ENTRY(umount2), ENTRY(execve), ENTRY(child),
	ENTRY(ipv4), ENTRY(ipv6), ENTRY(unix),
};

static int perform(char *order)
{
	char *count = strchr(order, '=');
	*count++ = 0;
	for (unsigned at = 0; at < sizeof known / sizeof *known; at++)
		if (strcmp(known[at].name, order) == 0) {
			for (int n = 0; n < atoi(count); n++)
				known[at].run(n);
			return 0;
		}
	return 2;
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc == 4 && strcmp(argv[1], "child") == 0)
		return atoi(argv[3]) % 100;
	tag = argv[1];
	folder = argv[2];
	for (int at = 3; at < argc; at++)
		if (perform(argv[at]))
			return 2;
	return 0;
}
