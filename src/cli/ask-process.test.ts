import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { askProcess } from "./ask-process.js";

const folder = mkdtempSync(join(tmpdir(), "hypersphere-ask-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a line each time that it is asked, and is killed by another process as long as it was asked at most `kills` times. */
const module = (): URL => {
  const file = join(folder, "worker.mjs");
  writeFileSync(
    file,
    `import { execFileSync } from "node:child_process";
    import { appendFileSync, readFileSync } from "node:fs";
    process.once("message", ({ file, kills }) => {
      appendFileSync(file, "asked\\n");
      const times = readFileSync(file, "utf8").split("\\n").length - 1;
      if (times <= kills) execFileSync("kill", ["-9", String(process.pid)]);
      process.send({ times }, () => process.exit(0));
    });`,
  );
  return pathToFileURL(file);
};

test.skipIf(process.platform === "win32")(
  "a process that somebody else killed is asked once more",
  async () => {
    const ask = async (name: string, kills: number) => {
      const file = join(folder, name);
      const running = new Set<ChildProcess>();
      const found = await askProcess(module(), { file, kills }, { timeout: 60, running });
      expect(running.size).toBe(0);
      return { found, times: readFileSync(file, "utf8").split("\n").length - 1 };
    };
    expect(await ask("once", 1)).toEqual({ found: { answer: { times: 2 } }, times: 2 });
    expect(await ask("twice", 5)).toEqual({
      found: { error: expect.stringMatching(/killed twice \(SIGKILL\)/) },
      times: 2,
    });
  },
);
