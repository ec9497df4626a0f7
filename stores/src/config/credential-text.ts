// What a variable, a file or a document holds as a credential. Every credential of every program is read by this.

/** Controls, and what is invisible in a terminal: none of them was typed on purpose. U+FFFD stands for broken UTF-8. */
const odd = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060\ufeff\ufffd]/u;

type CredentialText = { readonly text: string } | { readonly fault: "is empty" | "isn't one line of printable text" };

/** Without one line break at its end, which editors and `echo` add; the fault never quotes it. */
export function readCredentialText(held: string): CredentialText {
  const text = held.replace(/\r?\n$/, "");
  if (text === "") return { fault: "is empty" };
  return odd.test(text) ? { fault: "isn't one line of printable text" } : { text };
}

/** The fault of one that is sent in a header of HTTP; undefined: it can be. */
export function headerFault(text: string): string | undefined {
  return /^[\x21-\x7e]+$/.test(text) ? undefined : "holds a space or another character that no header takes";
}
