/* manager/hold.c - leading, settled, and most of the pool in sight. */
#include "manager/hold.h"

#include "base/clock.h"
#include "manager/desired.h"

enum { SETTLE_MS = 15 * 1000 }; /* a detection time */

bool hold_has_settled(const struct manager *m)
{
	return clock_mono_ms() - m->acting_since_ms >= SETTLE_MS;
}

static struct outage count_outage(const struct manager *m)
{
	const size_t unseen = desired_count_gone(m->desired);
	struct outage o = { unseen, unseen };
	const struct engine *e;

	cluster_each (e, m->cluster, CLUSTER_VALIDATED) {
		o.all += !e->lost;
		o.gone += !e->lost && !engine_is_healthy(e);
	}
	return o;
}

enum hold hold_now(const struct manager *m, struct outage *ret)
{
	struct outage o;

	if (!manager_may_act(m))
		return HOLD_NOT_LEADING;
	if (!hold_has_settled(m))
		return HOLD_SETTLING;
	o = count_outage(m);
	if (ret)
		*ret = o;
	return (double)o.gone > (double)o.all * m->reschedule_share ? HOLD_SHARE : HOLD_NOTHING;
}
