/*
 * manager/create.c - the steps of a create, in their order.
 *
 * The only ways back are from a finished pull to asking again, and from a failed attempt to placing
 * again.
 */
#include "manager/create.h"

#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/parse.h"
#include "base/uri.h"
#include "manager/desired.h"
#include "manager/image_holders.h"
#include "manager/publish.h"
#include "manager/pull.h"
#include "manager/share.h"

STEP(create_place);
STEP(create_networked);
STEP(create_spread);
STEP(create_looked);
STEP(create_answered);
STEP(create_pulled);
STEP(create_connected);
STEP(create_adopted);
STEP(create_kept);

static void leave_engine(struct create *c)
{
	touch_finish(steal(c->touch));
	refresh_finish(&c->refresh);
	keep_write_finish(&c->kept);
	network_spread_finish(&c->spread);
	networking_finish(&c->networking);
	translate_connects_finish(&c->connects);
	call_finish(&c->call);
	placing_leave(&c->placing);
}

static void create_free(struct create *c)
{
	leave_engine(c);
	task_finish(&c->task);
	work_end(&c->work);
	placing_finish(&c->placing);
	error_clear(&c->err);
	error_clear(&c->pull_err);
	error_clear(&c->lacking);
	engine_unref(c->asked);
	free(c->registry_auth);
	free(c->trace);
	free(c->answer);
	free(c);
}

static void create_done(struct task *t)
{
	struct create *c = container_of(t, struct create, task);

	leave_engine(c);
	if (c->finished)
		c->finished(c, c->arg);
	create_free(c);
}

static void cancel(struct work *w)
{
	create_free(container_of(w, struct create, work));
}

struct create *create_start(struct manager *m, struct container_config *config,
	const char *registry_auth, struct api_version version,
	void (*finished)(struct create *c, void *arg), void *arg)
{
	struct create *c = xnew(struct create);

	c->manager = m;
	placing_init(&c->placing, m, config, version);
	c->registry_auth = xstrdup_null(registry_auth);
	c->finished = finished;
	c->arg = arg;
	work_begin(&c->work, m, cancel);
	task_init(&c->task, m->loop, &create_place_step, create_done);
	task_start(&c->task);
	return c;
}

void create_forget(struct create *c)
{
	c->finished = NULL;
}

void create_cancel(struct create *c)
{
	create_free(c);
}

/* --- placing --- */

static enum task_turn attempt_failed(struct create *c, bool about_image);

static void keep_404_for_images(struct error *err);

static bool has_cgroup1(const struct engine *e)
{
	yyjson_val *info = yyjson_doc_get_root(e->info);

	return strcmp(json_get_str(info, "CgroupVersion", "1"), "1") == 0;
}

/* The document in the words of the engine. */
static char *write_body(struct create *c, size_t *ret_len)
{
	const struct engine *e = c->placing.engine;
	struct api_version client = c->placing.version;
	struct translate_create translation = {
		.client = client.major ? client : API_VERSION_MAX,
		.engine = remote_version(&e->remote, client),
		.cgroup1 = has_cgroup1(e),
	};
	auto_json_mut yyjson_mut_doc *doc = config_document(&c->placing.config, e->cpus);

	share_edit(c->manager, e, doc);
	if (translation.engine.major &&
		api_version_compare(translation.client, translation.engine) != 0) {
		translate_connects_finish(&c->connects);
		translate_create(&translation, doc, &c->connects);
	}
	return json_doc_text(doc, ret_len);
}

