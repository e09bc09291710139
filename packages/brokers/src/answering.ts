import type { ModelStream, SharedFleetStream, StreamAnswer } from "hypersphere";
import { type Answer, answerLine, deadLetter, refused } from "./answer-lines.js";
import type { Broker, Message, Part } from "./broker.js";
import { refuseOneSeries } from "./dealt.js";
import { givenOf, stepOf } from "./message-rows.js";
import type { Metrics } from "./metrics.js";
import { partitionOf } from "./partition.js";
import { SplitSeries } from "./split-series.js";

export interface AnsweringOptions {
  readonly entityField?: string | undefined;
  readonly idField?: string | undefined;
  /** Whether the model's stream forgets series: it then has to know of all that are kept. */
  readonly forgets?: boolean | undefined;
  /** Is told what a person should know. */
  readonly warn?: ((text: string) => void) | undefined;
}

/** What answers messages: of a model, or of a fleet, which forgets no series by itself. */
export type WorkerStream = ModelStream | SharedFleetStream;

interface Held {
  /** How far it is answered, as the broker knows it. */
  stored: string;
  /** Series that the model's stream knows as the broker does. */
  readonly loaded: Set<string>;
  /** Whether the stream has taken note of all series that the broker keeps. */
  noted: boolean;
}

interface Row {
  readonly message: Message;
  readonly held: Held;
  readonly given: unknown;
  /** The series that it is a step of; undefined of rows of tables, and where it does not say. */
  readonly entity: string | undefined;
  /** What it is about, as answers repeat it. */
  readonly name: string | undefined;
  readonly partition: number;
}

type Lines = { results: string[]; deadLetters: string[]; states: Map<string, string | null> };

/** What a commit is of, beside its part. */
interface Kept {
  readonly part: { -readonly [Name in keyof Part]: Part[Name] } & Lines;
  readonly held: Held;
  readonly outcomes: Map<StreamAnswer["kind"], number>;
}

/** @returns the partition as it is held, undefined where the message is not this worker's to answer */
type HeldOf = (partition: number, id: string) => Held | undefined;

/** Answers the messages of the partitions that a worker holds. */
export class Answering {
  readonly #broker: Broker;
  readonly #metrics: Metrics;
  readonly #options: AnsweringOptions;
  readonly #held = new Map<number, Held>();
  readonly #split: SplitSeries;
  #stream: WorkerStream;
  /** Up to where messages were read. */
  #place: string | undefined;
  /** The commit of the last messages: those after them are scored meanwhile. */
  #underWay: Promise<void> = Promise.resolve();

  constructor(broker: Broker, stream: WorkerStream, metrics: Metrics, options: AnsweringOptions) {
    this.#broker = broker;
    this.#stream = stream;
    this.#metrics = metrics;
    this.#options = options;
    this.#split = new SplitSeries(broker, options.warn ?? (() => {}));
  }

  /** After which messages are to be read; undefined where nothing is held. */
  get place(): string | undefined {
    return this.#held.size === 0 ? undefined : this.#place;
  }

  /** What was answered has to be settled. Series are read from the broker again, where the next model may go on with them. */
  use(stream: WorkerStream): void {
    this.#stream = stream;
    for (const held of this.#held.values()) {
      held.loaded.clear();
      held.noted = false;
    }
  }

