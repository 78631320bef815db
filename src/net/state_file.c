/* net/state_file.c - a thread writes beside the file, then renames. */
#include "net/state_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

struct state_file {
	struct loop *loop;
	char *folder;            /* owned */
	char *name, *fresh_name; /* in the folder; owned */
	int folder_fd, lock_fd;
	int wake_fd; /* the thread writes to it as its last act */
	struct event woken;
	bool woken_added;

	/* The save under way: the thread's until it has woken us. */
	bool saving, threaded;
	pthread_t thread;
	char *text; /* owned */
	size_t len;
	struct error result;

	void (*done)(void *arg, const struct error *err);
	void *arg;
};

/* --- writing: nothing here touches what the loop uses --- */

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_fresh(const struct state_file *sf, const char *text, size_t len)
{
	int fd = openat(sf->folder_fd, sf->fresh_name,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return false;
	bool ok = write_all(fd, text, len) && fsync(fd) == 0;
	int number = errno;
	close(fd);
	errno = number;
	return ok;
}

static bool write_state(
	const struct state_file *sf, const char *text, size_t len, struct error *err)
{
	if (write_fresh(sf, text, len) &&
		renameat(sf->folder_fd, sf->fresh_name, sf->folder_fd, sf->name) == 0 &&
		fsync(sf->folder_fd) == 0)
		return true;
	return error_set(err, ERROR_UNAVAILABLE, "cannot write %s/%s: %s", sf->folder, sf->name,
		strerror(errno));
}

static void *save_thread(void *arg)
{
	struct state_file *sf = arg;
	uint64_t one = 1;

	write_state(sf, sf->text, sf->len, &sf->result);
	/* An eventfd with room for one takes it. */
	(void)!write(sf->wake_fd, &one, sizeof(one));
	return NULL;
}

/* --- the loop's side --- */

/* The thread is over, or about to return. */
static void end_save(struct state_file *sf)
{
	if (sf->threaded)
		pthread_join(sf->thread, NULL);
	sf->threaded = false;
	sf->saving = false;
	free(steal(sf->text));
}

static void handle_woken(int fd, maybe_unused short what, void *arg)
{
	struct state_file *sf = arg;
	auto_error struct error result = ERROR_INIT;
	uint64_t count;

	assert(sf->wake_fd == fd);
	if (read(fd, &count, sizeof(count)) != (ssize_t)sizeof(count))
		return; /* state_file_save_now has waited for it, in this turn */
	assert(sf->saving);
	end_save(sf);
	error_move(&result, &sf->result);
	sf->done(sf->arg, error_is_set(&result) ? &result : NULL);
}

/* Signals are for the loop alone. */
static bool start_thread(struct state_file *sf)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&sf->thread, NULL, save_thread, sf);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed == 0;
}

void state_file_save(struct state_file *sf, char *text, size_t len,
	void (*done)(void *arg, const struct error *err), void *arg)
{
	assert(!sf->saving);
	sf->saving = true;
	sf->text = text;
	sf->len = len;
	sf->done = done;
	sf->arg = arg;
	sf->threaded = start_thread(sf);
	if (!sf->threaded)
		save_thread(sf); /* better late than never */
}

bool state_file_saving(const struct state_file *sf)
{
	return sf->saving;
}

bool state_file_save_now(struct state_file *sf, const char *text, size_t len, struct error *err)
{
	uint64_t count;

	if (sf->saving) {
		end_save(sf);
		error_clear(&sf->result);
		(void)!read(sf->wake_fd, &count, sizeof(count));
	}
	return write_state(sf, text, len, err);
}

/* --- opening --- */

static bool fail_open(const char *folder, int number, struct error *err)
{
	static const char *const fix[] = {
		"run as a user who may, or choose another folder with --state-dir",
		"make it, or choose another one with --state-dir",
	};

	return error_set(err, ERROR_INVALID, "state folder '%s': %s: %s", folder, strerror(number),
		fix[number == ENOENT]);
}

static bool open_folder(struct state_file *sf, struct error *err)
{
	if (mkdir(sf->folder, 0700) != 0 && errno != EEXIST)
		return fail_open(sf->folder, errno, err);
	sf->folder_fd = open(sf->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return sf->folder_fd >= 0 || fail_open(sf->folder, errno, err);
}

/* Making the lock file shows as well that files can be made here. */
static bool lock_folder(struct state_file *sf, struct error *err)
{
	auto_free char *name = xasprintf("%s.lock", sf->name);

	sf->lock_fd = openat(
		sf->folder_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (sf->lock_fd < 0)
		return fail_open(sf->folder, errno, err);
	if (flock(sf->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno != EWOULDBLOCK)
		return fail_open(sf->folder, errno, err);
	return error_set(err, ERROR_CONFLICT,
		"state folder '%s' is in use by another manager: choose another one with "
		"--state-dir",
		sf->folder);
}

static bool start_waking(struct state_file *sf, struct error *err)
{
	sf->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (sf->wake_fd < 0)
		return error_set(err, ERROR_UNAVAILABLE, "eventfd: %s", strerror(errno));
	event_assign(&sf->woken, loop_base(sf->loop), sf->wake_fd, EV_READ | EV_PERSIST,
		handle_woken, sf);
	event_add(&sf->woken, NULL);
	sf->woken_added = true;
	return true;
}

struct state_file *state_file_open(
	struct loop *loop, const char *folder, const char *name, struct error *err)
{
	struct state_file *sf = xnew(struct state_file);

	sf->loop = loop;
	sf->folder = xstrdup(folder);
	sf->name = xstrdup(name);
	sf->fresh_name = xasprintf("%s.new", name);
	sf->folder_fd = sf->lock_fd = sf->wake_fd = -1;
	if (open_folder(sf, err) && lock_folder(sf, err) && start_waking(sf, err))
		return sf;
	state_file_close(sf);
	return NULL;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void state_file_close(struct state_file *sf)
{
	if (!sf)
		return;
	if (sf->saving)
		end_save(sf);
	if (sf->woken_added)
		event_del(&sf->woken);
	close_fd(sf->wake_fd);
	close_fd(sf->lock_fd);
	close_fd(sf->folder_fd);
	error_clear(&sf->result);
	free(sf->fresh_name);
	free(sf->name);
	free(sf->folder);
	free(sf);
}

/* --- reading --- */

static bool read_all(int fd, struct strbuf *ret)
{
	char chunk[16 * 1024];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		strbuf_add(ret, chunk, (size_t)n);
	}
}

bool state_file_read(const struct state_file *sf, struct strbuf *ret, struct error *err)
{
	int fd = openat(sf->folder_fd, sf->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return true;
	bool ok = fd >= 0 && read_all(fd, ret);
	int number = errno;
	close_fd(fd);
	if (ok && !ret->overflow)
		return true;
	return error_set(err, ERROR_INVALID, "%s/%s: %s", sf->folder, sf->name,
		ok ? "too large" : strerror(number));
}
