// Tells when the config directory may have changed: file events for speed, a poll for certainty.
import { type FSWatcher, watch } from "node:fs";

export type DirectoryWatch = { readonly stop: () => void };

const debounceMs = 30;
export const pollMs = 1500;

/** Calls `look` soon after an event and at least every `pollMs`, until stopped. `look` must be cheap and never throw. */
export function watchDirectory(directory: string, look: () => void): DirectoryWatch {
  let pending: NodeJS.Timeout | undefined;
  // A volume swaps one link, a plain directory writes several files: one look after the last of them.
  const soon = (): void => {
    clearTimeout(pending);
    pending = setTimeout(look, debounceMs);
  };
  const watcher = tryWatch(directory, soon);
  const poll = setInterval(look, pollMs);
  return {
    stop: () => {
      clearTimeout(pending);
      clearInterval(poll);
      watcher?.close();
    },
  };
}

/** Events are an improvement, not a need: without inotify (or with the directory gone) the poll alone serves. */
function tryWatch(directory: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, onEvent);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
