// A JSON parser that tells integers from fractions and words its errors as serde_json does, with line and column.
// Depth is bounded as serde_json's is.
import { type Json, JsonObject, WholeFloat } from "./json-value.ts";

const maxDepth = 127;
const smallestInteger = -(2n ** 63n);
const largestInteger = 2n ** 64n - 1n;

/** What is wrong with the text, in serde_json's words and ending in the place. */
export class JsonSyntaxError extends Error {}

/** ` at line L column C` of the position after `end` characters; columns count bytes. */
export function placeAt(text: string, end: number): string {
  const before = text.slice(0, end);
  const lineStart = before.lastIndexOf("\n") + 1;
  const line = before.split("\n").length;
  return ` at line ${line} column ${Buffer.byteLength(before.slice(lineStart))}`;
}

/** Parses one JSON document. Throws JsonSyntaxError. */
export function parseJson(text: string): Json {
  const parser = new Parser(text);
  const value = parser.value("EOF while parsing a value");
  if (parser.peek() !== 0) parser.fail("trailing characters");
  return value;
}

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

class Parser {
  private readonly text: string;
  private position = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Next character that isn't a space, not consumed; 0 at the end. */
  peek(): number {
    for (; this.position < this.text.length; this.position += 1) {
      const code = this.text.charCodeAt(this.position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
    }
    return 0;
  }

  fail(message: string): never {
    throw new JsonSyntaxError(message + placeAt(this.text, Math.min(this.position + 1, this.text.length)));
  }

  value(atEnd: string): Json {
    const code = this.peek();
    if (code === 0) this.fail(atEnd);
    if (code === quote) return this.string();
    if (code === openBracket) return this.nested(() => this.array());
    if (code === openBrace) return this.nested(() => this.object());
    if (code === minus || isDigit(code)) return this.number();
    if (code === 0x74) return this.literal("true", true);
    if (code === 0x66) return this.literal("false", false);
    if (code === 0x6e) return this.literal("null", null);
    return this.fail("expected value");
  }

  private nested<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > maxDepth) this.fail("recursion limit exceeded");
    this.position += 1;
    const value = read();
    this.depth -= 1;
    return value;
  }

  private literal<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.position)) this.fail("expected ident");
    this.position += word.length;
    return value;
  }

  private array(): readonly Json[] {
    const values: Json[] = [];
    if (this.peek() === closeBracket) {
      this.position += 1;
      return values;
    }
    for (let atEnd = "EOF while parsing a list"; ; atEnd = "EOF while parsing a value") {
      values.push(this.value(atEnd));
      const code = this.peek();
      if (code === 0) this.fail("EOF while parsing a list");
      if (code !== comma && code !== closeBracket) this.fail("expected `,` or `]`");
      this.position += 1;
      if (code === closeBracket) return values;
      if (this.peek() === closeBracket) this.fail("trailing comma");
    }
  }

  private object(): JsonObject {
    const members = new JsonObject();
    if (this.peek() === closeBrace) {
      this.position += 1;
      return members;
    }
    for (let atEnd = "EOF while parsing an object"; ; atEnd = "EOF while parsing a value") {
      this.member(members, atEnd);
      const code = this.peek();
      if (code === 0) this.fail("EOF while parsing an object");
      if (code !== comma && code !== closeBrace) this.fail("expected `,` or `}`");
      this.position += 1;
      if (code === closeBrace) return members;
      if (this.peek() === closeBrace) this.fail("trailing comma");
    }
  }

  private member(members: JsonObject, atEnd: string): void {
    const code = this.peek();
    if (code === 0) this.fail(atEnd);
    if (code !== quote) this.fail("key must be a string");
    const name = this.string();
    const next = this.peek();
    if (next === 0) this.fail("EOF while parsing an object");
    if (next !== colon) this.fail("expected `:`");
    this.position += 1;
    if (members.has(name)) members.duplicate ??= name;
    members.set(name, this.value("EOF while parsing a value"));
  }

  private string(): string {
    const start = this.position;
    let plain = true;
    for (this.position += 1; this.position < this.text.length; this.position += 1) {
      const code = this.text.charCodeAt(this.position);
      if (code === quote) {
        this.position += 1;
        return plain ? this.text.slice(start + 1, this.position - 1) : this.unescape(start);
      }
      if (code < 0x20) this.fail("control character (\\u0000-\\u001F) found while parsing a string");
      if (code === backslash) {
        plain = false;
        this.position += 1;
      }
    }
    return this.fail("EOF while parsing a string");
  }

  private unescape(start: number): string {
    try {
      return String(JSON.parse(this.text.slice(start, this.position)));
    } catch {
      return this.fail("invalid escape");
    }
  }

  private number(): Json {
    const start = this.position;
    if (this.text.charCodeAt(this.position) === minus) this.position += 1;
    const firstDigit = this.text.charCodeAt(this.position);
    if (!isDigit(firstDigit))
      this.fail(this.position < this.text.length ? "invalid number" : "EOF while parsing a value");
    this.digits();
    if (firstDigit === 0x30 && isDigit(this.text.charCodeAt(start + (this.text[start] === "-" ? 2 : 1))))
      this.fail("invalid number");
    const whole = !this.fraction();
    const literal = this.text.slice(start, this.position);
    return whole ? integerOf(literal) : this.float(literal);
  }

  /** Consumes fraction and exponent; whether there was one. */
  private fraction(): boolean {
    const start = this.position;
    if (this.text[this.position] === ".") {
      this.position += 1;
      this.someDigits();
    }
    if (this.text[this.position] === "e" || this.text[this.position] === "E") {
      this.position += 1;
      if (this.text[this.position] === "+" || this.text[this.position] === "-") this.position += 1;
      this.someDigits();
    }
    return this.position > start;
  }

  private someDigits(): void {
    const start = this.position;
    this.digits();
    if (this.position === start) this.fail(start < this.text.length ? "invalid number" : "EOF while parsing a value");
  }

  private digits(): void {
    while (isDigit(this.text.charCodeAt(this.position))) this.position += 1;
  }

  private float(literal: string): Json {
    const value = Number(literal);
    if (!Number.isFinite(value)) this.fail("number out of range");
    return Number.isInteger(value) ? new WholeFloat(value) : value;
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function integerOf(literal: string): Json {
  const value = Number(literal);
  if (Object.is(value, -0)) return new WholeFloat(-0);
  if (Number.isSafeInteger(value)) return value;
  const exact = BigInt(literal);
  return exact < smallestInteger || exact > largestInteger ? new WholeFloat(value) : exact;
}
