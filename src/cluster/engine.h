/*
 * cluster/engine.h - a Docker daemon as the manager knows it, and what runs on it.
 *
 * Engines are counted: whoever keeps one over a turn of the loop holds a reference; a removed
 * engine lives on as DISCONNECTED until the last one is given back.  One function changes the
 * state (engine_set_state) and tells the listeners; an engine calls nobody up.  Everybody who calls
 * an engine reports the outcome, so that a busy cluster notices failures and recoveries at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/listeners.h"
#include "base/log.h"
#include "cluster/touch.h"
#include "docker/answer.h"
#include "docker/container.h"
#include "docker/event.h"
#include "docker/label_tally.h"
#include "docker/objects.h"
#include "docker/remote.h"
#include "docker/volume_use.h"

struct cluster;
struct monitor;
struct index_marks;
struct refresh_log;

enum engine_state {
	ENGINE_PENDING, /* known from discovery, not validated */
	ENGINE_HEALTHY,
	ENGINE_UNHEALTHY,    /* validated, then failed too often */
	ENGINE_DISCONNECTED, /* gone from discovery; the object is dead */
};

/*
 * Hears of one engine (engine_listen) or of all (cluster_listen), after the record shows what is
 * told.  It may unlisten anybody; it must not change who is a member.  What is NULL is not told.
 */
struct engine_listener {
	void (*handle_state)(struct engine_listener *l, struct engine *e, enum engine_state before);
	/* A failure was counted, and the state is still the same. */
	void (*handle_failure)(struct engine_listener *l, struct engine *e);
	/* Something about it was not learnt, or contradicts another engine: it is to be read. */
	void (*handle_doubt)(struct engine_listener *l, struct engine *e);
	/* It is declared lost. */
	void (*handle_lost)(struct engine_listener *l, struct engine *e);
	/* A container came, went or changed; many may in one turn, so do little here. */
	void (*handle_containers)(struct engine_listener *l, struct engine *e);
	struct listeners_link link; /* private */
};

/* What holds for all engines of a cluster. */
struct engine_terms {
	struct loop *loop;
	struct tls_context *tls; /* NULL: plain */
	uint32_t failure_retry;
	int64_t overcommit_percent; /* truncated toward zero */
	bool keeps_services;        /* for registration (docker/service_facts.h) */
	struct listeners listeners; /* engine_listener::link; they hear of every one */
};

struct engine {
	uint32_t refs;
	struct cluster *cluster;    /* only handed on here; NULL once disconnected */
	struct engine_terms *terms; /* the cluster's; likewise */
	size_t position;            /* in the cluster's array; private */
	enum engine_state state;    /* read only outside engine.c */
	bool lost;                  /* see engine_declare_lost; likewise */

	char *addr;      /* as discovery gave it: "10.0.0.5:2375" or "unix:///run/docker.sock" */
	char *ip;        /* resolved at connect; "" before, "127.0.0.1" for unix */
	char *daemon_id; /* ID of /info; for Podman, which invents one per call, the address */
	char *id;        /* "<daemon id>|<addr>"; "" before the first contact */
	char *name;      /* host name; "" before the first contact */
	char *server_version, *os, *os_name, *arch, *kernel,
		*storage_driver;    /* os "linux", os_name "Debian GNU/Linux 12 (bookworm)" */
	bool containerd_store;      /* images are in containerd's store */
	int64_t cpus, memory_bytes; /* as reported, without overcommit */
	struct labels labels;       /* synthetic ones first */
	yyjson_doc *info; /* what GET /info unions, reduced to the members used there; owned */
	bool swarm_active, swarm_control; /* member, and manager, of an engines' own swarm */

	uint32_t failures;
	char *last_error;       /* "" when none */
	int64_t known_since_ns; /* wall; since discovery named it to this manager */
	int64_t updated_at_ns;  /* wall */
	int64_t clock_shift_ns; /* manager minus engine; 0 when below 2 s */

