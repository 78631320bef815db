/* api/images_prune.c - POST /images/prune: every node removes what it does not use. */
#include "api/images.h"
#include "api/prune.h"

void images_prune(struct request *rq)
{
	static const struct prune_kind kind = {
		.path = "/images/prune",
		.deleted_key = "ImagesDeleted",
		.flag = "dangling",
		.refresh = refresh_images,
	};

	prune_start(rq, &kind);
}
