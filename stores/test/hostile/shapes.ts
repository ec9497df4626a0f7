// Texts that are made to take a parser long, of about so many characters; and what is said of a parser of foreign text.

export type Make = (size: number, turn: number) => string;
export type ForeignParser = {
  readonly name: string;
  readonly parse: (text: string) => unknown;
  /** `turn` makes another text of the same kind: some readers remember what they have read. */
  readonly make: Make;
  /** The longest text that is read; what is longer is refused unread, or can't be written. */
  readonly bound: number;
  /** Of a tool that serves nobody meanwhile: how long it takes is no stall. */
  readonly servesNobody?: boolean;
};

const times = (size: number, word: string): string => word.repeat(Math.max(1, Math.floor(size / word.length)));

/** JSON of every kind that is dear to someone. */
export const jsonShapes: Readonly<Record<string, Make>> = {
  keys: (size, turn) => `{${Array.from({ length: size / 12 }, (_, index) => `"k${turn}_${index}":1`).join(",")}}`,
  brackets: (size, turn) => `{"a":${turn},"b":${"[".repeat(size / 2)}${"]".repeat(size / 2)}}`,
  objects: (size, turn) =>
    `{"t":${turn},"b":${times(size * 0.8, '{"a":')}1${"}".repeat(Math.max(1, Math.floor((size * 0.8) / 5)))}}`,
  "one text": (size, turn) => `{"t":${turn},"a":"${times(size, "\\u0022")}"}`,
  backslashes: (size, turn) => `{"t":${turn},"a":"${times(size, "\\\\")}"}`,
  digits: (size, turn) => `{"t":${turn},"a":1.${"0".repeat(size)}1}`,
  "a list of numbers": (size, turn) => `{"t":${turn},"a":[${times(size, "1.50,")}1]}`,
  "a list of objects": (size, turn) => `{"t":${turn},"a":[${times(size, '{"b":""},')}1]}`,
  spaces: (size, turn) => `{"t":${turn}${" ".repeat(size)},"a":-0${" ".repeat(size / 4)}x`,
};

/** The same parser on each of the shapes. */
export function onShapes(
  { name, ...rest }: Omit<ForeignParser, "make">,
  shapes: Readonly<Record<string, Make>> = jsonShapes,
): ForeignParser[] {
  return Object.entries(shapes).map(([shape, make]) => ({ name: `${name}: ${shape}`, make, ...rest }));
}
