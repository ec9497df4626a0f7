// Live on a terminal, plain lines elsewhere: only what changed is said again.
import { createLogUpdate } from "log-update";

export type Screen = {
  /** One row per migration, with details below it. Plain output prints a row when it changed. */
  readonly show: (rows: ReadonlyMap<string, { readonly line: string; readonly details: readonly string[] }>) => void;
  /** A line that stays. */
  readonly say: (line: string) => void;
  readonly done: () => void;
};

type ScreenOptions = {
  readonly stream: NodeJS.WriteStream;
  /** Seconds since the demo began. */
  readonly elapsed: () => number;
};

/** Writes to `stream` alone. */
export function makeScreen({ stream, elapsed }: ScreenOptions): Screen {
  const stamp = () => `${elapsed().toFixed(1).padStart(6)} s  `;
  if (!stream.isTTY) return plainScreen(stream, stamp);
  const live = createLogUpdate(stream);
  return {
    show: (rows) => {
      const lines = [...rows.values()].flatMap(({ line, details }) => [
        `${stamp()}${line}`,
        ...details.map((detail) => `            ${detail}`),
      ]);
      live(lines.slice(0, Math.max(1, (stream.rows ?? 24) - 2)).join("\n"));
    },
    say: (line) => {
      live.clear();
      stream.write(`${stamp()}${line}\n`);
    },
    done: () => live.done(),
  };
}

function plainScreen(stream: NodeJS.WriteStream, stamp: () => string): Screen {
  const printed = new Map<string, string>();
  return {
    show: (rows) => {
      for (const [name, { line }] of rows) {
        if (printed.get(name) === line) continue;
        printed.set(name, line);
        stream.write(`${stamp()}${line}\n`);
      }
    },
    say: (line) => {
      stream.write(`${stamp()}${line}\n`);
    },
    done: () => undefined,
  };
}
