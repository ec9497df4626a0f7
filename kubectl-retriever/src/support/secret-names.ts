// Which names are names of secrets: of fields, variables, options, headers and parameters.

const words = [
  "passw(?:or)?d|passphrase|passcode|pgpass|pwd|[-_.]pass$",
  "secret|token|credential|cookie|session[-_]?id|signature|webhook[-_]?url",
  "authorization|[-_.]auth$|connection[-_]?string|conninfo|(?:^|[-_.])dsn$",
  "(?:api|private|access|account|encryption|master|routing|shared|signing|integration)[-_]?key",
];
const secretName = new RegExp(words.join("|"), "i");
/** They say where a secret lies, or what became of it. */
const aboutSecret = /(?:name|ref|file|path|env|missing|invalid|allowed|expired|count)$/i;
const errorCode = /^(?:RETR|ROP)_/;

export function isSecretName(name: string): boolean {
  return secretName.test(name) && !aboutSecret.test(name) && !errorCode.test(name);
}

/** Of a field of JSON also by words that texts use for other things. */
export function isSecretField(name: string): boolean {
  return isSecretName(name) || /^(?:auth|pass)$/i.test(name);
}

/** What follows such a name goes on to the end of the line: schemes, lists and parameters. */
export function isHeaderName(name: string): boolean {
  return /(?:authorization|cookie)$/i.test(name);
}
