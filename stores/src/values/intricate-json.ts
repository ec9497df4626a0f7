// What JSON of others is made of, before it is parsed: each of its values takes many times the memory of its text, and up to
// a microsecond of a process that serves meanwhile. Pure.

/** Values and members of one answer; a search for a thousand chunks with twenty-five fields each has fewer. */
const usualMost = 40_000;
const mostLevels = 200;
/** Characters of one number, or of white space and words between two values: no writer makes more, a parser reads each twice. */
const mostStretch = 65_536;
/** More digits than a number holds for certain; shorter whole numbers print as they are spelled. */
const mostDigits = 15;
/** Characters of a string that are looked at one by one. */
const nearBy = 512;

export type JsonSurvey = {
  /** Not to be parsed. */
  readonly isIntricate: boolean;
  /** A number would print differently: `1.0`, 64-bit ids. True as well where the text wasn't looked through to its end. */
  readonly holdsOddNumber: boolean;
};

/** What a character begins outside a string; 0: nothing, as white space, letters and colons. */
const [text, comma, open, close, number] = [1, 2, 3, 4, 5] as const;
/** By the character's code, whichever it is: a table that some codes lie outside of is read three times as slowly. */
const marks = new Uint8Array(0x1_00_00);
const beginnings = { '"': text, ",": comma, "[": open, "{": open, "]": close, "}": close };
for (const [character, mark] of Object.entries(beginnings)) marks[character.charCodeAt(0)] = mark;
for (const character of "-0123456789") marks[character.charCodeAt(0)] = number;

const intricate: JsonSurvey = { isIntricate: true, holdsOddNumber: true };

/** One pass over the text; what stands in its strings doesn't count. Text that is no JSON is left to the parser. */
export function surveyJson(json: string, mostValues: number = usualMost): JsonSurvey {
  let [values, levels, holdsOddNumber] = [0, 0, false];
  for (let from = 0, at = nextMark(json, 0); at < json.length; from = at + 1, at = nextMark(json, from)) {
    if (at - from === mostStretch) return intricate;
    const mark = marks[json.charCodeAt(at)];
    if (mark === text) at = endOfString(json, at + 1);
    else if (mark === number) {
      const end = endOfNumber(json, at);
      if (end - at === mostStretch) return intricate;
      holdsOddNumber ||= isOdd(json, at, end);
      at = end - 1;
    } else if (mark === close) levels -= 1;
    else {
      values += 1;
      if (mark === open) levels += 1;
      if (values > mostValues || levels > mostLevels) return intricate;
    }
  }
  return { isIntricate: false, holdsOddNumber };
}

export function isIntricate(json: string, mostValues?: number): boolean {
  return surveyJson(json, mostValues).isIntricate;
}

/** Most of a long text is passed over here, faster than where marks are told apart; no further than a stretch may be. */
function nextMark(json: string, start: number): number {
  const table = marks;
  const end = Math.min(json.length, start + mostStretch);
  let at = start;
  while (at < end && table[json.charCodeAt(at)] === 0) at += 1;
  return at;
}

/**
 * Where the string ends of which `start` is the first character; the text's end when it doesn't. The engine's own search
 * passes over long strings ten times as fast, and costs as much as a hundred characters each time it is called.
 */
function endOfString(text: string, start: number): number {
  let [quote, escape] = [start, start];
  for (let at = start; at < text.length; ) {
    const near = Math.min(text.length, at + nearBy);
    for (; at < near; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 0x22) return at;
      if (code === 0x5c) at += 1;
    }
    // What was found before and lies ahead needs no second search.
    if (quote < at) quote = placeOf('"', text, at);
    if (escape < at) escape = placeOf("\\", text, at);
    if (quote < escape) return quote;
    at = escape;
  }
  return text.length;
}

/** The text's end where there is none. */
function placeOf(character: string, text: string, from: number): number {
  const found = text.indexOf(character, from);
  return found < 0 ? text.length : found;
}

/** Behind the number that begins at `start`, or where a stretch would be too long. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end - start < mostStretch && isOfNumber(text.charCodeAt(end))) end += 1;
  return end;
}

function isOdd(text: string, start: number, end: number): boolean {
  const isShort = end - start <= mostDigits;
  let isWhole = isShort && text.charCodeAt(start) !== 0x2d;
  for (let at = start; isWhole && at < end; at += 1) isWhole = isDigit(text.charCodeAt(at));
  if (isWhole) return false;
  const spelling = text.slice(start, end);
  return String(Number(spelling)) !== spelling;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Digits, and what may stand among them: `.`, `-`, `+`, `E` and `e`. */
function isOfNumber(code: number): boolean {
  return isDigit(code) || code === 0x2e || code === 0x2d || code === 0x2b || code === 0x45 || code === 0x65;
}
