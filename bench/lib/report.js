import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, platform } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./root.js";

/** What was measured, printed as a Markdown table; with --write also kept under bench/results/. */
export class Report {
  #lines = [];
  #facts = {};

  constructor(name, title, options = {}) {
    this.name = name;
    this.flags = parseArgs({ options: { write: { type: "boolean", default: false }, ...options } }).values;
    this.#say(`# ${title}`, "");
    const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores`;
    this.#facts.machine = `${machine}, ${platform()}, Node ${process.versions.node}`;
    this.#say(`${this.#facts.machine}.`, "");
  }

  #say(...lines) {
    this.#lines.push(...lines);
    console.log(lines.join("\n"));
  }

  note(text) {
    this.#say(text, "");
  }

  /** @param rows objects with the same keys, which become the header */
  table(rows) {
    const columns = Object.keys(rows[0]);
    const cells = [columns, columns.map(() => "---"), ...rows.map((row) => columns.map((c) => `${row[c]}`))];
    this.#say(...cells.map((row) => `| ${row.join(" | ")} |`), "");
  }

  /** A figure with its target. */
  target(what, value, { atLeast, atMost, unit = "" }) {
    const met = atLeast === undefined ? value <= atMost : value >= atLeast;
    const bound = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
    this.#say(
      `${met ? "met" : "MISSED"}: ${what} ${value.toPrecision(3)}${unit} (target: ${bound}${unit})`,
      "",
    );
    this.#facts.targets = { ...this.#facts.targets, [what]: { value, atLeast, atMost, unit, met } };
  }

  /** Figures for the JSON file. */
  keep(figures) {
    Object.assign(this.#facts, figures);
  }

  end() {
    if (!this.flags.write) return;
    const folder = join(root, "bench/results");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${this.name}.md`), `${this.#lines.join("\n").trimEnd()}\n`);
    writeFileSync(join(folder, `${this.name}.json`), `${JSON.stringify(this.#facts, null, 2)}\n`);
    console.log(`Kept in bench/results/${this.name}.md and .json.`);
  }
}
