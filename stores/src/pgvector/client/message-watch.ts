// Follows the messages that Postgres sends, before the driver reads them: the driver trusts every length and every end. One
// report without its end would hold the process for ever, one row with a negative length fill its memory. Pure.

/** No message may be longer; where more than that is asked for, one row may be all of it, up to the second. */
const mostMessageBytes = 16 * 1_048_576;
const mostLargeRowBytes = 256 * 1_048_576;
/** Of Postgres's own, which makes none of more than 1 GiB. */
const mostRowBytes = 1_073_741_823;
/** Of a report of the server. */
const mostReportBytes = 65_536;
const headBytes = 5;
const [row, copied, error, notice] = ["D", "d", "E", "N"].map((code) => code.charCodeAt(0));

/** What makes a connection useless: the server speaks another language, or says too much. */
export class WireFault extends Error {
  override name = "WireFault";
}

/** Of an answer that may well be Postgres's. */
export class TooMuchFault extends WireFault {}

export class MessageWatch {
  #limit: number;
  #received = 0;
  /** What is here of a message that isn't whole, and still has to be seen as a whole; with room for more. */
  #held: Buffer = Buffer.alloc(0);
  #heldBytes = 0;
  /** Bytes to come of a message that needn't be seen. */
  #skip = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** From here on the server may send so much. */
  expect(limit: number): void {
    this.#received = 0;
    this.#limit = limit;
  }

  /** Throws WireFault for what the driver mustn't see. */
  read(chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#received > this.#limit) throw new TooMuchFault(`more than ${this.#limit} bytes of an answer`);
    let bytes = chunk.subarray(Math.min(this.#skip, chunk.length));
    this.#skip -= chunk.length - bytes.length;
    if (bytes.length === 0) return;
    if (this.#heldBytes > 0) {
      this.#hold(bytes);
      if (this.#heldBytes < this.#wanted()) return;
      bytes = this.#held.subarray(0, this.#heldBytes);
      this.#held = Buffer.alloc(0);
      this.#heldBytes = 0;
    }
    this.#follow(bytes);
  }

  /** Joined at once: a server may send byte by byte. */
  #hold(bytes: Buffer): void {
    const size = this.#heldBytes + bytes.length;
    if (size > this.#held.length) {
      const larger = Buffer.allocUnsafe(size * 2);
      this.#held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = larger;
    }
    bytes.copy(this.#held, this.#heldBytes);
    this.#heldBytes = size;
  }

  /** How much has to be here before it is worth looking again: the head, then the whole message. */
  #wanted(): number {
    if (this.#heldBytes < headBytes) return headBytes;
    return isSeen(this.#held[0]) ? 1 + lengthOf(this.#held, 0, this.#mostRow()) : headBytes;
  }

  #mostRow(): number {
    return Math.max(mostMessageBytes, Math.min(this.#limit, mostLargeRowBytes));
  }

  #follow(bytes: Buffer): void {
    const mostRow = this.#mostRow();
    let at = 0;
    while (bytes.length - at >= headBytes) {
      const code = bytes[at];
      const end = at + 1 + lengthOf(bytes, at, mostRow);
      if (end > bytes.length && !isSeen(code)) {
        this.#skip = end - bytes.length;
        return;
      }
      if (end > bytes.length) break;
      if (code === row) checkRow(bytes, at + headBytes, end);
      else if (isSeen(code)) checkReport(bytes, at + headBytes, end);
      at = end;
    }
    if (at < bytes.length) this.#hold(bytes.subarray(at));
  }
}

function isSeen(code: number | undefined): boolean {
  return code === row || code === error || code === notice;
}

/** Of the message that begins at `at`, its own four bytes included. */
function lengthOf(bytes: Buffer, at: number, mostRow: number): number {
  const length = bytes.readUInt32BE(at + 1);
  const code = bytes[at];
  const isRow = code === row || code === copied;
  const most = isRow ? mostRow : code === error || code === notice ? mostReportBytes : mostMessageBytes;
  if (isRow && length > most && length <= mostRowBytes) throw new TooMuchFault(`a row of ${length} bytes`);
  if (length < 4 || length > most) throw new WireFault("a message of an impossible length");
  return length;
}

/** A count, then each field behind its length; -1 is NULL. */
function checkRow(bytes: Buffer, start: number, end: number): void {
  let at = start + 2;
  const count = at > end ? -1 : bytes.readInt16BE(start);
  if (count < 0) throw new WireFault("a row without its fields");
  for (let left = count; left > 0; left -= 1) {
    const length = at + 4 > end ? -2 : bytes.readInt32BE(at);
    if (length < -1) throw new WireFault("a row without its fields");
    at += 4 + Math.max(0, length);
  }
  if (at !== end) throw new WireFault("a row of another length than its fields");
}

/** Fields of one byte and a text that ends with zero, and a zero behind the last. */
function checkReport(bytes: Buffer, start: number, end: number): void {
  let at = start;
  while (at < end && bytes[at] !== 0) {
    const zero = bytes.indexOf(0, at + 1);
    if (zero < 0) break;
    at = zero + 1;
  }
  if (at !== end - 1 || bytes[at] !== 0) throw new WireFault("a report without its end");
}
