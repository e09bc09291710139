/** What becomes of messages, with a broker that is a list. */
import { type Model, ModelStream, Pca, seriesFromTable, tableFromRows } from "hypersphere";
import { beforeAll, expect, test, vi } from "vitest";
import { Answering } from "../src/answering.js";
import { BrokerAway, type Message, type Part } from "../src/broker.js";
import { Metrics } from "../src/metrics.js";
import { partitionOf } from "../src/partition.js";
import { ListBroker } from "./list-broker.js";

let model: Model;

beforeAll(async () => {
  const wave = Array.from({ length: 200 }, (_, k) => ({
    pump: `p${k % 2}`,
    flow: Math.sin(k / 5) + (k % 7) / 50,
  }));
  model = await new Pca().fit(seriesFromTable(tableFromRows(wave), { window: 4, entityColumn: "pump" }));
});

test("machines whose numbers differ beyond 2^53 have windows of their own", async () => {
  const broker = new ListBroker();
  const answering = new Answering(broker, await ModelStream.open(model), new Metrics(), {
    entityField: "pump",
  });
  answering.hold(await broker.lease());
  const ids = ["9007199254740992", "9007199254740993"];
  const messages = Array.from({ length: 8 }, (_, k) => ({
    id: String(k + 1),
    body: `{"pump":${ids[k % 2]},"flow":0.5}`,
  }));
  await answering.answer(messages);
  await answering.settle();
  const answers = broker.kept.flatMap(({ results }) => results.map((line) => JSON.parse(line)));
  expect(broker.kept.flatMap(({ states }) => [...states.keys()]).sort()).toEqual(ids);
  for (const id of ids) {
    const own = answers.filter(({ pump }) => pump === id);
    // Three steps wait for the fourth of their own machine.
    expect(own.map(({ pending }) => pending)).toEqual([3, 2, 1, undefined]);
  }
});

test("series that were silent for too long are dropped, whichever worker goes on, and answers are the same", async () => {
  const minutes = (k: number): string => new Date(Date.UTC(2026, 0, 5) + k * 60_000).toISOString();
  const wave = Array.from({ length: 200 }, (_, k) => ({
    pump: `p${k % 2}`,
    time: minutes(k),
    flow: Math.sin(k / 9),
  }));
  const cutting = { window: 4, timeColumn: "time", entityColumn: "pump", maxGap: "30d" };
  const timed = await new Pca().fit(seriesFromTable(tableFromRows(wave), cutting));
  // Of 40 pumps, those after the tenth end early, and one of them comes again at the end.
  const bodies = Array.from({ length: 900 }, (_, k) => {
    const pump = k < 400 ? k % 40 : k === 899 ? 39 : k % 10;
    return { pump: `p${pump}`, time: minutes(k), flow: Math.sin(k / 9) };
  });
  const messages = bodies.map((body, k) => ({ id: String(k + 1), body: JSON.stringify(body) }));
  /** A worker for so many messages, then another in its place. */
  const answered = async (batch: number, perWorker: number) => {
    const broker = new ListBroker();
    for (let from = 0; from < messages.length; ) {
      const clockOf = (entity: string) => partitionOf(entity, 4);
      const stream = await ModelStream.open(timed, { forgetAfter: "3h", clockOf });
      const answering = new Answering(broker, stream, new Metrics(), { entityField: "pump", forgets: true });
      answering.hold(new Map(Array.from({ length: 4 }, (_, p) => [p, String(from)])));
      for (const end = from + perWorker; from < end; from += batch)
        await answering.answer(messages.slice(from, Math.min(end, from + batch)));
      await answering.settle();
      from = Math.min(messages.length, from);
    }
    const lines = broker.kept.flatMap(({ results }) => results).map((line) => JSON.parse(line));
    return {
      lines: lines.sort((a, b) => Number(a.message) - Number(b.message)),
      names: [...broker.entities.keys()].sort(),
    };
  };
  const whole = await answered(900, 900);
  expect(whole.lines).toHaveLength(900);
  expect(whole.lines.at(-1)).toMatchObject({ pump: "p39", pending: 3 });
  // Ten go on, and one has come again; the others are dropped.
  expect(whole.names).toEqual([...Array.from({ length: 10 }, (_, k) => `p${k}`), "p39"].sort());
  expect(await answered(50, 300)).toEqual(whole);
  expect((await answered(30, 90)).lines).toEqual(whole.lines);
});

/** Whose commits wait until they are told how they end. */
class SlowBroker extends ListBroker {
  readonly waiting: ((how: "done" | "lost" | Error) => void)[] = [];
  override async commit(parts: readonly Part[]): Promise<readonly boolean[]> {
    const how = await new Promise<"done" | "lost" | Error>((resolve) => this.waiting.push(resolve));
    if (how instanceof Error) throw how;
    return how === "done" ? super.commit(parts) : parts.map(() => false);
  }
}

const steps = (from: number, to: number): Message[] =>
  Array.from({ length: to - from }, (_, k) => ({
    id: String(from + k + 1),
    body: JSON.stringify({ pump: "p0", flow: Math.sin((from + k) / 5) }),
  }));

