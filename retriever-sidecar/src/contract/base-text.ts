// How much text a base may be, judged before any parser sees it: a YAML parser takes quadratic time and worse on text
// that is made for it, and whoever parses a base serves requests or watches over hundreds of migrations meanwhile.

/** A base with every field and a comment to each is a tenth of it. */
export const maxBaseChars = 65_536;
/** Beyond these a base must be JSON, which is parsed in linear time. */
export const maxYamlLines = 1000;
export const maxYamlMarks = 600;
/** Explicit keys (`? `) nest without a bracket, and each level doubles the parser's work. */
const maxYamlQuestionMarks = 8;

/** Whether a text is small enough to be read as YAML. One pass. */
export function isReadableYaml(text: string): boolean {
  if (text.length > maxBaseChars) return false;
  let lines = 0;
  let marks = 0;
  let questions = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === "\n" || character === "\r") lines += 1;
    else if (character === "?") questions += 1;
    else if (isMark(character, text[at + 1] ?? "")) marks += 1;
  }
  return lines <= maxYamlLines && marks <= maxYamlMarks && questions <= maxYamlQuestionMarks;
}

/** What begins, ends or joins a value somewhere in YAML. A dash within a word or a ruler of dashes is none. */
function isMark(character: string, next: string): boolean {
  return character === "-"
    ? next === " " || next === "\t" || next === "\n" || next === ""
    : ":,[{&*!\"'|>%".includes(character);
}
