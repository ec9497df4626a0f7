import { expect, it } from "vitest";
import { codeFolder, homeFolder } from "./users-folders.ts";

it.each([
  ["the one that the system knows", () => "/home/a", "/home/a"],
  ["the root where it is empty", () => "", "/"],
  [
    "the root where the system knows of none",
    () => {
      throw new Error("uv_os_homedir returned ENOENT");
    },
    "/",
  ],
])("a user's home folder is %s", (_, find, folder) => expect(homeFolder(find)).toBe(folder));

it.each([
  [{ NODE_COMPILE_CACHE: "/n", XDG_CACHE_HOME: "/x" }, "/n"],
  [{ XDG_CACHE_HOME: "/x" }, "/x/kubectl-retriever"],
  [{}, "/home/a/.cache/kubectl-retriever"],
  [{ NODE_COMPILE_CACHE: "", XDG_CACHE_HOME: "" }, "/home/a/.cache/kubectl-retriever"],
  [{ NODE_COMPILE_CACHE: "here", XDG_CACHE_HOME: "." }, "/home/a/.cache/kubectl-retriever"],
])("compiled code lies in a folder that is the same wherever the command is typed: %j", (env, folder) =>
  expect(codeFolder(env, "/home/a")).toBe(folder),
);
