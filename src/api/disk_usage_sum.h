/*
 * api/disk_usage_sum.h - what several nodes say of their disks, added up.
 */
#pragma once

#include <yyjson.h>

/*
 * One node's answer added to the sum so far: numbers are added, lists joined, objects merged member
 * by member, of everything else the first stays.  That serves both shapes of the answer (lists at
 * the top, and from API 1.52 objects such as ImageUsage), and members nobody here knows.  `more`
 * is used up.
 */
void disk_usage_add(yyjson_mut_doc *doc, yyjson_mut_val *sum, yyjson_mut_val *more);
