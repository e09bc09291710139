import { expect, it } from "vitest";
import { doubled } from "../../../test/runtime/models.js";
import { float32 } from "../port.js";
import { loadWasmRuntime } from "./wasm.js";
import { withTurns } from "./with-turns.js";

/** Runs of a session until a message that waits for the event loop has arrived, at most `most`. */
async function runsUntilMessage(
  runtime: Awaited<ReturnType<typeof loadWasmRuntime>>,
  most: number,
): Promise<number> {
  const session = await runtime.createSession(doubled);
  const { port1, port2 } = new MessageChannel();
  let arrived = false;
  port1.onmessage = () => {
    arrived = true;
    port1.close();
  };
  port2.postMessage("stop");
  let runs = 0;
  while (!arrived && runs < most) {
    const { y } = await session.run({ x: float32([1, 2], Float32Array.of(runs, 1)) });
    expect([...y!.data]).toEqual([2 * runs, 2]);
    runs++;
  }
  port1.close();
  await session.release();
  return runs;
}

it("lets messages in between runs, which the bare runtime does not", async () => {
  const runtime = await loadWasmRuntime();
  expect(await runsUntilMessage(runtime, 200)).toBe(200);
  expect(await runsUntilMessage(withTurns(runtime), 200)).toBeLessThan(10);
});
