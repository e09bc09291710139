/** The package of workers over brokers: its rooms, and that it knows the library by its doors alone. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { hasDefaultExport, readSources } from "./sources.js";

const root = fileURLToPath(new URL("../../packages/brokers", import.meta.url));
const library = JSON.parse(readFileSync(`${root}/../../package.json`, "utf8"));
const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
const sources = readSources(`${root}/src`);

/** Lowest first: a file imports from files before it. */
const ROOMS = [
  ...[
    "partition.ts",
    "broker.ts",
    "tls.ts",
    "hosts.ts",
    "fitting.ts",
    "metrics.ts",
    "redis-scripts.ts",
    "redis.ts",
  ],
  ...[
    "folder-lock.ts",
    "mqtt-folder.ts",
    "mqtt-connection.ts",
    "mqtt-exchange.ts",
    "mqtt-topics.ts",
    "mqtt.ts",
  ],
  ...[
    "nats-address.ts",
    "nats-leases.ts",
    "nats-calls.ts",
    "nats-store.ts",
    "nats-work.ts",
    "nats-reader.ts",
    "nats-partition.ts",
    "nats.ts",
  ],
  ...[
    "kafka-address.ts",
    "kafka-away.ts",
    "kafka-load.ts",
    "kafka-group.ts",
    "kafka-partition.ts",
    "kafka.ts",
  ],
  "broker-of.ts",
  ...[
    "dealt.ts",
    "message-rows.ts",
    "answer-lines.ts",
    "split-series.ts",
    "answering.ts",
    "model-file.ts",
    "outages.ts",
    "worker.ts",
    "index.ts",
  ],
];

test("imports go one way, and the library is known by its doors", () => {
  expect(sources.map(({ path }) => path).sort()).toEqual(ROOMS.toSorted());
  const wrong = sources.flatMap(({ path, imports }) =>
    imports.filter((to) => ROOMS.indexOf(to.path) >= ROOMS.indexOf(path)).map((to) => `${path} ${to.path}`),
  );
  expect(wrong).toEqual([]);
  const known = ["hypersphere", ...Object.keys(manifest.dependencies), "kafkajs"];
  const packages = sources.flatMap((file) => file.packages).filter((name) => !name.startsWith("node:"));
  expect(packages).toContain("hypersphere");
  expect(packages.filter((name) => !known.includes(name))).toEqual([]);
});

test("files are small, with named exports, and the package is of the library's version", () => {
  expect(sources.filter(({ lines }) => lines > 300).map(({ path }) => path)).toEqual([]);
  expect(sources.filter(hasDefaultExport)).toEqual([]);
  expect([manifest.version, manifest.peerDependencies.hypersphere]).toEqual([
    library.version,
    library.version,
  ]);
});
