import { Problem } from "../problem.js";

/** Of one that was let in. */
export interface Place {
  /** Takes more room. @throws Problem `busy` where there is none: what was taken before is kept until the end */
  grow(size: number): void;
  leave(): void;
}

/** Lets in what fits: what is beyond the bound is told to come back instead of waiting. */
export class Gate {
  readonly #most: number;
  readonly #what: string;
  #inside = 0;

  /** @param what is counted, such as "rows" */
  constructor(most: number, what: string) {
    this.#most = most;
    this.#what = what;
  }

  get inside(): number {
    return this.#inside;
  }

  /** Whatever is larger than the bound enters alone. @throws Problem `busy` */
  async pass<T>(size: number, work: () => Promise<T>): Promise<T> {
    const leave = this.enter(size);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** @returns what has to be called once, at the end @throws Problem `busy` */
  enter(size: number): () => void {
    const place = this.place();
    place.grow(size);
    return () => place.leave();
  }

  /** For one whose size is known little by little. */
  place(): Place {
    let own = 0;
    return {
      grow: (size) => {
        if (this.#inside > own && this.#inside + size > this.#most) {
          throw new Problem("busy", `The service has ${this.#inside} ${this.#what} to deal with.`, {
            hint: "Send the same request again a little later.",
            retryAfter: 1,
          });
        }
        this.#inside += size;
        own += size;
      },
      leave: () => {
        this.#inside -= own;
        own = 0;
      },
    };
  }
}
