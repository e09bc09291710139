import type { Logger } from "pino";

/** The broker is waited for so long, doubled at each failure. */
const [FIRST_WAIT, LONGEST_WAIT] = [100, 5000];

/** What a worker says of a broker that is away: once when it goes and once when it is back, however often it is tried in between. */
export class Outages {
  readonly #log: Logger;
  #hasServed = false;
  /** Of the outage that there is. */
  #since: number | undefined;
  #wait = FIRST_WAIT;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** The broker does what is asked: to be connected alone says little. */
  serves(): void {
    const awayMs = this.#since === undefined ? undefined : Math.round(performance.now() - this.#since);
    if (!this.#hasServed) this.#log.info("ready");
    else if (awayMs !== undefined) this.#log.info({ awayMs }, "the broker is back");
    [this.#hasServed, this.#since, this.#wait] = [true, undefined, FIRST_WAIT];
  }

  /** @returns milliseconds until it is tried again */
  failed(reason: string): number {
    if (this.#since === undefined) this.#log.warn({ reason }, "the broker is away: waiting for it");
    this.#since ??= performance.now();
    const wait = this.#wait;
    this.#wait = Math.min(2 * wait, LONGEST_WAIT);
    return wait;
  }
}
