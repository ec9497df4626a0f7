// Sidecars in memory, by address.
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import { OperatorError } from "#errors.ts";
import type { Sidecars, WindowSpan } from "#ports/sidecars.ts";

/** An address without an answer is unreachable. */
export class FakeSidecars implements Sidecars {
  readonly asked: { readonly address: string; readonly windows: readonly WindowSpan[] }[] = [];
  readonly #answers = new Map<string, (windows: readonly WindowSpan[]) => SidecarStatus | Promise<SidecarStatus>>();
  atOnce = 0;
  mostAtOnce = 0;

  answer(address: string, answer: (windows: readonly WindowSpan[]) => SidecarStatus | Promise<SidecarStatus>): void {
    this.#answers.set(address, answer);
  }

  silence(address: string): void {
    this.#answers.delete(address);
  }

  async readStatus(address: string, port: number, windows: readonly WindowSpan[]): Promise<SidecarStatus> {
    this.asked.push({ address, windows });
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      const answer = this.#answers.get(address);
      if (answer === undefined) throw new OperatorError("ROP_SIDECAR_UNREACHABLE", `${address}:${port}`);
      return await answer(windows);
    } finally {
      this.atOnce -= 1;
    }
  }
}
