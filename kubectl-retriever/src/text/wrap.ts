// Sentences on as many lines as they need: none is cut.
import wrapAnsi from "wrap-ansi";

/** A sentence behind `lead`; what goes on is indented by its width. */
export function hung(lead: string, sentence: string, columns: number): string[] {
  const indent = lead.length;
  const parts = wrapAnsi(sentence, Math.max(10, columns - indent), { hard: true }).split("\n");
  return parts.map((part, index) => (index === 0 ? lead : " ".repeat(indent)) + part);
}
