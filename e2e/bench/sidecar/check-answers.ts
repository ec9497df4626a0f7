// A figure counts only if its subject did the work: each must give the ten candidates of the trivial store.
import { request } from "undici";
import { makeBodies } from "./bodies.ts";
import type { Subject } from "./subjects.ts";

const expected = 10;
const deadlineMs = 10_000;
const headers = { "content-type": "application/json" };

/** Asks every subject once. Rejects with the first one that answers something else. */
export async function checkAnswers(subjects: readonly Subject[]): Promise<void> {
  for (const { name, url, body: kind } of subjects) {
    const [body = null] = makeBodies(kind);
    const signal = AbortSignal.timeout(deadlineMs);
    const { statusCode, body: answer } = await request(url, { method: "POST", headers, body, signal, reset: true });
    const text = await answer.text();
    const found = countChunks(text);
    if (statusCode !== 200 || found !== expected) {
      throw new Error(
        `${name}: got ${statusCode} with ${found} candidates, expected ${expected}: ${text.slice(0, 200)}`,
      );
    }
  }
}

/** Candidates of an answer, in the store's own words or in the users'. */
export function countChunks(text: string): number {
  return text.match(/"(?:chunk_id|chunkId)":"/g)?.length ?? 0;
}
