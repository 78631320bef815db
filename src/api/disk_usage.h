/*
 * api/disk_usage.h - GET /system/df: what all nodes' images, containers, volumes and build caches
 * take.
 */
#pragma once

#include "api/request.h"

void disk_usage(struct request *rq);
