/* sched/wish.c - from a create request to a wish. */
#include "sched/wish.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/intern.h"
#include "base/mem.h"
#include "base/parse.h"
#include "docker/policy.h"
#include "sched/filter.h"

/* Each is looked for among all containers of the cluster. */
#define MAX_DEPENDENCIES 256

static bool add_all(struct expr_list *to, const struct strv *from, struct error *err)
{
	for (size_t i = 0; i < from->count; i++) {
		if (!expr_list_add(to, from->items[i], err))
			return false;
	}
	return true;
}

/* In the order of the filters, because the first error is the one that is told. */
static bool add_expressions(struct wish *w, const struct strv *affinities,
	const struct strv *constraints, const struct strv *whitelists, struct error *err)
{
	auto_error struct error why = ERROR_INIT;
	const struct filter *at_fault = &filter_affinity;
	bool added = add_all(&w->affinities, affinities, &why);

	if (added) {
		at_fault = &filter_constraint;
		added = add_all(&w->constraints, constraints, &why);
	}
	if (added) {
		at_fault = &filter_whitelist;
		added = add_all(&w->whitelists, whitelists, &why);
	}
	return added || filter_syntax_error(w, at_fault, &why, err);
}

static void add_port(struct wish *w, const struct port_use *use, const char *text)
{
	struct wish_port *p = &w->ports[w->ports_count++];

	*p = (struct wish_port){ .use = *use, .text = xstrdup(text) };
	p->use.address = intern_ref(use->address);
	if (use->first == 0)
		return;
	if (w->lowest_port == 0 || use->first < w->lowest_port)
		w->lowest_port = use->first;
	w->highest_port = max_of(w->highest_port, use->last);
}

/* On the host's network engines ignore bindings, and what is exposed is taken. */
static void add_ports(struct wish *w, const struct container_config *c)
{
	size_t count = c->host_network ? c->exposed_count : c->ports_count;

	w->host_network = c->host_network;
	w->ports = xcalloc(max_of(count, (size_t)1), sizeof(*w->ports));
	for (size_t i = 0; i < count; i++) {
		if (c->host_network)
			add_port(w, &c->exposed[i], c->exposed_texts[i]);
		else
			add_port(w, &c->ports[i], c->port_texts[i]);
	}
}

static bool add_dependency(
	struct wish *w, const char *name, size_t len, char *item, struct error *err)
{
	auto_free char *owned_item = item;

	if (w->dependencies_count >= MAX_DEPENDENCIES)
		return error_set(err, ERROR_TOO_LARGE,
			"more than %d volumes-from, links and shared namespaces", MAX_DEPENDENCIES);
	array_reserve(w->dependencies, w->dependencies_count, w->dependencies_cap);
	w->dependencies[w->dependencies_count++] = (struct wish_dependency){
		.name = xstrndup(name, len),
		.item = steal(owned_item),
	};
	return true;
}

/* "name:alias" and "name:ro": the name ends at the colon. */
static bool add_references(
	struct wish *w, const struct strv *references, const char *option, struct error *err)
{
	for (size_t i = 0; i < references->count; i++) {
		const char *written = references->items[i];

		if (!add_dependency(w, written, strcspn(written, ":"),
			    xasprintf("--%s=%s", option, written), err))
			return false;
	}
	return true;
}

static bool add_shared_namespaces(
	struct wish *w, const struct container_config *c, struct error *err)
{
	for (size_t i = 0; i < c->shared_namespaces.count; i++) {
		const char *written = c->shared_namespaces.items[i];
		const char *colon = strchr(written, ':');
		const char *name = colon ? colon + 1 : written;
		/* classic texts list the network's only */
		bool listed = c->network_mode && strcmp(written, c->network_mode) == 0;

		if (!add_dependency(w, name, strlen(name),
			    listed ? xasprintf("--net=%s", written) : NULL, err))
			return false;
	}
	return true;
}

static void add_network(struct wish *w, const char *name)
{
	if (!*name || strcmp(name, "default") == 0 || network_is_predefined(name) ||
		str_starts_with(name, "container:"))
		return;
	for (size_t i = 0; i < w->networks_count; i++) {
		if (strcmp(w->networks[i].name, name) == 0)
			return;
	}
	array_reserve(w->networks, w->networks_count, w->networks_cap);
	w->networks[w->networks_count++] = (struct wish_network){ .name = xstrdup(name) };
}

static void add_networks(struct wish *w, const struct container_config *c)
{
	if (c->network_mode)
		add_network(w, c->network_mode);
	for (size_t i = 0; i < c->networks.count; i++)
		add_network(w, c->networks.items[i]);
}

const char *wish_arch_name(const char *arch)
{
	static const struct {
		const char *alias, *name;
	} aliases[] = {
		{ "x86_64", "amd64" },
		{ "x86-64", "amd64" },
		{ "aarch64", "arm64" },
		{ "armhf", "arm" },
		{ "armel", "arm" },
		{ "i386", "386" },
		{ "i686", "386" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (strcasecmp(arch, aliases[i].alias) == 0)
			return aliases[i].name;
	}
	return arch;
}

static bool is_os(const char *s)
{
	static const char *const names[] = { "linux", "windows", "freebsd", "darwin" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcasecmp(s, names[i]) == 0)
			return true;
	}
	return false;
}

/* "os/arch[/variant]", "os" or "arch".  The variant decides about the image, not about the node. */
void wish_set_platform(struct wish *w, const char *platform)
{
	auto_strv struct strv parts = STRV_INIT;

	if (!platform || !*platform)
		return;
	strv_split(&parts, platform, '/');
	bool has_os = parts.count > 1 || is_os(parts.items[0]);
	if (has_os)
		w->os = xstrdup(parts.items[0]);
	if (!has_os)
		w->arch = xstrdup(wish_arch_name(parts.items[0]));
	else if (parts.count > 1)
		w->arch = xstrdup(wish_arch_name(parts.items[1]));
}

