export interface GathererOptions<In, Out> {
  /** Milliseconds that the first of a batch waits for others, where nothing is being done. */
  readonly waitMs: number;
  /** Size of a batch at most; a larger item is a batch of its own. */
  readonly most: number;
  sizeOf(item: In): number;
  /** One answer per item, in their order. */
  run(items: readonly In[]): Promise<Out[]>;
  /** Whether a failure of a batch may be the fault of one item: each is then done alone. */
  alone?(error: unknown): boolean;
}

interface Waiting<In, Out> {
  readonly item: In;
  resolve(answer: Out): void;
  reject(error: unknown): void;
}

/**
 * Does together what comes at about the same time: what arrives while a batch is being done makes the next one. An item waits
 * at most `waitMs`, and for the batch before it.
 */
export class Gatherer<In, Out> {
  readonly #options: GathererOptions<In, Out>;
  #waiting: Waiting<In, Out>[] = [];
  #running = false;

  constructor(options: GathererOptions<In, Out>) {
    this.#options = options;
  }

  add(item: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      if (this.#options.waitMs > 0) setTimeout(() => void this.#work(), this.#options.waitMs);
      else queueMicrotask(() => void this.#work());
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) await this.#run(this.#take());
    this.#running = false;
  }

  #take(): Waiting<In, Out>[] {
    const { most, sizeOf } = this.#options;
    let size = 0;
    const end = this.#waiting.findIndex(({ item }, k) => {
      size += sizeOf(item);
      return k > 0 && size > most;
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #run(batch: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const answers = await this.#options.run(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, k) => resolve(answers[k]!));
    } catch (error) {
      if (batch.length > 1 && this.#options.alone?.(error)) for (const one of batch) await this.#run([one]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
