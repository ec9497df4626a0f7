import { expect, test } from "vitest";
import { fallbackRule, pointIdRule } from "./point-ids.ts";

const of = (id: string, chunkId: string) => pointIdRule([{ id, chunkId }])?.name;

test.each([
  ["the chunk id itself", "0f4b3cde-0000-4000-8000-00000000abcd", "0F4B3CDE-0000-4000-8000-00000000ABCD"],
  ["the chunk id as integer", "4711", "4711"],
  // Of name-based UUIDs that Python's documentation shows.
  ["UUID version 3 (DNS)", "6fa459ea-ee8a-3ca4-894e-db77e160355e", "python.org"],
  ["UUID version 5 (DNS)", "886313e1-3b8a-5372-9b90-0c9aee199e5d", "python.org"],
  ["UUID of the MD5", "5d41402a-bc4b-2a76-b971-9d911017c592", "hello"],
  ["UUID version 8 of the SHA-256", "fee5631a-4562-85d1-9beb-8b6af4605f32", "wn30-adj-00552841"],
])("%s is recognised", (name, id, chunkId) => {
  expect(of(id, chunkId)).toBe(name);
});

test("one point that follows another rule is enough for none", () => {
  const points = [
    { id: "1", chunkId: "1" },
    { id: "3", chunkId: "2" },
  ];
  expect(pointIdRule(points)).toBeNull();
  expect(of("1", "x")).toBeUndefined();
});

test("without points there is the usual rule, which has an id for every chunk", () => {
  expect(pointIdRule([])).toBe(fallbackRule);
  expect(fallbackRule.idOf("")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("B5: ids of 64 bits follow the rule of integers, exactly, and a chunk id that is none gets no other id", () => {
  const ids = ["1639887574359322625", "1639887574359322626", "18446744073709551615", "7"];
  const rule = pointIdRule(ids.map((id) => ({ id, chunkId: id })));
  expect(rule?.name).toBe("the chunk id as integer");
  expect(JSON.stringify(rule?.idOf("1639887574359322627"))).toBe("1639887574359322627");
  for (const id of ["18446744073709551616", "-1", "007", "a"]) expect(rule?.idOf(id)).toBeUndefined();
});
