/*
 * docker/advice.h - what an operator can do about an engine that does not answer.
 */
#pragma once

/* By the error of the last call or connection; "" for one that has never been reached.  Static. */
const char *advice_for_error(const char *error);