test("messages are scored while those before them are kept, and are dropped where these were another's", async () => {
  const broker = new SlowBroker();
  const answering = new Answering(broker, await ModelStream.open(model), new Metrics(), {});
  const leased = await broker.lease();
  answering.hold(leased);
  await answering.answer(steps(0, 6));
  // The first commit is under way: the second waits for it.
  const second = answering.answer(steps(6, 12));
  await vi.waitFor(() => expect([broker.waiting.length, answering.place]).toEqual([1, "12"]));
  broker.waiting[0]!("done");
  await second;
  const third = answering.answer(steps(12, 18));
  broker.waiting[1]!("lost");
  await third;
  await answering.settle();
  // Nothing of the third was asked to be kept: its steps follow on those that another worker answers.
  expect(broker.waiting).toHaveLength(2);
  expect(broker.kept.flatMap(({ from, to, results }) => [from, to, results.length])).toEqual(["0", "6", 6]);
  // Taken over again, it goes on from what was kept.
  answering.hold(new Map([...leased.keys()].map((partition) => [partition, "6"])));
  expect(answering.place).toBe("6");
  await answering.answer(steps(6, 12));
  broker.waiting[2]!("done");
  await answering.settle();
  const scores = broker.kept.flatMap(({ results }) => results.map((line) => JSON.parse(line).score));
  const whole = await (await ModelStream.open(model)).push(
    steps(0, 12).map(({ body }) => JSON.parse(String(body))),
  );
  expect(scores.map((score) => score && Math.fround(score))).toEqual(
    whole.map((answer) => (answer.kind === "scored" ? answer.score : undefined)),
  );
});

test("a commit that fails is heard of by whoever comes next", async () => {
  const broker = new SlowBroker();
  const answering = new Answering(broker, await ModelStream.open(model), new Metrics(), {});
  answering.hold(await broker.lease());
  await answering.answer(steps(0, 3));
  broker.waiting[0]!(new BrokerAway("gone"));
  await expect(answering.answer(steps(3, 6))).rejects.toThrow("gone");
  answering.forgetAll();
  await answering.settle();
  expect([answering.place, broker.kept.length]).toEqual([undefined, 0]);
});

/** Deals messages out by itself, as Kafka does, and keeps states by partition. */
class DealingBroker extends ListBroker {
  readonly dealsOut = true;
  readonly byPartition = new Map<string, string>();
  override async lease(): Promise<ReadonlyMap<number, string>> {
    return new Map(Array.from({ length: this.partitions }, (_, p) => [p, `${p}-0`]));
  }
  override async states(partition: number, names: readonly string[]) {
    return names.map((name) => this.byPartition.get(`${partition} ${name}`));
  }
  override async commit(parts: readonly Part[]): Promise<readonly boolean[]> {
    for (const { partition, states } of parts)
      for (const [name, state] of states) this.byPartition.set(`${partition} ${name}`, state!);
    return super.commit(parts);
  }
  override compare(a: string, b: string): number {
    const [p, k] = a.split("-");
    const [q, l] = b.split("-");
    return p === q ? Number(k) - Number(l) : 0;
  }
}

const dealt = (partition: number, k: number, pump: string, hasNoKey = false): Message => ({
  ...{ id: `${partition}-${k}`, partition, hasNoKey },
  body: JSON.stringify({ pump, flow: k / 10 }),
});

test("a series in two partitions is told once, also where another worker had the second, and so are messages without keys", async () => {
  const broker = new DealingBroker();
  const told: string[] = [];
  const begun = async (leased: ReadonlyMap<number, string>) => {
    const options = { entityField: "pump", warn: (text: string) => void told.push(text) };
    const answering = new Answering(broker, await ModelStream.open(model), new Metrics(), options);
    answering.hold(leased);
    return answering;
  };
  const leased = await broker.lease();
  const first = await begun(leased);
  // Each series in its own partition, with a key: nothing to tell.
  await first.answer([dealt(0, 1, "a"), dealt(1, 1, "b"), dealt(0, 2, "a")]);
  await first.answer([dealt(0, 3, "a"), dealt(1, 2, "b")]);
  await first.settle();
  expect(told).toEqual([]);
  // In one batch, and again later.
  await first.answer([dealt(2, 1, "c"), dealt(3, 1, "c")]);
  await first.answer([dealt(2, 2, "b"), dealt(2, 3, "a")]);
  await first.settle();
  expect(told).toEqual([
    expect.stringMatching(/^The series "c" has steps in the partitions (2 and 3|3 and 2)/),
  ]);
  expect(told[0]).toMatch(/with one key/);
  told.length = 0;
  // Of "b" partition 1 keeps steps of the worker before, and no other of them comes.
  const second = await begun(new Map([...leased].map(([p, place]) => [p, place.replace("-0", "-3")])));
  await second.answer([dealt(3, 4, "b")]);
  await second.settle();
  expect(told).toEqual([expect.stringMatching(/"b" has steps in the partitions [12] and 3/)]);
  told.length = 0;
  const third = await begun(leased);
  await third.answer([dealt(0, 8, "z")]);
  await third.answer([dealt(0, 9, "z", true), dealt(0, 10, "z", true)]);
  await third.answer([dealt(0, 11, "z", true)]);
  await third.settle();
  expect(told).toEqual([expect.stringMatching(/^The message 0-9 has no key/)]);
});
