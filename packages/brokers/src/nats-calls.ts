import { createInbox, ErrorCode, type Msg, type MsgHdrs, type NatsConnection, NatsError } from "nats";

interface Call {
  readonly subject: string;
  readonly until: number;
  resolve(answer: Msg): void;
  reject(reason: NatsError): void;
}

/**
 * Messages that are answered, many at a time: one subscription and one timer for all of them. `request` of the client has a timer, a race and an
 * error with its stack for each, also where all goes well, which is half of what a commit costs.
 */
export class NatsCalls {
  readonly #connection: NatsConnection;
  readonly #patience: number;
  readonly #inbox = createInbox();
  /** In the order in which they were made, and so of their ends. */
  readonly #calls = new Map<string, Call>();
  #made = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param patience milliseconds that an answer may take */
  constructor(connection: NatsConnection, patience: number) {
    this.#connection = connection;
    this.#patience = patience;
    connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, answer) => {
        if (error === null) this.#answered(answer);
        else this.#end(error);
      },
    });
    connection
      .closed()
      .then(() => this.#end(new NatsError("the connection is closed", ErrorCode.ConnectionClosed)));
    this.#hearRefusals().catch(() => {});
  }

  /** @throws NatsError for what is not answered, or must not be asked */
  ask(subject: string, data: string | Uint8Array, headers: MsgHdrs): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const token = String(this.#made++);
      this.#connection.publish(subject, data, { headers, reply: `${this.#inbox}.${token}` });
      this.#calls.set(token, { subject, until: performance.now() + this.#patience, resolve, reject });
      this.#timer ??= setTimeout(() => this.#passed(), this.#patience);
    });
  }

  #answered(answer: Msg): void {
    const token = answer.subject.slice(this.#inbox.length + 1);
    const call = this.#calls.get(token);
    this.#calls.delete(token);
    // Nobody is there for the subject: such an answer has no text.
    if (answer.data.length === 0 && answer.headers?.code === 503)
      call?.reject(new NatsError("no responders", ErrorCode.NoResponders));
    else call?.resolve(answer);
  }

  #passed(): void {
    const now = performance.now();
    this.#timer = undefined;
    for (const [token, { until, reject }] of this.#calls) {
      if (until > now) {
        this.#timer = setTimeout(() => this.#passed(), until - now);
        return;
      }
      this.#calls.delete(token);
      reject(new NatsError("no answer", ErrorCode.Timeout));
    }
  }

  /** The server tells of a message that must not be sent, and does not answer it. */
  async #hearRefusals(): Promise<void> {
    for await (const { permissionContext } of this.#connection.status()) {
      if (permissionContext?.operation !== "publish") continue;
      const { subject } = permissionContext;
      this.#end(
        new NatsError(`permission to send to "${subject}" is missing`, ErrorCode.PermissionsViolation),
        subject,
      );
    }
  }

  /** @param subject of those that end; default: all */
  #end(reason: NatsError, subject?: string): void {
    for (const [token, call] of this.#calls) {
      if (subject !== undefined && call.subject !== subject) continue;
      this.#calls.delete(token);
      call.reject(reason);
    }
    if (this.#calls.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