static void ask_engine(struct create *c)
{
	auto_strbuf struct strbuf query = STRBUF_INIT;
	struct call *call = &c->call;

	if (c->placing.config.name[0]) {
		strbuf_add_str(&query, "name=");
		uri_encode_query(&query, c->placing.config.name);
	}
	if (c->placing.config.platform[0]) {
		strbuf_add_str(&query, query.len ? "&platform=" : "platform=");
		uri_encode_query(&query, c->placing.config.platform);
	}
	engine_unref(c->asked);
	c->asked = engine_ref(c->placing.engine);
	call_finish(call);
	remote_call_init(call, &c->placing.engine->remote, c->placing.version, "POST",
		"/containers/create%s%s", query.len ? "?" : "", query.len ? query.buf : "");
	headers_set(&call->head.headers, "Content-Type", "application/json");
	if (c->trace)
		headers_set(&call->head.headers, "traceparent", c->trace);
	call->body = write_body(c, &call->body_len);
	call->mode = CALL_TEXT;
	call->head_timeout_ms = CREATE_TIMEOUT_MS;
	c->touch = touch_start(&c->placing.engine->touches, "", "create");
	remote_send(call, &c->placing.engine->remote, &c->task);
}

/* First at the image, when the numbers of the ports that it exposes are chosen here. */
static enum task_turn look_and_ask(struct create *c)
{
	if (publish_needs_image(c->manager->publish, &c->placing.config)) {
		call_finish(&c->call);
		publish_ask_image(&c->call, &c->placing, &c->task);
		return task_wait_for(&c->task, &c->call.done, &create_looked_step);
	}
	ask_engine(c);
	return task_wait_for(&c->task, &c->call.done, &create_answered_step);
}

/* What is not there yet is looked at when it was pulled. */
static enum task_turn create_looked(struct task *t)
{
	struct create *c = container_of(t, struct create, task);

	engine_report_call(c->placing.engine, &c->call);
	if (!manager_check_acting(c->manager, &c->err))
		return TASK_DONE;
	publish_learn_image(c->manager->publish, &c->call, &c->placing.config);
	ask_engine(c);
	return task_wait_for(t, &c->call.done, &create_answered_step);
}

/* That nobody who fits has the image says less than why it could not be pulled. */
static void tell_why_not_pulled(struct create *c)
{
	if (!error_is_set(&c->pull_err))
		return;
	error_clear(&c->err);
	error_move(&c->err, &c->pull_err);
}

static enum task_turn create_place(struct task *t)
{
	struct create *c = container_of(t, struct create, task);

	if (!manager_check_acting(c->manager, &c->err))
		return TASK_DONE;
	c->placing.at_holders = c->holders == HOLDERS_FIRST || c->holders == HOLDERS_ONLY;
	if (!placing_choose(&c->placing, &c->err)) {
		if (c->err.code != ERROR_CONFLICT && c->holders == HOLDERS_FIRST) {
			c->holders = HOLDERS_UNFIT;
			error_clear(&c->err);
			return task_go(t, &create_place_step);
		}
		if (c->err.code != ERROR_CONFLICT)
			tell_why_not_pulled(c);
		return TASK_DONE;
	}
	placing_reserve(&c->placing);
	c->pulled = false;
	return task_go(t, &create_networked_step);
}

/* Until all its networks are on the engine. */
static enum task_turn create_networked(struct task *t)
{
	struct create *c = container_of(t, struct create, task);
	const struct network *missing;

	if (!manager_check_acting(c->manager, &c->err))
		return TASK_DONE;
	missing = placing_missing_network(&c->placing);
	if (!missing)
		return look_and_ask(c);
	network_spread_start(&c->spread, c->manager, c->placing.engine, missing, t);
	return task_wait_for(t, &c->spread.done, &create_spread_step);
}

static enum task_turn create_spread(struct task *t)
{
	struct create *c = container_of(t, struct create, task);

	if (error_is_set(&c->spread.err)) {
		error_copy(&c->err, &c->spread.err);
		keep_404_for_images(&c->err);
		return attempt_failed(c, false);
	}
	network_spread_finish(&c->spread);
	return task_go(t, &create_networked_step);
}

/* --- after the engine's answer --- */

/* The group of the first match, as in `image operating system "windows" cannot be used ...`. */
static char *wanted_os(const struct error *err)
{
	static const char before[] = "image operating system \"";
	const char *start = strstr(err->text, before);
	const char *end;

	if (!start || !strstr(err->text, "cannot be used on this platform"))
		return NULL;
	start += strlen(before);
	end = strchr(start, '"');
	return end && end > start ? xstrndup(start, (size_t)(end - start)) : NULL;
}

