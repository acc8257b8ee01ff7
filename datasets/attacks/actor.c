/*
 * Makes the system calls that no ordinary program makes, so that behaviours can be performed for real.
 *
 * USAGE: actor DEED [ARGUMENT...]
 *
 *   run PROGRAM [ARGUMENT...]        start a program as a child and wait for it
 *   exec PROGRAM [ARGUMENT...]       become a program
 *   as UID DEED [ARGUMENT...]        become a user, then do something
 *   after SECONDS DEED [ARGUMENT...] wait, then do something
 *   read FILE                        open a file and read from it
 *   attach                           attach to a child of its own as a debugger, and let it go
 *   traceme                          ask to be traced, as programs do that evade debuggers
 *   memfd PROGRAM [ARGUMENT...]      put a program into memory and start it from there
 *   packet-socket                    open a socket that sees whole packets
 *   userfaultfd                      ask to handle page faults
 *   load-bpf                         load a BPF program that does nothing
 *   load-module                      hand the kernel a module that is none
 *   setuid FROM TO                   as one user, become another by setuid
 *   onto-stdin ADDRESS PORT          connect, and put the connection in the place of standard input and output
 *   receive ADDRESS PORT             connect, and take what comes
 *
 * Copied or linked under another name it does the same; without a deed that it knows it ends at once, so that it can stand in
 * for programs of which only the name and the arguments matter. It never touches what it has not been told of.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <net/ethernet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed(const char *what)
{
    perror(what);
    return 1;
}

static int deed(char **arguments);

static int replaced_by(char **command)
{
    execvp(command[0], command);
    return failed(command[0]);
}

static int run(char **command)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(replaced_by(command));
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return failed("run");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int as(char **arguments)
{
    unsigned id = atoi(arguments[0]);

    if (setresgid(id, id, id) || setresuid(id, id, id))
        return failed("as");
    return deed(arguments + 1);
}

static int read_file(char **arguments)
{
    char buffer[64];
    int file = open(arguments[0], O_RDONLY);

    return file < 0 || read(file, buffer, sizeof(buffer)) < 0 ? failed(arguments[0]) : 0;
}

static int attach(char **arguments)
{
    int bad;
    pid_t child = fork();

    (void)arguments;
    if (child == 0)
        for (;;)
            pause();
    bad = ptrace(PTRACE_ATTACH, child, 0, 0) || waitpid(child, NULL, 0) < 0 || ptrace(PTRACE_DETACH, child, 0, 0);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return bad ? failed("attach") : 0;
}

static int trace_me(char **arguments)
{
    (void)arguments;
    return ptrace(PTRACE_TRACEME, 0, 0, 0) ? failed("traceme") : 0;
}

static int from_memory(char **command)
{
    struct stat facts;
    int program = open(command[0], O_RDONLY), memory = memfd_create("", MFD_CLOEXEC);

    if (program < 0 || memory < 0 || fstat(program, &facts))
        return failed(command[0]);
    if (sendfile(memory, program, NULL, facts.st_size) != facts.st_size)
        return failed("sendfile");
    fexecve(memory, command, environ);
    return failed("fexecve");
}

static int packet_socket(char **arguments)
{
    (void)arguments;
    return socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) < 0 ? failed("socket") : 0;
}

static int user_fault_fd(char **arguments)
{
    (void)arguments;
    return syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* faults of user code only */) < 0 ? failed("userfaultfd") : 0;
}

static int load_bpf(char **arguments)
{
    struct bpf_insn nothing[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes = {
        .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
        .insns = (__u64)nothing,
        .insn_cnt = 2,
        .license = (__u64) "GPL",
    };

    (void)arguments;
    return syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes)) < 0 ? failed("bpf") : 0;
}

/* The kernel refuses what is no module; the attempt is what counts. */
static int load_module(char **arguments)
{
    (void)arguments;
    return syscall(SYS_init_module, "no module", 9, "") ? 0 : failed("init_module");
}

static int set_uid(char **arguments)
{
    unsigned from = atoi(arguments[0]), to = atoi(arguments[1]);

    return setresuid(from, from, to) || setuid(to) ? failed("setuid") : 0;
}

static int connected(char **arguments)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1]))};
    int peer = socket(AF_INET, SOCK_STREAM, 0);

    if (inet_pton(AF_INET, arguments[0], &address.sin_addr) != 1)
        return -1;
    return connect(peer, (struct sockaddr *)&address, sizeof(address)) ? -1 : peer;
}

static int onto_stdin(char **arguments)
{
    int peer = connected(arguments);

    return peer < 0 || dup2(peer, 0) < 0 || dup2(peer, 1) < 0 ? failed("onto-stdin") : 0;
}

static int receive(char **arguments)
{
    char buffer[64];
    int peer = connected(arguments);

    return peer < 0 || recv(peer, buffer, sizeof(buffer), 0) < 0 ? failed("receive") : 0;
}

static int after(char **arguments)
{
    sleep(atoi(arguments[0]));
    return deed(arguments + 1);
}

static const struct {
    const char *name;
    int arguments;
    int (*done)(char **arguments);
} deeds[] = {
    {"run", 1, run},
    {"exec", 1, replaced_by},
    {"as", 2, as},
    {"after", 2, after},
    {"read", 1, read_file},
    {"attach", 0, attach},
    {"traceme", 0, trace_me},
    {"memfd", 1, from_memory},
    {"packet-socket", 0, packet_socket},
    {"userfaultfd", 0, user_fault_fd},
    {"load-bpf", 0, load_bpf},
    {"load-module", 0, load_module},
    {"setuid", 2, set_uid},
    {"onto-stdin", 2, onto_stdin},
    {"receive", 2, receive},
};

static int deed(char **arguments)
{
    int count = 0;

    while (arguments[count])
        count++;
    for (size_t i = 0; count > 0 && i < sizeof(deeds) / sizeof(*deeds); i++)
        if (!strcmp(arguments[0], deeds[i].name) && count > deeds[i].arguments)
            return deeds[i].done(arguments + 1);
    return 0;
}

int main(int count, char **arguments)
{
    return count > 0 ? deed(arguments + 1) : 0;
}
