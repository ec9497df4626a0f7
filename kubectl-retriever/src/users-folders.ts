// Where this user's own files lie. Pure: the environment and the system's answer are passed in.
import { isAbsolute, join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** As container runtimes set it where a user has none: neither HOME nor an entry among the users. */
const noHome = "/";

/** `find` throws where the system knows of none. */
export function homeFolder(find: () => string): string {
  try {
    return find() || noHome;
  } catch {
    return noHome;
  }
}

/** Of compiled code, which is run: never a folder that depends on where the command is typed. */
export function codeFolder(env: Environment, home: string): string {
  const named = [env["NODE_COMPILE_CACHE"], env["XDG_CACHE_HOME"]].map((one = "") => (isAbsolute(one) ? one : ""));
  const [cache = "", usersCache = ""] = named;
  return cache || join(usersCache || join(home, ".cache"), "kubectl-retriever");
}
