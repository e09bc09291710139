import type { Broker, Message } from "./broker.js";

const REMEDY =
  "Send all messages of one series with one key, such as its name, so that they are in one partition and in their order";

/**
 * Of brokers that deal messages out: whether steps of one series are in several partitions, whose windows then have steps missing or in a wrong order. It
 * is told once. What is seen is what this worker holds, with the series that were in it before: two workers that never held a partition of each other do not see it.
 */
export class SplitSeries {
  readonly #broker: Broker;
  readonly #warn: (text: string) => void;
  #toldSplit = false;
  #toldKeys = false;

  constructor(broker: Broker, warn: (text: string) => void) {
    this.#broker = broker;
    this.#warn = warn;
  }

  /** @param messages with steps of series that have names */
  lookAtKeys(messages: readonly Message[]): void {
    if (this.#toldKeys || this.#broker.dealsOut !== true || this.#broker.partitions === 1) return;
    const first = messages.find(({ hasNoKey }) => hasNoKey);
    if (first === undefined) return;
    this.#toldKeys = true;
    this.#warn(
      `The message ${first.id} has no key, so that nothing but its sender keeps the steps of one series in one partition. ${REMEDY}.`,
    );
  }

  /**
   * @param names of series that come up in a partition
   * @param others partitions that are held besides it, each with series that are known to be in it
   */
  async lookAtPlaces(
    partition: number,
    names: readonly string[],
    others: Iterable<readonly [partition: number, known: ReadonlySet<string>]>,
  ): Promise<void> {
    if (this.#toldSplit || this.#broker.dealsOut !== true) return;
    for (const [other, known] of others) {
      if (other === partition) continue;
      const kept = await this.#broker.states(other, names);
      const split = names.find((name, k) => known.has(name) || kept[k] !== undefined);
      if (split === undefined) continue;
      this.#toldSplit = true;
      this.#warn(
        `The series ${JSON.stringify(split)} has steps in the partitions ${other} and ${partition}, which have no order among each other: its windows are wrong, and others' may be. ${REMEDY}, and choose another --group.`,
      );
      return;
    }
  }
}
