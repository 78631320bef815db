/* manager/parts.c - a manager gets its parts, and loses them in the opposite order. */
#include "manager/parts.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/metrics.h"
#include "manager/builds.h"
#include "manager/decisions.h"
#include "manager/desired.h"
#include "manager/keep.h"
#include "manager/node_settings.h"
#include "manager/work.h"

void parts_init(struct manager *m, struct loop *loop, struct cluster *cluster, struct sched *sched,
	uint32_t create_retry)
{
	*m = (struct manager){
		.loop = loop,
		.cluster = cluster,
		.sched = sched,
		.create_retry = create_retry,
		.acting = true,
		.acting_since_ms = clock_mono_ms(),
	};
	metric_set(METRIC_leading, true);
	list_init(&m->works);
	list_init(&m->network_spreads);
	list_init(&m->network_claims);
	list_init(&m->withdrawals);
	m->decisions = decisions_create();
	m->builds = builds_create(loop);
	m->keep = keep_create(loop);
	m->desired = desired_create(m);
	m->node_settings = node_settings_create(m->keep);
}

void parts_finish(struct manager *m)
{
	work_cancel_all(m);
	desired_destroy(steal(m->desired));
	node_settings_destroy(steal(m->node_settings));
	keep_destroy(steal(m->keep));
	builds_destroy(steal(m->builds));
	decisions_destroy(steal(m->decisions));
	free(steal(m->nodes));
	free(steal(m->ranked));
	m->nodes_cap = 0;
}
