/*
 * cmd/help.h - help texts, made from the tables.
 */
#pragma once

#include <stdio.h>

#include "cmd/command.h"

void help_print_program(FILE *out, const char *program);
void help_print_command(FILE *out, const char *program, const struct command *command);
