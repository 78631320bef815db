/* net/child.c - posix_spawn, and a descriptor that says when it is over. */
#include "net/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

extern char **environ;

static void end(struct child *c)
{
	c->done = true;
	task_wake(c->task);
}

static void stop_watching(struct child *c)
{
	event_del(&c->ended);
	timer_stop(&c->limit);
	close(c->fd);
	c->pid = 0;
}

static void note_status(struct child *c, int status)
{
	if (c->over)
		error_set(&c->err, ERROR_TIMEOUT, "did not end in its time");
	else if (WIFSIGNALED(status))
		error_set(&c->err, ERROR_INTERNAL, "was ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		error_set(&c->err, ERROR_INTERNAL, "ended with status %d", WEXITSTATUS(status));
}

static void handle_ended(int fd, maybe_unused short what, void *arg)
{
	struct child *c = arg;
	int status = 0;

	assert(c->fd == fd);
	if (waitpid(c->pid, &status, WNOHANG) != c->pid)
		return;
	stop_watching(c);
	note_status(c, status);
	end(c);
}

/* Who has ended is noticed as always. */
static void handle_limit(struct timer *t)
{
	struct child *c = container_of(t, struct child, limit);

	c->over = true;
	kill(-c->pid, SIGKILL);
}

static char **join_environment(const char *const *more)
{
	size_t ours = 0, count = 0;
	char **all;

	while (environ[ours])
		ours++;
	while (more[count])
		count++;
	all = xcalloc(ours + count + 1, sizeof(*all));
	for (size_t i = 0; i < count; i++)
		all[i] = (char *)more[i]; /* the first of a name is what getenv finds */
	memcpy(&all[count], environ, ours * sizeof(*all));
	return all;
}

static int spawn(struct child *c, const char *const *arguments, const char *const *environment)
{
	auto_free char **all = join_environment(environment);
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, usual;
	int number;

	sigemptyset(&none);
	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &usual);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	number = posix_spawn(
		&c->pid, arguments[0], &files, &attributes, (char *const *)arguments, all);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return number;
}

void child_start(struct child *c, struct loop *loop, const char *const *arguments,
	const char *const *environment, int64_t limit_ms, struct task *t)
{
	child_finish(c);
	c->task = t;
	c->over = false;
	int number = spawn(c, arguments, environment);

	c->pid = number ? 0 : c->pid;
	c->fd = number ? -1 : (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->fd < 0) {
		error_set(&c->err, ERROR_INTERNAL, "cannot be started: %s",
			strerror(number ? number : errno));
		if (c->pid)
			kill(-c->pid, SIGKILL);
		c->pid = 0;
		end(c);
		return;
	}
	event_assign(&c->ended, loop_base(loop), c->fd, EV_READ | EV_PERSIST, handle_ended, c);
	event_add(&c->ended, NULL);
	timer_init(&c->limit, loop, handle_limit);
	timer_start(&c->limit, limit_ms);
}

/* One that does not end when it is killed is left to whoever inherits it. */
void child_finish(struct child *c)
{
	if (c->pid) {
		kill(-c->pid, SIGKILL);
		waitpid(c->pid, NULL, WNOHANG);
		stop_watching(c);
	}
	error_clear(&c->err);
	c->done = false;
}
