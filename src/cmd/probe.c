/* cmd/probe.c - one request to the address, and its answer. */
#include "cmd/probe.h"

#include <string.h>

#include "base/log.h"
#include "docker/version.h"

enum {
	PROBE_TIMEOUT_MS = 10 * 1000,
	PROBE_MAX_ANSWER = 64 * 1024,
};

STEP(probe_ask);
STEP(probe_answer);

static enum probe_verdict judge_version(
	const char *version, const char *address, struct strbuf *ret_text)
{
	struct api_version v;

	if (!version || !api_version_parse(version, &v)) {
		strbuf_addf(ret_text,
			"%s answers, but not as a Docker engine does: is the port right?", address);
		return PROBE_STRANGER;
	}
	if (api_version_compare(v, API_VERSION_MIN) < 0) {
		strbuf_addf(ret_text, "The engine at %s speaks API %s, which is too old", address,
			version);
		return PROBE_TOO_OLD;
	}
	strbuf_addf(ret_text, "The engine at %s answers, API version %s", address, version);
	return PROBE_GOOD;
}

enum probe_verdict probe_judge(const struct call *c, const char *address, struct strbuf *ret_text)
{
	if (error_is_set(&c->err)) {
		strbuf_addf(ret_text, "No Docker engine answers at the advertised address: %s",
			c->err.text);
		return c->connection_failed ? PROBE_UNREACHABLE : PROBE_STRANGER;
	}
	auto_free char *text = c->answer.status < 400 ? NULL : call_error_text(c);
	/* the words of an engine that was spoken to without TLS */
	if (text && strstr(text, "HTTPS server")) {
		strbuf_addf(ret_text,
			"The engine at %s wants TLS: managers need --tls or --tlsverify", address);
		return PROBE_TLS;
	}
	if (text) {
		strbuf_addf(ret_text, "%s answers /_ping with %d %s: is it a Docker engine?",
			address, c->answer.status, text);
		return PROBE_STRANGER;
	}
	return judge_version(headers_get(&c->answer.headers, "Api-Version"), address, ret_text);
}

static enum task_turn probe_ask(struct task *t)
{
	struct probe *p = container_of(t, struct probe, task);

	call_finish(&p->call);
	call_init(&p->call, "GET", "/_ping");
	p->call.mode = CALL_TEXT;
	p->call.max_body = PROBE_MAX_ANSWER;
	p->call.head_timeout_ms = PROBE_TIMEOUT_MS;
	p->call.idle_timeout_ms = PROBE_TIMEOUT_MS;
	p->call.fresh_connection = true;
	call_send(&p->call, p->engine, t);
	return task_wait(t, &probe_answer_step); /* the call has deadlines of its own */
}

static void set_verdict(struct probe *p, enum probe_verdict verdict, const char *text)
{
	if (verdict == p->verdict)
		return;
	p->verdict = verdict;
	if (verdict == PROBE_GOOD || verdict == PROBE_TLS)
		log_info("%s", text);
	else
		log_warn("%s", text);
}

static enum task_turn probe_answer(struct task *t)
{
	struct probe *p = container_of(t, struct probe, task);
	auto_strbuf struct strbuf text = STRBUF_INIT;

	if (!p->call.done)
		return TASK_WAIT;
	enum probe_verdict verdict = probe_judge(&p->call, p->address, &text);
	set_verdict(p, verdict, text.buf);
	return task_wait_ms(t, &probe_ask_step, p->interval_ms);
}

void probe_start(struct probe *p, struct loop *loop, const char *address, int64_t interval_ms)
{
	struct endpoint_config config = { .connect_timeout_ms = PROBE_TIMEOUT_MS };

	*p = (struct probe){ .address = address, .interval_ms = interval_ms };
	if (!address_parse(&config.address, address, NULL))
		return; /* cannot be: the option was checked */
	p->engine = endpoint_create(loop, &config);
	address_finish(&config.address);
	task_init(&p->task, loop, &probe_ask_step, NULL);
	task_start(&p->task);
}

void probe_finish(struct probe *p)
{
	if (!p->engine)
		return;
	task_finish(&p->task);
	call_finish(&p->call);
	endpoint_destroy(steal(p->engine), "agent stops");
}
