/** Runs the real command line as a process, in a folder of its own. */
import { type ChildProcess, execFileSync, fork, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = join(root, "bin/hypersphere.js");
const hostScript = join(root, "test/e2e/command-host.js");

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** What standard input brings; without it, it is empty. */
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
}

/** Test files run side by side, and a build must not be pulled away from under another one. */
export function build(): void {
  const lock = join(root, "node_modules/.e2e-build");
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  try {
    execFileSync(process.execPath, [join(root, "scripts/build.js")], { stdio: "inherit" });
  } finally {
    rmSync(lock, { recursive: true });
  }
}

/** Where coverage is measured, processes write down what of dist/ ran in them: scripts/coverage.js. */
const coverage = process.env["HYPERSPHERE_COVERAGE"];
const env = coverage === undefined ? process.env : { ...process.env, NODE_V8_COVERAGE: coverage };

/** Processes that a test which fails would leave behind. */
const running = new Set<ChildProcess>();

/** @param options of Node, for the process and its threads */
export function start(args: readonly string[], cwd: string, options?: string): ChildProcess {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd,
    env: options === undefined ? env : { ...env, NODE_OPTIONS: options },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Collects what a process says until it ends. */
export function ended(child: ChildProcess): Promise<Result> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** A process that answers one command line after the other: command-host.js. */
class CommandHost {
  #child: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();

  run(args: readonly string[], cwd: string): Promise<Result> {
    const result = this.#last.then(() => this.#ask({ args, cwd }));
    this.#last = result.catch(() => {});
    return result;
  }

  end(): void {
    this.#child?.disconnect();
  }

  async #ask(request: { args: readonly string[]; cwd: string }): Promise<Result> {
    this.#child ??= await ready(fork(hostScript, { env, execArgv: [], stdio: "inherit" }));
    const answer = reply<Result>(this.#child);
    this.#child.send(request);
    return answer;
  }
}

async function ready(child: ChildProcess): Promise<ChildProcess> {
  await reply(child);
  return child;
}

function reply<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null): void =>
      reject(new Error(`The commands' process ended with ${code}.`));
    child.once("exit", exited);
    child.once("message", (message) => {
      child.off("exit", exited);
      resolve(message as T);
    });
  });
}

/** A folder for one test file, and the command line in it. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), "hypersphere-e2e-"));
  readonly #host = new CommandHost();

  constructor() {
    afterAll(() => {
      this.#host.end();
      for (const child of running) child.kill("SIGKILL");
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, contents: string | Uint8Array): string {
    writeFileSync(this.path(name), contents);
    return name;
  }

  read(name: string): Buffer {
    return readFileSync(this.path(name));
  }

  text(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  files(): string[] {
    return readdirSync(this.folder).sort();
  }

  run(args: readonly string[], { input, cwd = this.folder }: RunOptions = {}): Promise<Result> {
    if (input === undefined) return this.#host.run(args, cwd);
    const child = start(args, cwd);
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    return ended(child);
  }

  /** For what must work: fails with all that was said otherwise. */
  async ok(args: readonly string[], options?: RunOptions): Promise<Result> {
    const result = await this.run(args, options);
    expect(result.code, result.stderr).toBe(0);
    return result;
  }

  async json(args: readonly string[], options?: RunOptions): Promise<unknown> {
    return JSON.parse((await this.ok(args, options)).stdout);
  }

  /** For what must fail: with this code, saying this, and without leaving anything behind. */
  async fails(args: readonly string[], code: number, message: RegExp, options?: RunOptions): Promise<Result> {
    const before = this.files();
    const result = await this.run(args, options);
    expect(result.stderr).toMatch(message);
    expect(result.code, result.stderr).toBe(code);
    expect(result.stderr, "a stack trace was shown").not.toMatch(/^ {4}at /m);
    expect(this.files()).toEqual(before);
    return result;
  }
}

/** Settings that train in a moment. */
export const tiny = [
  ...[
    "--detector",
    "deep-svdd",
    "--members",
    "1",
    "--epochs",
    "3",
    "--pretrain-epochs",
    "3",
    "--latent-dim",
    "8",
  ],
];

/** Small made-up data: a and b go together for normal rows, and against each other for anomalies. */
export function madeUpCsv({
  rows = 300,
  anomalies = 0,
  seed = 1,
}: {
  rows?: number;
  anomalies?: number;
  seed?: number;
} = {}): string {
  let state = seed;
  const uniform = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
  const lines = ["id,a,b,c,kind,fixed,y"];
  for (let row = 0; row < rows; row++) {
    const odd = row < anomalies;
    const a = normal();
    const b = (odd ? -a : a) + 0.1 * normal();
    const c = 5 + normal() * (odd ? 4 : 1);
    const kind = uniform() < 0.6 ? "01" : uniform() < 0.5 ? "02" : "x";
    const id = `r${String(row + 1).padStart(4, "0")}`;
    lines.push([id, a.toFixed(4), b.toFixed(4), c.toFixed(3), kind, 1, odd ? 1 : 0].join(","));
  }
  return `${lines.join("\n")}\n`;
}
