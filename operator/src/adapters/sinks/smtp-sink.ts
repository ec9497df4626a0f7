// E-mail by SMTP: one connection a message, which ends with the deadline whatever the server does meanwhile.
import { connect, type Socket } from "node:net";
import { createTransport } from "nodemailer";
import { faultWord } from "#http/exchange.ts";
import { renderEmail } from "#notify/email-message.ts";
import { SinkFault } from "#notify/sink-fault.ts";
import type { SinkOf } from "#notify/sinks-file.ts";
import type { SinkMessage } from "#ports/sinks.ts";

/** Who has a message already, by its key and sink: whom it isn't sent to again. Forgotten with the process. */
export type Received = Map<string, readonly string[]>;

type SmtpCall = {
  readonly received: Received;
  readonly secret: string | undefined;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
};

const mostAnswerBytes = 65_536;
const mostReceived = 1000;

/** Rejects with a SinkFault; what the server said is left out, since it may repeat addresses. */
export async function sendEmail(sink: SinkOf<"email">, said: SinkMessage, call: SmtpCall): Promise<void> {
  const { signal } = call;
  let socket: Socket | undefined;
  const stop = () => socket?.destroy(new Error("stopped"));
  try {
    socket = await open(sink, signal);
    signal.addEventListener("abort", stop, { once: true });
    const key = `${said.message.key} ${sink.name}`;
    const having = call.received.get(key) ?? [];
    const to = sink.to.filter((one) => !having.includes(one));
    const envelope = { from: sink.from, to };
    const sent = await transportOf(sink, socket, call).sendMail({ ...renderEmail(sink, said), envelope });
    call.received.delete(key);
    const refused = sent.rejected.length;
    if (refused === 0) return;
    // A mailbox that is full or greylisted takes it later; the others have it and don't get it again.
    if (call.received.size >= mostReceived) call.received.clear();
    call.received.set(key, [...having, ...to.filter((one) => !sent.rejected.includes(one))]);
    const isFinal = (sent.rejectedErrors ?? []).every(({ responseCode = 0 }) => responseCode >= 500);
    throw new SinkFault(`${refused} of ${sink.to.length} recipients refused`, { isFinal });
  } catch (fault) {
    throw smtpFault(fault, signal);
  } finally {
    signal.removeEventListener("abort", stop);
    socket?.destroy();
  }
}

function transportOf(sink: SinkOf<"email">, connection: Socket, { secret, deadlineMs }: SmtpCall) {
  const { host, port, tls, user } = sink;
  return createTransport({
    host,
    port,
    connection,
    secure: tls === "Implicit",
    requireTLS: tls === "StartTls",
    ignoreTLS: tls === "None",
    ...(user === undefined || secret === undefined ? {} : { auth: { user, pass: secret } }),
    greetingTimeout: deadlineMs,
    socketTimeout: deadlineMs,
    maxResponseSize: mostAnswerBytes,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Its own socket, so that the deadline can end it in any state. */
function open({ host, port }: SinkOf<"email">, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host, port, signal, noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

function smtpFault(fault: unknown, signal: AbortSignal): SinkFault {
  if (fault instanceof SinkFault) return fault;
  if (signal.aborted) return new SinkFault("no answer within the deadline", { cause: fault });
  const { responseCode, code } = fault as { responseCode?: unknown; code?: unknown };
  if (typeof responseCode !== "number") return new SinkFault(faultWord(fault), { cause: fault });
  // What is refused before the envelope (TLS, a password) can be put right meanwhile.
  const isFinal = responseCode >= 500 && (code === "EENVELOPE" || code === "EMESSAGE");
  return new SinkFault(`SMTP ${responseCode}`, { isFinal, cause: fault });
}
