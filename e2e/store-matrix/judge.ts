// Whether a store is served exactly, or refused at configuration: by every request and the probe alike, with one sentence.
import type { Backend, BackendAnswer, ProbeFacts } from "@retriever/stores/ports/backend.ts";
import { requestOf } from "@retriever/stores/test/requests.ts";
import { chunkCount, dimension, requestVector } from "./chunks.ts";
import { factsOf, limit } from "./law/probed.ts";

export type Expected = {
  readonly isServed: boolean;
  readonly ids: readonly string[];
  readonly updatedAt: string | null;
  /** Whether the lack of an index is to be said. */
  readonly lacksIndex: boolean;
};

type Answered = BackendAnswer | { readonly code: string; readonly message: string };

async function ask(backend: Backend, more: object, isExact = false): Promise<Answered> {
  const request = { ...requestOf({ embedding: requestVector, k: 100, ...more }), ...(isExact ? { isExact } : {}) };
  return backend.retrieve(request, limit()).catch((error: unknown) => error as Error & { readonly code: string });
}

/** What is wrong, in words; empty: nothing. */
export async function judge(backend: Backend, expected: Expected): Promise<string[]> {
  const answers = [await ask(backend, {}), await ask(backend, { namespace: "odd" }), await ask(backend, {}, true)];
  const facts = await factsOf(backend);
  return expected.isServed ? served(answers, facts, expected) : refused(answers, facts);
}

function served(answers: readonly Answered[], facts: ProbeFacts, expected: Expected): string[] {
  const { ids, updatedAt, lacksIndex } = expected;
  const chunks = Array.from({ length: chunkCount }, (_, chunk) => chunk);
  const odd = chunks.filter((chunk) => chunk % 2 === 1);
  const found = answers.map((answer) => ("candidates" in answer ? answer.candidates : answer.message));
  const wanted = [chunks, odd, chunks].map((each) =>
    each.map((chunk) => ({
      chunkId: ids[chunk],
      entityId: `entity-${chunk}`,
      similarity: 1 - chunk / dimension,
      updatedAt,
    })),
  );
  const hasRemark = (facts.remarks ?? []).some((remark) => remark.startsWith("no index"));
  return [
    ...found.flatMap((each, at) => (isSame(each, wanted[at]) ? [] : [`request ${at}: ${JSON.stringify(each)}`])),
    ...(facts.fault === null ? [] : [`probe: ${facts.fault.message}`]),
    ...(facts.count === chunkCount ? [] : [`probe: ${facts.count} chunks`]),
    ...(hasRemark === lacksIndex ? [] : [`probe: remarks ${JSON.stringify(facts.remarks)}`]),
  ];
}

function isSame(found: unknown, wanted: unknown): boolean {
  const rounded = (value: unknown) =>
    JSON.stringify(value, (key, member: unknown) => (key === "similarity" ? Number(member).toFixed(5) : member));
  return rounded(found) === rounded(wanted);
}

function refused(answers: readonly Answered[], { fault }: ProbeFacts): string[] {
  if (fault === null) return ["probe: nothing wrong"];
  return answers.flatMap((answer, at) => {
    if ("candidates" in answer) return [`request ${at}: served`];
    return answer.code === "RETR_BACKEND_MISSING" && answer.message === fault.message
      ? []
      : [`request ${at}: ${answer.code} ${answer.message}; probe: ${fault.message}`];
  });
}
