#!/bin/sh
# The kubectl plugin: the program beside this file, with the Node beside it or the one on the PATH. Node keeps what it
# compiled for this user, so that only the first command compiles anything.
set -eu
here=$(dirname "$(readlink -f "$0")")
if [ ! -f "$here/kubectl-retriever.cjs" ]; then
  echo "kubectl-retriever.cjs isn't in $here: copy it as well, or link this command instead of copying it" >&2
  exit 1
fi
NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/kubectl-retriever}"
export NODE_COMPILE_CACHE
node=node
if [ -x "$here/node" ]; then node="$here/node"; fi
# The dashboard runs for days: a heap that stays small, some 30 MiB less, and that grows later.
small=
if [ "${1:-}" = dashboard ]; then small="--max-semi-space-size=1 --optimize-for-size"; fi
# shellcheck disable=SC2086
exec "$node" $small "$here/kubectl-retriever.cjs" "$@"
