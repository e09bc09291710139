import { statfs } from "node:fs/promises";
import { Problem } from "../../problem.js";

/** What is asked again after so many milliseconds: what is written meanwhile is a small part of the reserve. */
const REMEMBERED_MS = 200;
const WRITES =
  /^\s*(?:insert|update|delete|copy|vacuum|create|alter)\b|^\s*with\b[\s\S]*\b(?:insert into|delete from|update)\b/i;

/**
 * Keeps the embedded database from filling its disk. Where a log file of its own cannot be made, it stops for good in the middle of a
 * statement: nothing that writes is begun where less is left than one request may need.
 */
export class DiskReserve {
  readonly #folder: string;
  readonly #bytes: number;
  #until = Number.NEGATIVE_INFINITY;
  #left = Number.POSITIVE_INFINITY;

  /** @param bytes that have to be free on the disk of the folder */
  constructor(folder: string, bytes: number) {
    this.#folder = folder;
    this.#bytes = bytes;
  }

  /** Before a statement is run. @throws Problem `insufficient-storage` for one that writes */
  async require(statement: string): Promise<void> {
    if (!WRITES.test(statement)) return;
    const now = performance.now();
    if (now >= this.#until) {
      const { bavail, bsize } = await statfs(this.#folder);
      this.#left = bavail * bsize;
      this.#until = now + REMEMBERED_MS;
    }
    if (this.#left >= this.#bytes) return;
    throw new Problem(
      "insufficient-storage",
      `The disk of the service's data has ${mib(this.#left)} MiB left, of which ${mib(this.#bytes)} are kept free.`,
      {
        hint: "Nothing of the request was stored. Tell whoever runs the service, and send it again once there is space.",
        retryAfter: 30,
      },
    );
  }
}

const mib = (bytes: number): number => Math.floor(bytes / 2 ** 20);
