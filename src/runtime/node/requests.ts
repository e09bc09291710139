/** The asking side of what lives in another thread or process. */
import { HypersphereError } from "../../errors.js";
import type { Session, TensorValue, Values } from "../port.js";
import { packed } from "./messages.js";
import { revivedError } from "./passed-error.js";
import type { Answer, Created, RequestBody } from "./protocol.js";

interface Pending {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/** What an asker needs of the way to the other side. */
export interface Channel<Body> {
  /** Throws where the message cannot be sent. */
  post(request: Body & { readonly id: number }, transfer: readonly ArrayBuffer[]): void;
  /** Called with true when an answer is awaited, with false when none is any more. */
  waiting(awaited: boolean): void;
}

/** Requests under way, each settled by the reply with its number, or all of them by the end of the other side. */
export class Requests<Body extends object = RequestBody> {
  readonly #channel: Channel<Body>;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #ended: HypersphereError | undefined;

  constructor(channel: Channel<Body>) {
    this.#channel = channel;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  request(body: Body, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) throw this.#ended;
      try {
        this.#channel.post({ id, ...body }, transfer);
      } catch (cause) {
        const reason = (cause as Error).message;
        throw new HypersphereError("runtime", `The data cannot be passed to the worker: ${reason}`, {
          cause,
        });
      }
      this.#pending.set(id, { resolve, reject });
      this.#channel.waiting(true);
    });
  }

  settle(reply: Answer<unknown>): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#channel.waiting(false);
    if ("error" in reply) {
      pending?.reject(revivedError(reply.error));
    } else {
      pending?.resolve(reply.result);
    }
  }

  /** No request is answered any more, neither pending nor later ones; `but` is still waited for. */
  end(error: HypersphereError, but?: Promise<unknown>): void {
    this.#ended ??= error;
    const kept = but === undefined ? undefined : this.#nextId - 1;
    for (const [id, { reject }] of this.#pending) {
      if (id === kept) continue;
      reject(this.#ended);
      this.#pending.delete(id);
    }
  }
}

/** A session on the other side. */
export class RemoteSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly #requests: Requests;
  readonly #id: number;
  readonly #onRelease: () => void;

  constructor(requests: Requests, { session, inputNames, outputNames }: Created, onRelease = () => {}) {
    this.#requests = requests;
    this.#id = session;
    this.#onRelease = onRelease;
    this.inputNames = inputNames;
    this.outputNames = outputNames;
  }

  async bind(values: Values, { transfer = false }: { transfer?: boolean } = {}): Promise<void> {
    const message = packed(values, transfer);
    await this.#requests.request(
      { kind: "bind", session: this.#id, values: message.values },
      message.buffers,
    );
  }

  async run(feeds: Values, outputs?: readonly string[]): Promise<Record<string, TensorValue>> {
    const { values, buffers } = packed(feeds, false);
    const result = await this.#requests.request(
      { kind: "run", session: this.#id, feeds: values, outputs },
      buffers,
    );
    return result as Record<string, TensorValue>;
  }

  async release(): Promise<void> {
    // With the thread or process, its sessions are gone as well.
    if (!this.#requests.ended) await this.#requests.request({ kind: "release", session: this.#id });
    this.#onRelease();
  }
}
