import { expect, test } from "vitest";
import { refusalOf } from "./api-errors.ts";

/** What is said of a 403 whose body is `body`, to a call with a password. */
function saidTo(password: string, body: string): string {
  const authorization = `Basic ${Buffer.from(`ada:${password}`).toString("base64")}`;
  const place = { group: "", version: "v1", resource: "configmaps", namespace: "search" };
  const sent = { authorization };
  const { message } = refusalOf({ verb: "get", place, status: 403, body, retryAfter: undefined, sent } as never);
  return message;
}

/** As the API server writes JSON. */
function goJson(value: unknown): string {
  const escaped: Readonly<Record<string, string>> = { "&": "\\u0026", "<": "\\u003c", ">": "\\u003e" };
  return JSON.stringify(value).replaceAll(/[&<>]/g, (character) => escaped[character] ?? character);
}

test.each(["hunter&2", "a<b>c", 'q"uo\\te', "pass word", "§umlaut"])(
  "a password %j that the answer repeats, spelt as Go does and within JSON within it, isn't passed on",
  (password) => {
    const message = `no user ${password}, sent ${goJson({ password })} and ${encodeURIComponent(password)}`;
    const said = saidTo(password, goJson({ message, reason: "Forbidden" }));
    expect(said).toContain('no user [secret], sent {"password":"[secret]"} and [secret]');
  },
);

test.each(["message", "r", "secret", "s"])(
  "a password %j that is a word of the answer leaves the rest readable",
  (password) => {
    const said = saidTo(password, JSON.stringify({ message: "who are you, user?" }));
    expect(said).toContain("who a");
    expect(said).not.toContain("[[");
  },
);