void wish_drop_platform(struct wish *w)
{
	free(steal(w->os));
	free(steal(w->arch));
}

/*
 * To recreate a container Compose makes the new one first and removes the old one then.  Both have
 * the same number in their service; of what `compose run` makes there may be many with one number.
 */
static void add_replaced(struct wish *w, const struct labels *labels)
{
	static const char *const keys[] = { LABEL_COMPOSE_PROJECT, "com.docker.compose.service",
		"com.docker.compose.container-number", "com.docker.compose.oneoff" };
	const char *oneoff = labels_get(labels, "com.docker.compose.oneoff");

	if (!oneoff || strcmp(oneoff, "False") != 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *value = labels_get(labels, keys[i]);

		labels_add(&w->replaced, keys[i], value ? value : "");
	}
}

bool wish_replaces(const struct wish *w, const struct container *c)
{
	for (size_t i = 0; i < w->replaced.count; i++) {
		const char *value = labels_get(&c->labels, w->replaced.items[i].key);

		if (!value || strcmp(value, w->replaced.items[i].value) != 0)
			return false;
	}
	return w->replaced.count > 0;
}

static bool fill_from_config(struct wish *w, const struct container_config *c, struct error *err)
{
	w->is_container = true;
	w->name = xstrdup(c->name);
	w->nano_cpus = max_of(c->nano_cpus, INT64_C(0));
	w->memory_bytes = max_of(c->memory_bytes, INT64_C(0));
	strv_copy(&w->volumes, &c->volumes);
	w->outlives_node = policy_of(&c->labels) != POLICY_OFF;
	w->follows_volumes = !config_has_node_constraint(c);
	labels_copy(&w->labels, &c->labels);
	add_ports(w, c);
	add_networks(w, c);
	add_replaced(w, &c->labels);
	wish_set_platform(w, c->platform);
	return add_references(w, &c->volumes_from, "volumes-from", err) &&
	       add_references(w, &c->links, "link", err) && add_shared_namespaces(w, c, err) &&
	       add_expressions(w, &c->affinities, &c->constraints, &c->whitelists, err);
}

struct wish *wish_create(const struct container_config *config, struct error *err)
{
	struct wish *w = xnew(struct wish);

	if (fill_from_config(w, config, err))
		return w;
	wish_destroy(w);
	return NULL;
}

struct wish *wish_create_expressions(const struct strv *affinities, const struct strv *constraints,
	const struct strv *whitelists, int64_t nano_cpus, int64_t memory_bytes, struct error *err)
{
	static const struct strv none = STRV_INIT;
	struct wish *w = xnew(struct wish);

	w->nano_cpus = max_of(nano_cpus, INT64_C(0));
	w->memory_bytes = max_of(memory_bytes, INT64_C(0));
	if (add_expressions(w, affinities ? affinities : &none, constraints ? constraints : &none,
		    whitelists ? whitelists : &none, err))
		return w;
	wish_destroy(w);
	return NULL;
}

void wish_set_labels(struct wish *w, const struct labels *labels)
{
	assert(w->labels.count == 0);
	labels_copy(&w->labels, labels);
}

const char *wish_name(const struct wish *w)
{
	return w->name ? w->name : "";
}

void wish_return_to(struct wish *w, const char *node_id)
{
	free(w->returns_to);
	w->returns_to = xstrdup_null(node_id);
}

size_t wish_networks_count(const struct wish *w)
{
	return w->networks_count;
}

const char *wish_network(const struct wish *w, size_t i)
{
	return w->networks[i].name;
}

void wish_mean_network(struct wish *w, size_t i, const struct network *n)
{
	struct wish_network *meant = &w->networks[i];

	intern_unref(meant->logical_id);
	meant->meant = true;
	meant->logical_id = n ? intern_ref(n->logical_id) : NULL;
	meant->reach = !n                     ? NETWORK_UNKNOWN
		       : !network_is_local(n) ? NETWORK_SPANS
		       : n->spreads           ? NETWORK_SPREADS
					      : NETWORK_FIXED;
}

void wish_destroy(struct wish *w)
{
	if (!w)
		return;
	expr_list_finish(&w->affinities);
	expr_list_finish(&w->constraints);
	expr_list_finish(&w->whitelists);
	for (size_t i = 0; i < w->ports_count; i++) {
		intern_unref(w->ports[i].use.address);
		free(w->ports[i].text);
	}
	free(w->ports);
	for (size_t i = 0; i < w->dependencies_count; i++) {
		free(w->dependencies[i].name);
		free(w->dependencies[i].item);
	}
	free(w->dependencies);
	labels_finish(&w->replaced);
	strv_finish(&w->volumes);
	for (size_t i = 0; i < w->networks_count; i++) {
		free(w->networks[i].name);
		intern_unref(w->networks[i].logical_id);
	}
	free(w->networks);
	labels_finish(&w->labels);
	free(w->name);
	free(w->returns_to);
	free(w->os);
	free(w->arch);
	free(w);
}

bool wish_add_affinity(struct wish *w, const char *expression, struct error *err)
{
	auto_error struct error why = ERROR_INIT;

	return expr_list_add(&w->affinities, expression, &why) ||
	       filter_syntax_error(w, &filter_affinity, &why, err);
}

bool wish_add_constraint(struct wish *w, const char *expression, struct error *err)
{
	auto_error struct error why = ERROR_INIT;

	return expr_list_add(&w->constraints, expression, &why) ||
	       filter_syntax_error(w, &filter_constraint, &why, err);
}
