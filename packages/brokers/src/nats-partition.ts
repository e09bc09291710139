import { createHash, randomUUID } from "node:crypto";
import type { Part } from "./broker.js";
import { fitting } from "./fitting.js";
import type { NatsStore } from "./nats-store.js";
import {
  type LinePlace,
  type NatsGroup,
  placeIn,
  refuseLong,
  stateOf,
  stateText,
  type Target,
  type Work,
} from "./nats-work.js";

interface PartitionRecord {
  readonly owner: string;
  /** How far the partition is answered, with the work. */
  readonly place: string;
  /** Of the last commit, which may not be done. */
  readonly work?: Work;
  /** The work as JSON, where it is too large for one message. */
  readonly chunks?: Chunks;
}

interface Chunks {
  readonly id: string;
  readonly count: number;
}

/**
 * Lines are sent together so often, then one after the other. To a replicated stream never: with servers of a cluster killed (NATS 2.9.10), 5 593 of
 * 23 460 answers were gone that were sent together, and none of those that were sent one by one.
 */
const TOGETHER = 3;
/** Bytes of a unit of UTF-16, at most. */
const MOST_BYTES = 3;

/**
 * A partition that a worker holds. JetStream has no step over several keys. So a commit is written ahead: the partition's record,
 * with all that follows of it, is replaced by compare-and-set, which succeeds for one worker alone; only then is its work done. Who
 * takes the partition next does it again first. Nothing of it has an effect twice, also where two workers do it at the same time, one
 * of them late:
 * - a line is put only where the line before it is the last of its subject. Lines are sent together, without waiting for each other: the first
 *   one so, each of the others where the line before it is the last of the whole stream, which is told by its id. Nobody's lines get between
 *   them: where others put lines there at the same time, the rest is refused and sent again, at last one after the other, by the subject alone;
 * - a state is put only in place of one of an earlier place, and only such a one is dropped. One that was dropped may be put again by a worker
 *   that is late: it is of a series that is forgotten, which its next step finds out by itself.
 */
export class NatsPartition {
  readonly #store: NatsStore;
  readonly #group: NatsGroup;
  readonly #number: number;
  readonly #owner: string;
  #place: string;
  /** Of the record as this worker wrote it. */
  #revision: number;
  #chunks: Chunks | undefined;
  #resultsAfter = 0;
  #deadAfter = 0;
  /** Of states that were read or kept, by series; 0 for none. */
  readonly #states = new Map<string, number>();

  private constructor(
    store: NatsStore,
    group: NatsGroup,
    number: number,
    { owner, place }: PartitionRecord,
    revision: number,
  ) {
    this.#store = store;
    this.#group = group;
    this.#number = number;
    this.#owner = owner;
    this.#place = place;
    this.#revision = revision;
  }

