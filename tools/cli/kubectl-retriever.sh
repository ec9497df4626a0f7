#!/bin/sh
# The kubectl plugin: the program beside this file, with the Node beside it or the one on the PATH. Node keeps what it
# compiled for this user, so that only the first command compiles anything.
set -eu
here=$(dirname "$(readlink -f "$0")")
NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/kubectl-retriever}"
export NODE_COMPILE_CACHE
node=node
if [ -x "$here/node" ]; then node="$here/node"; fi
# The dashboard runs for days: small young generations, some 20 MiB less.
young=
if [ "${1:-}" = dashboard ]; then young=--max-semi-space-size=2; fi
exec "$node" ${young:+"$young"} "$here/kubectl-retriever.cjs" "$@"
