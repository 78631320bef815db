/*
 * cmd/memory.h - how much memory there is for this process.
 */
#pragma once

#include <stddef.h>

/* Bytes of the machine, or of the control group when that has less. */
size_t memory_available(void);
