/* discovery/file.c - the file is read when its folder says that something has changed. */
#include "discovery/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "discovery/discovery_private.h"
#include "discovery/entry.h"
#include "discovery/range.h"

/* A burst of changes is one look at the file. */
#define SETTLE_MS 20

/*
 * What can end with another content under the file's name.  Not IN_CREATE: a file that is being
 * written starts empty, and an empty list would remove every engine; its close is seen instead.
 */
#define WATCHED_EVENTS                                                                             \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF |               \
		IN_MOVE_SELF | IN_ONLYDIR)

#define FOLDER_GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

struct file {
	struct discovery base;
	char *path;       /* owned */
	char *folder;     /* owned */
	const char *name; /* last part of path */

	int inotify; /* -1 when the kernel has none left: polling alone does */
	int watch;   /* of the folder; -1 while there is none */
	struct event readable;
	bool readable_added;
	struct timer look; /* next time to read */
	bool settling;     /* look is near; more events do not move it away */
};

/* --- the text --- */

struct parser {
	struct strv *members;
	size_t expanded; /* entries made so far, those of malformed lines too: it bounds the work */
	size_t bad_lines;
	struct error *first; /* of the bad lines; may be NULL */
};

static void note_bad_line(struct parser *p, size_t number, struct error *why)
{
	if (p->bad_lines++ == 0 && p->first) {
		error_wrap(why, "line %zu", number);
		error_move(p->first, why);
	}
}

static bool check_entries(const struct strv *members, size_t from, struct error *err)
{
	for (size_t i = from; i < members->count; i++) {
		if (!entry_check(members->items[i], err))
			return false;
	}
	return true;
}

static bool parse_item(struct parser *p, const char *item, struct error *err)
{
	size_t before = p->members->count;

	if (p->expanded > RANGE_MAX_ENTRIES)
		return error_set(err, ERROR_TOO_LARGE,
			"the lines above stand for more than %d addresses", RANGE_MAX_ENTRIES);
	if (!range_expand(item, p->members, err))
		return false;
	p->expanded += p->members->count - before;
	if (check_entries(p->members, before, err))
		return true;
	while (p->members->count > before)
		strv_remove(p->members, p->members->count - 1);
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static void parse_line(struct parser *p, const char *line, size_t len, size_t number)
{
	const char *comment = memchr(line, '#', len);
	const char *end = comment ? comment : line + len;

	while (line < end && is_blank(*line))
		line++;
	while (end > line && is_blank(end[-1]))
		end--;
	if (line == end)
		return;

	auto_free char *item = xstrndup(line, (size_t)(end - line));
	auto_error struct error why = ERROR_INIT;
	if (strlen(item) != (size_t)(end - line))
		error_set(&why, ERROR_INVALID, "a NUL byte in the address");
	else if (parse_item(p, item, &why))
		return;
	note_bad_line(p, number, &why);
}

bool file_parse(const char *text, size_t len, struct strv *ret, struct error *err)
{
	struct parser p = { .members = ret, .first = err };
	const char *end = text + len;

	for (size_t number = 1; text < end; number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *stop = newline ? newline : end;

		parse_line(&p, text, (size_t)(stop - text), number);
		text = newline ? newline + 1 : end;
	}
	if (p.bad_lines > 1 && err) {
		auto_error struct error first = ERROR_INIT;
		error_move(&first, err);
		error_set(err, first.code, "%s (and %zu more malformed lines)", first.text,
			p.bad_lines - 1);
	}
	return p.bad_lines == 0;
}

/* --- reading --- */

static bool read_all(int fd, struct strbuf *text, struct error *err)
{
	char chunk[16 * 1024];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(err, ERROR_UNAVAILABLE, "%s", strerror(errno));
		if (n == 0)
			return true;
		strbuf_add(text, chunk, (size_t)n);
		if (text->overflow)
			return error_set(
				err, ERROR_TOO_LARGE, "larger than %d bytes", FILE_MAX_BYTES);
	}
}

/* Regular files only: a pipe or a terminal would stop the loop. */
static bool read_regular(int fd, struct strbuf *text, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set(err, ERROR_UNAVAILABLE, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_INVALID, "not a regular file");
	return read_all(fd, text, err);
}

