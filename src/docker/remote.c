/*
 * docker/remote.c - calls to one engine, in its own version and with its own words.
 */
#include "docker/remote.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"

/* The oldest version that every engine of today speaks, or can be asked to. */
#define ASSUMED_MIN ((struct api_version){ 1, 24 })

static bool is_given(struct api_version v)
{
	return v.major != 0 || v.minor != 0;
}

struct api_version remote_version(const struct remote *r, struct api_version client)
{
	if (!is_given(r->range.max))
		return (struct api_version){ 0 };
	return api_version_clamp(is_given(client) ? client : API_VERSION_MAX, &r->range);
}

char *remote_target(const struct remote *r, struct api_version client, const char *path_and_query)
{
	struct api_version spoken = remote_version(r, client);
	auto_strbuf struct strbuf sb = STRBUF_INIT;

	if (is_given(spoken)) {
		strbuf_add_str(&sb, "/v");
		api_version_format(&sb, spoken);
	}
	strbuf_add_str(&sb, path_and_query);
	return strbuf_steal(&sb);
}

void remote_call_init(struct call *c, const struct remote *r, struct api_version v,
	const char *method, const char *fmt, ...)
{
	auto_strbuf struct strbuf path = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&path, fmt, ap);
	va_end(ap);
	auto_free char *target = remote_target(r, v, path.buf);
	call_init(c, method, target);
}

void remote_send(struct call *c, const struct remote *r, struct task *waiter)
{
	call_send(c, r->endpoint, waiter);
}

void remote_change(struct call *c, const struct remote *r, const char *method, const char *id,
	const char *rest, int64_t timeout_ms, struct task *waiter)
{
	call_finish(c);
	remote_call_init(c, r, (struct api_version){ 0 }, method, "/containers/%s%s", id, rest);
	c->mode = CALL_TEXT;
	if (timeout_ms)
		c->head_timeout_ms = timeout_ms;
	remote_send(c, r, waiter);
}

static bool is_silence(const struct error *err)
{
	return err->code == ERROR_CONNECT || err->code == ERROR_TIMEOUT;
}

/* The text that Docker clients print and scripts look for. */
static bool fail_connect(const struct remote *r, enum error_code code, struct error *err)
{
	const char *scheme = str_starts_with(r->address, "unix://") ? "" : "tcp://";

	return error_set(err, code,
		"Cannot connect to the Docker daemon at %s%s. Is the docker daemon running?",
		scheme, r->address);
}

bool remote_check(const struct call *c, const struct remote *r, struct error *err)
{
	if (error_is_set(&c->err)) {
		if (c->connection_failed && is_silence(&c->err))
			return fail_connect(r, c->err.code, err);
		if (err)
			error_copy(err, &c->err);
		return false;
	}
	if (c->answer.status == 0)
		return error_set(err, ERROR_CLOSED, "no answer from %s", r->address);
	if (c->answer.status < 400)
		return true;
	auto_free char *text = call_error_text(c);
	return error_set_status(err, c->answer.status, "%s", text);
}

bool remote_error_is_missing_image(const struct error *err)
{
	/* Docker; Podman ("foo: image not known"); Docker, when it has it for other platforms */
	static const char *const texts[] = { "no such image", "image not known",
		"the specified platform" };

	if (err->code != ERROR_ENGINE || err->status != 404)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcasestr(err->text, texts[i]))
			return true;
	}
	return false;
}

static enum remote_kind read_kind(yyjson_val *version)
{
	yyjson_arr_iter iter;
	yyjson_val *component;

	yyjson_arr_iter_init(json_get_arr(version, "Components"), &iter);
	while ((component = yyjson_arr_iter_next(&iter))) {
		if (strcmp(json_get_str(component, "Name", ""), "Podman Engine") == 0)
			return REMOTE_PODMAN;
	}
	return REMOTE_DOCKER;
}

void remote_learn_version(struct remote *r, yyjson_val *version)
{
	struct api_range range = { .min = ASSUMED_MIN };

	r->kind = read_kind(version);
	if (!api_version_parse(json_get_str(version, "ApiVersion", ""), &range.max))
		return;
	api_version_parse(json_get_str(version, "MinAPIVersion", ""), &range.min);
	if (api_version_compare(range.min, range.max) > 0)
		range.min = range.max;
	r->range = range;
}
