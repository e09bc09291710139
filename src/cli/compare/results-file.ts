import { readFile } from "node:fs/promises";
import { HypersphereError } from "../../errors.js";
import type { JobKey, JobRow } from "../../evaluate/compare/index.js";
import { lockFile, readError, writeFileAtomic } from "../../io/index.js";
import { parseJson } from "../../text/parse-json.js";

/** What decides the results of a comparison, besides data set, detector and seed. */
export type Settings = Readonly<Record<string, string>>;

/** SHA-256 of every data file or folder, by the name of its data set. */
export type DataDigests = Readonly<Record<string, string>>;

/** Which detector each name stands for and its options, as text. */
export type Detectors = Readonly<Record<string, string>>;

/** What the command line asks for. */
export interface Asked {
  readonly settings: Settings;
  readonly data: DataDigests;
  readonly detectors: Detectors;
}

/** A detector with its options, in the order of their names. */
export function detectorText({
  detector,
  options = {},
}: {
  readonly detector: string;
  readonly options?: Readonly<Record<string, unknown>>;
}): string {
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? detector : `${detector} ${JSON.stringify(Object.fromEntries(sorted))}`;
}

interface Contents {
  readonly format: 1;
  readonly settings: Settings;
  readonly data: DataDigests;
  /** Absent in files of version 0.1, where all have their defaults. */
  readonly detectors?: Detectors;
  readonly rows: readonly JobRow[];
}

export const sameJob = (a: JobKey, b: JobKey): boolean =>
  a.dataset === b.dataset && a.detector === b.detector && a.seed === b.seed;

/** Results on disk, complete after every job: an interrupted comparison goes on from there. */
export class ResultsFile {
  readonly rows: JobRow[];
  readonly #path: string | undefined;
  readonly #settings: Settings;
  readonly #data: DataDigests;
  readonly #detectors: Detectors;
  readonly #unlock: () => Promise<void>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    path: string | undefined,
    { settings, data, detectors }: Asked,
    rows: JobRow[],
    unlock: () => Promise<void>,
  ) {
    this.#path = path;
    this.#settings = settings;
    this.#data = data;
    this.#detectors = detectors;
    this.rows = rows;
    this.#unlock = unlock;
  }

  /**
   * @param asked what is asked for now
   * @param resume read what is there. Jobs that failed, and those on files that have changed since, are forgotten, so
   * that they run again
   * @throws HypersphereError `invalid-option` when the file was made with other settings; `unreadable-data` when it is
   * something else; `io`, also where another comparison writes to it
   */
  static async open(path: string | undefined, asked: Asked, resume: boolean): Promise<ResultsFile> {
    if (path === undefined) return new ResultsFile(path, asked, [], async () => {});
    const unlock = await lockFile(path);
    try {
      const found = resume ? await ResultsFile.#before(path, asked) : { asked, rows: [] };
      return new ResultsFile(path, found.asked, found.rows, unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  static async #before(
    path: string,
    asked: Asked,
  ): Promise<{ readonly asked: Asked; readonly rows: JobRow[] }> {
    const { settings, data, detectors } = asked;
    let contents: Partial<Contents> | null;
    try {
      contents = parseJson(await readFile(path, "utf8")) as Partial<Contents> | null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return { asked, rows: [] };
      if (!(error instanceof SyntaxError)) throw await readError(error, path);
      throw notResults(path, error);
    }
    if (contents?.format !== 1 || !Array.isArray(contents.rows)) throw notResults(path);
    const { settings: before = {}, data: digests = {}, detectors: known = {}, rows } = contents;
    const has = new Set(rows.map(({ detector }) => detector));
    const different = [
      ...Object.keys(settings).filter((key) => (before[key] ?? "default") !== settings[key]),
      ...Object.keys(detectors)
        .filter(
          (name) => has.has(name) && (known[name] ?? detectorText({ detector: name })) !== detectors[name],
        )
        .map((name) => `options of ${name}`),
    ];
    if (different.length > 0) {
      throw new HypersphereError(
        "invalid-option",
        `${path} was made with other settings: ${different.join(", ")}.`,
        { hint: "Use the same settings to go on, or another file." },
      );
    }
    const unchanged = (dataset: string): boolean =>
      data[dataset] === undefined || data[dataset] === digests[dataset];
    return {
      asked: { settings, data: { ...digests, ...data }, detectors: { ...known, ...detectors } },
      rows: rows.filter(({ error, dataset }) => error === undefined && unchanged(dataset)),
    };
  }

  has(key: JobKey): boolean {
    return this.rows.some((row) => sameJob(row, key));
  }

  /** Resolves when the row is on disk. */
  add(row: JobRow): Promise<void> {
    this.rows.push(row);
    // One after the other: of two writers at a time, the one with fewer rows may be the last to finish.
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Lets others write to it. */
  close(): Promise<void> {
    return this.#unlock();
  }

  async #write(): Promise<void> {
    if (this.#path === undefined) return;
    const contents: Contents = {
      format: 1,
      settings: this.#settings,
      data: this.#data,
      detectors: this.#detectors,
      rows: this.rows,
    };
    await writeFileAtomic(this.#path, `${JSON.stringify(contents)}\n`, { force: true });
  }
}

function notResults(path: string, cause?: unknown): HypersphereError {
  return new HypersphereError("unreadable-data", `${path} is not a file of comparison results.`, { cause });
}
