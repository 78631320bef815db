/* discovery/registry.c - clusters by token, members with a time to live. */
#include "discovery/registry.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/map.h"
#include "discovery/hub_url.h"
#include "net/state_file.h"

#define FILE_NAME "registry"

enum {
	SWEEP_MS = 1000,
	SAVE_AGAIN_MS = 1000,
	FILE_MAX_BYTES = 32 * 1024 * 1024,
};

struct member {
	char *address; /* owned; the key */
	int64_t ttl_s;
	int64_t deadline_ms; /* monotonic: a clock that is set right expires nobody */
	UT_hash_handle hh;   /* in the order of first registration */
};

/* The map is keyed with a secret of the process, so the time of a look-up says nothing about how
 * much of a guessed token was right. */
struct cluster_token {
	char *name;             /* owned; the key */
	struct member *members; /* owned */
	uint64_t index;
	struct registry_text *text; /* of the list as it is; counted; NULL: nobody has asked */
	UT_hash_handle hh;
};

struct registry {
	struct loop *loop;
	const struct registry_ops *ops;
	void *arg;
	struct cluster_token *tokens; /* owned */
	char *own;                    /* owned; NULL before it was asked for */
	size_t members_count;
	uint64_t last_index;
	struct timer sweep;

	struct state_file *file; /* owned */
	struct deferred save;    /* at the end of the turn: all its changes are one write */
	struct timer save_again;
	uint64_t generation, saving, saved, failed;
	struct error why_failed;

	struct list change_waits, save_waits; /* struct registry_wait::link */
};

/* --- waiting --- */

void registry_wait_in(struct list *list, struct registry_wait *wait, struct task *task)
{
	list_remove(&wait->link);
	wait->task = task;
	list_push_back(list, &wait->link);
}

void registry_wait_change(struct registry *r, struct registry_wait *wait, struct task *task)
{
	registry_wait_in(&r->change_waits, wait, task);
}

void registry_wait_saved(struct registry *r, struct registry_wait *wait, struct task *task)
{
	registry_wait_in(&r->save_waits, wait, task);
}

static void wake_all(struct list *waits)
{
	struct registry_wait *w;

	list_for_each (w, waits, link)
		task_wake(w->task);
}

/* --- saving --- */

static void format_token(struct strbuf *sb, const struct cluster_token *t)
{
	registry_file_add_token(sb, t->name);
	for (const struct member *m = t->members; m; m = m->hh.next)
		registry_file_add_member(sb, m->address, m->ttl_s);
}

static void format_all(const struct registry *r, struct strbuf *sb)
{
	registry_file_begin(sb, r->own);
	for (const struct cluster_token *t = r->tokens; t; t = t->hh.next)
		format_token(sb, t);
	registry_file_end(sb);
}

static void handle_saved(void *arg, const struct error *err)
{
	struct registry *r = arg;

	if (err) {
		r->failed = r->saving;
		error_copy(&r->why_failed, err);
		r->ops->handle_error(r->arg, err);
		timer_start(&r->save_again, SAVE_AGAIN_MS);
	} else {
		r->saved = r->saving;
		if (r->saved < r->generation)
			loop_defer(r->loop, &r->save);
	}
	wake_all(&r->save_waits);
}

static void handle_save(struct deferred *d)
{
	struct registry *r = container_of(d, struct registry, save);
	struct strbuf text = STRBUF_INIT;

	if (state_file_saving(r->file) || r->saved == r->generation)
		return;
	timer_stop(&r->save_again);
	r->saving = r->generation;
	format_all(r, &text);
	size_t len = text.len;
	state_file_save(r->file, strbuf_steal(&text), len, handle_saved, r);
}

static void handle_save_again(struct timer *t)
{
	struct registry *r = container_of(t, struct registry, save_again);

	loop_defer(r->loop, &r->save);
}

static void note_change(struct registry *r)
{
	r->generation++;
	loop_defer(r->loop, &r->save);
}

uint64_t registry_generation(const struct registry *r)
{
	return r->generation;
}

enum registry_state registry_state(const struct registry *r, uint64_t generation, struct error *err)
{
	if (r->saved >= generation)
		return REGISTRY_SAVED;
	if (r->failed < generation)
		return REGISTRY_SAVING;
	if (err)
		error_copy(err, &r->why_failed);
	return REGISTRY_FAILED;
}

/* --- tokens and members --- */

static struct cluster_token *find_token(const struct registry *r, const char *name)
{
	struct cluster_token *t;

	HASH_FIND_STR(r->tokens, name, t);
	return t;
}

static struct member *find_member(const struct cluster_token *t, const char *address)
{
	struct member *m;

	HASH_FIND_STR(t->members, address, m);
	return m;
}

static struct cluster_token *add_token(struct registry *r, const char *name)
{
	struct cluster_token *t = xnew(struct cluster_token);

	t->name = xstrdup(name);
	t->index = ++r->last_index;
	HASH_ADD_KEYPTR(hh, r->tokens, t->name, strlen(t->name), t);
	return t;
}

