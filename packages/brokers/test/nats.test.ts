/** Workers on a NATS server of their own; without nats-server these are skipped. */
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { contractOf } from "./contract.js";
import { drivenNats } from "./nats-driven.js";
import { workersOf } from "./workers.js";

const driven = drivenNats();

describe.skipIf(!driven.isHere)("NATS", () => {
  beforeAll(driven.start);
  beforeEach(driven.clear);
  afterAll(driven.end);
  contractOf(driven);
  workersOf(driven);
});
