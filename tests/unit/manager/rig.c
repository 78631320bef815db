#include "rig.h"

void rig_create(struct rig *r, void (*prepare)(struct rig *r))
{
	static const char *const names[] = { "node-1", "node-2" }, *const ids[] = { "AA", "BB" };

	fixture_create(&r->fx);
	r->sched = sched_create(NULL, NULL, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(r->fakes); i++) {
		r->fakes[i] = fake_engine_create(r->fx.loop);
		r->fakes[i]->name = names[i];
		r->fakes[i]->daemon_id = ids[i];
	}
	if (prepare)
		prepare(r);
	parts_init(&r->manager, r->fx.loop, r->fx.cluster, r->sched, 0);
	fixture_members(&r->fx, r->fakes[0]->address, r->fakes[1]->address, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(r->fakes); i++) {
		r->engines[i] = engine_ref(fixture_engine(&r->fx, r->fakes[i]->address));
		turn_until(r->fx.loop, engine_is_healthy(r->engines[i]));
	}
}

void rig_destroy(struct rig *r)
{
	parts_finish(&r->manager);
	for (size_t i = 0; i < ARRAY_SIZE(r->fakes); i++)
		engine_unref(r->engines[i]);
	for (size_t i = 0; i < ARRAY_SIZE(r->fakes); i++)
		fake_engine_destroy(r->fakes[i]);
	sched_destroy(r->sched);
	fixture_destroy(&r->fx);
}

void rig_fault(struct rig *r, enum fake_fault fault, int n)
{
	r->fakes[0]->fault = fault;
	r->fakes[0]->fault_at = n + 1;
	r->fakes[0]->asked = r->fakes[0]->changes = 0;
}

void rig_wait_frozen(struct rig *r)
{
	turn_until(r->fx.loop, !list_empty(&r->fakes[0]->held));
}

void rig_check_idle(struct rig *r)
{
	assert_true(list_empty(&r->manager.works));
	assert_true(list_empty(&r->manager.network_spreads));
	for (size_t i = 0; i < ARRAY_SIZE(r->engines); i++) {
		const struct engine *e = r->engines[i];

		for (size_t k = 0; k < e->containers_count; k++)
			assert_int_not_equal(e->containers[k]->state, CONTAINER_PENDING);
	}
}

void rig_wait_idle(struct rig *r)
{
	turn_until(r->fx.loop, list_empty(&r->manager.works));
	rig_check_idle(r);
}
