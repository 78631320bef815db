/*
 * api/exec.h - commands in running containers: the endpoints under /exec.
 */
#pragma once

#include "api/request.h"

void exec_create(struct request *rq);
void exec_start(struct request *rq);
void exec_pass(struct request *rq);
