// Structured log lines. Errors appear as code and bounded message; bodies, headers and credentials never get here.
import { printableLines } from "@retriever/stores/values/printable.ts";
import { type DestinationStream, type Logger, pino } from "pino";
import { asOperatorError } from "#errors.ts";

export type { Logger } from "pino";

type LoggerOptions = {
  readonly level: string;
  /** Default: the standard output. */
  readonly destination?: DestinationStream;
  /** Default: retriever-operator. */
  readonly component?: string;
};

/** A logger that writes one JSON object per line. */
export function makeLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { component: options.component ?? "retriever-operator" },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // JSON escapes controls below 32 only; what else steers a terminal stays the same text this way.
    hooks: { streamWrite: printableLines },
    redact: {
      paths: ["authorization", "headers", "password", "token", "*.authorization", "*.password", "*.token"],
      remove: true,
    },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/** A stream of its own for what would drown the log: one JSON object per line on the standard error, none left behind at an exit. */
export function standardError(): DestinationStream {
  return pino.destination({ fd: 2, sync: true });
}

/** What of a fault is fit for a log line. */
export function faultFields(fault: unknown): Readonly<Record<string, unknown>> {
  const error = asOperatorError(fault);
  return {
    code: error.code,
    fault: error.message,
    details: error.details,
    // An uncoded fault is a bug: its place is needed, its text may hold anything.
    ...(error.code === "ROP_UNEXPECTED" && error.cause instanceof Error ? { stack: framesOf(error.cause) } : {}),
  };
}

function framesOf(error: Error): string[] {
  const lines = (error.stack ?? "").split("\n").map((line) => line.trim());
  return lines.filter((line) => line.startsWith("at ")).slice(0, 8);
}
