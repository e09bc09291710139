import { duration } from "../text/format.js";

const REDRAW_MS = 80;
const LINE_MS = 5000;
/** A line says something new after this share, or after this time if things are slow. */
const LINE_SHARE = 0.1;
const LINE_SILENCE_MS = 60_000;
const BAR_WIDTH = 16;

/** A bar that is redrawn on a terminal; now and then a plain line where standard error is a file or a pipe. */
export class ProgressDisplay {
  readonly #stream: NodeJS.WriteStream;
  #label = "";
  #fraction = 0;
  #details = "";
  /** Where this label began: a resumed run does not begin at zero, and its pace must not count what it did not do. */
  #begin = { time: 0, fraction: 0 };
  #shown = { time: 0, fraction: 0 };
  #onScreen = false;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  update(label: string, fraction: number, details: string): void {
    const now = performance.now();
    const fresh = label !== this.#label;
    if (fresh) {
      this.#begin = { time: now, fraction };
      this.#shown = { time: now, fraction };
    }
    this.#label = label;
    this.#fraction = Math.min(1, Math.max(0, fraction));
    this.#details = details;
    if (this.#stream.isTTY) {
      if (fresh || !this.#onScreen || now - this.#shown.time >= REDRAW_MS) this.#draw(now);
    } else if (this.#lineDue(now)) {
      this.#shown = { time: now, fraction: this.#fraction };
      this.#stream.write(`${this.#text(now, "")}\n`);
    }
  }

  redraw(): void {
    if (this.#stream.isTTY && this.#label !== "") this.#draw(performance.now());
  }

  clear(): void {
    if (!this.#onScreen) return;
    this.#stream.write("\r\x1b[K");
    this.#onScreen = false;
  }

  /** Results follow: the bar goes. */
  end(): void {
    this.clear();
    this.#label = "";
  }

  #lineDue(now: number): boolean {
    const silence = now - this.#shown.time;
    return (
      silence >= LINE_SILENCE_MS ||
      (silence >= LINE_MS && this.#fraction - this.#shown.fraction >= LINE_SHARE - 1e-9)
    );
  }

  #draw(now: number): void {
    this.#shown = { time: now, fraction: this.#fraction };
    const filled = Math.round(this.#fraction * BAR_WIDTH);
    const bar = `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}] `;
    const text = this.#text(now, bar);
    // The last column stays free: a full line would wrap, and wrapped lines cannot be redrawn.
    const width = (this.#stream.columns || 80) - 1;
    this.#stream.write(`\r${text.slice(0, width)}\x1b[K`);
    this.#onScreen = true;
  }

  #text(now: number, bar: string): string {
    const parts = [`${String(Math.floor(100 * this.#fraction)).padStart(3)} %`];
    const left = this.#secondsLeft(now);
    if (left !== undefined) parts.push(`${duration(left)} left`);
    if (this.#details !== "") parts.push(this.#details);
    return `${this.#label} ${bar}${parts.join("  ")}`;
  }

  /** From the pace so far; nothing before there is a pace. */
  #secondsLeft(now: number): number | undefined {
    const seconds = (now - this.#begin.time) / 1000;
    const done = this.#fraction - this.#begin.fraction;
    if (seconds < 1 || done <= 0.01 || this.#fraction >= 1) return undefined;
    return (seconds * (1 - this.#fraction)) / done;
  }
}
