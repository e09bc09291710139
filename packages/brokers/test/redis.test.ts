/** Workers on a Redis server of their own; without redis-server these are skipped. */
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { contractOf } from "./contract.js";
import { drivenRedis } from "./redis-driven.js";
import { workersOf } from "./workers.js";

const driven = drivenRedis();

describe.skipIf(!driven.isHere)("Redis", () => {
  beforeAll(driven.start);
  beforeEach(driven.clear);
  afterAll(driven.end);
  contractOf(driven);
  workersOf(driven);
});
