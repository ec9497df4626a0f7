import { OperatorError } from "@retriever/operator/errors.ts";
import { aRawMigration, aStatus } from "@retriever/operator/test/builders/migration.ts";
import { FakeClock } from "@retriever/operator/test/fakes/fake-clock.ts";
import { expect, test } from "vitest";
import type { MigrationEvent } from "#kube-client.ts";
import { viewMigration } from "#output/migration-view.ts";
import { Viewed } from "./viewed.ts";

const namespace = "search";
const name = "docs-to-qdrant";
const view = viewMigration(aRawMigration(aStatus({ phase: "Guard" })));
const migration = { namespace, name, version: 1, resourceVersion: "1", fault: undefined, view };

/** Events that take a minute to read. */
async function arrange(end: () => readonly MigrationEvent[]) {
  const clock = new FakeClock();
  const reads: number[] = [];
  const listEvents = async () => {
    reads.push(clock.elapsed());
    await new Promise<void>((resolve) => void clock.after(60_000, resolve));
    return end();
  };
  const client = { listEvents, mayI: async () => true, readActIdentityProved: async () => false };
  const evidence = { readChain: async () => undefined };
  const viewed = new Viewed({ client, evidence, clock, viewedNow: () => [migration], onChange: () => undefined });
  const stop = new AbortController();
  const running = viewed.run(stop.signal);
  await clock.advance(75_000);
  stop.abort();
  await clock.advance(60_000);
  await running;
  return { reads, viewed };
}

test("a read that took a minute is repeated only after many, and one that failed after ten seconds", async () => {
  expect((await arrange(() => [])).reads).toHaveLength(1);
  const { reads, viewed } = await arrange(() => {
    throw new OperatorError("ROP_API_UNAVAILABLE", "list events");
  });
  expect(reads).toHaveLength(2);
  expect(viewed.get(migration).eventsFault).toContain("Events can't be read");
});

test("one that was made anew under the same name has neither the charts nor the events of the other", async () => {
  const clock = new FakeClock();
  const asked: unknown[] = [];
  const client = {
    listEvents: async (of: { readonly uid?: string | undefined }) => (asked.push(of.uid), []),
    mayI: async () => true,
    readActIdentityProved: async () => false,
  };
  const evidence = { readChain: async () => undefined };
  let viewed = migration;
  const held = new Viewed({ client, evidence, clock, viewedNow: () => [viewed], onChange: () => undefined });
  const stop = new AbortController();
  const running = held.run(stop.signal);
  await clock.advance(1000);
  expect(held.get(migration).points).toHaveLength(1);
  viewed = { ...migration, view: { ...view, uid: "another" }, version: 2 };
  expect(held.get(viewed).points).toEqual([]);
  await clock.advance(1000);
  expect(asked).toEqual([view.uid, "another"]);
  stop.abort();
  await clock.advance(1000);
  await running;
});
