// A port for programs that can't choose one themselves.
import { createServer } from "node:net";
import { listen } from "./http-server.ts";

/** A port of this address that was free a moment ago; somebody else may take it in between. */
export async function freePort(address = "127.0.0.1"): Promise<number> {
  const { port, close } = await listen(createServer(), address);
  await close();
  return port;
}
