import type { Broker, Message, Part } from "../src/broker.js";
import { partitionOf } from "../src/partition.js";

/** Holds all partitions, and keeps what it is given. */
export class ListBroker implements Broker {
  readonly partitions = 4;
  readonly kept: Part[] = [];
  readonly entities = new Map<string, string>();
  async open(): Promise<void> {}
  async close(): Promise<void> {}
  async lease(): Promise<ReadonlyMap<number, string>> {
    return new Map(Array.from({ length: this.partitions }, (_, partition) => [partition, "0"]));
  }
  async read(): Promise<readonly Message[]> {
    return [];
  }
  async states(_: number, names: readonly string[]): Promise<readonly (string | undefined)[]> {
    return names.map((name) => this.entities.get(name));
  }
  async allStates(partition: number): Promise<readonly string[]> {
    return [...this.entities]
      .filter(([name]) => partitionOf(name, 4) === partition)
      .map(([, state]) => state);
  }
  async commit(parts: readonly Part[]): Promise<readonly boolean[]> {
    for (const { states } of parts) {
      for (const [name, state] of states) {
        if (state === null) this.entities.delete(name);
        else this.entities.set(name, state);
      }
    }
    this.kept.push(...parts);
    return parts.map(() => true);
  }
  compare(a: string, b: string): number {
    return Number(a) - Number(b);
  }
}