static bool prefer_holders(struct create *c, enum create_holders how)
{
	if (c->holders != HOLDERS_UNASKED || config_has_node_constraint(&c->placing.config))
		return false;
	c->holders = how;
	return true;
}

/* Built or loaded here and never pushed: its holders have it, and a registry that were asked for
 * the name would have nothing, or something else. */
static bool is_known_here_only(const struct create *c)
{
	bool pushed;

	return image_is_somewhere(c->manager->cluster, c->placing.config.image, &pushed) && !pushed;
}

/* A pull would ask a registry for a repository called "sha256". */
static bool is_unknown_id(const struct create *c)
{
	return image_name_is_id(c->placing.config.image) &&
	       !image_is_somewhere(c->manager->cluster, c->placing.config.image, NULL);
}

/* Change something about the next attempt; false when there is nothing left to try. */
static bool prepare_retry(struct create *c, bool about_image)
{
	auto_free char *os = wanted_os(&c->err);

	if (os && !c->placing.os) {
		c->placing.os = steal(os);
		return true;
	}
	if (about_image && image_is_somewhere(c->manager->cluster, c->placing.config.image, NULL) &&
		prefer_holders(c, HOLDERS_ONLY)) {
		error_copy(&c->pull_err, &c->err);
		return true;
	}
	return c->retries < c->manager->create_retry;
}

static enum task_turn attempt_failed(struct create *c, bool about_image)
{
	auto_free char *node = xstrdup(c->placing.engine->name);

	leave_engine(c);
	if (c->err.code == ERROR_CONFLICT || !prepare_retry(c, about_image))
		return TASK_DONE;
	c->retries++;
	log_warn("Failed to create container: %s (node %s), retrying", error_text(&c->err), node);
	error_clear(&c->err);
	return task_go(&c->task, &create_place_step);
}

static void keep_answer(struct create *c)
{
	c->answer_len = evbuffer_get_length(c->call.in);
	c->answer = xmalloc(c->answer_len + 1);
	evbuffer_copyout(c->call.in, c->answer, c->answer_len);
	c->answer[c->answer_len] = '\0';
}

static enum task_turn adopt(struct create *c)
{
	auto_json yyjson_doc *doc = json_parse(c->answer, c->answer_len, NULL);
	const char *id = json_get_str(yyjson_doc_get_root(doc), "Id", "");

	if (!id_is_hex(id, 12)) {
		error_set(&c->err, ERROR_PROTOCOL,
			"node %s created a container but answered without its id",
			c->placing.engine->name);
		return TASK_DONE;
	}
	if (c->connects.count) {
		networking_start(
			&c->networking, c->manager, c->placing.engine, id, &c->connects, &c->task);
		return task_wait_for(&c->task, &c->networking.done, &create_connected_step);
	}
	touch_answered(c->touch, id);
	refresh_container(&c->refresh, c->placing.engine, id, &c->task);
	return task_wait_for(&c->task, &c->refresh.done, &create_adopted_step);
}

/* A client that sees a 404 here pulls the image and asks again: what else an
 * engine did not find, a network or a plugin, must not look like one. */
static void keep_404_for_images(struct error *err)
{
	if (err->code == ERROR_ENGINE && err->status == 404 && !remote_error_is_missing_image(err))
		err->status = 500;
}

static enum task_turn create_answered(struct task *t)
{
	struct create *c = container_of(t, struct create, task);

	engine_report_call(c->placing.engine, &c->call);
	if (remote_check(&c->call, &c->placing.engine->remote, &c->err)) {
		keep_answer(c);
		return adopt(c);
	}
	touch_finish(steal(c->touch));
	keep_404_for_images(&c->err);
	if (!remote_error_is_missing_image(&c->err) || c->pulled || is_unknown_id(c))
		return attempt_failed(c, remote_error_is_missing_image(&c->err));
	if (strstr(error_text(&c->err), "specified platform"))
		error_copy(&c->lacking, &c->err);
	error_clear(&c->err);
	if (!manager_check_acting(c->manager, &c->err))
		return TASK_DONE;
	if (is_known_here_only(c) && prefer_holders(c, HOLDERS_FIRST)) {
		leave_engine(c);
		return task_go(t, &create_place_step);
	}
	pull_send(&c->call, c->placing.engine, c->placing.config.image, c->placing.config.platform,
		c->registry_auth, t);
	return task_wait_for(
		t, &c->call.done, &create_pulled_step); /* a pull may take long; silence ends it */
}