static bool read_path(const char *path, struct strbuf *text, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return error_set(err, ERROR_NOT_FOUND, "%s", strerror(errno));
	bool ok = read_regular(fd, text, err);
	close(fd);
	return ok;
}

static void read_members(struct file *f)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_strv struct strv members = STRV_INIT;
	auto_error struct error err = ERROR_INIT;

	strbuf_init(&text, FILE_MAX_BYTES);
	if (!read_path(f->path, &text, &err)) {
		error_wrap(&err, "failed to read '%s'", f->path);
		discovery_tell_error(&f->base, &err);
		return;
	}
	bool all_good = file_parse(text.buf, text.len, &members, &err);
	discovery_tell(&f->base, &members);
	if (!all_good) {
		error_wrap(&err, "'%s'", f->path);
		discovery_tell_error(&f->base, &err);
	}
}

/* --- when to read --- */

/* The folder may not be there yet, or be another one than before: tried again at every look. */
static void watch_folder(struct file *f)
{
	if (f->inotify >= 0 && f->watch < 0)
		f->watch = inotify_add_watch(f->inotify, f->folder, WATCHED_EVENTS);
}

static void handle_look(struct timer *t)
{
	struct file *f = container_of(t, struct file, look);

	f->settling = false;
	watch_folder(f);
	read_members(f);
	timer_start(&f->look, f->base.heartbeat_ms);
}

/* True when the event is a reason to look at the file. */
static bool note_event(struct file *f, const struct inotify_event *e)
{
	if (e->wd == f->watch && (e->mask & FOLDER_GONE)) {
		inotify_rm_watch(f->inotify, f->watch); /* moved: it would follow the old folder */
		f->watch = -1;
		return true;
	}
	if (e->mask & IN_Q_OVERFLOW)
		return true;
	return e->len > 0 && strcmp(e->name, f->name) == 0;
}

static bool drain_events(struct file *f)
{
	_Alignas(struct inotify_event) char events[4096];
	bool look = false;

	for (;;) {
		ssize_t n = read(f->inotify, events, sizeof(events));
		if (n <= 0)
			return look;
		for (char *at = events; at < events + n;) {
			const struct inotify_event *e = (const void *)at;
			look |= note_event(f, e);
			at += sizeof(*e) + e->len;
		}
	}
}

static void handle_readable(int fd, maybe_unused short what, void *arg)
{
	struct file *f = arg;

	assert(f->inotify == fd);
	if (!drain_events(f) || f->settling)
		return;
	f->settling = true;
	timer_start(&f->look, SETTLE_MS);
}

static void start_watching(struct file *f)
{
	f->watch = -1;
	f->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->inotify < 0)
		return;
	event_assign(&f->readable, loop_base(f->base.loop), f->inotify, EV_READ | EV_PERSIST,
		handle_readable, f);
	f->readable_added = event_add(&f->readable, NULL) == 0;
}

/* --- the scheme --- */

bool file_check(
	const struct discovery_url *url, maybe_unused const struct strv *options, struct error *err)
{
	if (!*url->rest)
		return error_set(err, ERROR_INVALID, "file:// needs a path: file://path/to/file");
	return true;
}

static void file_reload(struct discovery *d)
{
	struct file *f = container_of(d, struct file, base);

	timer_start(&f->look, 0);
}

static void file_destroy(struct discovery *d)
{
	struct file *f = container_of(d, struct file, base);

	timer_stop(&f->look);
	if (f->readable_added)
		event_del(&f->readable);
	if (f->inotify >= 0)
		close(f->inotify);
	discovery_finish(&f->base);
	free(f->folder);
	free(f->path);
	free(f);
}

static const struct discovery_backend file_backend = {
	.destroy = file_destroy,
	.reload = file_reload,
};

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup(".");
	return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

struct discovery *file_create(const struct discovery_config *config)
{
	struct file *f = xnew(struct file);
	const char *slash;

	discovery_init(&f->base, &file_backend, config);
	f->path = xstrdup(config->url->rest);
	f->folder = folder_of(f->path);
	slash = strrchr(f->path, '/');
	f->name = slash ? slash + 1 : f->path;
	start_watching(f);
	timer_init(&f->look, config->loop, handle_look);
	timer_start(&f->look, 0);
	return &f->base;
}
