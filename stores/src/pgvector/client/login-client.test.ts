import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test, vi } from "vitest";
import { makeSpec } from "#test/spec.ts";
import { makePool } from "./pool.ts";

/** An authentication request of Postgres' protocol: 10 asks for SASL, 11 goes on with it. */
function authentication(kind: 10 | 11, text: string): Buffer {
  const message = Buffer.alloc(9);
  message.write("R");
  message.writeInt32BE(8 + text.length, 1);
  message.writeInt32BE(kind, 5);
  return Buffer.concat([message, Buffer.from(text)]);
}

test("a login that the driver gives up for want of a password leaves no connection behind", async () => {
  const server = createServer((socket) => {
    socket.once("data", () => {
      socket.once("data", () => socket.write(authentication(11, "r=x,s=eA==,i=1")));
      socket.write(authentication(10, "SCRAM-SHA-256\0\0"));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const pool = makePool(makeSpec("pgvector", { connectionString: `postgres://u@127.0.0.1:${port}/d` }), 1, 30_000);
  const closed = once(server, "connection").then(([socket]) => once(socket as Socket, "close"));
  await expect(pool.connect()).rejects.toThrow(/SASL/);
  await closed;
  await pool.end();
  server.close();
});

test.each([
  ["", []],
  ["?options=-c%20work_mem%3D8MB", ["options", "-c work_mem=8MB"]],
])(
  "a session starts with what its connection string %j says, whatever the process's variables are",
  async (query, own) => {
    for (const name of ["OPTIONS", "REPLICATION", "CLIENT_ENCODING", "APPNAME", "USER"])
      vi.stubEnv(`PG${name}`, "foreign");
    const started = Promise.withResolvers<string[]>();
    const server = createServer((socket) => {
      socket.once("data", (packet) => {
        started.resolve(packet.subarray(8).toString().split("\0"));
        socket.destroy();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const connectionString = `postgres://u@127.0.0.1:${port}/d${query}`;
    const pool = makePool(makeSpec("pgvector", { connectionString }), 1, 30_000);
    await expect(pool.connect()).rejects.toThrow();
    expect(await started.promise).not.toContain("foreign");
    expect(await started.promise).toEqual(expect.arrayContaining(own));
    await pool.end();
    server.close();
    vi.unstubAllEnvs();
  },
);
