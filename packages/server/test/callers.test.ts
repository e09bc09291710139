import { afterEach, expect, test, vi } from "vitest";
import { Callers } from "../src/auth/index.js";
import type { Database } from "../src/store/index.js";

/** As much of a query as looking for a key takes. */
interface Query {
  select(): Query;
  where(): Query;
  executeTakeFirst(): Promise<object | undefined>;
}

afterEach(() => vi.restoreAllMocks());

test("a key that another process revoked is refused after five seconds, also where the clock was set back", async () => {
  let row: object | undefined = { id: 1, name: "a", role: "score", per_minute: 60 };
  const query: Query = { select: () => query, where: () => query, executeTakeFirst: async () => row };
  const callers = new Callers({ selectFrom: () => query } as unknown as Database, { requestsPerMinute: 60 });
  const passed = vi.spyOn(performance, "now").mockReturnValue(1000);
  const clock = vi.spyOn(Date, "now").mockReturnValue(Date.UTC(2026, 0, 5, 12));
  const ask = () => callers.admit(`Bearer hs_${"k".repeat(43)}`, ["score"]);
  expect((await ask()).name).toBe("a");
  row = undefined;
  clock.mockReturnValue(Date.UTC(2026, 0, 5, 11));
  passed.mockReturnValue(5900);
  // What it may ask for has come again as well.
  expect((await ask()).name).toBe("a");
  passed.mockReturnValue(6100);
  await expect(ask()).rejects.toThrow("was revoked");
});
