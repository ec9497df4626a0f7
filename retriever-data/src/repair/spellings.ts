// Ids that two stores may spell in other ways though they mean one chunk: UUIDs, numbers, padded and composed texts. Pure.

const uuid = /^(?:urn:uuid:|\{)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;
const decimal = /^([+-]?)0*(\d+)(?:\.(\d*?)0*)?$/;

/** One text for all spellings of an id. */
function plainSpelling(id: string): string {
  const text = id.trim().normalize("NFC");
  const parts = uuid.exec(text)?.slice(1);
  if (parts !== undefined) return parts.join("-").toLowerCase();
  const number = decimal.exec(text);
  if (number === null) return text;
  const [, sign = "", whole = "", fraction = ""] = number;
  return `${sign === "-" ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** Gives for an id what else it may be called: the usual spellings, and those of `known` that mean the same. */
export function makeSpellings(known: readonly string[]): (id: string) => string[] {
  const byPlain = Map.groupBy(known, plainSpelling);
  return (id) => {
    const plain = plainSpelling(id);
    const usual = uuid.test(plain)
      ? [plain, plain.toUpperCase(), plain.replaceAll("-", "")]
      : decimal.test(plain) && !plain.includes(".")
        ? [plain, `${plain}.0`]
        : [plain, plain.normalize("NFD")];
    return [...new Set([...usual, ...(byPlain.get(plain) ?? [])])].filter((each) => each !== id && each !== "");
  };
}
