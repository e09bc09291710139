import { setTimeout as sleep } from "node:timers/promises";
import { type Logger, pino } from "pino";
import { Answering, type WorkerStream } from "./answering.js";
import { type Broker, BrokerAway, type Message } from "./broker.js";
import { brokerOf } from "./broker-of.js";
import { refuseOfDealt } from "./dealt.js";
import { isReload } from "./message-rows.js";
import { Metrics } from "./metrics.js";
import { ModelFile, type ModelOptions } from "./model-file.js";
import { Outages } from "./outages.js";

export interface WorkerOptions extends ModelOptions {
  /** The address of the messages: redis://host/stream, nats://host/subject, kafka://host/topic, mqtt://host/topic */
  readonly from: string;
  readonly to: string;
  /** Where messages go that cannot be read, with the reason; default: that of `to` with ":dead" behind it, ".dead" over NATS and Kafka, "/dead" over MQTT. */
  readonly deadLetters?: string | undefined;
  /** Workers of one group share the messages. */
  readonly group?: string | undefined;
  /** The same for all workers of a group, and never changed: at most so many share the work. Default 32. */
  readonly partitions?: number | undefined;
  /** Of workers over MQTT, which need one: a folder of this worker alone, for what has to outlive it. */
  readonly stateFolder?: string | undefined;
  /** Of workers over MQTT: "2/3" is the second of three, default "1/1". */
  readonly share?: string | undefined;
  /** A file with the certificate of the authority that the broker's is signed by, in place of those that Node knows. */
  readonly tlsCa?: string | undefined;
  /** A worker that is silent for so long is taken for dead. Default 5000 ms. */
  readonly leaseMs?: number | undefined;
  /** A field that results repeat. */
  readonly idField?: string | undefined;
  /** 0 for a free one; default: no metrics. */
  readonly metricsPort?: number | undefined;
  /** Default: JSON lines to standard error. */
  readonly log?: Logger | undefined;
}

export interface StreamWorker {
  /** Of the metrics, where there are any. */
  readonly metricsUrl: string | undefined;
  /** Ends with `stop()`, and rejects with what cannot pass by itself. */
  readonly done: Promise<void>;
  /** Answers what was read, gives back its partitions, and ends. */
  stop(): Promise<void>;
}

/** Messages that are read before they are needed. */
interface ReadOn {
  readonly after: string;
  readonly messages: Promise<readonly Message[]>;
}

/** Messages answered in one step at least where there are as many, at first, and at most. */
const [LEAST_BATCH, FIRST_BATCH, MOST_BATCH] = [10, 100, 500];

/**
 * Starts a worker of a group; as many as there are partitions share the messages of a stream.
 *
 * @example
 * const worker = await startWorker({ model: "pump.onnx", from: "redis://host/readings", to: "redis://host/scores" });
 * process.once("SIGTERM", () => worker.stop());
 * await worker.done;
 *
 * @throws HypersphereError for options that are none, and a model that cannot be had
 */
export async function startWorker(options: WorkerOptions): Promise<StreamWorker> {
  const { from, to, deadLetters, group = "hypersphere", partitions = 32, leaseMs = 5000 } = options;
  const log = options.log ?? pino({ name: "hypersphere" }, pino.destination({ dest: 2, sync: true }));
  const { stateFolder, share, tlsCa } = options;
  const warn = (text: string): void => log.warn(text);
  const broker = brokerOf({
    from,
    to,
    deadLetters,
    group,
    partitions,
    leaseMs,
    stateFolder,
    share,
    tlsCa,
    warn,
  });
  refuseOfDealt(broker, options);
  const models = new ModelFile({ ...options, partitions });
  const first = await models.load();
  const metrics = new Metrics();
  const server = options.metricsPort === undefined ? undefined : await metrics.listen(options.metricsPort);
  const worker = new Worker(broker, models, metrics, log, {
    ...options,
    leaseMs,
    forgets: options.decision?.forgetAfter !== undefined,
  });
  const done = worker.run(first).finally(() => {
    server?.close();
    return models.close();
  });
  const port = (server?.address() as { port: number } | undefined)?.port;
  return {
    metricsUrl: port === undefined ? undefined : `http://127.0.0.1:${port}/metrics`,
    done,
    stop: () => {
      worker.stop();
      return done;
    },
  };
}

class Worker {
  readonly #broker: Broker;
  readonly #models: ModelFile;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  readonly #options: WorkerOptions & Settled;
  readonly #stopping = new AbortController();
  #batch = FIRST_BATCH;

