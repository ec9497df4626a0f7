// Answers of a pure function that are reckoned once.
import { expect, it } from "vitest";
import { remembering } from "./remembering.ts";

it("is reckoned once for the same two numbers, and anew for others", () => {
  const asked: string[] = [];
  const sum = remembering((a, b) => {
    asked.push(`${a}+${b}`);
    return a + b;
  });
  expect([sum(1, 2), sum(1, 2), sum(2, 1), sum(1, 3), sum(1, 2)]).toEqual([3, 3, 3, 4, 3]);
  expect(asked).toEqual(["1+2", "2+1", "1+3"]);
});

it("forgets all once it knows a thousand answers, and reckons the same again", () => {
  let reckoned = 0;
  const half = remembering((a) => {
    reckoned += 1;
    return a / 2;
  });
  for (let a = 0; a < 1001; a += 1) expect(half(a, 0)).toBe(a / 2);
  expect(half(1000, 0)).toBe(500);
  expect(reckoned).toBe(1001);
  expect(half(0, 0)).toBe(0);
  expect(reckoned).toBe(1002);
});
