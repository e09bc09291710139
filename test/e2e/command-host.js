/**
 * Runs one command line after another in one process, which loads the package once: most of what a short command takes is
 * loading. What a command would leave to the end of its process is undone after each.
 */
import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

const LISTENED = ["SIGINT", "SIGTERM", "uncaughtException"];
const { runCli } = await import(new URL("../../dist/cli/main.js", import.meta.url).href);

/** Processes that commands start and leave behind. */
const started = new Set();
const { fork } = childProcess;
childProcess.fork = (...args) => {
  const child = fork(...args);
  started.add(child);
  return child;
};
syncBuiltinESMExports();

process.on("message", async ({ args, cwd }) => {
  process.chdir(cwd);
  const said = { stdout: "", stderr: "" };
  const writes = ["stdout", "stderr"].map((name) => {
    const { write } = process[name];
    process[name].write = (chunk, encoding, done) => {
      said[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      const callback = typeof encoding === "function" ? encoding : done;
      if (callback) queueMicrotask(() => callback());
      return true;
    };
    return () => {
      process[name].write = write;
      process[name].removeAllListeners("error");
    };
  });
  const { exit } = process;
  const code = await new Promise((resolve) => {
    process.exit = resolve;
    void runCli(args);
  });
  process.exit = exit;
  for (const restore of writes) restore();
  for (const name of LISTENED) process.removeAllListeners(name);
  for (const child of started) child.kill("SIGKILL");
  started.clear();
  process.send({ code, ...said });
});
process.on("disconnect", () => process.exit());
process.send("ready");