	struct remote remote;
	int64_t heard_ms;                /* monotonic; the last proof of life */
	struct listeners listeners;      /* of this one; the cluster has those of all */
	struct monitor *monitor;         /* owned, and only touched, by the cluster */
	struct refresh_log *refresh_log; /* owned; private to cluster/ */
	struct touches touches;          /* calls under way that change a container */
	struct list behind;              /* cluster::behind; private to fresh */
	uint64_t images_due;             /* private to fresh */
	struct log_limit warnings;
	bool maybe_twin; /* shows a container that another engine of the same id shows too */

	/* Owned array of owned records, PENDING ones included; order means nothing.  A PENDING
	 * record goes when its container (the one with the same swarm id) is there, which nobody
	 * but whoever reserved it then knows, or when that one removes it; however the engine
	 * fares. */
	struct container **containers;
	size_t containers_count, containers_cap;
	const struct container *changing;   /* between before and after; private */
	struct label_tallies label_tallies; /* of all of them; owned */
	struct volume_uses volume_uses;     /* by all of them; owned */
	size_t running, paused, stopped;    /* counts without pending ones */
	/* Sums over all of them. */
	int64_t used_nano_cpus, used_memory;
	struct image *images;
	size_t images_count;
	struct strv pulled; /* names, until the list shows them; private to image_came */
	unsigned making;    /* requests under way that make images; likewise */
	int64_t made_ms;    /* when the last of them ended; monotonic; 0: none has */
	struct network *networks;
	size_t networks_count;
	struct volume *volumes;
	size_t volumes_count;
	/* Their marks in the indexes; private to cluster/. */
	struct index_marks *image_marks, *network_marks, *volume_marks;
};

struct engine *engine_ref(struct engine *e);
void engine_unref(struct engine *e);

void engine_listen(struct engine *e, struct engine_listener *l);
/* Of an engine or a cluster; any number of times, a zeroed listener is fine. */
void engine_unlisten(struct engine_listener *l);

/* Outcome of a call. Success clears errors and brings an unhealthy engine back; a failed connection
 * counts, by its code. */
void engine_report_success(struct engine *e);
void engine_report_failure(struct engine *e, const struct error *err);
/* From a finished call: success, a failure that counts, or one that does not. */
void engine_report_call(struct engine *e, const struct call *c);

/* Somebody who knows says that nothing of what ran on this unhealthy engine runs any more.  Holds
 * until its state changes. */
void engine_declare_lost(struct engine *e);

/* Shown beside the engine; changes nothing else. */
void engine_set_error(struct engine *e, const char *text);

bool engine_is_healthy(const struct engine *e);
/* A validated engine counts in lists and capacity whatever its health; a pending one only in the
 * node table. */
bool engine_is_validated(const struct engine *e);
bool engine_state_is_validated(enum engine_state state);
const char *engine_state_text(const struct engine *e);  /* "Healthy", ... */
int engine_health_indicator(const struct engine *e);    /* 0..100 */
int64_t engine_total_nano_cpus(const struct engine *e); /* with overcommit */
int64_t engine_total_memory(const struct engine *e);
struct node_names engine_names(const struct engine *e);
struct event_node engine_event_node(const struct engine *e);
/* As the engines' own swarm mode has it: an id, and "ready", "down" or, of one that has not been
 * reached yet, "unknown". */
const char *engine_node_id(const struct engine *e);
const char *engine_node_state(enum engine_state state);
struct container_view engine_container_view(const struct engine *e);

/* By full id among this engine's containers. */
struct container *engine_find_container(const struct engine *e, const char *id);
/* The engine's list is now this one, of which it takes ownership; the old one goes.  Keeps the
 * cluster's indexes right. */
void engine_set_images(struct engine *e, struct image *items, size_t count);
void engine_set_networks(struct engine *e, struct network *items, size_t count);
void engine_set_volumes(struct engine *e, struct volume *items, size_t count);
/* Containers of the engine; keeps sums, counts and the cluster's indexes right.  add takes
 * ownership. */
void engine_add_container(struct engine *e, struct container *c);
/* Destroys it; also a reservation that has given way to its container. */
void engine_remove_container(struct engine *e, struct container *c);
/* Around every change of a record's fields, one record at a time: before takes its share out of
 * sums and indexes, after puts it back. */
void engine_before_change(struct engine *e, struct container *c);
void engine_after_change(struct engine *e, struct container *c);