/*
 * To a 404 clients answer with a pull of their own, which goes to every node and brings the
 * credentials that they do not send here.  It is needless when credentials were there, or when it
 * is not for want of them that the pull failed.
 */
static void invite_pull(struct create *c)
{
	if (c->err.code != ERROR_ENGINE || !pull_is_refused(&c->err))
		return;
	c->err.status = pull_has_credentials(c->registry_auth) ? 500 : 404;
}

static enum task_turn create_pulled(struct task *t)
{
	struct create *c = container_of(t, struct create, task);

	engine_report_call(c->placing.engine, &c->call);
	if (!pull_check(&c->call, c->placing.engine, c->placing.config.image, &c->err)) {
		if (error_is_set(&c->lacking)) { /* it knows best what it has */
			error_clear(&c->err);
			error_move(&c->err, &c->lacking);
			return attempt_failed(c, false);
		}
		invite_pull(c);
		return attempt_failed(c, true);
	}
	c->pulled = true;
	if (!manager_check_acting(c->manager, &c->err))
		return TASK_DONE;
	return look_and_ask(c);
}

static enum task_turn create_connected(struct task *t)
{
	struct create *c = container_of(t, struct create, task);

	if (!error_is_set(&c->networking.err))
		return adopt(c); /* with nothing left to connect */
	error_copy(&c->err, &c->networking.err);
	keep_404_for_images(&c->err);
	free(steal(c->answer));
	return attempt_failed(c, false);
}

/* The engine's answer with a warning for each network that is not one network here. */
static void add_warnings(struct create *c)
{
	auto_strv struct strv warnings = STRV_INIT;

	placing_warn(&c->placing, &warnings);
	if (error_is_set(&c->kept.err))
		strv_take(&warnings,
			xasprintf(
				"It does not come back yet when its node fails together with this "
				"manager: %s",
				error_text(&c->kept.err)));
	if (warnings.count == 0)
		return;
	auto_json yyjson_doc *answer = json_parse(c->answer, c->answer_len, NULL);
	auto_json_mut yyjson_mut_doc *doc = yyjson_doc_mut_copy(answer, NULL);
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	yyjson_mut_val *list = yyjson_mut_obj_get(root, "Warnings");

	if (!yyjson_mut_is_arr(list)) {
		list = yyjson_mut_arr(doc);
		yyjson_mut_obj_put(root, yyjson_mut_str(doc, "Warnings"), list);
	}
	for (size_t i = 0; i < warnings.count; i++)
		yyjson_mut_arr_add_strcpy(doc, list, warnings.items[i]);
	free(c->answer);
	c->answer = json_doc_text(doc, &c->answer_len);
}

/* Before the answer, which promises that it comes back. */
static enum task_turn create_adopted(struct task *t)
{
	struct create *c = container_of(t, struct create, task);
	auto_json yyjson_doc *doc = json_parse(c->answer, c->answer_len, NULL);
	const struct container *made = engine_find_container(
		c->placing.engine, json_get_str(yyjson_doc_get_root(doc), "Id", ""));

	touch_finish(steal(c->touch)); /* the record shows it */
	if (!made || !desired_keep(c->manager->desired, made, &c->kept, t))
		return task_go(t, &create_kept_step);
	if (pull_has_credentials(c->registry_auth))
		desired_remember_auth(c->manager->desired, made->swarm_id, c->registry_auth);
	return task_wait_for(t, &c->kept.done, &create_kept_step);
}

static enum task_turn create_kept(struct task *t)
{
	struct create *c = container_of(t, struct create, task);

	add_warnings(c);
	/* Even when the refresh failed the container exists: the client gets its id, the next
	 * reconcile the rest. */
	return TASK_DONE;
}
