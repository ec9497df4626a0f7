// The heap of another Node process, over its inspector: collected, then read. The process runs nothing of ours.
import { eventually } from "#stories/embedded/eventually.ts";

const callDeadlineMs = 60_000;

/** Node's arguments that open the inspector on a free port of this 127.x address. */
export function inspectable(address: string): string[] {
  return [`--inspect=${address}:0`];
}

/** MiB that are in use after collection: the JavaScript heap and what it holds outside of it. */
export async function readKeptMib(output: () => string): Promise<number> {
  const url = await eventually("the inspector listens", async () => /ws:\/\/\S+/.exec(output())?.[0]);
  const socket = await open(url);
  try {
    const ask = makeAsk(socket);
    await ask("HeapProfiler.enable");
    // Twice: what the first collection finalises, the second one frees.
    await ask("HeapProfiler.collectGarbage");
    await ask("HeapProfiler.collectGarbage");
    const expression = "(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())";
    const { result } = (await ask("Runtime.evaluate", { expression, returnByValue: true })) as {
      readonly result: { readonly value?: unknown };
    };
    if (typeof result.value !== "number") throw new Error("the inspector gave no number");
    return result.value / 1_048_576;
  } finally {
    socket.close();
  }
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.addEventListener("open", () => resolve(), { once: true });
  socket.addEventListener("error", () => reject(new Error(`no connection to ${url}`)), { once: true });
  await promise;
  return socket;
}

type Reply = { readonly id?: number; readonly result?: unknown; readonly error?: { readonly message: string } };

function makeAsk(socket: WebSocket) {
  let last = 0;
  return async (method: string, params: object = {}): Promise<unknown> => {
    last += 1;
    const id = last;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const stop = new AbortController();
    const onMessage = ({ data }: MessageEvent) => {
      const reply = JSON.parse(String(data)) as Reply;
      if (reply.id !== id) return;
      if (reply.error === undefined) resolve(reply.result);
      else reject(new Error(`${method}: ${reply.error.message}`));
    };
    socket.addEventListener("message", onMessage, { signal: stop.signal });
    const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), callDeadlineMs);
    try {
      socket.send(JSON.stringify({ id, method, params }));
      return await promise;
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
  };
}
