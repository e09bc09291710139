import fc from "fast-check";
import { expect, test } from "vitest";
import { Highest } from "./highest.js";

test("the highest are those that sorting would give, the first of equals first", () => {
  const keys = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true })), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(keys, fc.integer({ min: 0, max: 10 }), (given, most) => {
      const highest = new Highest<number>(most);
      given.forEach((key, place) => {
        highest.add(key, place);
      });
      const expected = given.map((_, place) => place).sort((a, b) => given[b]! - given[a]! || a - b);
      expect(highest.values).toEqual(expected.slice(0, most));
    }),
    { seed: 6, numRuns: 300 },
  );
});

test("says beforehand what it would keep", () => {
  const highest = new Highest<string>(2);
  highest.add(1, "a");
  highest.add(5, "b");
  expect([highest.takes(1), highest.takes(1.1), new Highest(0).takes(9)]).toEqual([false, true, false]);
});
