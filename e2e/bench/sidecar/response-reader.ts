// Cuts a connection's bytes into HTTP answers of known length: just enough to count them, cheap enough not to be measured.

const headEnd = Buffer.from("\r\n\r\n");
const maxHeadBytes = 16_384;

export class ResponseReader {
  #head: Buffer = Buffer.alloc(0);
  /** Bytes of the running answer's body still to come; null while its head is being read. */
  #missing: number | null = null;
  #status = 0;

  /** Statuses of the answers that end within `chunk`. Throws for an answer without a content-length. */
  push(chunk: Buffer): number[] {
    const ended: number[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#missing === null) rest = this.#readHead(rest);
      if (this.#missing === null) break;
      const taken = Math.min(this.#missing, rest.length);
      this.#missing -= taken;
      rest = rest.subarray(taken);
      if (this.#missing > 0) break;
      ended.push(this.#status);
      this.#missing = null;
    }
    return ended;
  }

  /** Returns what follows the head; everything while the head isn't whole. */
  #readHead(chunk: Buffer): Buffer {
    const head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
    const end = head.indexOf(headEnd);
    if (end === -1) {
      if (head.length > maxHeadBytes) throw new Error("the head of the answer has no end");
      this.#head = Buffer.from(head);
      return Buffer.alloc(0);
    }
    const text = head.toString("latin1", 0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text);
    if (length === null) throw new Error("the answer has no content-length");
    this.#status = Number(text.slice(9, 12));
    this.#missing = Number(length[1]);
    this.#head = Buffer.alloc(0);
    return head.subarray(end + headEnd.length);
  }
}
