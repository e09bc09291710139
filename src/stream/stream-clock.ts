/** When a series last had a step. */
interface Heard {
  /** The time that the step stated. */
  readonly time: number;
  /** How far the clock was then. */
  readonly at: number;
}

/** Gone series are looked for each time that the clock has advanced by this part of the span. */
const SWEEPS = 32;

/**
 * How far messages are in time, and which series had none for longer than a span. The clock is the greatest time so far. A time
 * that is further ahead than the span counts when a second series is ahead as well, so that one machine whose clock is wrong does not have
 * the others forgotten. All follows from the steps in their order, however they are divided.
 *
 * Times are as in `Times.values`.
 */
export class StreamClock {
  readonly #span: number;
  /** What is known so far, where this is a draft of what comes next. */
  readonly #base: StreamClock | undefined;
  readonly #heard = new Map<string, Heard>();
  #time = Number.NEGATIVE_INFINITY;
  /** Series that are further ahead of the clock than the span; undefined where that is to be found out. */
  #ahead: Map<string, number> | undefined = new Map();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(span: number, base?: StreamClock) {
    this.#span = span;
    this.#base = base;
    if (base === undefined) return;
    this.#time = base.#time;
    this.#ahead = new Map(base.#runAhead());
  }

  /** Of a series that was heard of elsewhere. @param at where that is not known, its own time */
  know(entity: string, time: number, at: number = time): void {
    this.#heard.set(entity, { time, at });
    this.#time = Math.max(this.#time, at);
    this.#ahead = undefined;
  }

  /** How far the clock was at the last step of a series. */
  at(entity: string): number | undefined {
    return this.#of(entity)?.at;
  }

  /** Whether a series is forgotten by now. */
  hasForgotten(entity: string): boolean {
    const heard = this.#of(entity);
    return heard !== undefined && this.#isOver(heard);
  }

  /** Takes in a step. @returns whether its series is forgotten, so that the step is its first */
  hear(entity: string, time: number): boolean {
    const before = this.#of(entity);
    const ahead = this.#runAhead();
    ahead.delete(entity);
    if (!Number.isFinite(this.#time) || time <= this.#time + this.#span) {
      this.#time = Math.max(this.#time, time);
    } else {
      const others = [...ahead].filter(([name]) => !this.hasForgotten(name)).map(([, other]) => other);
      if (others.length > 0) this.#time = Math.min(time, Math.max(...others));
      if (time > this.#time + this.#span) ahead.set(entity, time);
    }
    for (const [name, other] of ahead) if (other <= this.#time + this.#span) ahead.delete(name);
    this.#heard.set(entity, { time, at: this.#time });
    return before !== undefined && (time - before.time > this.#span || this.#isOver(before));
  }

  /** Series that are forgotten. @param all looks through them whether or not the clock has advanced much */
  gone(all: boolean): string[] {
    // At first with all that is known.
    if (!all && this.#time - this.#sweptAt < this.#span / SWEEPS) return [];
    this.#sweptAt = this.#time;
    return [...this.#heard].filter(([, heard]) => this.#isOver(heard)).map(([entity]) => entity);
  }

  drop(entity: string): void {
    this.#heard.delete(entity);
    this.#ahead?.delete(entity);
  }

  /** Of a draft: makes it what is known. */
  commit(): void {
    const base = this.#base!;
    for (const [entity, heard] of this.#heard) base.#heard.set(entity, heard);
    base.#time = this.#time;
    base.#ahead = this.#ahead;
  }

  #of(entity: string): Heard | undefined {
    const own = this.#heard.get(entity);
    return own !== undefined || this.#base === undefined ? own : this.#base.#of(entity);
  }

  /** A series that is ahead of the clock is as long silent as its own time says, one that is behind it as the clock says. */
  #isOver({ time, at }: Heard): boolean {
    return this.#time - Math.max(time, at) > this.#span;
  }

  #runAhead(): Map<string, number> {
    this.#ahead ??= new Map(
      [...this.#heard]
        .filter(([, { time }]) => time > this.#time + this.#span)
        .map(([entity, { time }]) => [entity, time]),
    );
    return this.#ahead;
  }
}
