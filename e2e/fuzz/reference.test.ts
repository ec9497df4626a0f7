// The reference itself, by hand: it must not be wrong in the way the sidecar might be.
import { describe, expect, it } from "vitest";
import { faultOfQuery, readReference, topLevelKeys } from "./reference.ts";

const read = (text: string) => readReference(Buffer.from(text), 2);

describe("the reference", () => {
  it("reads a request with numbers and one with base64 float32", () => {
    expect(read('{"embedding":[1,2.5],"k":3,"namespace":"n"}')).toEqual({ embedding: [1, 2.5], k: 3, namespace: "n" });
    const base64 = Buffer.from(Float32Array.of(1, 2.5).buffer).toString("base64");
    expect(read(`{"embedding":"${base64}","k":3}`)).toEqual({ embedding: [1, 2.5], k: 3 });
  });

  it.each([
    ['{"embedding":[1,2],"k":3', "truncated"],
    ['{"embedding":[1,2],"embedding":[1,2],"k":3}', "two embeddings"],
    ['{"embedding":[1,2],"\\u0065mbedding":[1,2],"k":3}', "two embeddings, one spelled with escapes"],
    ['{"embedding":[1,1e39],"k":3}', "beyond float32"],
    ['{"embedding":[1],"k":3}', "another dimension"],
    ['{"embedding":["1",2],"k":3}', "a string for a number"],
    ['{"embedding":[1,2],"k":0}', "k of zero"],
    ['{"embedding":[1,2],"k":3,"limit":5}', "a member that isn't known"],
    ['[{"embedding":[1,2],"k":3}]', "an array"],
  ])("refuses %s: %s", (text) => {
    expect(read(text)).toBeUndefined();
  });

  it("refuses what isn't UTF-8", () => {
    const bytes = Buffer.from('{"embedding":[1,2],"k":3,"namespace":"x"}');
    bytes[bytes.length - 3] = 0xff;
    expect(readReference(bytes, 2)).toBeUndefined();
  });
});

describe("the keys of a document", () => {
  it("are those of the outermost object alone, repeated ones too, whatever strings hold", () => {
    expect(topLevelKeys('{"a":{"b":1},"a":["c",{"d":2}],"e":"\\"f\\":","\\u0067":"{"}')).toEqual(["a", "a", "e", "g"]);
  });
});

describe("a body that reached the store", () => {
  const request = { embedding: [1, 2], k: 3, namespace: "n", filters: { half: 0.5 } };
  const must = '[{"key":"namespace","match":{"value":"n"}},{"key":"half","range":{"gte":0.5,"lte":0.5}}]';
  const good = `{"query":[1,2],"limit":3,"with_payload":["chunk_id","entity_id","updated_at"],"filter":{"must":${must}}}`;

  it("is what was asked for", () => {
    expect(faultOfQuery(good, request)).toBeUndefined();
  });

  it.each([
    [good.replace('"limit":3', '"limit":3,"limit":3'), "the members"],
    [good.replace("[1,2]", "[1,3]"), "another query"],
    [good.replace('"n"', '"m"'), "another filter"],
    [`${good}${good}`, "isn't one JSON object"],
  ])("is a fault when it is %s", (body, fault) => {
    expect(faultOfQuery(body, request)).toContain(fault);
  });
});
