import { HypersphereError, type ModelStream, type StreamAnswer, streamRecord, streamRow } from "hypersphere";
import type { Broker, Message, Part } from "./broker.js";
import type { Metrics } from "./metrics.js";
import { partitionOf } from "./partition.js";

export interface AnsweringOptions {
  readonly entityField?: string | undefined;
  readonly idField?: string | undefined;
}

interface Held {
  /** How far it is answered, as the broker knows it. */
  stored: string;
  /** Series that the model's stream knows as the broker does. */
  readonly loaded: Set<string>;
}

interface Row {
  readonly message: Message;
  readonly given: unknown;
  readonly entity: string | undefined;
  readonly partition: number;
}

/** Answers the messages of the partitions that a worker holds. */
export class Answering {
  readonly #broker: Broker;
  readonly #metrics: Metrics;
  readonly #options: AnsweringOptions;
  readonly #held = new Map<number, Held>();
  #stream: ModelStream;
  /** Up to where messages were read. */
  #place: string | undefined;

  constructor(broker: Broker, stream: ModelStream, metrics: Metrics, options: AnsweringOptions) {
    this.#broker = broker;
    this.#stream = stream;
    this.#metrics = metrics;
    this.#options = options;
  }

  /** After which messages are to be read; undefined where nothing is held. */
  get place(): string | undefined {
    return this.#held.size === 0 ? undefined : this.#place;
  }

