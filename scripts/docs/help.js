import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const host = fileURLToPath(new URL("../../test/e2e/command-host.js", import.meta.url));
let running;

/** What a command answers to --help; "hypersphere" stands for the command without a subcommand. */
export async function helpOf(command) {
  running ??= started();
  const child = await running;
  const args = command === "hypersphere" ? ["--help"] : [command, "--help"];
  const answered = once(child, "message");
  child.send({ args, cwd: fileURLToPath(new URL("../..", import.meta.url)) });
  const [{ code, stdout, stderr }] = await answered;
  if (code !== 0) throw new Error(`hypersphere ${args.join(" ")} failed: ${stderr}`);
  return `\`\`\`text\n${stdout.trimEnd()}\n\`\`\``;
}

/** One process for every command: most of what a help takes is to load the package. */
async function started() {
  const child = fork(host, { env: { ...process.env, COLUMNS: "100", NO_COLOR: "1" } });
  await once(child, "message");
  return child;
}

/** Ends the process that answered. */
export async function endHelp() {
  (await running)?.disconnect();
}
