/*
 * api/placement_label.h - wishes about the place in the labels of a network or volume to be made.
 */
#pragma once

#include <yyjson.h>

#include "base/error.h"
#include "base/strv.h"

/* The label's value is a JSON list of expressions, as on containers; appended.  Without the label
 * nothing is. */
bool placement_label_read(
	yyjson_mut_doc *body, const char *label, struct strv *ret, struct error *err);
