import { type FileHandle, open, readFile } from "node:fs/promises";
import { HypersphereError } from "../../errors.js";
import type { TuneTrial } from "../../evaluate/tune/index.js";
import { writeError } from "../../io/fs-errors.js";
import { lockFile, readError, writeFileAtomic } from "../../io/index.js";
import { parseJson } from "../../text/parse-json.js";

/** What decides the trials, besides their number. */
export type TuneSettings = Readonly<Record<string, string>>;

interface Header {
  readonly format: "hypersphere trials";
  readonly version: 1;
  readonly settings: TuneSettings;
}

interface Found {
  readonly previous: readonly TuneTrial[];
  readonly unread: number;
}

/** Trials on disk, a line of JSON each after one that says what was searched. A line is there as soon as its trial has ended. */
export class TrialsFile {
  readonly path: string;
  /** Those of earlier runs. */
  readonly previous: readonly TuneTrial[];
  /** Whole lines that hold no trial of this search. */
  readonly unread: number;
  readonly #handle: FileHandle;
  readonly #unlock: () => Promise<void>;

  private constructor(
    path: string,
    { previous, unread }: Found,
    handle: FileHandle,
    unlock: () => Promise<void>,
  ) {
    this.path = path;
    this.previous = previous;
    this.unread = unread;
    this.#handle = handle;
    this.#unlock = unlock;
  }

  /**
   * @param resume go on with the trials that are there, if any; else the file is begun anew
   * @param isTrial whether a value is a trial of this search
   * @throws HypersphereError `invalid-option` for trials of another search; `unreadable-data` for another file; `io`, also
   * where another search writes to it
   */
  static async open(
    path: string,
    settings: TuneSettings,
    resume: boolean,
    isTrial: (value: unknown) => value is TuneTrial,
  ): Promise<TrialsFile> {
    const header: Header = { format: "hypersphere trials", version: 1, settings };
    const unlock = await lockFile(path);
    try {
      const found = resume ? await readTrials(path, header, isTrial) : { previous: [], unread: 0 };
      // Also what was half written when a run was killed goes away.
      const lines = [header, ...found.previous].map((each) => `${JSON.stringify(each)}\n`);
      await writeFileAtomic(path, lines, { force: true });
      return new TrialsFile(path, found, await appending(path), unlock);
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** Resolves when the trial is on disk. */
  async add(trial: TuneTrial): Promise<void> {
    try {
      await this.#handle.appendFile(`${JSON.stringify(trial)}\n`);
      await this.#handle.datasync();
    } catch (error) {
      throw writeError(error, this.path);
    }
  }

  close(): Promise<void> {
    return this.#handle.close().finally(this.#unlock);
  }
}

async function appending(path: string): Promise<FileHandle> {
  try {
    return await open(path, "a");
  } catch (error) {
    throw writeError(error, path);
  }
}

async function readTrials(
  path: string,
  wanted: Header,
  isTrial: (value: unknown) => value is TuneTrial,
): Promise<Found> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { previous: [], unread: 0 };
    throw await readError(error, path);
  }
  // What stands after the last line break was not written to its end.
  const lines = text.split("\n").slice(0, -1).map(parsed);
  const header = lines[0] as Partial<Header> | undefined;
  if (header?.format !== wanted.format || header.version !== 1) {
    throw new HypersphereError("unreadable-data", `${path} is not a file of trials.`, {
      hint: "Name another file, or leave --resume out to begin anew.",
    });
  }
  const settings = header.settings ?? {};
  const names = new Set([...Object.keys(wanted.settings), ...Object.keys(settings)]);
  const different = [...names].filter((name) => settings[name] !== wanted.settings[name]);
  if (different.length > 0) {
    throw new HypersphereError(
      "invalid-option",
      `${path} holds trials of another search; different are: ${different.join(", ")}.`,
      { hint: "Use the same data and settings to go on, or another file." },
    );
  }
  const trials = lines.slice(1).filter(isTrial);
  const previous = [...new Map(trials.map((trial) => [trial.number, trial])).values()];
  return { previous, unread: lines.length - 1 - trials.length };
}

function parsed(line: string): unknown {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
}
