/* Makes a known number of calls, and tells how many as JSON: the load under which the daemon is measured.

   capture_load open RATE SECONDS      open and close a file, RATE calls a second (0: as fast as it goes)
   capture_load alert RATE SECONDS     read a file that is sensitive, RATE times a second
   capture_load fork RATE SECONDS      fork, and wait for the child's end
   capture_load exec RATE SECONDS      start a program (itself), and wait for its end
   capture_load walk PATH              open and read every folder below a path, as find does
   capture_load churn RATE SECONDS     a new file with a name of its own, opened by a new process
   capture_load cost COUNT             CPU nanoseconds of an open, of a close and of a getppid
   capture_load none                   end at once

   open(2) and fork(2) are made by number: few other programs do so, so that what is lost is its own. */

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_NS 2000000L
#define FILE_PATH "/etc/hostname"
#define SENSITIVE "/etc/shadow"

static char *itself;
static long opens, closes, forks, execs, dirs;

static long now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void open_and_close(const char *path, int flags)
{
    long fd = syscall(SYS_open, path, flags, 0600);
    opens++;
    if (fd >= 0) {
        syscall(SYS_close, fd);
        closes++;
    }
}

static void step_open(void) { open_and_close(FILE_PATH, O_RDONLY); }
static void step_alert(void) { open_and_close(SENSITIVE, O_RDONLY); }

static void wait_for(long pid)
{
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

static void step_fork(void)
{
    long pid = syscall(SYS_fork);
    if (pid == 0)
        syscall(SYS_exit_group, 0);
    forks += pid > 0;
    wait_for(pid);
}

static void step_exec(void)
{
    long pid = syscall(SYS_fork);
    if (pid == 0) {
        char *argv[] = {itself, "none", NULL}, *envp[] = {NULL};
        syscall(SYS_execve, itself, argv, envp);
        syscall(SYS_exit_group, 1);
    }
    forks += pid > 0;
    execs += pid > 0;
    wait_for(pid);
}

static void step_churn(void)
{
    static long number;
    char path[64];
    snprintf(path, sizeof path, "churn-%d-%ld", getpid(), number++);
    long pid = syscall(SYS_fork);
    if (pid == 0) {
        open_and_close(path, O_CREAT | O_RDWR);
        char *argv[] = {itself, "none", path, NULL}, *envp[] = {NULL};
        syscall(SYS_execve, itself, argv, envp);
        syscall(SYS_exit_group, 1);
    }
    forks += pid > 0;
    execs += pid > 0;
    wait_for(pid);
    unlink(path);
}

/* Take steps at a rate: as many as are due at every tick, and sleep until the next one. */
static void pace(void (*step)(void), long per_step, double rate, double seconds)
{
    long begin = now(CLOCK_MONOTONIC), end = begin + (long)(seconds * 1e9), done = 0;
    for (long at = begin; at < end; at = now(CLOCK_MONOTONIC)) {
        long due = rate > 0 ? (long)((at - begin) / 1e9 * rate / per_step) : done + 64;
        while (done < due) {
            step();
            done++;
        }
        if (rate > 0) {
            struct timespec rest = {0, TICK_NS};
            nanosleep(&rest, NULL);
        }
    }
}

static void walk(const char *name)
{
    static char buffer[32768];
    long fd = syscall(SYS_open, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0), size;
    opens++;
    if (fd < 0)
        return;
    char **found = NULL;
    size_t count = 0, room = 0;
    while ((size = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0)
        for (long place = 0; place < size;) {
            struct dirent64 *entry = (struct dirent64 *)(buffer + place);
            place += entry->d_reclen;
            if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
                continue;
            if (count == room)
                found = realloc(found, (room = 2 * room + 16) * sizeof *found);
            if (asprintf(&found[count], "%s/%s", strcmp(name, "/") ? name : "", entry->d_name) > 0)
                count++;
        }
    syscall(SYS_close, fd);
    closes++;
    dirs++;
    for (size_t index = 0; index < count; index++) {
        walk(found[index]);
        free(found[index]);
    }
    free(found);
}

static void cost(long count)
{
    long at[4] = {now(CLOCK_PROCESS_CPUTIME_ID)};
    for (long index = 0; index < count; index++)
        step_open();
    at[1] = now(CLOCK_PROCESS_CPUTIME_ID);
    for (long index = 0; index < count; index++)
        syscall(SYS_getppid);
    at[2] = now(CLOCK_PROCESS_CPUTIME_ID);
    printf("{\"pair_ns\": %.2f, \"other_ns\": %.2f}\n", (double)(at[1] - at[0]) / count, (double)(at[2] - at[1]) / count);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "none";
    double rate = argc > 2 ? atof(argv[2]) : 0, seconds = argc > 3 ? atof(argv[3]) : 1;
    itself = argv[0];
    if (!strcmp(what, "none"))
        return 0;
    if (!strcmp(what, "cost")) {
        cost(atol(argv[2]));
        return 0;
    }
    long begin = now(CLOCK_MONOTONIC);
    if (!strcmp(what, "open"))
        pace(step_open, 2, rate, seconds);
    else if (!strcmp(what, "alert"))
        pace(step_alert, 1, rate, seconds);
    else if (!strcmp(what, "fork"))
        pace(step_fork, 1, rate, seconds);
    else if (!strcmp(what, "exec"))
        pace(step_exec, 1, rate, seconds);
    else if (!strcmp(what, "churn"))
        pace(step_churn, 1, rate, seconds);
    else if (!strcmp(what, "walk"))
        walk(argv[2]);
    else
        return 2;
    printf("{\"open\": %ld, \"close\": %ld, \"fork\": %ld, \"execve\": %ld, \"folders\": %ld, \"seconds\": %.6f}\n",
           opens, closes, forks, execs, dirs, (now(CLOCK_MONOTONIC) - begin) / 1e9);
    return 0;
}
