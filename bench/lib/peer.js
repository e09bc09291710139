import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A Python with torch and numpy: set HYPERSPHERE_PYTHON, or `python3` is it. */
export const python = process.env.HYPERSPHERE_PYTHON ?? "python3";

/** Ends with a hint where Python or a package of it is missing. */
export function requirePython(...packages) {
  const done = spawnSync(python, ["-c", `import ${packages.join(", ")}`], { encoding: "utf8" });
  if (done.status === 0) return;
  console.error(
    `${python} cannot import ${packages.join(", ")}: set HYPERSPHERE_PYTHON to a Python that can.`,
  );
  process.exit(1);
}

/** A script that stays open and answers one request after the other. */
export class Peer {
  #child;
  #lines;

  constructor(script) {
    const path = fileURLToPath(new URL(`../peers/${script}`, import.meta.url));
    this.#child = spawn(python, [path], { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async next() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The Python script ended early.");
    return JSON.parse(value);
  }

  ask(request) {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.next();
  }

  close() {
    this.#child.stdin.end();
  }
}
