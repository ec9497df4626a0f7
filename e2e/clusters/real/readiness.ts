// How one knows that a part of a cluster is up.
// Asks again until it says so or its deadline has passed; starts nothing.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Agent, request } from "undici";
import { eventually } from "#support/eventually.ts";
import type { ComponentName } from "./components.ts";
import { apiUrlOf, containerdSocketOf, type Layout } from "./layout.ts";

const deadlineMs = 120_000;
const answerMs = 2000;

/** Resolves when the component serves. Those that serve nobody are up at once. */
export async function waitUntilUp(name: ComponentName, layout: Layout): Promise<void> {
  const isUp = signs[name];
  if (isUp === undefined) return;
  await eventually(`${name} is up`, () => isUp(layout), { deadlineMs });
}

const signs: Readonly<Partial<Record<ComponentName, (layout: Layout) => Promise<boolean>>>> = {
  etcd: ({ loopback }) => accepts({ host: loopback, port: 2379 }),
  "kube-apiserver": apiIsReady,
  containerd: (layout) => accepts({ path: containerdSocketOf(layout) }),
};

function accepts(where: { readonly host: string; readonly port: number } | { readonly path: string }) {
  return new Promise<boolean>((resolve) => {
    const socket = connect({ ...where, timeout: answerMs });
    const tell = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => tell(true));
    socket.once("error", () => tell(false));
    socket.once("timeout", () => tell(false));
  });
}

async function apiIsReady(layout: Layout): Promise<boolean> {
  const agent = new Agent({ connect: { ca: readFileSync(join(layout.folder, "ca.crt")) } });
  try {
    const { statusCode, body } = await request(`${apiUrlOf(layout)}/readyz`, {
      dispatcher: agent,
      signal: AbortSignal.timeout(answerMs),
    });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  } finally {
    await agent.destroy();
  }
}
