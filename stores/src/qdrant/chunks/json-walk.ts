// Walks JSON text without making objects of it: what a page of points holds is taken where it stands.
import { invalidAnswer } from "../client/answers.ts";

const [quote, comma, colon, backslash] = [34, 44, 58, 92];
const [openBracket, closeBracket, openBrace, closeBrace] = [91, 93, 123, 125];

/** A place in the text. Each method begins at a value and leaves the place behind it. Throws RETR_BACKEND_ANSWER_INVALID. */
export class JsonWalk {
  readonly text: string;
  at = 0;
  /** The last string, number or word read lies between them; a string's without its quotes. */
  start = 0;
  end = 0;
  /** Whether the last string holds an escape. */
  isEscaped = false;

  constructor(text: string) {
    this.text = text;
  }

  /** Code of the next character that isn't white space; NaN at the end. */
  peek(): number {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return code;
      this.at += 1;
    }
  }

  isString(): boolean {
    return this.peek() === quote;
  }

  isObject(): boolean {
    return this.peek() === openBrace;
  }

  isList(): boolean {
    return this.peek() === openBracket;
  }

  /** Calls for each member: with the place before its value, which the call must read or skip. */
  members(onMember: (name: string) => void): void {
    this.#expect(openBrace);
    if (this.#took(closeBrace)) return;
    do {
      const name = this.readText();
      this.#expect(colon);
      onMember(name);
    } while (this.#took(comma));
    this.#expect(closeBrace);
  }

  /** Calls for each element, likewise. */
  elements(onElement: () => void): void {
    this.#expect(openBracket);
    if (this.#took(closeBracket)) return;
    do onElement();
    while (this.#took(comma));
    this.#expect(closeBracket);
  }

  /** Finds the ends of the string that comes. */
  readString(): void {
    this.#expect(quote);
    this.start = this.at;
    this.isEscaped = false;
    let end = this.text.indexOf('"', this.at);
    while (end > 0 && this.text.charCodeAt(end - 1) === backslash) {
      this.isEscaped = true;
      if (this.#isClosed(end)) break;
      end = this.text.indexOf('"', end + 1);
    }
    if (end < 0) throw invalidAnswer("JSON");
    if (!this.isEscaped) this.isEscaped = this.#holdsBackslash(end);
    this.end = end;
    this.at = end + 1;
  }

  /** Text of the string that comes. */
  readText(): string {
    this.readString();
    const raw = this.text.slice(this.start, this.end);
    return this.isEscaped ? (JSON.parse(`"${raw}"`) as string) : raw;
  }

  /** Finds the ends of the number, `true`, `false` or `null` that comes. */
  readWord(): void {
    this.peek();
    this.start = this.at;
    for (; !isWordEnd(this.text.charCodeAt(this.at)); this.at += 1);
    if (this.at === this.start) throw invalidAnswer("JSON");
    this.end = this.at;
  }

  /** Passes over the value that comes, whatever it is. */
  skip(): void {
    const code = this.peek();
    if (code === quote) this.readString();
    else if (code === openBrace) this.members(() => this.skip());
    else if (code === openBracket) this.elements(() => this.skip());
    else this.readWord();
  }

  /** The value that comes, parsed. */
  readValue(): unknown {
    this.peek();
    const from = this.at;
    this.skip();
    return JSON.parse(this.text.slice(from, this.at));
  }

  #expect(code: number): void {
    if (this.peek() !== code) throw invalidAnswer("JSON");
    this.at += 1;
  }

  #took(code: number): boolean {
    const isNext = this.peek() === code;
    if (isNext) this.at += 1;
    return isNext;
  }

  /** Whether the quote at `end` is one: an even number of backslashes stands before it. */
  #isClosed(end: number): boolean {
    let slashes = 0;
    while (this.text.charCodeAt(end - 1 - slashes) === backslash) slashes += 1;
    return slashes % 2 === 0;
  }

  #holdsBackslash(end: number): boolean {
    for (let at = this.start; at < end; at += 1) if (this.text.charCodeAt(at) === backslash) return true;
    return false;
  }
}

/** Comma, the ends of lists and objects, white space, the end of the text (NaN). */
function isWordEnd(code: number): boolean {
  return !(code > 32) || code === comma || code === closeBracket || code === closeBrace;
}