  /** Takes over what is held from here on. @throws HypersphereError `unfit-data` for one series in partitions without an order */
  hold(leased: ReadonlyMap<number, string>): void {
    refuseOneSeries(this.#broker, this.#stream);
    for (const [partition, { stored }] of this.#held)
      if (leased.get(partition) !== stored) this.#forget(partition);
    for (const [partition, stored] of leased) {
      if (this.#held.has(partition)) continue;
      this.#held.set(partition, { stored, loaded: new Set(), noted: false });
      // What others have not answered is read again: partitions that are further on skip it.
      if (this.#place === undefined || this.#broker.compare(stored, this.#place) < 0) this.#place = stored;
    }
    this.#metrics.partitions.set(this.#held.size);
  }

  /** Notes of partitions without messages that they have none up to here, so that nobody has to look again. */
  async keepPlaces(): Promise<void> {
    await this.settle();
    const to = this.#place;
    if (to === undefined) return;
    const behind = [...this.#held].filter(([, { stored }]) => this.#broker.compare(stored, to) < 0);
    await this.#commit(behind.map(([partition, held]) => keptOf(partition, held, to)));
  }

  forgetAll(): void {
    for (const partition of [...this.#held.keys()]) this.#forget(partition);
    this.#place = undefined;
    this.#underWay = Promise.resolve();
  }

  skip({ id }: Message): void {
    this.#place = id;
  }

  /** Waits until what was answered is kept. @throws what the broker threw at it */
  settle(): Promise<void> {
    return this.#underWay;
  }

  /**
   * Answers messages in their order, and begins to keep answers, series and places in one step: `settle` waits for it, as do the next
   * messages once they are scored.
   */
  async answer(messages: readonly Message[]): Promise<void> {
    const last = messages.at(-1);
    if (last === undefined) return;
    const end = this.#metrics.batches.startTimer();
    const heldOf = this.#heldBy();
    const rows = messages.map((message) => this.#row(message, heldOf)).filter((row) => row !== undefined);
    await this.#load(rows);
    const answers = await this.#answers(rows);
    this.#place = last.id;
    await this.settle();
    const parts = new Map<Held, Kept>();
    const labels = { ...this.#options, column: this.#stream.entityColumn };
    for (const [k, row] of rows.entries()) {
      const { partition, held } = row;
      // Lost while these were scored.
      if (this.#held.get(partition) !== held) continue;
      const kept = parts.get(held) ?? keptOf(partition, held, last.id);
      parts.set(held, kept);
      if (this.#broker.dealsOut) kept.part.to = row.message.id;
      const answer = answers[k]!;
      kept.outcomes.set(answer.kind, (kept.outcomes.get(answer.kind) ?? 0) + 1);
      if (answer.kind === "refused") kept.part.deadLetters.push(deadLetter(row.message, answer));
      else {
        kept.part.results.push(answerLine(row, answer, labels));
        if (row.entity !== undefined) kept.part.states.set(row.entity, "");
      }
    }
    for (const { part } of parts.values())
      for (const entity of part.states.keys())
        part.states.set(entity, JSON.stringify(this.#stream.seriesState(entity)));
    this.#forgetGone(parts);
    this.#underWay = this.#commit([...parts.values()]).then(() => void end());
    // Whoever settles hears of it.
    this.#underWay.catch(() => {});
  }

  async #commit(all: readonly Kept[]): Promise<void> {
    if (all.length === 0) return;
    const done = await this.#broker.commit(all.map(({ part }) => part));
    for (const [k, { part, held, outcomes }] of all.entries()) {
      if (done[k]) {
        held.stored = part.to;
        for (const [outcome, count] of outcomes) this.#metrics.messages.inc({ outcome }, count);
      }
      // Another worker answers it now: what this one made of it counts for nothing.
      else if (this.#held.get(part.partition) === held) this.#forget(part.partition);
    }
  }

  /** Has states dropped of series that were silent for too long, with the answers that the clock advanced by. */
  #forgetGone(parts: ReadonlyMap<Held, Kept>): void {
    if (this.#options.forgets !== true) return;
    for (const entity of clocked(this.#stream).goneSeries()) {
      const held = this.#held.get(partitionOf(entity, this.#broker.partitions));
      const kept = held && parts.get(held);
      // Of a partition without messages in between none has gone.
      if (held === undefined || kept === undefined) continue;
      this.#stream.forgetSeries(entity);
      held.loaded.delete(entity);
      kept.part.states.set(entity, null);
    }
  }

  #forget(partition: number): void {
    if (this.#options.forgets === true) clocked(this.#stream).forgetClock(partition);
    for (const entity of this.#held.get(partition)?.loaded ?? []) this.#stream.forgetSeries(entity);
    this.#held.delete(partition);
  }

  /** Of messages after the place that this worker has read up to. */
  #heldBy(): HeldOf {
    const place = this.#place;
    // Few partitions are further on than the others, so few ids have to be compared.
    const ahead = new Set(
      [...this.#held.values()].filter(
        ({ stored }) => place === undefined || this.#broker.compare(stored, place) > 0,
      ),
    );
    return (partition, id) => {
      const held = this.#held.get(partition);
      if (held === undefined || !ahead.has(held)) return held;
      return this.#broker.compare(id, held.stored) > 0 ? held : undefined;
    };
  }

  /** @returns undefined for what another worker answers, which is read no further than to know that */
  #row(message: Message, heldOf: HeldOf): Row | undefined {
    const { partitions } = this.#broker;
    const { entityColumn } = this.#stream;
    const { entityField } = this.#options;
    // Rows of a table depend on no other.
    if (!this.#stream.isSeries) {
      const partition = message.partition ?? partitionOf(message.key ?? message.id, partitions);
      const held = heldOf(partition, message.id);
      if (held === undefined) return undefined;
      const { given, entity: name } =
        entityColumn === undefined
          ? { given: givenOf(message), entity: undefined }
          : stepOf(message, entityColumn, entityField);
      return { message, given, entity: undefined, name, partition, held };
    }
    const { given, entity } = stepOf(message, entityColumn, entityField);
    const partition =
      message.partition ??
      (entity === undefined || entityColumn === undefined ? 0 : partitionOf(entity, partitions));
    const held = heldOf(partition, message.id);
    return held && { message, given, entity, name: entity, partition, held };
  }

  async #load(rows: readonly Row[]): Promise<void> {
    if (this.#options.forgets === true) await this.#note(rows);
    if (this.#stream.isSeries) this.#split.lookAtKeys(rows.map(({ message }) => message));
    const missing = new Map<Held, { readonly partition: number; readonly names: Set<string> }>();
    for (const { entity, partition, held } of rows) {
      if (entity === undefined || held.loaded.has(entity)) continue;
      const { names } = missing.get(held) ?? { names: new Set() };
      missing.set(held, { partition, names: names.add(entity) });
    }
    await Promise.all(
      [...missing].map(async ([held, { partition, names }]) => {
        const entities = [...names];
        const states = await this.#broker.states(partition, entities);
        for (const [k, entity] of entities.entries()) {
          const state = states[k];
          if (state === undefined) this.#stream.forgetSeries(entity);
          else this.#stream.restoreSeries(JSON.parse(state));
          held.loaded.add(entity);
        }
      }),
    );
    const loaded = new Map(Array.from(this.#held, ([partition, held]) => [partition, held.loaded]));
    for (const { partition, names } of missing.values())
      await this.#split.lookAtPlaces(partition, [...names], loaded);
  }

  async #note(rows: readonly Row[]): Promise<void> {
    const unknown = new Map(
      rows.filter(({ held }) => !held.noted).map(({ held, partition }) => [held, partition]),
    );
    for (const [held, partition] of unknown) {
      for (const state of await this.#broker.allStates(partition))
        clocked(this.#stream).noteSeries(JSON.parse(state));
      held.noted = true;
    }
  }

  /** Where scoring fails, row by row: what fails alone is refused with the reason, and takes no other with it. */
  async #answers(rows: readonly Row[]): Promise<readonly Answer[]> {
    const given = rows.map((row) => row.given);
    try {
      return await this.#stream.push(given);
    } catch {
      const answers: Answer[] = [];
      for (const one of given) {
        answers.push(...(await this.#stream.push([one]).catch((cause) => [refused(cause)])));
      }
      return answers;
    }
  }
}

/** Only streams of a model are asked to forget: a worker with a fleet refuses the option. */
const clocked = (stream: WorkerStream): ModelStream => stream as ModelStream;

const keptOf = (partition: number, held: Held, to: string): Kept => ({
  part: { partition, from: held.stored, to, results: [], deadLetters: [], states: new Map() },
  ...{ held, outcomes: new Map() },
});
