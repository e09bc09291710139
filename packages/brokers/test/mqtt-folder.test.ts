/** What a worker over MQTT keeps, and which addresses it takes. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { brokerOf } from "../src/broker-of.js";
import { type Answered, MqttFolder } from "../src/mqtt-folder.js";
import { fitsFilter } from "../src/mqtt-topics.js";

const root = mkdtempSync(join(tmpdir(), "hypersphere-folder-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const owner = { from: "plant/+", group: "g", share: "1/2", partitions: 32 };
const [first, second]: Answered[] = [
  [1, 1, "one"],
  [2, 2, "two"],
];
const batch = (place: number, state: string) => ({
  ...{ place, answered: [first!, second!], states: [["saw", state]] as const },
  outgoing: [
    ["alarms", "a"],
    ["alarms", "b"],
  ] as const,
});

test("a batch is kept whole or not at all, whatever its end", async () => {
  const path = join(root, "whole", "journal.jsonl");
  const folder = await MqttFolder.open(join(root, "whole"), owner);
  await folder.keep(batch(3, "old"));
  folder.published();
  const before = statSync(path).size;
  await folder.keep(batch(7, "new"));
  folder.received(1);
  folder.close();
  const text = readFileSync(path);
  // Where the process was killed while it wrote, at every byte of the last batch.
  const end = text.indexOf("\n", before) + 1;
  for (let bytes = before; bytes <= end; bytes += bytes === end - 1 ? 1 : Math.min(37, end - 1 - bytes)) {
    writeFileSync(path, text.subarray(0, bytes));
    const again = await MqttFolder.open(join(root, "whole"), owner);
    const isWhole = bytes === end;
    expect([again.place, again.state("saw"), again.unpublished.outgoing.length]).toEqual(
      isWhole ? [7, "new", 2] : [3, "old", 0],
    );
    expect([again.key, again.isNew]).toEqual([folder.key, false]);
    again.close();
    if (bytes === end) break;
  }
  writeFileSync(path, text);
  const again = await MqttFolder.open(join(root, "whole"), owner);
  expect(again.unpublished).toEqual({ outgoing: batch(7, "").outgoing, received: 1 });
  again.close();
  // In the middle it is damage, and not an end.
  writeFileSync(path, Buffer.concat([text.subarray(0, before - 20), text.subarray(before)]));
  await expect(MqttFolder.open(join(root, "whole"), owner)).rejects.toThrow(/is not as it was written/);
});

test("states of series that are forgotten are gone, also from what is kept", async () => {
  const path = join(root, "forgets");
  const folder = await MqttFolder.open(path, owner);
  const none = { answered: [], outgoing: [] };
  await folder.keep({
    ...none,
    place: 1,
    states: [
      ["saw", "1"],
      ["mill", "2"],
    ],
  });
  await folder.keep({ ...none, place: 2, states: [["saw", null]] });
  folder.close();
  const again = await MqttFolder.open(path, owner);
  expect([again.place, again.state("saw"), again.statesOf(() => true)]).toEqual([2, undefined, ["2"]]);
  expect(again.statesOf((name) => name !== "mill")).toEqual([]);
  again.close();
});

test("messages that come again are known, and later ones in packets of the same number are not", async () => {
  const folder = await MqttFolder.open(join(root, "known"), owner);
  await folder.keep(batch(2, "x"));
  expect([folder.knows(first!, true), folder.knows(second!, true)]).toEqual([true, true]);
  expect([folder.knows([1, 1, "other"], true), folder.knows([2, 1, "two"], true)]).toEqual([false, false]);
  // Of quality 1, the broker says whether it is another one; of quality 2, it says so by releasing the number.
  expect([folder.knows(first!, false), folder.knows(second!, false)]).toEqual([false, true]);
  folder.release([2, 5]);
  folder.close();
  const again = await MqttFolder.open(join(root, "known"), owner);
  expect([again.knows(first!, true), again.knows(second!, true)]).toEqual([true, false]);
  again.close();
});

test("a journal that grew is written anew with all that counts", async () => {
  const folder = await MqttFolder.open(join(root, "grown"), owner);
  const state = "s".repeat(1 << 20);
  for (let k = 1; k <= 17; k++) {
    await folder.keep(batch(k, state + k));
    folder.published();
  }
  expect(statSync(join(root, "grown", "journal.jsonl")).size).toBeLessThan(3 << 20);
  await folder.keep({ ...batch(18, "last"), answered: [] });
  folder.close();
  const again = await MqttFolder.open(join(root, "grown"), owner);
  expect([again.place, again.state("saw"), again.knows(second!, true)]).toEqual([18, "last", true]);
  again.close();
});

test("a folder has one process, and one purpose", async () => {
  const folder = await MqttFolder.open(join(root, "one"), owner);
  await expect(MqttFolder.open(join(root, "one"), owner)).rejects.toThrow(/Another process has the folder/);
  folder.close();
  const other = MqttFolder.open(join(root, "one"), { ...owner, share: "1/3" });
  await expect(other).rejects.toThrow(/begun with --share 1\/2, and not with 1\/3/);
  appendFileSync(join(root, "file"), "");
  await expect(MqttFolder.open(join(root, "file"), owner)).rejects.toThrow(/cannot be used/);
});

test("filters fit topics as MQTT says", () => {
  const fits = [
    ...[
      ["a/+/c", "a/b/c"],
      ["a/#", "a/b/c"],
      ["a/#", "a"],
      ["#", "a/b"],
      ["+/+", "/b"],
      ["a/b", "a/b"],
    ],
  ];
  const not = [
    ["a/+", "a/b/c"],
    ["a/+", "a"],
    ["a/b", "a/b/c"],
    ["a/b/c", "a/b"],
    ["+", "/a"],
  ];
  expect(fits.filter(([filter, topic]) => !fitsFilter(filter!, topic!))).toEqual([]);
  expect(not.filter(([filter, topic]) => fitsFilter(filter!, topic!))).toEqual([]);
});

test.each([
  [{ to: "mqtt://h/plant/saw" }, /which --from "plant\/\+" would read again/],
  [{ deadLetters: "mqtt://h/plant/dead" }, /--dead-letters is "plant\/dead"/],
  [{ to: "mqtt://h/out/+" }, /a filter/],
  [{ to: "mqtt://other/out" }, /on another server than --from/],
  [{ to: "mqtt://h/" }, /--to is not the address of a topic/],
  [{ from: "mqtt://h/plant/a+" }, /no filter of MQTT/],
  [{ from: "mqtt://h/$share/g/plant/+" }, /shared subscription/],
  [{ stateFolder: undefined }, /needs --state-folder/],
  [{ share: "3/2" }, /--share is "3\/2"/],
  [{ share: "3/3", partitions: 2 }, /has none of 2 partitions/],
  [{ from: "redis://h/in", to: "redis://h/out" }, /--state-folder is for other brokers/],
])("%o is refused", (more, message) => {
  const given = { from: "mqtt://h/plant/+", to: "mqtt://h/out", group: "g", partitions: 32, leaseMs: 1000 };
  expect(() => brokerOf({ ...given, stateFolder: root, ...more })).toThrow(message);
});
