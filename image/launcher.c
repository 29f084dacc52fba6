/*
 * /usr/local/bin/readiness-gate: becomes Node.js with the V8 settings and the program, and passes on its arguments,
 * environment and signals. A script cannot do that: a first line with #! takes one argument, NODE_OPTIONS not all of
 * the settings, and the image has no shell. NODE, PROGRAM and NODE_FLAGS (strings with commas between) are defined by
 * the Dockerfile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const beginning[] = {NODE, NODE_FLAGS, PROGRAM};
static const size_t length = sizeof beginning / sizeof *beginning;

static int fail(const char *file) {
  fprintf(stderr, "readiness-gate: cannot start %s: %s\n", file, strerror(errno));
  return 1;
}

int main(int argc, char **argv) {
  /* argc is 0 when the caller gave not even a name. */
  const size_t given = argc > 0 ? (size_t)argc - 1 : 0;
  const char **arguments = calloc(length + given + 1, sizeof *arguments);
  if (arguments == NULL) return fail(NODE);
  memcpy(arguments, beginning, sizeof beginning);
  if (given > 0) memcpy(arguments + length, argv + 1, given * sizeof *argv);
  if (access(PROGRAM, R_OK) != 0) return fail(PROGRAM);
  execv(NODE, (char *const *)arguments);
  return fail(NODE);
}
