/** What every broker keeps to, told by brokers in this process. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { type Broker, BrokerAway, type BrokerOptions, type Message, type Part } from "../src/broker.js";
import { brokerOf } from "../src/broker-of.js";
import type { Driven } from "./driven.js";

const [PARTITIONS, LEASE_MS] = [4, 300];

/** Within a `describe` that starts the server and clears it before each test. */
export function contractOf(driven: Driven): void {
  describe("a broker", () => {
    const opened: Broker[] = [];
    afterEach(async () => {
      for (const broker of opened.splice(0)) await broker.close(false);
    });

    const optionsOf = (more: Partial<BrokerOptions>): BrokerOptions => ({
      ...{ from: driven.url("readings"), to: driven.url("scores"), group: "g" },
      ...{ partitions: PARTITIONS, leaseMs: LEASE_MS, ...more },
    });
    const open = async (more: Partial<BrokerOptions> = {}): Promise<Broker> => {
      const broker = brokerOf(optionsOf(more));
      opened.push(broker);
      await broker.open();
      return broker;
    };
    const part = (partition: number, from: string, n: number): Part => ({
      ...{ partition, from, to: driven.place(n) },
      results: [`result ${partition} ${n} a`, `result ${partition} ${n} b`],
      deadLetters: n % 2 === 0 ? [`dead ${partition} ${n}`] : [],
      states: new Map([["saw", `{"n":${n}}`]]),
    });

    test("keeps answers, dead letters, states and places, for whoever comes next", async () => {
      const first = await open();
      const held = await first.lease();
      expect([...held.keys()].sort()).toEqual([0, 1, 2, 3]);
      const start = held.get(1)!;
      expect(first.compare(start, driven.place(1))).toBeLessThan(0);
      expect(await first.states(1, ["saw", "mill"])).toEqual([undefined, undefined]);
      expect(await first.commit([part(1, start, 1), part(2, start, 1)])).toEqual([true, true]);
      expect(await first.commit([part(1, driven.place(1), 2)])).toEqual([true]);
      // It goes on from where it is, and from nowhere else.
      expect(await first.commit([part(1, driven.place(1), 3)])).toEqual([false]);
      await first.close(true);

      const second = await open();
      const next = await second.lease();
      expect([next.get(0), next.get(1), next.get(2)]).toEqual([start, driven.place(2), driven.place(1)]);
      expect(await second.states(1, ["mill", "saw"])).toEqual([undefined, '{"n":2}']);
      expect(await second.states(2, ["saw"])).toEqual(['{"n":1}']);
      const lines = await driven.lines("scores");
      expect(lines.filter((line) => line.startsWith("result 1"))).toEqual(
        [1, 2].flatMap((n) => [`result 1 ${n} a`, `result 1 ${n} b`]),
      );
      expect(lines).toHaveLength(6);
      expect(await driven.lines("dead letters")).toEqual(["dead 1 2"]);
    });

    test("drops states of series that are forgotten, and tells all that are kept", async () => {
      const first = await open();
      const start = (await first.lease()).get(1)!;
      const keep = (from: string, n: number, ...states: [string, string | null][]) =>
        first.commit([{ ...part(1, from, n), states: new Map(states) }]);
      expect(await first.allStates(1)).toEqual([]);
      await keep(start, 1, ["saw", '{"n":1}'], ["mill", '{"m":1}'], ["drill", '{"d":1}']);
      expect([...(await first.allStates(1))].sort()).toEqual(['{"d":1}', '{"m":1}', '{"n":1}']);
      expect(await keep(driven.place(1), 2, ["saw", null], ["mill", '{"m":2}'], ["lathe", null])).toEqual([
        true,
      ]);
      expect(await first.states(1, ["saw", "mill", "lathe"])).toEqual([undefined, '{"m":2}', undefined]);
      await keep(driven.place(2), 3, ["saw", '{"n":3}']);
      await first.close(true);
      const second = await open();
      await second.lease();
      expect([...(await second.allStates(1))].sort()).toEqual(['{"d":1}', '{"m":2}', '{"n":3}']);
      expect(await second.allStates(2)).toEqual([]);
    });

    test("divides partitions among workers, and hands on those of one that is silent", async () => {
      const [first, second] = [await open(), await open()];
      expect((await first.lease()).size).toBe(PARTITIONS);
      expect((await second.lease()).size).toBe(0);
      // Gives back what is beyond its share.
      const kept = await first.lease();
      const taken = await second.lease();
      expect([kept.size, taken.size]).toEqual([2, 2]);
      expect([...kept.keys(), ...taken.keys()].sort()).toEqual([0, 1, 2, 3]);
      const [mine] = [...kept.keys()];
      for (const end = Date.now() + 4 * LEASE_MS; Date.now() < end; await sleep(LEASE_MS / 5))
        await second.lease();
      const all = await second.lease();
      expect(all.size).toBe(PARTITIONS);
      expect(await second.commit([part(mine!, all.get(mine!)!, 2)])).toEqual([true]);
      // The sleeper's answers count for nothing, from its place on and from the new one.
      expect(await first.commit([part(mine!, kept.get(mine!)!, 1)])).toEqual([false]);
      expect(await first.commit([part(mine!, driven.place(2), 3)])).toEqual([false]);
      expect(await driven.lines("scores")).toEqual([`result ${mine} 2 a`, `result ${mine} 2 b`]);
      expect(await second.states(mine!, ["saw"])).toEqual(['{"n":2}']);
    });

    test("reads messages in their order, from any place, and waits a moment for more", async () => {
      const broker = await open();
      const start = (await broker.lease()).get(0)!;
      expect(await broker.read(start, 10)).toEqual([]);
      const bodies = Array.from({ length: 25 }, (_, k) => `{"k":${k}}`);
      await driven.send(bodies);
      const messages = [];
      for (let place = start; messages.length < 25; place = messages.at(-1)!.id) {
        const read = await broker.read(place, 10);
        expect(read.length).toBeLessThanOrEqual(10);
        messages.push(...read);
      }
      expect(messages.map(({ body }) => body)).toEqual(bodies);
      for (const [k, { id }] of messages.slice(1).entries())
        expect(broker.compare(messages[k]!.id, id)).toBeLessThan(0);
      expect(await broker.read(messages.at(-1)!.id, 10)).toEqual([]);
      // Back to where a partition is that was taken over.
      expect(await broker.read(messages[4]!.id, 3)).toEqual(messages.slice(5, 8));
      const waiting = broker.read(messages.at(-1)!.id, 10);
      await driven.send(["late"]);
      const late = await waiting;
      expect(
        (late.length > 0 ? late : await broker.read(messages.at(-1)!.id, 10)).map(({ body }) => body),
      ).toEqual(["late"]);
    });

    test("tells messages that are no UTF-8", async () => {
      const broker = await open();
      const start = (await broker.lease()).get(0)!;
      await driven.send([Buffer.from('{"a":"\u00fc"}', "latin1"), '{"a":"\u00fc\ufffd"}']);
      const messages: Message[] = [];
      for (let place = start; messages.length < 2; place = messages.at(-1)?.id ?? start)
        messages.push(...(await broker.read(place, 10)));
      expect(messages.map(({ body, isDamaged }) => [body, isDamaged])).toEqual([
        ['{"a":"\ufffd"}', true],
        ['{"a":"\u00fc\ufffd"}', undefined],
      ]);
    });

    test("refuses workers that do not agree, and addresses that do not", async () => {
      await (await open()).lease();
      const other = await open({ partitions: 5 });
      await expect(other.lease()).rejects.toThrow(/begun with 4 partitions/);
      const broker = (more: Partial<BrokerOptions>) => () => brokerOf(optionsOf(more));
      expect(broker({ to: driven.url("readings") })).toThrow(/--to/);
      expect(broker({ deadLetters: driven.url("scores") })).toThrow(/--dead-letters/);
      const [protocol] = driven.url("scores").split("//");
      expect(broker({ to: `${protocol}//elsewhere/scores` })).toThrow(/on another server than --from/);
    });

    test("loses and doubles nothing with workers that sleep, crash and come back at any time", async () => {
      const until = Date.now() + 1500;
      const work = async (): Promise<void> => {
        const broker = await open();
        let held: ReadonlyMap<number, string> = new Map();
        while (Date.now() < until) {
          try {
            const chance = randomInt(10);
            if (chance < 3 || held.size === 0) held = await broker.lease();
            if (chance === 0) await sleep(randomInt(2 * LEASE_MS));
            // Goes on also where it may have lost them.
            const parts = [...held].map(([p, place]) => part(p, place, Number.parseInt(place, 10) + 1));
            const committed = broker.commit(parts);
            if (chance === 9) {
              await Promise.all([committed, sleep(randomInt(4)).then(() => broker.close(false))]);
              throw new BrokerAway("as a crash is");
            }
            const done = await committed;
            held = new Map(parts.filter((_, k) => done[k]).map(({ partition, to }) => [partition, to]));
          } catch (error) {
            if (!(error instanceof BrokerAway)) throw error;
            held = new Map();
            await broker.open();
          }
        }
        await broker.close(true);
      };
      await Promise.all([work(), work(), work()]);
      const last = await open();
      const held = await last.lease();
      expect(held.size).toBe(PARTITIONS);
      const [lines, dead] = [await driven.lines("scores"), await driven.lines("dead letters")];
      for (const [partition, place] of held) {
        const count = Number.parseInt(place, 10);
        const all = Array.from({ length: count }, (_, k) => part(partition, "", k + 1));
        const own = (kept: readonly string[]) =>
          kept.filter((line) => line.split(" ")[1] === String(partition));
        expect(own(lines)).toEqual(all.flatMap(({ results }) => results));
        expect(own(dead)).toEqual(all.flatMap(({ deadLetters }) => deadLetters));
        expect(await last.states(partition, ["saw"])).toEqual([`{"n":${count}}`]);
      }
      expect(lines.length).toBeGreaterThan(20);
    });
  });
}
