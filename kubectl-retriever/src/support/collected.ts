// What a support bundle has gathered so far: redacted files within a bound, and the reasons for what isn't there.
import { asOperatorError } from "@retriever/operator/errors.ts";
import type { KubeRequest } from "@retriever/operator/kube/kube-request.ts";
import type { EvidenceReader } from "@retriever/operator/ports/audit-store.ts";
import type { KubeClient } from "#kube-client.ts";
import { told } from "#told.ts";
import type { Entry } from "./archive.ts";
import { redactLines, redactText, redactValue } from "./redact.ts";

/** Of one file, and of all, in characters. */
const mostOfFile = 1024 * 1024;
const mostOfAll = 32 * 1024 * 1024;
const mostFiles = 400;

/** Where it is read. */
export type Sources = {
  readonly client: KubeClient;
  readonly request: KubeRequest;
  readonly evidence: EvidenceReader;
  readonly signal: AbortSignal;
};

/** What should be in the bundle and isn't, or isn't whole. */
type Missing = { readonly path: string; readonly why: string };

/** How lines are redacted, and how many characters of them are kept. */
type Lines = { readonly redact: (text: string) => string; readonly most: number };
const ofLog: Lines = { redact: redactLines, most: mostOfFile };

export type Collected = {
  /** Adds a value as JSON; resolves with it, or with undefined where it can't be had. */
  readonly value: <T>(path: string, read: () => Promise<T | undefined>) => Promise<T | undefined>;
  /** Adds lines of text, the newest of them where there are too many. */
  readonly lines: (path: string, read: () => Promise<string | undefined>, how?: Lines) => Promise<void>;
  /** Notes that something isn't whole. */
  readonly miss: (path: string, why: string) => void;
  readonly entries: () => readonly Entry[];
  readonly missing: () => readonly Missing[];
};

/** Nothing that can't be read ends it; what was read before `signal` says stop is kept. */
export function startCollecting(signal: AbortSignal): Collected {
  const entries: Entry[] = [];
  const missing: Missing[] = [];
  let size = 0;
  const miss = (path: string, why: string): undefined => {
    missing.push({ path, why: redactText(why) });
  };
  /** What others wrote may be deeper than anything can walk through. */
  const tried = (path: string, redact: () => string): string | undefined => {
    try {
      return redact();
    } catch {
      return miss(path, "it is made in a way that can't be searched for secrets");
    }
  };
  const add = (path: string, text: string) => {
    if (entries.length >= mostFiles || size + text.length > mostOfAll) return miss(path, "the bundle is full");
    size += text.length;
    entries.push({ path, text });
  };
  const read = async <T>(path: string, ask: () => Promise<T | undefined>): Promise<T | undefined> => {
    if (signal.aborted) return miss(path, "the time was over");
    // Also where nobody answers any more: what there is already is worth keeping.
    const found = await told(ask()).catch((fault: unknown) => ({
      ok: false as const,
      why: asOperatorError(fault).message,
    }));
    if (!found.ok) return miss(path, found.why);
    if (found.value === undefined) return miss(path, "there is none");
    return found.value;
  };
  return {
    value: async (path, ask) => {
      const found = await read(path, ask);
      if (found === undefined) return undefined;
      const text = tried(path, () => JSON.stringify(redactValue(found), null, 2));
      if (text === undefined) return found;
      if (text.length > mostOfFile) miss(path, `${text.length} characters are more than ${mostOfFile}`);
      else add(path, `${text}\n`);
      return found;
    },
    lines: async (path, ask, { redact, most } = ofLog) => {
      const text = await read(path, ask);
      if (text === undefined) return;
      // Redacted before it is cut: half a secret is none that could be recognised.
      const redacted = tried(path, () => redact(text));
      if (redacted === undefined) return;
      if (redacted.length > most) miss(path, `only its last ${most} of ${redacted.length} characters are there`);
      add(path, endOf(redacted, most));
    },
    miss,
    entries: () => entries,
    missing: () => missing,
  };
}

/** The last whole lines; of one line that is longer, its end. */
function endOf(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = text.slice(-most);
  return end.slice(end.indexOf("\n") + 1);
}
