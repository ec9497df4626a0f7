// What counts as a credential, and that nothing of it is said.
import fc from "fast-check";
import { expect, it } from "vitest";
import { headerFault, readCredentialText } from "./credential-text.ts";

it.each([
  "",
  "\n",
  "\r\n",
  "a\n\n",
  "\na",
  "a\r",
  "a\tb",
  "a\0",
  "\ufeffa",
  "a\u200b",
  "a\u2028",
  "a\ufffd",
  "a\u0085b",
])("%j is no credential", (held) => {
  expect(readCredentialText(held)).toHaveProperty("fault");
});

it("is any other text as it stands, without one line break at its end", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~äßλ中]+$/u), fc.constantFrom("", "\n", "\r\n"), (text, end) => {
      expect(readCredentialText(text + end)).toEqual({ text });
    }),
  );
});

it("goes into a header where it is printable ASCII without spaces", () => {
  expect(["a-b_c.1", "a b", " a", "ä"].map((text) => headerFault(text) === undefined)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
