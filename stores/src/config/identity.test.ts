import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { locateOverlayAdapter, overlayAdapterSchema } from "../kinds.ts";
import { identityOf, isCalled, isSamePlace, isSameStore, type StoreIdentity, withoutVector } from "./identity.ts";

const name = fc.string({ minLength: 1, maxLength: 8 });
const location = fc.record({
  kind: fc.constantFrom("pgvector", "qdrant"),
  host: fc.constantFrom("a.svc", "A.svc", "b.svc"),
  port: fc.constantFrom(5432, 6333),
  place: fc.oneof(fc.constantFrom("app/public.chunks", "chunks"), name),
  vector: fc.option(fc.oneof(fc.constantFrom("v1", "v2"), name), { nil: undefined }),
});
const earlier = (identity: StoreIdentity): StoreIdentity => withoutVector(identity);

describe("identities", () => {
  it("are of one store where kind, host, port, place and vector are equal, and else of two", () => {
    fc.assert(
      fc.property(location, location, (a, b) => {
        const isEqual = JSON.stringify({ ...a, host: "" }) === JSON.stringify({ ...b, host: "" });
        const isOne = isEqual && a.host.toLowerCase() === b.host.toLowerCase();
        expect(isSameStore(identityOf(a), identityOf(b))).toBe(isOne);
      }),
    );
  });

  it("that an earlier version wrote are of every vector of their place, whichever side wrote them", () => {
    fc.assert(
      fc.property(location, location, (a, b) => {
        const isPlace = isSamePlace(identityOf(a), identityOf(b));
        expect(isSameStore(earlier(identityOf(a)), identityOf(b))).toBe(isPlace);
        expect(isSameStore(identityOf(a), earlier(identityOf(b)))).toBe(isPlace);
        expect(isSameStore(earlier(identityOf(a)), earlier(identityOf(b)))).toBe(isPlace);
        expect(isCalled(identityOf(a), earlier(identityOf(a)).digest)).toBe(true);
      }),
    );
  });

  it("are written by an earlier version as it always did", () => {
    fc.assert(
      fc.property(location, ({ kind, host, port, place: at }) => {
        const place = { kind, host, port, place: at };
        const { label, digest } = identityOf(place);
        expect(earlier(identityOf({ ...place, vector: "v#1" }))).toEqual({ kind: place.kind, label, digest });
        expect(earlier(identityOf(place))).toEqual({ kind: place.kind, label, digest });
      }),
    );
  });
});

const credential = { user: { fromEnv: "RETRIEVER_CRED_PG_USER" } };
const pgvector = { kind: "pgvector", host: "pg.svc", database: "app", table: "chunks", ...credential };
const qdrant = { kind: "qdrant", url: "http://q.svc:6333", collection: "chunks" };

it.each([
  [pgvector, {}, "pgvector://pg.svc:5432/app/public.chunks"],
  [pgvector, { embeddingColumn: "embedding" }, "pgvector://pg.svc:5432/app/public.chunks"],
  [pgvector, { embeddingColumn: "v2" }, "pgvector://pg.svc:5432/app/public.chunks#v2"],
  [qdrant, {}, "qdrant://q.svc:6333/chunks"],
  [qdrant, { vectorName: "v2" }, "qdrant://q.svc:6333/chunks#v2"],
])("%j with %j is %s", (adapter, more, label) => {
  const identity = identityOf(locateOverlayAdapter(overlayAdapterSchema.parse({ ...adapter, ...more })));
  expect(identity.label).toBe(label);
});
