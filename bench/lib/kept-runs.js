import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./root.js";

/**
 * Runs that take hours together: with --write each is kept under bench/results/ when it is done, and not done again.
 * Several processes may share the work: what another one has kept in the meantime stays.
 */
export class KeptRuns {
  #path;
  #keeps;

  /**
   * @param report names the file and says whether to write it
   * @param settings runs kept under other ones do not count
   */
  constructor({ name, flags }, settings) {
    this.#path = join(root, `bench/results/${name}.json`);
    this.#keeps = flags.write;
    this.settings = settings;
    this.rows = this.#kept();
  }

  /**
   * Whatever is left to do, side by side in lanes.
   * @param jobs objects of texts and numbers that name a run
   * @param lanes what each lane works with
   * @param perform from a job, a lane and a function that reports progress to the figures of the run
   */
  async all(jobs, lanes, perform) {
    const queue = [...jobs];
    const work = async (lane) => {
      for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
        if (this.#has(job)) continue;
        const name = Object.values(job).join(", ");
        const begun = performance.now();
        const passed = () => Math.round((performance.now() - begun) / 1000);
        const figures = await perform(job, lane, (text) => console.error(`${name}: ${text}, ${passed()} s`));
        this.rows.push({ ...job, seconds: passed(), ...figures });
        console.error(JSON.stringify(this.rows.at(-1)));
        this.#keep(Object.keys(job));
      }
    };
    await Promise.all(lanes.map(work));
  }

  /** Means over the runs that match, of one figure; undefined where there are none. Of a list, any value matches. */
  mean(match, figure) {
    const values = this.rows
      .filter((row) => Object.entries(match).every(([field, value]) => [value].flat().includes(row[field])))
      .map((row) => row[figure]);
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  #has(job) {
    return this.rows.some((row) => Object.entries(job).every(([field, value]) => row[field] === value));
  }

  #kept() {
    if (!this.#keeps || !existsSync(this.#path)) return [];
    const { settings, rows } = JSON.parse(readFileSync(this.#path, "utf8"));
    return JSON.stringify(settings) === JSON.stringify(this.settings) ? rows : [];
  }

  #keep(names) {
    if (!this.#keeps) return;
    const nameOf = (row) => JSON.stringify(names.map((field) => row[field]));
    const own = new Set(this.rows.map(nameOf));
    this.rows.push(...this.#kept().filter((row) => !own.has(nameOf(row))));
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify({ settings: this.settings, rows: this.rows }));
  }
}
