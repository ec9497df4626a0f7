// Bases and overlays in which a secret stands where it is refused, or the text ends in its midst.
import type { Canaries } from "./canaries.ts";

type Damage = (well: string) => string;

/** Overlays that every sidecar refuses. */
export function damagedOverlays(canaries: Canaries): readonly Damage[] {
  const { secret } = canaries["key of the destination"];
  const inUrl = encodeURIComponent(secret);
  return [
    withDestination({ apiKey: secret }),
    withDestination({ apiKey: { fromEnv: secret } }),
    withDestination({ apiKey: { value: secret } }),
    withDestination({ apiKey: [secret] }),
    withDestination({ url: `http://user:${inUrl}@127.0.0.1:6333` }),
    withDestination({ url: `http://127.0.0.1:6333/?api-key=${inUrl}` }),
    withDestination({ url: `http://127.0.0.1:6333#${inUrl}` }),
    withDestination({ url: `127.0.0.1:${secret}` }),
    withDestination({ kind: "pgvector", connectionString: `postgres://u:${inUrl}@127.0.0.1/d` }),
    withDestination({ kind: "pgvector", host: "127.0.0.1", database: "d", user: { fromEnv: "A" }, password: secret }),
    withDestination({ kind: secret }),
    withDestination({ timeoutMs: secret }),
    (well) => cutIn(well.replace("http://", JSON.stringify(secret).slice(1, -1)), secret),
    () => secret,
    (well) => `${well}${secret}`,
    (well) => well.replace('"schema":1', `"schema":${secret}`),
  ];
}

/** Bases that are refused, and some that are taken and can't be served from. */
export function damagedBases(canaries: Canaries): readonly Damage[] {
  const { secret } = canaries["password of the source"];
  const inUrl = encodeURIComponent(secret);
  const strings = [
    `postgres://app:${inUrl}@127.0.0.1:1/d`,
    `postgres://app:12/${secret}@127.0.0.1:1/d`,
    `postgres://app:${secret}@127.0.0.1:1/d`,
    `postgres://app:${inUrl}`,
    `postgres:${inUrl}`,
    `postgres://127.0.0.1:1/d?user=u&password=${inUrl}&odd=1`,
    `postgres://u:${inUrl}%0a@127.0.0.1:1/d`,
    `host=127.0.0.1 user=u password='${secret}`,
    `host=127.0.0.1 user=u password=${secret} odd=1`,
    secret,
  ];
  const stores = [
    ...strings.map((connectionString) => ({ kind: "pgvector", connectionString, table: "chunks" })),
    { kind: "pgvector", connectionString: [strings[0]], table: "chunks" },
    { kind: "pgvector", connectionString: strings[0], table: { name: "chunks" } },
    { kind: "qdrant", url: "http://127.0.0.1:1", collection: "chunks", apiKey: `${secret} ` },
    { kind: "qdrant", url: "http://127.0.0.1:1", collection: "chunks", apiKey: { fromEnv: "A", value: secret } },
    { kind: "qdrant", url: `http://u:${inUrl}@127.0.0.1:1`, collection: "chunks" },
    { kind: secret, url: "http://127.0.0.1:1" },
  ];
  return [
    ...stores.map((primary) => () => JSON.stringify({ primary })),
    () => cutIn(JSON.stringify({ primary: stores[0] }), inUrl),
    () => `primary:\n  kind: qdrant\n  apiKey: "${inUrl}\n  url: [`,
    () => `primary: {kind: qdrant, apiKey: ${secret}`,
    () => `primary: &a\n  apiKey: *${inUrl}\n`,
    () => `primary: !!${inUrl} x\n`,
    () => secret,
  ];
}

function withDestination(changes: object): Damage {
  return (well) => {
    const document = JSON.parse(well) as { readonly destination: object };
    return JSON.stringify({ ...document, destination: { ...document.destination, ...changes } });
  };
}

/** Ended a few characters before the secret's end. */
function cutIn(text: string, secret: string): string {
  return text.slice(0, text.indexOf(secret.slice(0, 12)) + 14);
}
