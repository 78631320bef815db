/* manager/pull.c - one call, read to its end for the error in it. */
#include "manager/pull.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/uri.h"
#include "docker/reference.h"

static void add_param(struct strbuf *target, const char *key, const char *value)
{
	strbuf_addf(target, "%c%s=", strchr(target->buf, '?') ? '&' : '?', key);
	uri_encode_query(target, value);
}

/* Tag and digest travel in `tag`; without either only "latest" is meant, never all tags. */
static void add_reference(struct strbuf *target, const char *image)
{
	struct reference ref = { 0 };

	if (!reference_parse(&ref, image, NULL)) {
		add_param(target, "fromImage", image);
		return;
	}
	auto_free char *familiar = reference_familiar(&ref);

	add_param(target, "fromImage", familiar);
	add_param(target, "tag", ref.digest ? ref.digest : ref.tag ? ref.tag : "latest");
	reference_finish(&ref);
}

void pull_send(struct call *call, struct engine *e, const char *image, const char *platform,
	const char *registry_auth, struct task *waiter)
{
	auto_strbuf struct strbuf target = STRBUF_INIT;

	strbuf_add_str(&target, "/images/create");
	add_reference(&target, image);
	if (platform[0])
		add_param(&target, "platform", platform);
	call_finish(call);
	remote_call_init(call, &e->remote, (struct api_version){ 0 }, "POST", "%s", target.buf);
	if (registry_auth)
		headers_set(&call->head.headers, "X-Registry-Auth", registry_auth);
	call->mode = CALL_TEXT;
	call->head_timeout_ms = PULL_SILENCE_MS;
	call->idle_timeout_ms = PULL_SILENCE_MS;
	call->body_timeout_ms = -1; /* a large image takes as long as it takes */
	remote_send(call, &e->remote, waiter);
}

/* One line of the progress; false when it reports a failure. */
static bool check_line(const char *line, size_t len, const char *image, struct error *err)
{
	auto_json yyjson_doc *doc = json_parse(line, len, NULL);
	yyjson_val *root = yyjson_doc_get_root(doc);
	const char *text = json_get_str(
		json_get_obj(root, "errorDetail"), "message", json_get_str(root, "error", NULL));

	if (!text)
		return true;
	return error_set_status(err, 500, "Failed to load %s: %s", image, text);
}

bool pull_check(struct call *call, struct engine *e, const char *image, struct error *err)
{
	char *line;
	size_t len;
	bool fine = true;

	if (!remote_check(call, &e->remote, err))
		return false;
	while (fine && (line = evbuffer_readln(call->in, &len, EVBUFFER_EOL_ANY))) {
		fine = check_line(line, len, image, err);
		free(line);
	}
	return fine;
}

bool pull_is_refused(const struct error *err)
{
	static const char *const words[] = { "access denied", "authentication required",
		"no basic auth credentials", "unauthorized" };

	if (err->status == 401 || err->status == 403 || err->status == 404)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasestr(error_text(err), words[i]))
			return true;
	}
	return false;
}

bool pull_has_credentials(const char *registry_auth)
{
	/* "{}", which clients send for nobody */
	return registry_auth && *registry_auth && !str_starts_with(registry_auth, "e30");
}