static bool has_room_for_token(const struct registry *r, struct error *err)
{
	return HASH_COUNT(r->tokens) < REGISTRY_MAX_TOKENS ||
	       error_set(err, ERROR_FULL, "there are %d tokens already", REGISTRY_MAX_TOKENS);
}

static void forget_text(struct cluster_token *t)
{
	if (t->text)
		registry_text_unref(steal(t->text));
}

static void note_list_change(struct registry *r, struct cluster_token *t)
{
	forget_text(t);
	t->index = ++r->last_index;
	note_change(r);
	wake_all(&r->change_waits);
}

static void beat(struct member *m, int64_t ttl_s)
{
	m->ttl_s = ttl_s;
	m->deadline_ms = clock_mono_ms() + ttl_s * 1000;
}

static void add_member(
	struct registry *r, struct cluster_token *t, const char *address, int64_t ttl_s)
{
	struct member *m = xnew(struct member);

	m->address = xstrdup(address);
	beat(m, ttl_s);
	HASH_ADD_KEYPTR(hh, t->members, m->address, strlen(m->address), m);
	r->members_count++;
}

static void drop_member(struct registry *r, struct cluster_token *t, struct member *m)
{
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) the head moves on */
	HASH_DEL(t->members, m);
	r->members_count--;
	free(m->address);
	free(m);
}

static void drop_members(struct registry *r, struct cluster_token *t)
{
	struct member *m, *next;

	HASH_ITER (hh, t->members, m, next)
		drop_member(r, t, m);
}

bool registry_add_token(
	struct registry *r, char ret_token[REGISTRY_TOKEN_LEN + 1], struct error *err)
{
	if (!has_room_for_token(r, err))
		return false;
	id_random_hex(ret_token, REGISTRY_TOKEN_LEN);
	add_token(r, ret_token);
	note_change(r);
	return true;
}

const char *registry_own_token(struct registry *r)
{
	char token[REGISTRY_TOKEN_LEN + 1];

	if (r->own)
		return r->own;
	id_random_hex(token, REGISTRY_TOKEN_LEN);
	add_token(r, token);
	r->own = xstrdup(token);
	note_change(r);
	return r->own;
}

static bool is_own(const struct registry *r, const char *token)
{
	return r->own && strcmp(r->own, token) == 0;
}

/* Whoever reaches this manager can make tokens and members of them, but only so many that its own
 * cluster still has room.  t NULL: not made yet. */
static bool has_room_for_member(const struct registry *r, const struct cluster_token *t,
	const char *token, struct error *err)
{
	const struct cluster_token *own = r->own ? find_token(r, r->own) : NULL;
	size_t of_own = own ? HASH_COUNT(own->members) : 0;
	size_t of_others = r->members_count - of_own;

	if (t && HASH_COUNT(t->members) >= REGISTRY_MAX_TOKEN_MEMBERS)
		return error_set(err, ERROR_FULL, "the token has %d members already",
			REGISTRY_MAX_TOKEN_MEMBERS);
	if (!is_own(r, token) &&
		of_others >= REGISTRY_MAX_MEMBERS - (own ? REGISTRY_MAX_TOKEN_MEMBERS : 0))
		return error_set(err, ERROR_FULL,
			"there is no room for more members: other tokens have %zu", of_others);
	return true;
}

static bool put_new(struct registry *r, const char *token, const char *address, int64_t ttl_s,
	struct error *err)
{
	struct cluster_token *t = find_token(r, token);

	if (!has_room_for_member(r, t, token, err))
		return false;
	if (!t && !has_room_for_token(r, err))
		return false;
	if (!t)
		t = add_token(r, token);
	add_member(r, t, address, ttl_s);
	note_list_change(r, t);
	return true;
}

bool registry_put(struct registry *r, const char *token, const char *address, int64_t ttl_s,
	struct error *err)
{
	struct cluster_token *t = find_token(r, token);
	struct member *m = t ? find_member(t, address) : NULL;

	assert(ttl_s >= 1 && ttl_s <= REGISTRY_MAX_TTL_S);
	if (!token_is_valid(token))
		return error_set(err, ERROR_INVALID, "malformed token");
	if (!registry_check_address(address, err))
		return false;
	if (!m)
		return put_new(r, token, address, ttl_s, err);
	if (m->ttl_s != ttl_s)
		note_change(r);
	beat(m, ttl_s);
	return true;
}

bool registry_remove(struct registry *r, const char *token, const char *address, struct error *err)
{
	struct cluster_token *t = find_token(r, token);
	struct member *m = t ? find_member(t, address) : NULL;

	if (!m)
		return error_set(err, ERROR_NOT_FOUND, "no such member");
	drop_member(r, t, m);
	note_list_change(r, t);
	return true;
}

void registry_clear(struct registry *r, const char *token)
{
	struct cluster_token *t = find_token(r, token);

	if (!t || !t->members)
		return;
	drop_members(r, t);
	note_list_change(r, t);
}

void registry_list(const struct registry *r, const char *token, struct strv *ret)
{
	const struct cluster_token *t = find_token(r, token);

	for (const struct member *m = t ? t->members : NULL; m; m = m->hh.next)
		strv_add(ret, m->address);
}

