/** What becomes of messages, with a broker that is a list. */
import { ModelStream, Pca, seriesFromTable, tableFromRows } from "hypersphere";
import { expect, test } from "vitest";
import { Answering } from "../src/answering.js";
import type { Broker, Message, Part } from "../src/broker.js";
import { Metrics } from "../src/metrics.js";

/** Holds all partitions, and keeps what it is given. */
class ListBroker implements Broker {
  readonly partitions = 4;
  readonly kept: Part[] = [];
  readonly #states = new Map<string, string>();
  async open(): Promise<void> {}
  async close(): Promise<void> {}
  async lease(): Promise<ReadonlyMap<number, string>> {
    return new Map(Array.from({ length: this.partitions }, (_, partition) => [partition, "0"]));
  }
  async read(): Promise<readonly Message[]> {
    return [];
  }
  async states(_: number, names: readonly string[]): Promise<readonly (string | undefined)[]> {
    return names.map((name) => this.#states.get(name));
  }
  async commit(parts: readonly Part[]): Promise<readonly boolean[]> {
    for (const { states } of parts) for (const [name, state] of states) this.#states.set(name, state);
    this.kept.push(...parts);
    return parts.map(() => true);
  }
  compare(a: string, b: string): number {
    return Number(a) - Number(b);
  }
}

test("machines whose numbers differ beyond 2^53 have windows of their own", async () => {
  const wave = Array.from({ length: 200 }, (_, k) => ({
    pump: `p${k % 2}`,
    flow: Math.sin(k / 5) + (k % 7) / 50,
  }));
  const series = seriesFromTable(tableFromRows(wave), { window: 4, entityColumn: "pump" });
  const model = await new Pca().fit(series);
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
  const answers = broker.kept.flatMap(({ results }) => results.map((line) => JSON.parse(line)));
  expect(broker.kept.flatMap(({ states }) => [...states.keys()]).sort()).toEqual(ids);
  for (const id of ids) {
    const own = answers.filter(({ pump }) => pump === id);
    // Three steps wait for the fourth of their own machine.
    expect(own.map(({ pending }) => pending)).toEqual([3, 2, 1, undefined]);
  }
  await model.close();
});
