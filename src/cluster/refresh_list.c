/* cluster/refresh_list.c - a list of an engine, entry by entry; for cluster/refresh_private.h. */
#include <string.h>

#include "cluster/refresh_private.h"

enum {
	LIST_TIMEOUT_MS = 60 * 1000, /* thousands of containers on a slow disk */
	LIST_MAX_ENTRIES = 65536,
	ENTRY_MAX_BYTES = 16 * 1024 * 1024, /* as a client may have written it */
};

void refresh_ask_list(
	struct refresh_state *job, struct refresh_list *l, const char *path, const char *member)
{
	refresh_list_finish(l);
	l->path = path;
	l->opened[0] = member;
	json_pieces_init(&l->pieces, l->opened, ENTRY_MAX_BYTES);
	refresh_ask(job, &l->call, "%s", path);
	l->call.mode = CALL_STREAM;
	l->call.head_timeout_ms = l->call.body_timeout_ms = LIST_TIMEOUT_MS;
}

void refresh_list_finish(struct refresh_list *l)
{
	json_pieces_finish(&l->pieces);
	call_finish(&l->call);
}

static bool is_entry(const struct refresh_list *l, const struct json_piece *piece)
{
	const char *list = l->opened[0] ? l->opened[0] : "";

	return piece->value && !piece->name && piece->in && strcmp(piece->in, list) == 0;
}

/* The list itself, where it begins, or what stands in its place. */
static bool is_list(const struct refresh_list *l, const struct json_piece *piece)
{
	const char *member = l->opened[0];

	if (!piece->in)
		return yyjson_is_null(piece->value) ||
		       (!piece->value && piece->is_array == !member);
	if (!member || !piece->name || strcmp(piece->in, "") != 0 ||
		strlen(member) != piece->name_len ||
		memcmp(member, piece->name, piece->name_len) != 0)
		return true;
	return piece->value ? yyjson_is_null(piece->value) : piece->is_array;
}

static bool check_piece(const struct refresh_state *job, const struct refresh_list *l,
	const struct json_piece *piece, struct error *err)
{
	const char *addr = job->engine->addr;

	if (!is_list(l, piece))
		return error_set(err, ERROR_PROTOCOL, "%s: %s is no list", addr, l->path);
	if (l->count > LIST_MAX_ENTRIES)
		return error_set(err, ERROR_TOO_LARGE, "%s: %s lists more than %d", addr, l->path,
			LIST_MAX_ENTRIES);
	return true;
}

/* What has come is to be read. */
static bool is_to_be_read(const struct call *c)
{
	return c->head_done && c->answer.status < 300;
}

static enum json_pieces_turn next_piece(struct refresh_state *job, struct refresh_list *l,
	struct json_piece *piece, struct error *err)
{
	enum json_pieces_turn turn = call_next_piece(&l->call, &l->pieces, piece, err);

	if (turn == JSON_PIECES_FAILED && !error_is_set(&l->call.err))
		error_wrap(err, "%s", job->engine->addr);
	if (turn == JSON_PIECES_PIECE) {
		l->count += is_entry(l, piece);
		return check_piece(job, l, piece, err) ? turn : JSON_PIECES_FAILED;
	}
	return turn;
}

enum json_pieces_turn refresh_next_entry(
	struct refresh_state *job, struct refresh_list *l, yyjson_val **ret, struct error *err)
{
	struct json_piece piece = { 0 };
	enum json_pieces_turn turn = JSON_PIECES_PIECE;

	if (job->engine->state == ENGINE_DISCONNECTED) {
		error_set(err, ERROR_CLOSED, "Engine no longer exists");
		return JSON_PIECES_FAILED;
	}
	if (!is_to_be_read(&l->call) || error_is_set(&l->call.err)) {
		if (!l->call.done && !call_is_refused(&l->call))
			return JSON_PIECES_MORE;
		if (refresh_answer(job, &l->call, err))
			error_set(err, ERROR_PROTOCOL, "%s: an answer without content",
				job->engine->addr);
		return JSON_PIECES_FAILED;
	}
	while (turn == JSON_PIECES_PIECE) {
		if (!loop_has_time(job->task.loop)) {
			task_wake(&job->task);
			return JSON_PIECES_MORE;
		}
		turn = next_piece(job, l, &piece, err);
		if (turn == JSON_PIECES_PIECE && is_entry(l, &piece)) {
			*ret = piece.value;
			return turn;
		}
	}
	if (turn != JSON_PIECES_MORE)
		engine_report_call(job->engine, &l->call);
	return turn;
}
