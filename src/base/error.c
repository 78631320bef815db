/* base/error.c - formatting, wrapping, and codes from errno. */
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"

static char *format_text(const char *fmt, va_list ap) printf_like(1, 0);

static char *format_text(const char *fmt, va_list ap)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_vaddf(&sb, fmt, ap);
	return strbuf_steal(&sb);
}

/* Takes text, which may have been made from the one that is replaced. */
static bool replace(struct error *err, enum error_code code, int status, char *text)
{
	free(err->text);
	*err = (struct error){ .code = code, .status = status, .text = text };
	return false;
}

bool(error_set)(struct error *err, enum error_code code, const char *fmt, ...)
{
	va_list ap;

	assert(code != ERROR_NONE);
	if (!err)
		return false;
	va_start(ap, fmt);
	char *text = format_text(fmt, ap);
	va_end(ap);
	return replace(err, code, 0, text);
}

bool(error_set_status)(struct error *err, int status, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	va_start(ap, fmt);
	char *text = format_text(fmt, ap);
	va_end(ap);
	return replace(err, ERROR_ENGINE, status, text);
}

static enum error_code code_from_errno(int number)
{
	static const struct {
		int number;
		enum error_code code;
	} map[] = {
		{ ECONNREFUSED, ERROR_CONNECT },
		{ EHOSTUNREACH, ERROR_CONNECT },
		{ EHOSTDOWN, ERROR_CONNECT },
		{ ENETUNREACH, ERROR_CONNECT },
		{ ENETDOWN, ERROR_CONNECT },
		{ EADDRNOTAVAIL, ERROR_CONNECT },
		{ ETIMEDOUT, ERROR_TIMEOUT },
		{ ECONNRESET, ERROR_CLOSED },
		{ ECONNABORTED, ERROR_CLOSED },
		{ ENOTCONN, ERROR_CLOSED },
		{ EPIPE, ERROR_CLOSED },
		{ EPROTO, ERROR_PROTOCOL },
		{ ECANCELED, ERROR_CANCELLED },
		{ EACCES, ERROR_FORBIDDEN },
		{ EPERM, ERROR_FORBIDDEN },
		{ EROFS, ERROR_FORBIDDEN },
		{ ENOENT, ERROR_NOT_FOUND },
		{ ENOTDIR, ERROR_NOT_FOUND },
		{ EADDRINUSE, ERROR_CONFLICT },
		{ EEXIST, ERROR_CONFLICT },
		{ EINVAL, ERROR_INVALID },
		{ ENAMETOOLONG, ERROR_INVALID },
		{ EISDIR, ERROR_INVALID },
		{ EAFNOSUPPORT, ERROR_UNSUPPORTED },
		{ ENOSYS, ERROR_UNSUPPORTED },
		{ EOPNOTSUPP, ERROR_UNSUPPORTED },
		{ EFBIG, ERROR_TOO_LARGE },
		{ EMSGSIZE, ERROR_TOO_LARGE },
		{ EAGAIN, ERROR_UNAVAILABLE },
		{ EMFILE, ERROR_UNAVAILABLE },
		{ ENFILE, ERROR_UNAVAILABLE },
		{ ENOBUFS, ERROR_UNAVAILABLE },
		{ ENOMEM, ERROR_UNAVAILABLE },
		{ ENOSPC, ERROR_UNAVAILABLE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
		if (map[i].number == number)
			return map[i].code;
	}
	return ERROR_INTERNAL;
}

bool(error_set_errno)(struct error *err, int number, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	va_start(ap, fmt);
	auto_free char *what = format_text(fmt, ap);
	va_end(ap);
	return replace(
		err, code_from_errno(number), 0, xasprintf("%s: %s", what, strerror(number)));
}

bool(error_wrap)(struct error *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	assert(err->code != ERROR_NONE);
	va_start(ap, fmt);
	auto_free char *context = format_text(fmt, ap);
	va_end(ap);
	return replace(err, err->code, err->status, xasprintf("%s: %s", context, err->text));
}

void error_clear(struct error *err)
{
	free(err->text);
	*err = ERROR_INIT;
}

void error_move(struct error *to, struct error *from)
{
	if (!to) {
		error_clear(from);
		return;
	}
	free(to->text);
	*to = *from;
	*from = ERROR_INIT;
}

void error_copy(struct error *to, const struct error *from)
{
	if (to)
		replace(to, from->code, from->status, xstrdup_null(from->text));
}

const char *error_text(const struct error *err)
{
	return err && err->text ? err->text : "no error";
}

const char *error_code_name(enum error_code code)
{
	static const char *const names[] = {
		[ERROR_NONE] = "none",
		[ERROR_INVALID] = "invalid",
		[ERROR_NOT_FOUND] = "not_found",
		[ERROR_CONFLICT] = "conflict",
		[ERROR_FORBIDDEN] = "forbidden",
		[ERROR_TOO_LARGE] = "too_large",
		[ERROR_UNSUPPORTED] = "unsupported",
		[ERROR_UNAVAILABLE] = "unavailable",
		[ERROR_NO_LEADER] = "no_leader",
		[ERROR_FULL] = "full",
		[ERROR_ENGINE] = "engine",
		[ERROR_CONNECT] = "connect",
		[ERROR_TIMEOUT] = "timeout",
		[ERROR_TLS] = "tls",
		[ERROR_CLOSED] = "closed",
		[ERROR_PROTOCOL] = "protocol",
		[ERROR_CANCELLED] = "cancelled",
		[ERROR_INTERNAL] = "internal",
	};

	assert((size_t)code < ARRAY_SIZE(names));
	return names[code];
}
