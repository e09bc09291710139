import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ProgressDisplay } from "./progress.js";

let written: string[];
const stream = (isTTY: boolean, columns?: number): NodeJS.WriteStream =>
  ({ isTTY, columns, write: (text: string) => written.push(text) }) as unknown as NodeJS.WriteStream;

beforeEach(() => {
  written = [];
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("on a terminal one line is redrawn, never wider than it, and gone in the end", () => {
  const display = new ProgressDisplay(stream(true, 40));
  for (let k = 0; k <= 100; k++) {
    display.update("training", k / 100, `network 1/4  epoch ${k}/100  loss 0.001`);
    vi.advanceTimersByTime(50);
  }
  display.end();
  expect(written.length).toBeLessThan(60);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what moves the cursor
  for (const text of written.slice(0, -1)) expect(text).toMatch(/^\r[^\r\n]{1,39}\x1b\[K$/);
  expect(written.at(-1)).toBe("\r\x1b[K");
});

test("elsewhere there is a line now and then, with the time left by the pace so far", () => {
  const display = new ProgressDisplay(stream(false));
  for (let k = 40; k <= 100; k++) {
    display.update("training", k / 100, "");
    vi.advanceTimersByTime(1000);
  }
  display.end();
  expect(written).toHaveLength(6);
  // Ten of a hundred in ten seconds, from a start at forty: fifty seconds are left.
  expect(written[0]).toBe("training  50 %  50 s left\n");
});

test("what is quickly done leaves no line", () => {
  const display = new ProgressDisplay(stream(false));
  for (let k = 0; k <= 10; k++) display.update("training", k / 10, "");
  display.end();
  expect(written).toEqual([]);
});
