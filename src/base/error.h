/*
 * base/error.h - why something did not work, as a code and a sentence for a human.
 *
 * A function that can fail returns bool (or a pointer) and takes `struct error *err`
 * last.  On success err is untouched; on failure it holds code and text.  err may be
 * NULL when nobody wants to know.  http/status.h turns codes into HTTP statuses.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#include "base/util.h"

enum error_code {
	ERROR_NONE = 0,
	ERROR_INVALID, /* bad input: the text names what and the fix */
	ERROR_NOT_FOUND,
	ERROR_CONFLICT,
	ERROR_FORBIDDEN,
	ERROR_TOO_LARGE,   /* a ceiling was passed */
	ERROR_UNSUPPORTED, /* understood, but not offered here */
	ERROR_UNAVAILABLE, /* cannot be done now: no node, full queue */
	ERROR_NO_LEADER,   /* of several managers none leads, or it cannot be reached: soon again */
	ERROR_FULL,        /* there are too many already */
	ERROR_ENGINE,      /* an engine (or store) answered with an error; see status */
	ERROR_CONNECT,     /* no connection: refused, no route, name unknown */
	ERROR_TIMEOUT,     /* a budget was used up: connect, head or idle */
	ERROR_TLS,         /* handshake or certificate */
	ERROR_CLOSED,      /* the peer went away in the middle */
	ERROR_PROTOCOL,    /* the peer does not speak what it should */
	ERROR_CANCELLED,   /* our side gave up: client gone, shutting down */
	ERROR_INTERNAL,
};

struct error {
	enum error_code code;
	int status; /* HTTP status of the peer with ERROR_ENGINE, else 0 */
	char *text; /* owned; never NULL while code is set */
};

#define ERROR_INIT ((struct error){ 0 })

/* All return false, so that failing is one line.  They replace what was there. */
bool error_set(struct error *err, enum error_code code, const char *fmt, ...) printf_like(3, 4);
bool error_set_status(struct error *err, int status, const char *fmt, ...) printf_like(3, 4);
/* From errno: "what: Connection refused", with ERROR_CONNECT/TIMEOUT/CLOSED/... chosen by number.
 */
bool error_set_errno(struct error *err, int number, const char *fmt, ...) printf_like(3, 4);
/* Put "context: " before the text that is there.  Returns false. */
bool error_wrap(struct error *err, const char *fmt, ...) printf_like(2, 3);

void error_clear(struct error *err);
/* Give the content of `from` to `to` (whatever was there is freed); `from` is empty afterwards. */
void error_move(struct error *to, struct error *from);
void error_copy(struct error *to, const struct error *from);
/* The macros tell the compiler, too, that the result is false. */
static inline bool error_false(bool result)
{
	(void)result;
	return false;
}
#define error_set(...)        error_false(error_set(__VA_ARGS__))
#define error_set_status(...) error_false(error_set_status(__VA_ARGS__))
#define error_set_errno(...)  error_false(error_set_errno(__VA_ARGS__))
#define error_wrap(...)       error_false(error_wrap(__VA_ARGS__))
static inline bool error_is_set(const struct error *err)
{
	return err->code != ERROR_NONE;
}
/* Text for logs; "no error" when there is none. */
const char *error_text(const struct error *err);
/* One lower-case word for counters and logs: "connect", "timeout", ... */
const char *error_code_name(enum error_code code);

#define auto_error __attribute__((cleanup(error_clear)))
