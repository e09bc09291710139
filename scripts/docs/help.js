import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../bin/hypersphere.js", import.meta.url));

/** What a command answers to --help; "hypersphere" stands for the command without a subcommand. */
export function helpOf(command) {
  const args = command === "hypersphere" ? ["--help"] : [command, "--help"];
  const done = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
    env: { ...process.env, COLUMNS: "100", NO_COLOR: "1" },
  });
  if (done.status !== 0) throw new Error(`hypersphere ${args.join(" ")} failed: ${done.stderr}`);
  return `\`\`\`text\n${done.stdout.trimEnd()}\n\`\`\``;
}
