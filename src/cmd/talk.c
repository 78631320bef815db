/* cmd/talk.c - an endpoint, a call, and a loop that runs until it is over. */
#include "cmd/talk.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/uri.h"

enum {
	CONNECT_MS = 10 * 1000,
	/* A manager answers at once; a replica may wait so long for a leader, and an engine that is
	 * measured takes its time. */
	ANSWER_MS = 60 * 1000,
	ANSWER_MAX = 256 * 1024 * 1024,
};

STEP(talk_send);
STEP(talk_answered);

/* --- TLS --- */

/* As the docker command reads its variables: any value counts. */
static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

static char *default_file(const char *name)
{
	const char *folder = getenv("DOCKER_CERT_PATH"), *home = getenv("HOME");

	if (folder && *folder)
		return xasprintf("%s/%s", folder, name);
	return xasprintf("%s/.docker/%s", home ? home : "", name);
}

/* What was named must be there; what was not is left out when it is not. */
static char *choose_file(const char *given, const char *name)
{
	char *path = given ? NULL : default_file(name);

	if (given)
		return *given ? xstrdup(given) : NULL;
	if (access(path, F_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static bool create_tls(const struct talk_args *args, struct tls_context **ret, struct error *err)
{
	bool verify = args->tls_verify || is_set("DOCKER_TLS_VERIFY");

	*ret = NULL;
	if (!verify && !args->tls && !is_set("DOCKER_TLS"))
		return true;
	auto_free char *ca = choose_file(args->ca, "ca.pem");
	auto_free char *cert = choose_file(args->cert, "cert.pem");
	auto_free char *key = choose_file(args->key, "key.pem");
	struct tls_files files = { .ca_file = ca, .cert_file = cert, .key_file = key };

	*ret = tls_client_create(&files,
		!verify ? TLS_VERIFY_NONE
		: ca    ? TLS_VERIFY_PEER
			: TLS_VERIFY_SYSTEM,
		err);
	return *ret != NULL;
}

/* --- life --- */

static bool parse_host(const char *host, bool tls, struct address *ret, struct error *err)
{
	auto_free char *with_port = NULL;

	if (str_starts_with(host, "ssh://"))
		return error_set(err, ERROR_UNSUPPORTED,
			"'%s': ssh is not spoken here; `ssh -L 2375:127.0.0.1:2375 HOST` and "
			"--host tcp://127.0.0.1:2375 lead to the same",
			host);
	/* as the docker command: the port follows from TLS */
	if (str_starts_with(host, "tcp://") && host[6] && !strpbrk(host + 6, ":]/"))
		with_port = xasprintf("%s:%s", host, tls ? "2376" : "2375");
	return address_parse(ret, with_port ? with_port : host, err) ||
	       error_wrap(err, "--host '%s'", host);
}

bool talk_open(struct talk *t, const struct talk_args *args, struct error *err)
{
	struct endpoint_config config = { .connect_timeout_ms = CONNECT_MS };

	*t = (struct talk){ 0 };
	if (!create_tls(args, &config.tls, err))
		return false;
	if (!parse_host(args->host, config.tls != NULL, &config.address, err)) {
		tls_context_unref(config.tls);
		return false;
	}
	t->loop = loop_create();
	t->host = address_format(&config.address);
	t->endpoint = endpoint_create(t->loop, &config);
	address_finish(&config.address);
	tls_context_unref(config.tls);
	return true;
}

void talk_close(struct talk *t)
{
	if (!t->loop)
		return;
	call_finish(&t->call);
	endpoint_destroy(steal(t->endpoint), "the command is done");
	loop_destroy(steal(t->loop));
	free(steal(t->host));
}

/* --- a request --- */

static enum task_turn talk_send(struct task *task)
{
	struct talk *t = container_of(task, struct talk, task);

	call_send(&t->call, t->endpoint, task);
	return task_wait_for(task, &t->call.done, &talk_answered_step);
}

static enum task_turn talk_answered(struct task *task)
{
	loop_stop(task->loop);
	return TASK_DONE;
}

bool talk_check(const struct talk *t, const struct call *c, struct error *err)
{
	assert(c->done);
	if (error_is_set(&c->err)) {
		if (err)
			error_copy(err, &c->err);
		return error_wrap(err,
			"Cannot reach a manager at %s (--host or DOCKER_HOST names another)",
			t->host);
	}
	if (c->answer.status < 300)
		return true;
	auto_free char *text =
		c->answer.status >= 400
			? call_error_text(c)
			: xasprintf(
				  "What answers at %s is no manager: it leads elsewhere", t->host);

	return error_set_status(err, c->answer.status, "%s", text);
}

static void set_body(struct call *c, yyjson_mut_doc *body)
{
	if (!body)
		return;
	c->body = json_doc_text(body, &c->body_len);
	headers_set(&c->head.headers, "Content-Type", "application/json");
}

bool talk_ask(struct talk *t, const char *method, const char *target, yyjson_mut_doc *body,
	yyjson_doc **ret, struct error *err)
{
	call_finish(&t->call);
	call_init(&t->call, method, target);
	t->call.mode = CALL_JSON;
	t->call.max_body = ANSWER_MAX;
	t->call.head_timeout_ms = ANSWER_MS;
	set_body(&t->call, body);
	task_init(&t->task, t->loop, &talk_send_step, NULL);
	task_start(&t->task);
	loop_run(t->loop);
	task_finish(&t->task);
	bool ok = talk_check(t, &t->call, err);

	if (ok && ret && !t->call.json)
		ok = error_set(err, ERROR_PROTOCOL, "What answers at %s is no manager", t->host);
	if (ok && ret)
		*ret = steal(t->call.json);
	call_finish(&t->call);
	return ok;
}

static void handle_rest(struct timer *timer)
{
	loop_stop(container_of(timer, struct talk, rest)->loop);
}

void talk_rest(struct talk *t, int64_t ms)
{
	timer_init(&t->rest, t->loop, handle_rest);
	timer_start(&t->rest, ms);
	loop_run(t->loop);
	timer_stop(&t->rest);
}

char *talk_target(const char *path, const char *name, const char *rest)
{
	struct strbuf target = STRBUF_INIT;

	strbuf_addf(&target, "%s/", path);
	uri_encode_path(&target, name);
	strbuf_add_str(&target, rest);
	return strbuf_steal(&target);
}
