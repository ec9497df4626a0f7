// Which part of a payload an answer shows, as Qdrant chooses it: what any of the keys names.
import { expect, test } from "vitest";
import { payloadShower } from "./payload.ts";

const payload = { text: "t", metadata: { source: "a.pdf", page: 7, more: [{ x: 1, y: 2 }] } };

test.each([
  [["metadata", "metadata.source"], { metadata: payload.metadata }],
  [["metadata.source", "metadata"], { metadata: payload.metadata }],
  [["metadata.source", "metadata.page"], { metadata: { source: "a.pdf", page: 7 } }],
  [["metadata.more[].x", "text"], { text: "t", metadata: { more: [{ x: 1 }] } }],
  [["absent"], {}],
])("of the keys %j it shows %j", (keys, shown) => {
  expect(payloadShower(keys)(payload)).toEqual(shown);
});
