// A login by a program that the kubeconfig names, as kubectl makes it: it is told what it is for, what it says is shown
// while it runs, and it may ask where somebody sits at the input. However many requests wait for it, it runs once.
import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { bounded, OperatorError } from "#errors.ts";
import type { LoginPlace } from "./login-place.ts";

/** A user's `exec`. */
export type LoginProgram = {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly interactiveMode?: string;
  readonly provideClusterInfo?: boolean;
};

type Credential = {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
  readonly expirationTimestamp?: string;
};

export type ExecLogin = {
  /** What the program answers; as long as that counts it isn't asked again. */
  readonly credential: () => Promise<Credential>;
  /** The server doesn't take the credential: the next one is asked for. */
  readonly forget: () => void;
};

type Subject = {
  readonly userName: string;
  readonly program: LoginProgram;
  /** What a program is told that asks for it (`provideClusterInfo`). */
  readonly cluster: object;
};

/** Runs nothing before a credential is needed. */
export function makeExecLogin(subject: Subject, place: LoginPlace): ExecLogin {
  let held: Credential | undefined;
  let running: Promise<Credential> | undefined;
  const run = async () => {
    try {
      held = await logIn(subject, place);
      return held;
    } catch (fault) {
      throw loginFault(fault, subject);
    } finally {
      running = undefined;
    }
  };
  return {
    credential: async () => {
      if (held !== undefined && !(Date.parse(held.expirationTimestamp ?? "") <= Date.now())) return held;
      running ??= run();
      return running;
    },
    forget: () => {
      held = undefined;
    },
  };
}

async function logIn(subject: Subject, place: LoginPlace): Promise<Credential> {
  const { command = "", args, interactiveMode } = subject.program;
  if (command === "") throw new Error("no command is named");
  const isAsking = place.isAttended && interactiveMode !== "Never";
  if (interactiveMode === "Always" && !isAsking) throw new Error("it has to ask, and nobody sits at the input");
  const child = spawn(command, args ?? [], {
    env: environmentOf(subject, place, isAsking),
    stdio: [isAsking ? "inherit" : "ignore", "pipe", "pipe"],
  });
  const { exitCode, answer, said } = await ended(child, place.tell);
  if (exitCode !== 0) throw new Error(said);
  const { status } = JSON.parse(answer) as { readonly status: Credential };
  // Without one the server would be asked by nobody in particular.
  if (typeof status.token !== "string" && typeof status.clientCertificateData !== "string")
    throw new TypeError("no credential");
  return status;
}

function environmentOf({ program, cluster }: Subject, { environment }: LoginPlace, interactive: boolean) {
  const { apiVersion, env, provideClusterInfo } = program;
  const own = Object.fromEntries((env ?? []).map(({ name, value }) => [name, value]));
  const spec = { interactive, ...(provideClusterInfo === true ? { cluster } : {}) };
  const info = JSON.stringify({ apiVersion, kind: "ExecCredential", spec });
  return { ...environment, ...own, KUBERNETES_EXEC_INFO: info };
}

/** Far above any credential, and what a person reads of a program. Bytes. */
const mostSaid = 1024 * 1024;

async function ended(child: ChildProcess, tell: LoginPlace["tell"]) {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new TypeError("no output");
  let bytes = 0;
  const count = (part: string | Buffer) => {
    bytes += part.length;
    if (bytes <= mostSaid) return;
    child.kill("SIGKILL");
    // What it started may hold the other end.
    stderr.destroy();
    stdout.destroy(new TypeError("more than a credential"));
  };
  stdout.on("data", count);
  stderr.setEncoding("utf8").on("data", count).on("data", tell);
  const code = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [exitCode, answer, said] = await Promise.all([code, text(stdout), text(stderr)]);
  return { exitCode, answer, said };
}

/** Why nobody is logged in. What the program said is told where it is words to the person, and no answer of it. */
export function loginFault(
  fault: unknown,
  { userName, program }: Pick<Subject, "userName" | "program">,
): OperatorError {
  const { command = "" } = program;
  const by = command === "" ? "" : ` by ${command}`;
  const about = `the login of the kubeconfig's user ${userName}${by} failed: ${loginWords(fault)}`;
  return new OperatorError("ROP_UNAUTHENTICATED", bounded(about), { cause: fault, details: { login: "failed" } });
}

function loginWords(fault: unknown): string {
  if (!(fault instanceof Error)) return "it doesn't say why";
  const code = (fault as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT") return "there is no such program";
  if (code !== "") return code;
  // A part of the answer would be in its text, and the token in that.
  if (fault instanceof SyntaxError || fault instanceof TypeError) return "its answer is no ExecCredential";
  return fault.message.trim() === "" ? "it doesn't say why" : fault.message.trim();
}