  constructor(
    broker: Broker,
    models: ModelFile,
    metrics: Metrics,
    log: Logger,
    options: WorkerOptions & Settled,
  ) {
    this.#broker = broker;
    this.#models = models;
    this.#metrics = metrics;
    this.#log = log;
    this.#options = options;
  }

  stop(): void {
    this.#stopping.abort();
  }

  async run(first: WorkerStream): Promise<void> {
    const { from: _, to: __, ...options } = this.#options;
    const warn = (text: string): void => this.#log.warn(text);
    const answering = new Answering(this.#broker, first, this.#metrics, { ...options, warn });
    const outages = new Outages(this.#log);
    try {
      while (!this.#stopping.signal.aborted) {
        try {
          await this.#broker.open();
          await this.#serve(answering, outages);
        } catch (error) {
          if (!(error instanceof BrokerAway)) throw error;
          this.#metrics.outages.inc();
          const wait = outages.failed(error.message);
          await sleep(wait, undefined, { signal: this.#stopping.signal }).catch(() => {});
        }
        // What was not kept is read anew, with the places and series as they were kept.
        answering.forgetAll();
      }
    } finally {
      await this.#broker
        .close(true)
        .catch((reason) => this.#log.warn({ reason: String(reason) }, "not given back"));
    }
    this.#log.info("stopped");
  }

  async #serve(answering: Answering, outages: Outages): Promise<void> {
    let leasedAt = Number.NEGATIVE_INFINITY;
    let ahead: ReadOn | undefined;
    while (!this.#stopping.signal.aborted) {
      if (performance.now() - leasedAt > this.#options.leaseMs / 5) {
        leasedAt = performance.now();
        await answering.keepPlaces();
        answering.hold(await this.#broker.lease());
        outages.serves();
        if (await this.#models.changed()) await this.#swap(answering);
      }
      const place = answering.place;
      if (place === undefined) {
        await sleep(this.#options.leaseMs / 10, undefined, { signal: this.#stopping.signal }).catch(() => {});
        continue;
      }
      let messages = ahead?.after === place ? await ahead.messages : [];
      ahead = undefined;
      if (messages.length === 0) {
        await answering.settle();
        messages = await this.#broker.read(place, this.#batch);
      }
      const isFull = messages.length >= this.#batch;
      const begun = performance.now();
      if (isFull) ahead = this.#readOn(messages.at(-1)!.id);
      await this.#answer(answering, messages);
      this.#adapt(performance.now() - begun, isFull);
    }
    await answering.settle();
  }

  /** A step must not take as long as a lease: of a model that is slow, or a fleet whose models are read one by one, fewer go into it. */
  #adapt(took: number, isFull: boolean): void {
    const bound = this.#options.leaseMs / 2;
    // Few take nearly as long as many where the way to the broker or the machine is what is slow.
    if (took > bound) this.#batch = Math.max(LEAST_BATCH, Math.floor(this.#batch / 2));
    // More at once costs less a message, and waits longer; it is lost together where a machine becomes so busy that the lease runs out.
    else if (isFull && took < bound / 8) this.#batch = Math.min(MOST_BATCH, 2 * this.#batch);
  }

  /** Where there are more messages than are answered at once, the next are read meanwhile. */
  #readOn(after: string): ReadOn | undefined {
    const messages = this.#broker.readOn?.(after, this.#batch);
    // Whoever waits for them hears of it.
    messages?.catch(() => {});
    return messages && { after, messages };
  }

  /** A message that asks for it has the model's file read anew, after those before it. */
  async #answer(answering: Answering, messages: readonly Message[]): Promise<void> {
    let rest = messages;
    while (rest.length > 0) {
      const control = rest.findIndex(isReload);
      await answering.answer(control < 0 ? rest : rest.slice(0, control));
      if (control < 0) return;
      await this.#swap(answering);
      answering.skip(rest[control]!);
      rest = rest.slice(control + 1);
    }
  }

  async #swap(answering: Answering): Promise<void> {
    await answering.settle();
    try {
      answering.use(await this.#models.load());
      this.#metrics.swaps.inc();
      this.#log.info({ model: this.#options.model }, "the model was replaced");
    } catch (error) {
      this.#log.error({ err: error }, "the model's file cannot be used: going on with the one before it");
    }
  }
}

/** What follows from options. */
interface Settled {
  readonly leaseMs: number;
  readonly forgets: boolean;
}
