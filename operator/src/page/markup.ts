// Elements of HTML and SVG as text. Everything that comes from outside is escaped here and nowhere else.

import { printable } from "@retriever/stores/values/printable.ts";

export type Markup = { readonly markup: string };
type Attributes = Readonly<Record<string, string | number | undefined>>;
type Child = Markup | string | undefined;

/** Text as it may stand in markup and in quoted attributes. */
function escapeText(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** Elements that have no end. */
const empty: readonly string[] = ["input", "link", "meta"];

/** An element; numbers are rounded to a tenth, undefined attributes and children left out, strings escaped. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const words = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeText(typeof value === "number" ? tenth(value) : value)}"`],
  );
  const start = `<${name}${words.join("")}>`;
  return { markup: empty.includes(name) ? start : `${start}${group(...children).markup}</${name}>` };
}

/** Children without an element around them. */
export function group(...children: readonly Child[]): Markup {
  const parts = children.map((child) => {
    if (child === undefined) return "";
    return typeof child === "string" ? escapeText(child) : child.markup;
  });
  return { markup: parts.join("") };
}

function tenth(value: number): string {
  return String(Math.round(value * 10) / 10);
}
