// A page that is one file and needs nothing else: no script, no font, no request.
import { hash } from "node:crypto";
import { element, group, type Markup } from "./markup.ts";
import { pageStyle } from "./page-style.ts";

/** What a page may load: nothing, and of styles exactly this one. */
const pagePolicy = `default-src 'none'; style-src 'sha256-${hash("sha256", pageStyle, "base64")}'`;

export type Mood = "good" | "bad" | "warn" | "";

/** The whole document around what stands in `main`. */
export function renderDocument(title: string, ...main: readonly Markup[]): string {
  const style = { markup: `<style>${pageStyle}</style>` };
  const body = element("body", {}, element("main", {}, ...main));
  const rest = group(element("title", {}, title), style, { markup: "</head>" }, body);
  return `${beforePolicy}${pagePolicy}${afterPolicy}${rest.markup}</html>\n`;
}

const beforePolicy =
  `<!doctype html>\n<html lang="en"><head><meta charset="utf-8">` +
  `<meta name="viewport" content="width=device-width, initial-scale=1">` +
  `<meta http-equiv="Content-Security-Policy" content="`;
const afterPolicy = `">`;
const policyPattern = /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='$/;

/** Whether a text begins like a page of any version, so that a browser runs and loads nothing of what follows. */
export function runsNothing(text: string): boolean {
  const end = text.indexOf(afterPolicy, beforePolicy.length);
  return text.startsWith(beforePolicy) && policyPattern.test(text.slice(beforePolicy.length, end));
}

/** The page's heading with what has to be read first. */
export function banner(mood: Mood, headline: string, ...lines: readonly string[]): Markup {
  return element(
    "header",
    { class: mood === "" ? undefined : mood },
    element("h1", {}, headline),
    ...lines.map((line) => element("p", {}, line)),
  );
}

type Fact = { readonly mood?: Mood; readonly word: string; readonly value: string };

/** Short facts beside each other. */
export function factList(facts: readonly Fact[]): Markup {
  return element(
    "ul",
    { class: "facts" },
    ...facts.map(({ mood, word, value }) =>
      element("li", { class: mood || undefined }, element("span", {}, word), element("strong", {}, value)),
    ),
  );
}

/** Words and what they stand for. */
export function definitions(rows: readonly (readonly [word: string, value: string | Markup])[]): Markup {
  return element("dl", {}, ...rows.map(([word, value]) => group(element("dt", {}, word), element("dd", {}, value))));
}