void registry_text_unref(struct registry_text *text)
{
	assert(text->references > 0);
	if (--text->references > 0)
		return;
	free(text->text);
	free(text);
}

static struct registry_text *format_list(const struct cluster_token *t)
{
	struct registry_text *text = xnew(struct registry_text);
	struct strbuf json = STRBUF_INIT;

	strbuf_add_char(&json, '[');
	for (const struct member *m = t ? t->members : NULL; m; m = m->hh.next) {
		if (m->hh.prev)
			strbuf_add_char(&json, ',');
		strbuf_add_json_str(&json, m->address, strlen(m->address));
	}
	strbuf_add_char(&json, ']');
	text->len = json.len;
	text->text = strbuf_steal(&json);
	text->references = 1;
	return text;
}

struct registry_text *registry_list_text(struct registry *r, const char *token)
{
	struct cluster_token *t = find_token(r, token);

	if (!t)
		return format_list(NULL);
	if (!t->text)
		t->text = format_list(t);
	t->text->references++;
	return t->text;
}

uint64_t registry_index(const struct registry *r, const char *token)
{
	const struct cluster_token *t = find_token(r, token);

	return t ? t->index : 0;
}

/* --- expiry --- */

static bool sweep_token(struct registry *r, struct cluster_token *t, int64_t now_ms)
{
	struct member *m, *next;
	bool dropped = false;

	HASH_ITER (hh, t->members, m, next) {
		if (m->deadline_ms > now_ms)
			continue;
		drop_member(r, t, m);
		dropped = true;
	}
	return dropped;
}

/* At most REGISTRY_MAX_MEMBERS comparisons: less than a millisecond. */
static void handle_sweep(struct timer *timer)
{
	struct registry *r = container_of(timer, struct registry, sweep);
	int64_t now_ms = clock_mono_ms();

	for (struct cluster_token *t = r->tokens; t; t = t->hh.next) {
		if (sweep_token(r, t, now_ms))
			note_list_change(r, t);
	}
	timer_start(&r->sweep, SWEEP_MS);
}

/* --- life --- */

static void load_entry(struct registry *r, const struct registry_entry *e)
{
	struct cluster_token *t = find_token(r, e->token);

	if (!t)
		t = add_token(r, e->token);
	if (e->address && !find_member(t, e->address))
		add_member(r, t, e->address, e->ttl_s);
}

static bool load(struct registry *r, struct error *err)
{
	auto_registry_entries struct registry_entries entries = { 0 };
	auto_strbuf struct strbuf text = STRBUF_INIT;

	strbuf_init(&text, FILE_MAX_BYTES);
	if (!state_file_read(r->file, &text, err) ||
		!registry_file_parse(&entries, text.buf, text.len, err))
		return false;
	for (size_t i = 0; i < entries.count; i++)
		load_entry(r, &entries.items[i]);
	r->own = steal(entries.own);
	return true;
}

static bool open_state(struct registry *r, const char *folder, struct error *err)
{
	r->file = state_file_open(r->loop, folder, FILE_NAME, err);
	if (!r->file)
		return false;
	if (load(r, err))
		return true;
	return error_wrap(err, "%s/" FILE_NAME " (move it away to start with no members)", folder);
}

struct registry *registry_create(struct loop *loop, const char *folder,
	const struct registry_ops *ops, void *arg, struct error *err)
{
	struct registry *r = xnew(struct registry);

	r->loop = loop;
	r->ops = ops;
	r->arg = arg;
	/* Larger than anything that an earlier process can have given out. */
	r->last_index = (uint64_t)clock_wall_ns() / 1000;
	list_init(&r->change_waits);
	list_init(&r->save_waits);
	deferred_init(&r->save, handle_save);
	timer_init(&r->save_again, loop, handle_save_again);
	timer_init(&r->sweep, loop, handle_sweep);
	if (!open_state(r, folder, err)) {
		registry_destroy(r);
		return NULL;
	}
	timer_start(&r->sweep, SWEEP_MS);
	return r;
}

static void save_rest(struct registry *r)
{
	auto_strbuf struct strbuf text = STRBUF_INIT;
	auto_error struct error err = ERROR_INIT;

	format_all(r, &text);
	if (!state_file_save_now(r->file, text.buf, text.len, &err))
		r->ops->handle_error(r->arg, &err);
}

void registry_destroy(struct registry *r)
{
	struct cluster_token *t, *next;

	if (!r)
		return;
	assert(list_empty(&r->change_waits) && list_empty(&r->save_waits));
	if (r->saved < r->generation)
		save_rest(r);
	state_file_close(r->file);
	timer_stop(&r->sweep);
	timer_stop(&r->save_again);
	deferred_cancel(&r->save);
	HASH_ITER (hh, r->tokens, t, next) {
		drop_members(r, t);
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) likewise */
		HASH_DEL(r->tokens, t);
		forget_text(t);
		free(t->name);
		free(t);
	}
	error_clear(&r->why_failed);
	free(r->own);
	free(r);
}
