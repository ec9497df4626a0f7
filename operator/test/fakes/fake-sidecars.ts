// Sidecars in memory, by address.
import type { SidecarStatus } from "@retriever/sidecar/contract/status.ts";
import type { PodPeer } from "#core/model/pod-peer.ts";
import { OperatorError } from "#errors.ts";
import type { Sidecars, StatusQuestion, WindowSpan } from "#ports/sidecars.ts";

type Answer = (windows: readonly WindowSpan[], bins: number) => SidecarStatus | Promise<SidecarStatus>;

/** An address without an answer is unreachable. */
export class FakeSidecars implements Sidecars {
  readonly asked: (StatusQuestion & Omit<PodPeer, "port">)[] = [];
  readonly #answers = new Map<string, Answer>();
  atOnce = 0;
  mostAtOnce = 0;

  answer(address: string, answer: Answer): void {
    this.#answers.set(address, answer);
  }

  silence(address: string): void {
    this.#answers.delete(address);
  }

  async readStatus({ port, ...peer }: PodPeer, { windows, bins }: StatusQuestion): Promise<SidecarStatus> {
    const { address } = peer;
    this.asked.push({ ...peer, windows, bins });
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      const answer = this.#answers.get(address);
      if (answer === undefined) throw new OperatorError("ROP_SIDECAR_UNREACHABLE", `${address}:${port}`);
      return await answer(windows, bins);
    } finally {
      this.atOnce -= 1;
    }
  }
}
