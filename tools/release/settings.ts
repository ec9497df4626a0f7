// What whoever releases may set, by environment variables. Pure: the variables are handed in.
import type { ReleaseParameters } from "./provenance.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Host, perhaps a port, and a path in lower case: what stands before an image's name. */
const registryForm = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

/** REGISTRY and DOWNLOADS, or their placeholders. Throws for one that would make references nobody can pull. */
export function releasePlaces(variables: Variables): Omit<ReleaseParameters, "version"> {
  const registry = variables["REGISTRY"] || "registry.example/retriever";
  const downloads = variables["DOWNLOADS"] || "https://downloads.example/retriever";
  if (!registryForm.test(registry)) {
    throw new Error(
      `REGISTRY: got ${registry}, expected host and path in lower case, such as registry.example/retriever`,
    );
  }
  if (!URL.canParse(downloads) || !/^https:\/\/.*[^/]$/.test(downloads)) {
    throw new Error(`DOWNLOADS: got ${downloads}, expected an address with https and no slash at its end`);
  }
  return { registry, downloads };
}

/** SOURCE_DATE_EPOCH, else the time of the commit. Throws when there is neither. */
export function releaseSeconds(variables: Variables, commitSeconds: string | undefined): number {
  const seconds = variables["SOURCE_DATE_EPOCH"] || commitSeconds;
  if (seconds !== undefined && /^\d{1,11}$/.test(seconds)) return Number(seconds);
  throw new Error(`SOURCE_DATE_EPOCH: got ${seconds ?? "nothing"}, expected seconds since 1970, or a git repository`);
}
