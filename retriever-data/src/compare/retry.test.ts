// How long is waited before a store is asked again.
import { RetrieverError } from "@retriever/stores/errors.ts";
import { expect, test } from "vitest";
import { backoffMs, withRetries } from "./retry.ts";

const failed = (retryAfterSeconds?: number) =>
  new RetrieverError({
    code: "RETR_BACKEND_UNAVAILABLE",
    message: "gone",
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });

test("a pause doubles with every try, and is as long as the store asked for or a little longer, up to five minutes", () => {
  expect([1, 2, 3].map((retry) => backoffMs(failed(), retry, 0.5))).toEqual([1000, 2000, 4000]);
  expect([0, 0.5, 0.99].map((random) => backoffMs(failed(8), 1, random))).toEqual([8000, 9000, 9980]);
  expect(backoffMs(failed(1), 3, 0.5)).toBe(4000);
  expect(backoffMs(failed(9999), 1, 0.5)).toBe(300_000);
});

test("work that a store refuses for a time is done after that time", async () => {
  const pauses: number[] = [];
  const pause = async (ms: number): Promise<void> => void pauses.push(ms);
  const work = (): Promise<string> => (pauses.length === 0 ? Promise.reject(failed(7)) : Promise.resolve("done"));
  expect(await withRetries(work, { pause, random: () => 0 }, new AbortController().signal)).toBe("done");
  expect(pauses).toEqual([7000]);
});
