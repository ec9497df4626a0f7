// docs/architecture.md and the table of rooms in CONTRIBUTING.md, held to the layers of the operator.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { layers } from "../stats/layers.ts";
import { drawRooms, renderRooms } from "./architecture.ts";

const root = join(import.meta.dirname, "../..");
const rooms = (layers["operator"] ?? []).flat();

describe("the drawing of the rooms", () => {
  it("is the one that the layers make", () => {
    const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
    expect(drawRooms(page)).toBe(page);
  });

  it("has every room in one box, the core's in a frame, and an arrow from each layer to the next one below", () => {
    const drawn = renderRooms([["errors.ts"], ["core/model"], ["core"], ["a", "b", "c", "d", "e"]]);
    expect(drawn.split("\n")).toEqual([
      "```mermaid",
      "flowchart TB",
      '  l3["a · b · c · d<br/>e"]',
      '  l0["errors.ts"]',
      '  subgraph core ["pure: no clock, no chance, no I/O, no promise"]',
      '    l2["core"]',
      '    l1["core/model"]',
      "  end",
      "  l3 --> l2",
      "  l2 --> l1",
      "  l1 --> l0",
      "```",
    ]);
  });

  it("is refused where a page has no place for it", () => {
    expect(() => drawRooms("# Architecture\n")).toThrow(/the page lacks/);
  });
});

describe("the table of the operator's rooms in CONTRIBUTING.md", () => {
  it("has every folder of the operator once, and no other", () => {
    const page = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
    const table = page.slice(
      page.indexOf("| room of the operator |"),
      page.indexOf("\n\n", page.indexOf("| room of the operator |")),
    );
    const listed = table
      .split("\n")
      .slice(2)
      .flatMap((row) => [...(row.split(" | ")[0] ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name));
    const folders = new Set(
      rooms.filter((place) => !place.endsWith(".ts")).map((place) => place.replace(/^adapters\/.*/, "adapters")),
    );
    expect(listed.toSorted()).toEqual([...folders].toSorted());
  });
});
