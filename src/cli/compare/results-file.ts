import { readFile } from "node:fs/promises";
import type { JobKey, JobRow } from "../../compare/index.js";
import { HypersphereError } from "../../errors.js";
import { readError, writeFileAtomic } from "../../io/index.js";

/** What decides the results of a comparison, besides data set, detector and seed. */
export type Settings = Readonly<Record<string, string>>;

interface Contents {
  readonly format: 1;
  readonly settings: Settings;
  readonly rows: readonly JobRow[];
}

export const sameJob = (a: JobKey, b: JobKey): boolean =>
  a.dataset === b.dataset && a.detector === b.detector && a.seed === b.seed;

/** Results on disk, complete after every job: an interrupted comparison goes on from there. */
export class ResultsFile {
  readonly rows: JobRow[];
  readonly #path: string | undefined;
  readonly #settings: Settings;

  private constructor(path: string | undefined, settings: Settings, rows: JobRow[]) {
    this.#path = path;
    this.#settings = settings;
    this.rows = rows;
  }

  /**
   * @param resume read what is there; failed jobs are forgotten, so that they run again
   * @throws HypersphereError `invalid-option` when the file was made with other settings
   */
  static async open(path: string | undefined, settings: Settings, resume: boolean): Promise<ResultsFile> {
    if (path === undefined || !resume) return new ResultsFile(path, settings, []);
    let contents: Contents;
    try {
      contents = JSON.parse(await readFile(path, "utf8")) as Contents;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return new ResultsFile(path, settings, []);
      if (!(error instanceof SyntaxError)) throw await readError(error, path);
      throw new HypersphereError("unreadable-data", `${path} is not a file of comparison results.`, {
        cause: error,
      });
    }
    const different = Object.keys(settings).filter((key) => contents.settings?.[key] !== settings[key]);
    if (contents.format !== 1 || different.length > 0) {
      throw new HypersphereError(
        "invalid-option",
        `${path} was made with other settings${different.length > 0 ? `: ${different.join(", ")}` : ""}.`,
        { hint: "Use the same settings to go on, or another file." },
      );
    }
    return new ResultsFile(
      path,
      settings,
      contents.rows.filter(({ error }) => error === undefined),
    );
  }

  has(key: JobKey): boolean {
    return this.rows.some((row) => sameJob(row, key));
  }

  async add(row: JobRow): Promise<void> {
    this.rows.push(row);
    if (this.#path === undefined) return;
    const contents: Contents = { format: 1, settings: this.#settings, rows: this.rows };
    await writeFileAtomic(this.#path, `${JSON.stringify(contents)}\n`, { force: true });
  }
}
