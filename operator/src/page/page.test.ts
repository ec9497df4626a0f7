import { hash } from "node:crypto";
import { phases } from "@retriever/crds/status/migration-status.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataTable } from "./data-table.ts";
import { banner, definitions, factList, renderDocument } from "./document.ts";
import type { EvidenceRow } from "./evidence-rows.ts";
import { evidenceTiles } from "./evidence-tiles.ts";
import { makeTimeAxis } from "./time-axis.ts";
import { renderTimeline } from "./timeline.ts";
import type { TimelineData } from "./timeline-data.ts";
import { timelineFigure } from "./timeline-table.ts";

const hostile = `<img src=x onerror=alert(1)>"'&\u001b[31m\u202e`;

function aRow(more: Partial<EvidenceRow> = {}): EvidenceRow {
  return {
    key: "scoreDelta",
    kind: "gate",
    name: "score worse by > 0.2",
    value: "0.9 %",
    interval: "0.6 - 1.2 %",
    limit: "5 %",
    n: "5,166",
    verdict: "pass",
    mood: "good",
    message: "",
    numbers: { value: 0.009, low: 0.006, high: 0.012, limit: 0.05 },
    ...more,
  };
}

function aTimeline(word = "x"): TimelineData {
  return {
    id: "t",
    title: word,
    description: word,
    clock: word,
    stretches: [
      { phase: "Ramp", label: word, from: 0, to: 3600 },
      { phase: "Guard", label: word, from: 3600, to: 90_000 },
    ],
    serves: [
      { seconds: 0, primary: "source" },
      { seconds: 3600, primary: "destination" },
    ],
    curves: [
      { name: word, unit: word, kind: "rate", points: [{ seconds: 0, value: 0.05 }] },
      {
        name: word,
        unit: word,
        kind: "share",
        points: [
          { seconds: 0, value: 0.01, limit: 0.05 },
          { seconds: 60, value: null, limit: 0.05 },
          { seconds: 120, value: 0.2, limit: 0.05 },
        ],
      },
      { name: word, unit: word, kind: "amount", points: [{ seconds: 0, value: 40 }] },
    ],
    marks: [{ number: 1, seconds: 3600, kind: "alarm", words: word }],
    bands: [{ from: 100, to: 200 }],
  };
}

describe("a page", () => {
  it("may load exactly its own style and nothing else", () => {
    const page = renderDocument("x");
    const [, style = ""] = /<style>(.*?)<\/style>/s.exec(page) ?? [];
    expect(page).toContain(`default-src 'none'; style-src 'sha256-${hash("sha256", style, "base64")}'`);
    expect(page).not.toContain("unsafe");
  });

  it("with words that are markup, escape sequences or marks of direction shows them as text", () => {
    const page = renderDocument(
      hostile,
      banner("bad", hostile, hostile),
      factList([{ word: hostile, value: hostile }]),
      definitions([[hostile, hostile]]),
      evidenceTiles([aRow({ name: hostile, message: hostile, verdict: hostile })]),
      timelineFigure(aTimeline(hostile), hostile),
      dataTable({ caption: hostile, columns: [{ title: hostile }], rows: [{ cells: [hostile], id: hostile }] }),
    );
    for (const raw of ["<img", "\u001b", "\u202e"]) expect(page).not.toContain(raw);
    // Every attribute is as it was opened: no word ended one.
    const strayed = page.replace(/<[a-z!][^<>]*>/gi, (tag) => tag.replace(/ [a-z0-9-]+="[^"]*"/gi, ""));
    expect(strayed).not.toMatch(/<[a-z][^>]*["'=]/i);
  });
});

describe("a timeline", () => {
  it("is drawn for a desk and for a phone, each with its own names, and told as a table", () => {
    const { markup } = timelineFigure(aTimeline(), "about");
    const ids = [...markup.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(markup).toContain(`class="wide"`);
    expect(markup).toContain(`class="narrow"`);
    expect(markup).toContain("20 %; limit 5 %");
  });

  it("draws finite numbers inside its frame, whatever the stretches", () => {
    const length = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 400_000 }));
    fc.assert(
      fc.property(fc.array(length, { minLength: 1, maxLength: 60 }), fc.array(fc.nat(90_000)), (lengths, cuts) => {
        let from = 0;
        const stretches = lengths.map((seconds, index) => {
          const stretch = { phase: phases[index % phases.length] ?? "Guard", label: "x", from, to: from + seconds };
          from += seconds;
          return stretch;
        });
        const sorted = cuts.toSorted((a, b) => a - b);
        const { x } = makeTimeAxis(stretches, sorted, [6, 358]);
        const places = stretches.flatMap((stretch) => [x(stretch.from), x(stretch.to)]);
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        expect(places.every((place) => place >= 5.999 && place <= 358.001)).toBe(true);
        const marks = sorted.map((seconds, number) => ({ number, seconds, kind: "event" as const, words: "x" }));
        const { markup } = renderTimeline({ ...aTimeline(), stretches, marks }, "narrow");
        expect(markup).not.toMatch(/NaN|undefined|Infinity/);
      }),
      { numRuns: 60 },
    );
  });
});

it("a tile without a measurement has no bar, and says so in words", () => {
  const { markup } = evidenceTiles([aRow({ value: "-", interval: "-", numbers: null })]);
  expect(markup).not.toContain("<svg");
  expect(markup).toContain("no interval, limit 5 %, n 5,166");
});
