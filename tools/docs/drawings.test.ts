import { describe, expect, it } from "vitest";
import { decisionOn, drawGates } from "./gates-drawing.ts";
import { drawHarm, playHarm } from "./harm-drawing.ts";
import { drawRecording } from "./recording.ts";
import { drawRollback } from "./rollback-drawing.ts";

describe("the picture of harm", () => {
  const frames = playHarm();

  it("shows a blip whose evidence stands and is refuted", () => {
    const blip = frames.filter(({ minute }) => minute > 4 && minute < 7);
    expect(blip.some(({ evidence }) => evidence >= 1)).toBe(true);
    expect(frames.find(({ minute }) => minute >= 8)).toMatchObject({ line: { line: "score" } });
    expect(frames.find(({ minute }) => minute >= 8)?.line.clock).toBeUndefined();
    expect(frames.find(({ minute }) => minute >= 8)?.evidence).toBeLessThan(0.1);
  });

  it("ends with harm that stood for sustainedFor and one part more", () => {
    const last = frames.at(-1);
    expect(last?.line.clock?.verdict).toBe("worse");
    const lastedSeconds = (last?.minute ?? 0) * 60 - Date.parse(last?.line.clock?.since ?? "") / 1000;
    expect(lastedSeconds).toBe(450);
  });
});

it("the picture of gates shows one store that passes and one that fails", () => {
  expect(decisionOn(0.02)?.verdict).toBe("Pass");
  expect(decisionOn(0.1)?.verdict).toBe("Fail");
});

it.each([drawHarm(), drawGates()])("a picture has words for who can't see it, and a dark scheme", (svg) => {
  expect(svg).toMatch(/<title>\w+/);
  expect(svg).toContain("prefers-color-scheme: dark");
  expect(svg).not.toMatch(/NaN|undefined/);
});

it("the picture of a rollback shows one that began by itself, small, in both schemes, with words and without fonts", () => {
  const svg = drawRollback();
  expect(svg).toMatch(/<desc[^>]*>[^<]*RolledBack at /);
  expect(svg).toContain('<title id="timeline-wide-title">');
  expect(svg).toContain("prefers-color-scheme:dark");
  expect(svg).not.toMatch(/NaN|undefined|<script|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
  expect(svg.length).toBeLessThan(80_000);
});

it("the recording shows what the commands print, ends with the rollback, and stands still where less motion is asked for", async () => {
  const svg = await drawRecording();
  expect(svg).toMatch(/<desc[^>]*>The last line: [^<]*reconciles/);
  expect(svg).toContain("$ kubectl retriever rehearse");
  expect(svg).toMatch(/RolledBack at T\+/);
  expect(svg).toContain("prefers-reduced-motion:reduce");
  expect(svg).toContain("prefers-color-scheme:dark");
  expect(svg).not.toMatch(/NaN|undefined|<script|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
  expect(svg.length).toBeLessThan(30_000);
});
