/*
 * manager/progress.h - the lines in which engines report how far they are.
 *
 * Engines write one JSON object per line.  A line may be long (a build's output, a plugin's error),
 * but not endless, and one that is no JSON is skipped.  Clients see every engine's lines under the
 * name of its node.
 */
#pragma once

#include <event2/buffer.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"

#define PROGRESS_LINE_MAX ((size_t)16 * 1024 * 1024)

/* Cuts a stream into lines; every byte is looked at once.  Starts as PROGRESS_READER_INIT. */
struct progress_reader {
	struct strbuf line; /* of which the end has not come yet */
	bool complete;      /* private: the line has been handed out */
};

#define PROGRESS_READER_INIT                                                                       \
	((struct progress_reader){ .line = { .buf = strbuf_empty, .max = PROGRESS_LINE_MAX } })

/* Takes the next line out of `in`, without its end; valid until the next call.  NULL when more
 * bytes are needed, and with err set when the line has become too long. */
const char *progress_reader_next(
	struct progress_reader *r, struct evbuffer *in, size_t *ret_len, struct error *err);
/* What came after the last line break, once the stream is over; NULL when nothing did. */
const char *progress_reader_rest(struct progress_reader *r, size_t *ret_len);
void progress_reader_finish(struct progress_reader *r);

/*
 * One line of an engine as clients see it: the status becomes "title : status" (title NULL: it
 * stays), the id becomes the node, everything else passes.  Appends nothing for a line that is no
 * JSON object.  False with err when the line reports a failure: `errorDetail`, or `error` alone.
 */
bool progress_translate(struct strbuf *to, const char *line, size_t len, const char *title,
	const char *node, struct error *err);
/* A line of our own: "title : what"; either may be NULL, and so may the node. */
void progress_say(struct strbuf *to, const char *title, const char *what, const char *node);
/* The line by which clients know that the whole has failed. */
void progress_say_failed(struct strbuf *to, const char *text);
/* Does the status of an engine's line begin like this? */
bool progress_begins(const char *line, size_t len, const char *with);
/* `cannot load windows image on linux`: the image is not meant for this engine, which is no
 * failure.  The sentence that says so, prefixed by "Load" or "Import"; NULL when err is about
 * something else. */
char *progress_skip_reason(const struct error *err, const char *what) must_check;
