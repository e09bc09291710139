import { describe, expect, it } from "vitest";
import { tableFromMatrix } from "../data/index.js";
import { Knn } from "../detectors/neighbours/knn.js";
import { HypersphereError } from "../errors.js";
import { createRandom } from "../math/random.js";
import type { Backend, Session } from "../runtime/index.js";
import { nodeBackend } from "../runtime/node/backend.js";

const stream = createRandom(3).stream("rows");
const rows = (count: number) =>
  tableFromMatrix(Array.from({ length: count }, () => [stream.normal(), stream.normal()]));

/** A backend that counts the sessions which are open, and can be told to fail. */
function counting() {
  const own = nodeBackend({ cores: 1 });
  const seen = { made: 0, released: 0, failing: false, ended: false };
  const backend: Backend = {
    ...own,
    inline: async () => {
      const runtime = await own.inline();
      const createSession: typeof runtime.createSession = async (model, options) => {
        if (seen.failing) throw new Error("no session today");
        seen.made++;
        const session = await runtime.createSession(model, options);
        const release = async (): Promise<void> => {
          seen.released++;
          await session.release();
        };
        return {
          inputNames: session.inputNames,
          outputNames: session.outputNames,
          bind: (values, given) => session.bind(values, given),
          run: async (feeds) => {
            if (seen.ended) throw new HypersphereError("runtime", "The model was stopped.");
            return session.run(feeds);
          },
          release,
        } satisfies Session;
      };
      return { kind: runtime.kind, version: runtime.version, cores: 1, createSession, close: async () => {} };
    },
  };
  return { backend, seen };
}

describe("a model's sessions", () => {
  it("are made once, for calls one after the other and side by side alike", async () => {
    const model = await new Knn().fit(rows(60), { backend: nodeBackend({ cores: 1 }) });
    const { backend, seen } = counting();
    const table = rows(20);
    const first = await model.score(table, { backend });
    const many = await Promise.all(Array.from({ length: 20 }, () => model.score(table, { backend })));
    for (const { scores } of many) expect(scores).toEqual(first.scores);
    expect(seen).toMatchObject({ made: 1, released: 0 });
  });

  it("are freed by close, and made again where they are needed again", async () => {
    const model = await new Knn().fit(rows(60), { backend: nodeBackend({ cores: 1 }) });
    const { backend, seen } = counting();
    const table = rows(20);
    const { scores } = await model.score(table, { backend });
    await model.close();
    await model.close();
    expect(seen).toMatchObject({ made: 1, released: 1 });
    expect((await model.score(table, { backend })).scores).toEqual(scores);
    await model[Symbol.asyncDispose]();
    expect(seen).toMatchObject({ made: 2, released: 2 });
  });

  it("are not freed under a call that still runs", async () => {
    const model = await new Knn().fit(rows(60), { backend: nodeBackend({ cores: 1 }) });
    const { backend, seen } = counting();
    const running = model.score(rows(200), { backend });
    await Promise.all([running, model.close()]);
    expect((await running).scores.length).toBe(200);
    expect(seen).toMatchObject({ made: 1, released: 1 });
  });

  it("that could not be made are tried again", async () => {
    const model = await new Knn().fit(rows(60), { backend: nodeBackend({ cores: 1 }) });
    const { backend, seen } = counting();
    seen.failing = true;
    await expect(model.score(rows(5), { backend })).rejects.toThrow("no session today");
    seen.failing = false;
    expect((await model.score(rows(5), { backend })).scores.length).toBe(5);
  });

  it("that fail make room for others, for a process that was ended answers nothing more", async () => {
    const model = await new Knn().fit(rows(60), { backend: nodeBackend({ cores: 1 }) });
    const { backend, seen } = counting();
    const { scores } = await model.score(rows(5), { backend });
    expect(scores.length).toBe(5);
    seen.ended = true;
    await expect(model.score(rows(5), { backend })).rejects.toThrow("The model was stopped.");
    seen.ended = false;
    expect((await model.score(rows(5), { backend })).scores.length).toBe(5);
    expect(seen).toMatchObject({ made: 2, released: 1 });
  });
});
