import { expect, test } from "vitest";
import { makeBoundedLabel } from "./bounded-label.ts";

test("the first values keep their names, further ones share one, and that stays so", () => {
  const label = makeBoundedLabel(2);
  expect(["a", "b", "c", undefined, "a", "d"].map(label)).toEqual(["a", "b", "other", "none", "a", "other"]);
  expect(label("b")).toBe("b");
});
