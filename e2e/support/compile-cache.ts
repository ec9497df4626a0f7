// Node's cache of compiled programs, passed on to processes whose environment is otherwise their own.

/** The variable that names the cache's folder, where the caller has one. */
export function compileCache(): Readonly<Record<string, string>> {
  const folder = process.env["NODE_COMPILE_CACHE"];
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
}
