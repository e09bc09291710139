/** What JetStream gets of partitions: with workers that come late, chunks, and messages that are too long. */
import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { nanos } from "nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Part } from "../src/broker.js";
import { covers, placeOf } from "../src/nats-address.js";
import { Callers, called, type Leases, left } from "../src/nats-leases.js";
import { NatsPartition } from "../src/nats-partition.js";
import { NatsStore } from "../src/nats-store.js";
import type { NatsGroup } from "../src/nats-work.js";
import { drivenNats } from "./nats-driven.js";

const driven = drivenNats();
let store: NatsStore;
let groups = 0;

/** With some calls done otherwise. */
function altered(given: Partial<NatsStore>): NatsStore {
  return new Proxy(store, {
    get(target, name) {
      if (name in given) return given[name as keyof NatsStore];
      const value = target[name as keyof NatsStore] as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Lines are sent together in one group, and one after the other in the next. */
async function newGroup(isReplicated = groups % 2 === 1): Promise<NatsGroup> {
  const name = `g${groups++}`;
  for (const stream of [`${name}_scores`, `${name}_dead`, `KV_${name}`]) {
    const subjects = stream.startsWith("KV") ? [`$KV.${name}.>`] : [`${stream}.*`];
    await driven.manager().streams.add({
      name: stream,
      subjects,
      // So short that lines are told from those before them by what the stream holds.
      duplicate_window: nanos(100),
      max_msgs_per_subject: stream.startsWith("KV") ? 1 : -1,
    });
  }
  const target = (stream: string) => ({ stream, subject: stream, isReplicated });
  return {
    ...{ run: name, bucket: `KV_${name}`, keys: `$KV.${name}.` },
    ...{ results: target(`${name}_scores`), deadLetters: target(`${name}_dead`) },
  };
}

async function linesOf(stream: string): Promise<string[]> {
  const lines: string[] = [];
  for (let seq = 1; ; ) {
    const next = await store.next(stream, `${stream}.*`, seq);
    if (next === undefined) return lines;
    lines.push(next.data);
    seq = next.seq + 1;
  }
}

const part = (n: number, more: Partial<Part> = {}): Part => ({
  ...{ partition: 0, from: String(n - 1), to: String(n), deadLetters: [] },
  results: Array.from({ length: 3 }, (_, k) => `${n} ${k}`),
  states: new Map([["saw", `{"n":${n}}`]]),
  ...more,
});

describe.skipIf(!driven.isHere)("partitions over NATS", () => {
  beforeAll(async () => {
    await driven.start();
    store = await NatsStore.connect(driven.url("any"));
  });
  afterAll(async () => {
    await store.connection.close();
    await driven.end();
  });

  test("a commit that stops at any of its steps is done by the next, and once, also where the first goes on late", async () => {
    // The steps of a commit: its record, three lines, a state.
    for (let stopAt = 1; stopAt <= 5; stopAt++) {
      const group = await newGroup();
      let puts = 0;
      let goOn = (): void => {};
      const gate = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const slow = altered({
        async put(...given) {
          if (++puts > 1 + stopAt) await gate;
          return store.put(...given);
        },
        send(...given) {
          if (++puts <= 1 + stopAt) store.send(...given);
          else void gate.then(() => store.send(...given));
        },
      });
      const first = (await NatsPartition.claim(slow, group, 0, "first"))!;
      await first.states(["saw"]);
      const late = first.commit(part(1));
      await sleep(120);
      const second = (await NatsPartition.claim(store, group, 0, "second"))!;
      expect(second.place).toBe("1");
      expect(await second.states(["saw"])).toEqual(['{"n":1}']);
      expect(await second.commit(part(2))).toBe(true);
      goOn();
      expect(await late).toBe(true);
      expect(await first.commit(part(2))).toBe(false);
      expect(await linesOf(group.results.stream)).toEqual([1, 2].flatMap((n) => part(n).results));
      expect(await second.states(["saw"])).toEqual(['{"n":2}']);
    }
  });

  test("whoever takes a partition over reads only behind a word of its own, as the server that leads may be new", async () => {
    const group = await newGroup();
    const first = (await NatsPartition.claim(store, group, 0, "first"))!;
    expect(await first.commit(part(1))).toBe(true);
    // A server that does not know the last commit until it has acknowledged something.
    let knows = false;
    const lagging = altered({
      async append(...given) {
        await store.append(...given);
        knows = true;
      },
      last: async (...given) => (knows ? store.last(...given) : undefined),
    });
    expect((await NatsPartition.claim(lagging, group, 0, "second"))?.place).toBe("1");
  });

  test("workers that all take each other's partition, in works of several chunks, lose and double nothing", async () => {
    const group = await newGroup();
    const dawdling = altered({
      limit: 1100,
      async put(...given) {
        await sleep(randomInt(3));
        return store.put(...given);
      },
      send(...given) {
        if (randomInt(3) > 0) store.send(...given);
        else void sleep(randomInt(3)).then(() => store.send(...given));
      },
    });
    const long = "x".repeat(300);
    const wide = (n: number): Part =>
      part(n, {
        results: Array.from({ length: 5 }, (_, k) => `${n} ${k} ${long}`),
        deadLetters: [`dead ${n}`],
      });
    const begun = Date.now();
    let commits = 0;
    // On a machine with other work, most of what they try is another's by then.
    const goesOn = (): boolean => Date.now() - begun < (commits > 10 ? 1500 : 12_000);
    const work = async (owner: string): Promise<void> => {
      let pause = 50;
      for (; goesOn(); await sleep(randomInt(pause))) {
        const held = await NatsPartition.claim(dawdling, group, 0, owner);
        // Whoever gets nowhere leaves the others more time.
        pause = Math.min(1000, 2 * pause);
        for (let k = randomInt(4); held !== undefined && k > 0; k--) {
          if (!(await held.commit(wide(Number(held.place) + 1)))) break;
          commits++;
          pause = 50;
        }
      }
    };
    await Promise.all(["a", "b", "c"].map(work));
    const last = (await NatsPartition.claim(store, group, 0, "last"))!;
    const all = Array.from({ length: Number(last.place) }, (_, k) => wide(k + 1));
    expect(all.length).toBeGreaterThan(5);
    expect(await linesOf(group.results.stream)).toEqual(all.flatMap(({ results }) => results));
    expect(await linesOf(group.deadLetters.stream)).toEqual(all.flatMap(({ deadLetters }) => deadLetters));
    expect(await last.states(["saw"])).toEqual([`{"n":${all.length}}`]);
    // Its chunks are dropped with it.
    expect(await store.next(group.bucket, `${group.keys}c.>`, 1)).toBeUndefined();
  });

  test("lines that others' lines come between are sent again, and stay in their order", async () => {
    const group = await newGroup(false);
    let [refused, between] = [0, 0];
    const crowded = altered({
      send(...given) {
        store.send(...given);
        if (randomInt(6) === 0) store.connection.publish(`${group.results.subject}.9`, `other ${between++}`);
      },
      async put(...given) {
        const put = await store.put(...given);
        if (put === undefined) refused++;
        return put;
      },
    });
    const linesFrom = (number: number, n: number): string[] =>
      Array.from({ length: 12 }, (_, k) => `${number} ${n} ${k}`);
    const work = async (number: number): Promise<void> => {
      const held = (await NatsPartition.claim(crowded, group, number, `w${number}`))!;
      for (let n = 1; n <= 6; n++) {
        const more = { partition: number, results: linesFrom(number, n), states: new Map() };
        expect(await held.commit(part(n, more))).toBe(true);
      }
    };
    await Promise.all([work(0), work(1)]);
    const lines = await linesOf(group.results.stream);
    for (const number of [0, 1])
      expect(lines.filter((line) => line.startsWith(`${number} `))).toEqual(
        Array.from({ length: 6 }, (_, k) => linesFrom(number, k + 1)).flat(),
      );
    expect(lines.filter((line) => line.startsWith("other "))).toHaveLength(between);
    expect(refused).toBeGreaterThan(3);
  });

  test("whoever tidies up late leaves the chunks of later works alone", async () => {
    const group = await newGroup(false);
    let tidy = (): void => {};
    const gate = new Promise<void>((resolve) => {
      tidy = resolve;
    });
    let hasClaimed = (): void => {};
    const claimed = new Promise<void>((resolve) => {
      hasClaimed = resolve;
    });
    const late = altered({
      async purge(...given) {
        hasClaimed();
        await gate;
        return store.purge(...given);
      },
    });
    const claiming = NatsPartition.claim(late, group, 0, "late");
    await claimed;
    const crashing = altered({
      limit: 1100,
      send(subject, ...given) {
        if (subject.startsWith(group.results.subject)) throw new Error("crash");
        store.send(subject, ...given);
      },
    });
    const results = Array.from({ length: 5 }, (_, k) => `${k} ${"x".repeat(300)}`);
    const held = (await NatsPartition.claim(crashing, group, 0, "crashing"))!;
    await expect(held.commit(part(1, { results }))).rejects.toThrow("crash");
    tidy();
    await claiming;
    const next = (await NatsPartition.claim(store, group, 0, "next"))!;
    expect([next.place, await linesOf(group.results.stream)]).toEqual(["1", results]);
  });

  test("answers go on behind those of others, and behind none where the stream was emptied", async () => {
    const group = await newGroup();
    const held = (await NatsPartition.claim(store, group, 0, "a"))!;
    expect(await held.commit(part(1))).toBe(true);
    await driven.connection().jetstream().publish(`${group.results.subject}.0`, "other");
    expect(await held.commit(part(2))).toBe(true);
    expect(await linesOf(group.results.stream)).toEqual([...part(1).results, "other", ...part(2).results]);
    await driven.manager().streams.purge(group.results.stream);
    expect(await held.commit(part(3))).toBe(true);
    expect(await linesOf(group.results.stream)).toEqual(part(3).results);
  });

  test("an answer or letter that is too long is told, a series of which too much is kept stops the worker", async () => {
    const group = await newGroup();
    const held = (await NatsPartition.claim(altered({ limit: 1500 }), group, 0, "a"))!;
    const [message, error] = ["7", { code: "unfit-data", message: "odd" }];
    const long = "x".repeat(2000);
    const results = [JSON.stringify({ message, score: 1, id: long }), "short"];
    const deadLetters = [JSON.stringify({ message: "8", body: long, error })];
    expect(await held.commit(part(1, { results, deadLetters }))).toBe(true);
    expect(await linesOf(group.results.stream)).toEqual(["short"]);
    expect((await linesOf(group.deadLetters.stream)).map((line) => JSON.parse(line))).toEqual([
      { message: "8", error, body_left_out: "more than 1500 bytes" },
      {
        message,
        error: {
          code: "unfit-data",
          message: "Its answer has more than the 1500 bytes that a message may have.",
        },
      },
    ]);
    const states = new Map([["saw", JSON.stringify(long)]]);
    await expect(held.commit(part(2, { states }))).rejects.toThrow(
      /series "saw" has 2004 bytes; NATS takes 1500/,
    );
  });
});

test("each takes its share of what is nobody's, and of what the silent held", () => {
  const begun: Leases = {
    run: "r",
    given: { partitions: 5, results: "s", deadLetters: "d", created: "t" },
    workers: {},
    owners: [null, null, null, null, null],
  };
  const [a, b] = [new Callers(1000), new Callers(1000)];
  let leases = called(begun, "a", a.alive(begun.workers, 0));
  expect(leases.owners).toEqual(["a", "a", "a", "a", "a"]);
  leases = called(leases, "b", b.alive(leases.workers, 50_000));
  expect(leases.owners).toEqual(["a", "a", "a", "a", "a"]);
  leases = called(leases, "a", a.alive(leases.workers, 500));
  expect(leases.owners).toEqual(["a", "a", "a", null, null]);
  leases = called(leases, "b", b.alive(leases.workers, 50_900));
  expect(leases.owners).toEqual(["a", "a", "a", "b", "b"]);
  // b last saw a call of a at 50 900: clocks of the two have nothing to do with each other.
  leases = called(leases, "b", b.alive(leases.workers, 51_899));
  expect(leases.owners).toEqual(["a", "a", "a", "b", "b"]);
  leases = called(leases, "b", b.alive(leases.workers, 51_900));
  expect([leases.owners, leases.workers]).toEqual([["b", "b", "b", "b", "b"], { b: 4 }]);
  expect(left(leases, "b")).toEqual({ ...begun });
});

test("addresses name a subject of a server", () => {
  expect(placeOf("nats://user:pass@host:4333/sensors.*?stream=PLANT&creds=/c", "--from")).toEqual({
    ...{ server: "nats://user:pass@host:4333?creds=%2Fc", subject: "sensors.*", stream: "PLANT" },
  });
  expect(placeOf("tls://host/plant.>", "--from").subject).toBe("plant.>");
  for (const wrong of [
    "nats://host",
    "nats://host/a..b",
    "nats://host/a.>.b",
    "nats://host/a*",
    "nats://host/a b",
  ])
    expect(() => placeOf(wrong, "--to")).toThrow(/--to is not the address of a subject of NATS/);
  const pairs = ["a a", "a.* a.b", "a.> a.b.c", "> a", "*.* a.b", "a.> a.>", "* *"];
  for (const pair of pairs) expect(covers(...(pair.split(" ") as [string, string])), pair).toBe(true);
  const others = ["a b", "a.* a", "a.> a", "a.* a.b.c", "a.b a.*", "* >", "a.b.c a.b", "a.* a.>"];
  for (const pair of others) expect(covers(...(pair.split(" ") as [string, string])), pair).toBe(false);
});
