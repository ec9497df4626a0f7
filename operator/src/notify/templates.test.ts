// Words of the administrator's own: refused at configuration where they can't work, and unable to do anything but to speak.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SinkMessage } from "#ports/sinks.ts";
import { parseSinks } from "./sinks-file.ts";
import { cut, escapeMarkup, wordsOf } from "./words.ts";

function said(text: string): SinkMessage {
  const message = { key: "uid/1/Page/A/1", kind: "Page" as const, text, at: "2026-03-01T12:00:00.000Z", reason: "A" };
  return { namespace: "search", migration: "docs", uid: "uid", message };
}

function faultOf(text: string): string {
  const sink = { name: "a", kind: "slack", url: "https://hooks.example/secret", template: { text } };
  try {
    parseSinks(JSON.stringify({ sinks: [sink] }));
    return "";
  } catch (fault) {
    return (fault as Error).message;
  }
}

describe("a template", () => {
  it("says what it is given, with what others wrote as text, and its own markup as it is", () => {
    const template = { title: "{{ kind }} of {{ migration }}", text: "<!here> *{{ text | upcase }}*" };
    expect(wordsOf({ template }, said("<!channel>"), escapeMarkup)).toEqual({
      title: "Page of docs",
      text: "<!here> *&lt;!CHANNEL&gt;*",
    });
  });

  it.each([
    ["that doesn't end", "{{ text"],
    ["with a field that isn't there", "{{ secret }}"],
    ["with a filter that isn't there", "{{ text | shout }}"],
    ["that reaches for a prototype", "{{ text.constructor.name }}"],
    ["that includes a file", "{% include '/etc/passwd' %}"],
    ["that renders a file", "{% render '../../package.json' %}"],
    ["that counts to a thousand million", "{% for i in (1..1000000000) %}x{% endfor %}"],
    [
      "that doubles without end",
      '{% assign a = "xxxxxxxxxxxxxxxx" %}{% for i in (1..40) %}{% assign a = a | append: a %}{% endfor %}{{ a }}',
    ],
  ])("%s is refused with its place, its words and what is expected", (_name, text) => {
    const fault = faultOf(text);
    expect(fault).toContain("sinks.0.template.text");
    expect(fault).toContain(JSON.stringify(text.slice(0, 80)));
    expect(fault).toContain("expected Liquid with namespace, migration");
    expect(fault).not.toContain("hooks.example");
  });

  it("whose title comes out empty yields to the usual one", () => {
    expect(wordsOf({ template: { title: "{{ phase }} " } }, said("kept"), (value) => value).title).toBe(
      "search/docs: Page (A)",
    );
  });

  it("that is too much for a message yields to the usual words", () => {
    const template = {
      text: "{% for a in (1..99) %}{% for b in (1..99) %}{% for c in (1..99) %}{{ text }}{% endfor %}{% endfor %}{% endfor %}",
    };
    expect(wordsOf({ template }, said("kept"), (value) => value).text).toBe("kept");
  });
});

it("a text that is cut ends with neither half a character nor half an entity, and is no longer than asked", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.integer({ min: 1, max: 80 }), (text, most) => {
      const shorter = cut(escapeMarkup(text), most);
      expect(shorter.length).toBeLessThanOrEqual(most);
      expect(shorter).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|&(?!amp;|lt;|gt;)/);
    }),
  );
});
