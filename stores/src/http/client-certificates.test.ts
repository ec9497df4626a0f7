import type { AddressInfo } from "node:net";
import { connect, type SecureVersion, TLSSocket } from "node:tls";
import { makeAuthority } from "@retriever/stores/test/certificate.ts";
import { expect, test } from "vitest";
import { makeLimitedServer, tlsOptions } from "./limit-connections.ts";

const [before, after] = [makeAuthority("before"), makeAuthority("after")];
const own = before.issue("search-api.search.svc");
const client = before.issue("operator.retriever-system.svc");

test.each<SecureVersion>(["TLSv1.2", "TLSv1.3"])(
  "a client whose authority was taken away is authorized no more over %s, whatever session it resumes",
  async (maxVersion) => {
    const seen: (readonly [isAuthorized: boolean, isResumed: boolean])[] = [];
    const tls = { cert: own.cert, key: own.key, clientCa: before.cert };
    const server = makeLimitedServer({ tls }, { most: 10 }, ({ socket }, response) => {
      if (socket instanceof TLSSocket) seen.push([socket.authorized, socket.isSessionReused()]);
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    const { port } = server.address() as AddressInfo;
    let session: Buffer | undefined;
    const ask = () =>
      new Promise<void>((resolve, reject) => {
        const shown = { cert: client.cert, key: client.key, ...(session === undefined ? {} : { session }) };
        const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion, ...shown });
        socket.on("session", (one) => (session = one));
        socket.on("secureConnect", () => socket.write("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"));
        socket
          .on("error", reject)
          .on("close", () => resolve())
          .resume();
      });
    await ask();
    await ask();
    (server as unknown as TlsServer).setSecureContext(tlsOptions({ ...tls, clientCa: after.cert }));
    await ask();
    server.close();
    expect(seen).toEqual([
      [true, false],
      [true, true],
      [false, false],
    ]);
  },
);

type TlsServer = { readonly setSecureContext: (options: object) => void };
