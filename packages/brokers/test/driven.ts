/** A broker's server as tests use it. */
export interface Driven {
  readonly name: string;
  /** Whether its server is installed here. */
  readonly isHere: boolean;
  start(): Promise<void>;
  /** As a crash does; what the server kept is there after another `start`. */
  stop(): Promise<void>;
  /** Stops it, and removes what it kept. */
  end(): Promise<void>;
  /** Of `readings`, `scores` and others. */
  url(stream: string): string;
  /** Forgets all; `readings` is empty then. */
  clear(): Promise<void>;
  send(bodies: readonly (string | Buffer)[]): Promise<void>;
  /** What the workers put into `scores`, or into where their dead letters go. */
  lines(of: "scores" | "dead letters"): Promise<readonly string[]>;
  /** The place of the n-th message of `readings`, from 1, or some that could be one; 0 is before all. */
  place(n: number): string;
}