  /** Series are read from the broker again, where the next model may go on with them. */
  use(stream: ModelStream): void {
    this.#stream = stream;
    for (const { loaded } of this.#held.values()) loaded.clear();
  }

  /** Takes over what is held from here on. */
  hold(leased: ReadonlyMap<number, string>): void {
    for (const [partition, { stored }] of this.#held)
      if (leased.get(partition) !== stored) this.#forget(partition);
    for (const [partition, stored] of leased) {
      if (this.#held.has(partition)) continue;
      this.#held.set(partition, { stored, loaded: new Set() });
      // What others have not answered is read again: partitions that are further on skip it.
      if (this.#place === undefined || this.#broker.compare(stored, this.#place) < 0) this.#place = stored;
    }
    this.#metrics.partitions.set(this.#held.size);
  }

  /** Notes of partitions without messages that they have none up to here, so that nobody has to look again. */
  async keepPlaces(): Promise<void> {
    const to = this.#place;
    if (to === undefined) return;
    const behind = [...this.#held].filter(([, { stored }]) => this.#broker.compare(stored, to) < 0);
    await this.#commit(
      behind.map(([partition, { stored }]) => ({
        ...{ partition, from: stored, to, results: [], deadLetters: [], states: new Map() },
      })),
    );
  }

  forgetAll(): void {
    for (const partition of [...this.#held.keys()]) this.#forget(partition);
    this.#place = undefined;
  }

  skip({ id }: Message): void {
    this.#place = id;
  }

  /** Answers messages in their order, and keeps answers, series and places in one step. */
  async answer(messages: readonly Message[]): Promise<void> {
    const last = messages.at(-1);
    if (last === undefined) return;
    const end = this.#metrics.batches.startTimer();
    const rows = messages.map((message) => this.#row(message)).filter((row) => this.#isOwn(row));
    await this.#load(rows);
    const answers = await this.#answers(rows);
    const parts = new Map<
      number,
      Part & { results: string[]; deadLetters: string[]; states: Map<string, string> }
    >();
    for (const [k, row] of rows.entries()) {
      const part = parts.get(row.partition) ?? {
        partition: row.partition,
        from: this.#held.get(row.partition)!.stored,
        to: last.id,
        ...{ results: [], deadLetters: [], states: new Map<string, string>() },
      };
      parts.set(row.partition, part);
      const answer = answers[k]!;
      if (answer.kind === "refused") part.deadLetters.push(this.#deadLetter(row, answer));
      else {
        part.results.push(this.#line(row, answer));
        if (row.entity !== undefined) part.states.set(row.entity, "");
      }
    }
    for (const { states } of parts.values())
      for (const entity of states.keys())
        states.set(entity, JSON.stringify(this.#stream.seriesState(entity)));
    const kept = await this.#commit([...parts.values()]);
    this.#place = last.id;
    for (const [k, row] of rows.entries()) {
      if (kept.has(row.partition)) this.#metrics.messages.inc({ outcome: answers[k]!.kind });
    }
    end();
  }

  /** @returns the partitions that were still this worker's */
  async #commit(parts: readonly Part[]): Promise<ReadonlySet<number>> {
    if (parts.length === 0) return new Set();
    const done = await this.#broker.commit(parts);
    for (const [k, { partition, to }] of parts.entries()) {
      // Another worker answers it now: what this one made of it counts for nothing.
      if (done[k]) this.#held.get(partition)!.stored = to;
      else this.#forget(partition);
    }
    return new Set(parts.filter((_, k) => done[k]).map(({ partition }) => partition));
  }

  #forget(partition: number): void {
    for (const entity of this.#held.get(partition)?.loaded ?? []) this.#stream.forgetSeries(entity);
    this.#held.delete(partition);
  }

  #isOwn({ partition, message }: Row): boolean {
    const held = this.#held.get(partition);
    return held !== undefined && this.#broker.compare(message.id, held.stored) > 0;
  }

  #row(message: Message): Row {
    const given = typeof message.body === "string" ? streamRow(message.body) : message.body;
    const column = this.#stream.entityColumn;
    const { partitions } = this.#broker;
    // Rows of a table depend on no other. Steps of a model that tells no series apart are all of one.
    if (!this.#stream.isSeries)
      return {
        message,
        given,
        entity: undefined,
        partition: partitionOf(message.key ?? message.id, partitions),
      };
    if (column === undefined) return { message, given, entity: "", partition: 0 };
    const field = this.#options.entityField ?? column;
    // A body that is no record belongs to no series, whatever else is known of it.
    const isRecord = typeof given === "object" && given !== null;
    const name = ownField(given, field) ?? (isRecord ? message.fields?.[field] : undefined);
    const isName = typeof name === "string" || typeof name === "number" || typeof name === "boolean";
    if (!isName) return { message, given, entity: undefined, partition: 0 };
    const entity = String(name);
    return {
      ...{ message, entity, partition: partitionOf(entity, partitions) },
      given: { ...(given as object), [column]: entity },
    };
  }

  async #load(rows: readonly Row[]): Promise<void> {
    const missing = new Map<number, Set<string>>();
    for (const { entity, partition } of rows) {
      if (entity === undefined || this.#held.get(partition)!.loaded.has(entity)) continue;
      missing.set(partition, (missing.get(partition) ?? new Set()).add(entity));
    }
    await Promise.all(
      [...missing].map(async ([partition, names]) => {
        const entities = [...names];
        const states = await this.#broker.states(partition, entities);
        for (const [k, entity] of entities.entries()) {
          const state = states[k];
          if (state === undefined) this.#stream.forgetSeries(entity);
          else this.#stream.restoreSeries(JSON.parse(state));
          this.#held.get(partition)!.loaded.add(entity);
        }
      }),
    );
  }

  /** Where scoring fails, row by row: what fails alone is refused with the reason, and takes no other with it. */
  async #answers(rows: readonly Row[]): Promise<readonly StreamAnswer[]> {
    const given = rows.map((row) => row.given);
    try {
      return await this.#stream.push(given);
    } catch {
      const answers: StreamAnswer[] = [];
      for (const one of given) {
        answers.push(...(await this.#stream.push([one]).catch((cause) => [refused(cause)])));
      }
      return answers;
    }
  }

  #line({ message, given, entity }: Row, answer: StreamAnswer): string {
    const { idField, entityField } = this.#options;
    const id = idField === undefined ? undefined : ownField(given, idField);
    return JSON.stringify({
      message: message.id,
      ...(id !== undefined && { [idField!]: id }),
      ...(entityField !== undefined && { [this.#entityLabel(message, entityField)]: entity }),
      ...streamRecord(answer),
    });
  }

  /** What was not a field of the message is told by the model's name for it. */
  #entityLabel({ fields }: Message, field: string): string {
    return fields !== undefined && Object.hasOwn(fields, field) ? this.#stream.entityColumn! : field;
  }

  #deadLetter({ message }: Row, answer: StreamAnswer): string {
    return JSON.stringify({ message: message.id, body: message.body, ...streamRecord(answer) });
  }
}

const refused = (cause: unknown): StreamAnswer => ({
  kind: "refused",
  error:
    cause instanceof HypersphereError
      ? cause
      : new HypersphereError("unfit-data", `The model fails on it: ${(cause as Error).message}`, { cause }),
});

const ownField = (given: unknown, name: string): unknown =>
  typeof given === "object" && given !== null && Object.hasOwn(given, name)
    ? (given as Readonly<Record<string, unknown>>)[name]
    : undefined;
