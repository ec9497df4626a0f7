// Reports when the config directory may have changed: file events for speed, a poll in case events are missed.
import { type FSWatcher, watch } from "node:fs";

type DirectoryWatch = { readonly stop: () => void };

const debounceMs = 30;
export const pollMs = 1500;

/** Calls `onChange` soon after an event and at least every `pollMs`, until stopped. It must be cheap and never throw. */
export function watchDirectory(directory: string, onChange: () => void): DirectoryWatch {
  let pending: NodeJS.Timeout | undefined;
  // A volume swaps one link, a plain directory writes several files: one call after the last of them.
  const soon = (): void => {
    clearTimeout(pending);
    pending = setTimeout(onChange, debounceMs);
  };
  const watcher = tryWatch(directory, soon);
  const poll = setInterval(onChange, pollMs);
  return {
    stop: () => {
      clearTimeout(pending);
      clearInterval(poll);
      watcher?.close();
    },
  };
}

/** Without inotify, or with the directory gone, the poll alone reports changes. */
function tryWatch(directory: string, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, onEvent);
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