  /** Takes a partition over, after which its last holder commits nothing; undefined where another was quicker. */
  static async claim(
    store: NatsStore,
    group: NatsGroup,
    number: number,
    owner: string,
  ): Promise<NatsPartition | undefined> {
    const key = `${group.keys}p.${number}`;
    // A server of a cluster that leads since a moment ago may not know yet what the last one kept. Once it acknowledges something, it does.
    await store.append(`${group.keys}b.${number}`, owner);
    const found = await store.last(group.bucket, key);
    const kept = found === undefined ? { owner, place: "0" } : (JSON.parse(found.data) as PartitionRecord);
    const revision = await store.put(key, JSON.stringify({ ...kept, owner }), found?.seq ?? 0);
    if (revision === undefined) return undefined;
    const partition = new NatsPartition(store, group, number, { ...kept, owner }, revision);
    return (await partition.#finish(kept)) ? partition : undefined;
  }

  /** How far it is answered. */
  get place(): string {
    return this.#place;
  }

  async states(names: readonly string[]): Promise<readonly (string | undefined)[]> {
    return Promise.all(
      names.map(async (name) => {
        const found = await this.#store.last(this.#group.bucket, this.#stateKey(name));
        this.#states.set(name, found?.seq ?? 0);
        return found && stateOf(found.data);
      }),
    );
  }

  async allStates(): Promise<readonly string[]> {
    const { bucket, keys } = this.#group;
    const found = await this.#store.lastOfEach(bucket, `${keys}s.${this.#number}.>`);
    return found.map(({ data }) => stateOf(data));
  }

  /** @returns whether the partition was still this worker's */
  async commit({ from, to, results, deadLetters, states }: Part): Promise<boolean> {
    if (from !== this.#place) return false;
    const { limit } = this.#store;
    const lines = fitting(results, deadLetters, limit);
    refuseLong(to, states, limit);
    const hasWork = lines.results.length + lines.deadLetters.length + states.size > 0;
    const [resultsAfter, deadAfter] = [this.#resultsAfter, this.#deadAfter];
    const work: Work = { ...lines, states: [...states], resultsAfter, deadAfter };
    const before = this.#chunks;
    const head = { owner: this.#owner, place: to };
    if (!(await (hasWork ? this.#replaceWith(head, work) : this.#replace(head)))) return false;
    this.#place = to;
    if (before !== undefined) await this.#drop(`c.${this.#number}.${before.id}.>`);
    if (hasWork) await this.#do(work);
    return true;
  }

  async #replace(record: Omit<PartitionRecord, "work">, text = JSON.stringify(record)): Promise<boolean> {
    const key = `${this.#group.keys}p.${this.#number}`;
    const revision = await this.#store.put(key, text, this.#revision);
    if (revision === undefined) return false;
    this.#revision = revision;
    this.#chunks = record.chunks;
    return true;
  }

  /** Does what the holder before may have left undone. */
  async #finish({ owner: _, place, work: whole, chunks }: PartitionRecord): Promise<boolean> {
    const claimed = this.#revision;
    const work = whole ?? (chunks === undefined ? undefined : await this.#read(chunks));
    // Others have taken it over since, and done it.
    if (chunks !== undefined && work === undefined) return false;
    if (work === undefined) {
      const { results, deadLetters } = this.#group;
      [this.#resultsAfter, this.#deadAfter] = await Promise.all(
        [results, deadLetters].map(
          async ({ stream, subject }) =>
            (await this.#store.last(stream, `${subject}.${this.#number}`))?.seq ?? 0,
        ) as [Promise<number>, Promise<number>],
      );
    } else {
      await this.#do(work);
      if (chunks !== undefined && !(await this.#replace({ owner: this.#owner, place }))) return false;
    }
    // Chunks from before the claim belong to no record any more; those of later holders come after it.
    await this.#drop(`c.${this.#number}.>`, claimed);
    return true;
  }

  /** The work stands in the record where it fits, else in chunks before it. */
  async #replaceWith(head: Pick<PartitionRecord, "owner" | "place">, work: Work): Promise<boolean> {
    const { limit } = this.#store;
    // Written once: it is most of what a commit writes.
    const text = JSON.stringify(work);
    const record = `${JSON.stringify(head).slice(0, -1)},"work":${text}}`;
    if (record.length * MOST_BYTES <= limit || Buffer.byteLength(record) <= limit)
      return this.#replace(head, record);
    const bytes = Buffer.from(text);
    const chunks = { id: randomUUID(), count: Math.ceil(bytes.length / limit) };
    await Promise.all(
      Array.from({ length: chunks.count }, (_, k) =>
        this.#store.put(this.#chunkKey(chunks, k), bytes.subarray(k * limit, (k + 1) * limit), 0),
      ),
    );
    return this.#replace({ ...head, chunks });
  }

  async #read(chunks: Chunks): Promise<Work | undefined> {
    const found = await Promise.all(
      Array.from({ length: chunks.count }, (_, k) =>
        this.#store.last(this.#group.bucket, this.#chunkKey(chunks, k)),
      ),
    );
    if (found.includes(undefined)) return undefined;
    return JSON.parse(Buffer.concat(found.map((chunk) => chunk!.bytes)).toString()) as Work;
  }

  async #drop(keys: string, before?: number): Promise<void> {
    await this.#store.purge(this.#group.bucket, `${this.#group.keys}${keys}`, before);
  }

  async #do(work: Work): Promise<void> {
    const { results, deadLetters } = this.#group;
    const at = this.#place;
    [this.#resultsAfter, this.#deadAfter] = await Promise.all([
      this.#send(results, "r", work.results, at, work.resultsAfter),
      this.#send(deadLetters, "d", work.deadLetters, at, work.deadAfter),
      ...work.states.map(([name, state]) => this.#keep(name, state, at)),
    ]);
  }

  /** @returns the subject's last sequence then */
  async #send(
    { stream, subject: parent, isReplicated }: Target,
    kind: string,
    lines: readonly string[],
    at: string,
    after: number,
  ): Promise<number> {
    const subject = `${parent}.${this.#number}`;
    const series = `${this.#group.run}:${this.#number}:${kind}:`;
    const id = (k: number): string => `${series}${at}:${k}`;
    let [last, done] = [after, 0];
    for (let together = isReplicated ? 0 : TOGETHER; done < lines.length; together--) {
      const end = together > 0 ? lines.length : done + 1;
      const before = (k: number): number | string => (k === done ? last : id(k - 1));
      for (let k = done; k < end - 1; k++) this.#store.send(subject, lines[k]!, before(k), id(k));
      // It is there only where each of those before it is.
      const put = await this.#store.put(subject, lines[end - 1]!, before(end - 1), id(end - 1));
      if (put !== undefined) {
        last = put;
        done = end;
        continue;
      }
      // Something has come since: some of these lines, later ones, or those of others. Or the last one was dropped, by age or by hand.
      const found = await this.#store.last(stream, subject);
      const own = found && placeIn(found.id, series);
      const latest =
        found === undefined || own !== undefined ? own : await this.#latest(stream, subject, series, last);
      // Whoever went on from here had all of these there first.
      if (latest !== undefined && latest.at > Number(at)) return found!.seq;
      if (latest?.at === Number(at)) done = latest.k + 1;
      last = found?.seq ?? 0;
    }
    return last;
  }

  /** Of lines of a series behind a sequence, the last, where those of others stand behind it. */
  async #latest(
    stream: string,
    subject: string,
    series: string,
    after: number,
  ): Promise<LinePlace | undefined> {
    let latest: LinePlace | undefined;
    for (let seq = after + 1; ; ) {
      const next = await this.#store.next(stream, subject, seq);
      if (next === undefined) return latest;
      latest = placeIn(next.id, series) ?? latest;
      seq = next.seq + 1;
    }
  }

  async #keep(name: string, state: string | null, at: string): Promise<void> {
    const key = this.#stateKey(name);
    for (let known = this.#states.get(name); ; known = undefined) {
      if (known === undefined) {
        const found = await this.#store.last(this.#group.bucket, key);
        known = found?.seq ?? 0;
        // Kept already, or left behind by a later holder.
        if (found !== undefined && Number(found.data.split("\n", 1)[0]) >= Number(at)) {
          this.#states.set(name, known);
          return;
        }
      }
      if (state === null) {
        if (known > 0) await this.#store.purge(this.#group.bucket, key, known + 1);
        this.#states.delete(name);
        return;
      }
      const put = await this.#store.put(key, stateText(at, state), known);
      if (put === undefined) continue;
      this.#states.set(name, put);
      return;
    }
  }

  #chunkKey({ id }: Chunks, k: number): string {
    return `${this.#group.keys}c.${this.#number}.${id}.${k}`;
  }

  /** Keys have few letters, and names may be long. */
  #stateKey(name: string): string {
    const digest = createHash("sha256").update(name).digest("base64url");
    return `${this.#group.keys}s.${this.#number}.${digest}`;
  }
}
