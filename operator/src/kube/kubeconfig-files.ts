// Kubeconfig files, read by the Kubernetes client's own parser and without the rest of that client, whose loading alone
// takes a third of a second of CPU. What only some logins need is loaded for them.
import { readFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import { dirname, resolve } from "node:path";
import {
  type Cluster,
  type Context,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from "@kubernetes/client-node/dist/config_types.js";
import { parse } from "yaml";
import { bounded, OperatorError } from "#errors.ts";
import type { KubeAccess } from "./kube-access.ts";
import type { ExecLogin, LoginProgram } from "./login/exec-login.ts";
import { type LoginPlace, unattended } from "./login/login-place.ts";

/** With what kubectl takes and the client's parser doesn't know. */
type Login = User & { readonly tokenFile?: string; readonly impersonateGroups?: readonly string[] };
/** `loginConfig`: what the cluster has for programs that log in. */
type Reached = Cluster & { readonly loginConfig?: unknown };

type Parts = {
  readonly clusters: Reached[];
  readonly contexts: Context[];
  readonly users: Login[];
  readonly currentContext: string;
};

/** What the files say of a context; of an entry in several files the first counts, as in kubectl. */
export async function readKubeconfigs(
  files: readonly string[],
  context: string | undefined,
  place: LoginPlace = unattended,
): Promise<KubeAccess> {
  const parts = merged(await Promise.all(files.map(readParts)));
  const chosen = context ?? parts.currentContext;
  const found = parts.contexts.find(({ name }) => name === chosen);
  const from = files.join(", ");
  if (found === undefined) {
    const known = parts.contexts.map(({ name }) => name).join(", ");
    const what = chosen === "" ? "no current context" : `no context "${chosen}"`;
    throw settings(`${what} in ${from}; it has: ${known === "" ? "none" : known}`);
  }
  const cluster = parts.clusters.find(({ name }) => name === found.cluster);
  if (cluster === undefined)
    throw settings(
      `context ${chosen} names the cluster ${found.cluster}, which is not in ${from}, or without a server`,
    );
  checkServer(cluster);
  const user = parts.users.find(({ name }) => name === found.user);
  // Without it every answer would be a refusal of somebody anonymous.
  if (user === undefined && found.user)
    throw settings(`context ${chosen} names the user ${found.user}, which is not in ${from}`);
  return {
    server: cluster.server,
    context: chosen,
    proxyUrl: cluster.proxyUrl,
    namespace: found.namespace,
    userName: user?.name ?? "",
    ...(await applierOf(cluster, user, { parts: { ...parts, currentContext: chosen }, place })),
  };
}

/** What stands before an @ may be a password: it is neither told nor used, and the address is shown to people. */
function checkServer({ name, server }: Pick<Cluster, "name" | "server">): void {
  if (server.includes("@"))
    throw settings(
      `cluster ${name} has a user in the address of its server; expected https://host:port, and who logs in among the users`,
    );
  if (!/^https?:\/\/./.test(server) || !URL.canParse(server))
    throw settings(`cluster ${name} has the server ${server}; expected https://host:port`);
}

async function readParts(file: string): Promise<Parts> {
  try {
    const config = (parse(await readFile(file, "utf8")) ?? {}) as Readonly<Record<string, unknown>>;
    const from = (path: string | undefined) => (path ? { path: resolve(dirname(file), path) } : undefined);
    const current = config["current-context"];
    // What is left half set (`kubectl config set-context x --namespace=y`) is in nobody's way who doesn't use it.
    const rest = { onInvalidEntry: "filter" } as const;
    return {
      clusters: newClusters(config["clusters"], rest)
        .map((each) => ({ ...each, loginConfig: loginConfigOf(each.name, config["clusters"]) }))
        .map((each) => moved(each, "caFile", from(each.caFile))),
      contexts: newContexts(config["contexts"], rest),
      users: newUsers(config["users"], rest)
        .map((each) => ({ ...each, ...moreOf(each.name, config["users"]) }))
        .map((each) => moved(each, "certFile", from(each.certFile)))
        .map((each) => moved(each, "keyFile", from(each.keyFile)))
        .map((each) => moved(each, "tokenFile", from(each.tokenFile)))
        .map((each) => withProgramFrom(dirname(file), each)),
      currentContext: typeof current === "string" ? current : "",
    };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "";
    throw settings(`kubeconfig ${file} can't be read (${code.startsWith("E") ? code : "not a kubeconfig"})`, cause);
  }
}

/** A program without a folder is looked for on the PATH, any other from the folder of the file. */
function withProgramFrom(folder: string, user: Login): Login {
  const program = user.exec as LoginProgram | undefined;
  const isPath = program?.command?.includes("/") === true;
  return isPath ? { ...user, exec: { ...program, command: resolve(folder, program.command ?? "") } } : user;
}

function loginConfigOf(name: string, clusters: unknown): unknown {
  type Extended = { readonly extensions?: readonly { readonly name?: unknown; readonly extension?: unknown }[] | null };
  const all = clusters as readonly ({ readonly name?: unknown; readonly cluster?: Extended } | null)[];
  const extensions = all.find((each) => each?.name === name)?.cluster?.extensions ?? [];
  return extensions.find((each) => each.name === "client.authentication.k8s.io/exec")?.extension;
}

function moreOf(name: string, users: unknown): Pick<Login, "tokenFile" | "impersonateGroups"> {
  const all = users as readonly ({ readonly name?: unknown; readonly user?: Record<string, unknown> } | null)[];
  const user = all.find((each) => each?.name === name)?.user ?? {};
  const { tokenFile, "as-groups": groups } = user;
  return {
    ...(typeof tokenFile === "string" ? { tokenFile } : {}),
    ...(Array.isArray(groups) ? { impersonateGroups: groups.map(String) } : {}),
  };
}

/** Paths are meant from the folder of their file. */
function moved<T extends object>(entry: T, field: keyof T, place: { readonly path: string } | undefined): T {
  return place === undefined ? entry : { ...entry, [field]: place.path };
}

function merged(all: readonly Parts[]): Parts {
  return {
    clusters: all.flatMap(({ clusters }) => clusters),
    contexts: all.flatMap(({ contexts }) => contexts),
    users: all.flatMap(({ users }) => users),
    currentContext: all.find(({ currentContext }) => currentContext !== "")?.currentContext ?? "",
  };
}

type Applier = Pick<KubeAccess, "apply" | "forget" | "isAttended">;
type LoginBy = { readonly parts: Parts; readonly place: LoginPlace };

/** Certificates, tokens, passwords and programs here; providers that fetch a token by the client's own code. */
async function applierOf(cluster: Reached, user: Login | undefined, { parts, place }: LoginBy): Promise<Applier> {
  const program = user?.exec as LoginProgram | undefined;
  // As in kubectl: whoever has a token or a password needs no program.
  if (user !== undefined && program && !user.token && !user.tokenFile && !user.username) {
    const { makeExecLogin } = await import("./login/exec-login.ts");
    const subject = { userName: user.name, program, cluster: await clusterInfo(cluster, program) };
    const login = makeExecLogin(subject, place);
    return {
      apply: async (request) => applyPlain(cluster, await loggedIn(user, login), request),
      forget: login.forget,
      isAttended: place.isAttended,
    };
  }
  if (!user?.authProvider) return { apply: (request) => applyPlain(cluster, user, request) };
  const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
  const config = new KubeConfig();
  config.loadFromOptions(parts);
  return {
    apply: (request) =>
      config.applyToHTTPSOptions(request).catch(async (fault: unknown) => {
        const { loginFault } = await import("./login/exec-login.ts");
        throw loginFault(fault, { userName: user.name, program: {} });
      }),
  };
}

/** What a program asks for that needs to know to which cluster it logs in. */
async function clusterInfo(cluster: Reached, { provideClusterInfo }: LoginProgram): Promise<object> {
  if (provideClusterInfo !== true) return {};
  const ca = await bytesOf(cluster.caFile, cluster.caData);
  return {
    server: cluster.server,
    "tls-server-name": cluster.tlsServerName,
    "insecure-skip-tls-verify": cluster.skipTLSVerify,
    "certificate-authority-data": ca?.toString("base64"),
    "proxy-url": cluster.proxyUrl,
    config: cluster.loginConfig,
  };
}

async function loggedIn(user: Login, login: ExecLogin): Promise<Login> {
  const { token, clientCertificateData: cert, clientKeyData: key } = await login.credential();
  return {
    ...user,
    ...(token === undefined ? {} : { token }),
    ...(cert === undefined || key === undefined
      ? {}
      : { certFile: "", certData: base64Of(cert), keyFile: "", keyData: base64Of(key) }),
  };
}

function base64Of(pem: string): string {
  return Buffer.from(pem).toString("base64");
}

async function applyPlain(cluster: Cluster, user: Login | undefined, request: RequestOptions): Promise<void> {
  // A plain connection would show the credentials to everybody on the way; whoever wants that says so.
  if (cluster.server.startsWith("http:") && !cluster.skipTLSVerify)
    throw settings(`cluster ${cluster.name} is at http: without insecure-skip-tls-verify; expected https:`);
  const [ca, cert, key, token] = await Promise.all([
    bytesOf(cluster.caFile, cluster.caData),
    bytesOf(user?.certFile, user?.certData),
    bytesOf(user?.keyFile, user?.keyData),
    bytesOf(user?.tokenFile, undefined),
  ]);
  const given = {
    rejectUnauthorized: cluster.skipTLSVerify ? false : undefined,
    servername: cluster.tlsServerName,
    ca,
    cert,
    key,
  };
  Object.assign(request, present(given), loginOf(user, token?.toString().trim() ?? user?.token));
}

function loginOf(user: Login | undefined, token: string | undefined) {
  const { username, password = "", impersonateUser, impersonateGroups } = user ?? {};
  const headers = {
    "impersonate-user": impersonateUser,
    "impersonate-group": impersonateGroups,
    authorization: token ? `Bearer ${token}` : undefined,
  };
  return { headers: present(headers), ...(username ? { auth: `${username}:${password}` } : {}) };
}

/** Without what isn't given, or is empty. */
function present(values: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => (value ?? "") !== ""));
}

async function bytesOf(file: string | undefined, data: string | undefined): Promise<Buffer | undefined> {
  if (!file) return data ? Buffer.from(data, "base64") : undefined;
  try {
    return await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown fault";
    throw settings(`${file}, which the kubeconfig names, can't be read (${code})`, cause);
  }
}

function settings(about: string, cause?: unknown): OperatorError {
  return new OperatorError("ROP_SETTINGS_INVALID", bounded(about), cause === undefined ? {} : { cause });
}
