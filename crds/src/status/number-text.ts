// Numbers as text of few characters: six bits each, of which one says whether more follow.

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const payload = 32;
const values = new Map(Array.from({ length: alphabet.length }, (_, value) => [alphabet.charAt(value), value]));
/** Decimals are kept to so many digits: whoever writes longer ones has rounded them before. */
const mostDigits = 9;
/** Whole numbers of more digits are written as decimals. */
const mostWholeDigits = 12;

/** Writes numbers one behind the other; a `TextReader` has to ask for them in the same order. */
export class TextWriter {
  #text = "";

  get text(): string {
    return this.#text;
  }

  /** A whole number from 0 on; what is none, and no JSON either, is 0. */
  count(value: number): void {
    let rest = Number.isFinite(value) ? value : 0;
    while (rest >= payload) {
      this.#text += alphabet[payload + (rest % payload)];
      rest = Math.floor(rest / payload);
    }
    this.#text += alphabet[rest];
  }

  whole(value: number): void {
    this.count(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** A whole number from 0 on, below 64 to the power of `length`. */
  fixed(value: number, length: number): void {
    let rest = value;
    for (let index = 0; index < length; index += 1) {
      this.#text += alphabet[rest % alphabet.length];
      rest = Math.floor(rest / alphabet.length);
    }
  }

  decimal(value: number): void {
    const kept = Number.isFinite(value) ? Number(value.toPrecision(mostDigits)) : 0;
    const [mantissa = "0", exponent = "0"] = kept.toExponential().split("e");
    const [digits = "0", places = ""] = mantissa.split(".");
    const power = Number(exponent) - places.length;
    const trailing = power > 0 && digits.length + places.length + power <= mostWholeDigits ? power : 0;
    const number = Number(digits + places) * 10 ** trailing;
    const isWhole = power - trailing === 0;
    const signed = number < 0 ? -2 * number - 1 : 2 * number;
    this.count(2 * signed + (isWhole ? 0 : 1));
    if (!isWhole) this.whole(power - trailing);
  }

  /** Any text: two characters for each that is on a keyboard. */
  words(value: string): void {
    this.count(value.length);
    for (let index = 0; index < value.length; index += 1) this.count(value.charCodeAt(index));
  }
}

/** Throws RangeError where the text ends, or holds what no writer wrote. */
export class TextReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  count(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      if (factor > Number.MAX_SAFE_INTEGER) throw new RangeError(`no number at ${this.#at}`);
      const part = this.#character();
      value += (part % payload) * factor;
      factor *= payload;
      if (part < payload) return value;
    }
  }

  fixed(length: number): number {
    return Array.from({ length }, () => this.#character()).reduceRight((all, part) => all * alphabet.length + part, 0);
  }

  whole(): number {
    return signed(this.count());
  }

  decimal(): number {
    const value = this.count();
    const number = signed(Math.floor(value / 2));
    return value % 2 === 0 ? number : Number(`${number}e${this.whole()}`);
  }

  words(mostLength: number): string {
    const length = this.count();
    if (length > mostLength) throw new RangeError(`a text of ${length} at ${this.#at}`);
    return String.fromCharCode(...Array.from({ length }, () => this.count()));
  }

  #character(): number {
    const part = values.get(this.#text[this.#at] ?? "");
    if (part === undefined) throw new RangeError(`no number at ${this.#at}`);
    this.#at += 1;
    return part;
  }
}

function signed(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
