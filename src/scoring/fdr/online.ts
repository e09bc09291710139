/**
 * False-discovery control for streams: every p-value is decided when it comes, by a level that depends on the
 * decisions before it alone, and never again.
 *
 * - LORD++: Ramdas, Yang, Wainwright and Jordan, "Online control of the false discovery rate with decaying memory",
 *   NeurIPS 2017, with the sequence gamma of Javanmard and Montanari, Annals of Statistics 46 (2018).
 * - SAFFRON: Ramdas, Zrnic, Wainwright and Jordan, "SAFFRON: an adaptive algorithm for online control of the false
 *   discovery rate", ICML 2018.
 *
 * Both promise FDR <= alpha at every time for p-values of normal rows that are independent of one another. Conformal
 * p-values share one calibration set, which makes them positively dependent: for them the promise holds approximately,
 * the better the larger the calibration set. For a batch, `benjaminiHochberg` holds exactly.
 */
import { HypersphereError } from "../../errors.js";
import { checkOption } from "../conformal/calibration.js";

export type OnlineProcedure = "lord" | "saffron";

export interface OnlineFdrOptions {
  readonly procedure: OnlineProcedure;
  /** Share of normal rows among the discoveries that is tolerated on average, in (0, 1). */
  readonly alpha: number;
  /** Wealth to begin with, in (0, alpha); default alpha / 2. Discoveries earn the rest. */
  readonly w0?: number | undefined;
  /** SAFFRON alone: p-values up to this one are candidates and cost nothing, in (0, 1); default 0.5. */
  readonly lambda?: number | undefined;
  /**
   * How many of the latest discoveries count for the level, an integer from 1; default 1000. What is forgotten only
   * lowers later levels, so that the promise stands; it bounds memory and the time per p-value.
   */
  readonly memory?: number | undefined;
}

/** All that the next decision depends on, fit for JSON: memory is bounded by `memory` numbers. */
export interface OnlineFdrState {
  readonly procedure: OnlineProcedure;
  readonly alpha: number;
  readonly w0: number;
  readonly lambda: number;
  readonly memory: number;
  /** p-values decided so far. */
  readonly seen: number;
  /** Clock of the levels: LORD counts every p-value, SAFFRON those above lambda. */
  readonly clock: number;
  /** Discoveries so far. */
  readonly discoveries: number;
  /** The clock after each of the latest discoveries, oldest first. */
  readonly discoveredAt: readonly number[];
}

export interface OnlineDecision {
  /** The row is a discovery when p <= level, in [0, 1). */
  readonly level: number;
  readonly reject: boolean;
}

export interface OnlineFdr {
  /** Decides the next p-value of the stream. @throws unfit-data unless 0 <= p <= 1 */
  next(p: number): OnlineDecision;
  /** A copy of the state: `restoreOnlineFdr` goes on from it with the same decisions. */
  readonly state: OnlineFdrState;
}

/**
 * Starts a stream.
 *
 * LORD++: level_t = w0 g(t) + (alpha - w0) g(t - T1) + alpha sum_{j>=2} g(t - Tj), where Tj is the time of the j-th
 * discovery and g(j) = 0.07720838 log(max(j, 2)) / (j exp(sqrt(log j))).
 *
 * SAFFRON: the same sum times (1 - lambda), at most lambda, in which time counts only the p-values above lambda, and
 * g(j) = j^-1.6 / zeta(1.6).
 *
 * @throws invalid-option on options out of range
 *
 * @example
 * const stream = onlineFdr({ procedure: "saffron", alpha: 0.1 });
 * for (const p of pValues) if (stream.next(p).reject) alarm();
 */
export function onlineFdr({
  procedure,
  alpha,
  w0 = alpha / 2,
  lambda = 0.5,
  memory = 1000,
}: OnlineFdrOptions): OnlineFdr {
  return restoreOnlineFdr({
    ...{ procedure, alpha, w0, lambda, memory },
    ...{ seen: 0, clock: 0, discoveries: 0, discoveredAt: [] },
  });
}

/**
 * Goes on from a state that was saved.
 * @throws invalid-option when it is not one
 */
export function restoreOnlineFdr(state: OnlineFdrState): OnlineFdr {
  checkState(state);
  const { procedure, alpha, w0, lambda, memory } = state;
  let { seen, clock, discoveries } = state;
  const discoveredAt = [...state.discoveredAt];
  const gamma = procedure === "lord" ? lordGamma : saffronGamma;

  const level = (): number => {
    const time = clock + 1;
    let sum = w0 * gamma(time);
    for (let j = 0; j < discoveredAt.length; j++) {
      // The first discovery of all earns less: the wealth to begin with was lent.
      const earned = discoveries - discoveredAt.length + j === 0 ? alpha - w0 : alpha;
      sum += earned * gamma(time - discoveredAt[j]!);
    }
    return procedure === "lord" ? sum : Math.min(lambda, (1 - lambda) * sum);
  };

  return {
    next(p) {
      if (!(p >= 0 && p <= 1)) {
        throw new HypersphereError("unfit-data", `onlineFdr: p-value ${seen} is ${p}, expected 0 to 1.`);
      }
      const decision = { level: level(), reject: false };
      decision.reject = p <= decision.level;
      seen++;
      if (procedure === "lord" || p > lambda) clock++;
      if (decision.reject) {
        discoveries++;
        discoveredAt.push(clock);
        if (discoveredAt.length > memory) discoveredAt.shift();
      }
      return decision;
    },
    get state() {
      return {
        ...{ procedure, alpha, w0, lambda, memory },
        ...{ seen, clock, discoveries, discoveredAt: [...discoveredAt] },
      };
    },
  };
}

/**
 * Fewest calibration scores n with which a stream can still make its FIRST discovery at row m: the least conformal
 * p-value 1 / (n + 1) must be at most the level there, w0 g(m) (times 1 - lambda for SAFFRON, with none of the rows
 * before a candidate; in fact about every second is, which asks for a third of it). Levels fall towards 0 as long as
 * nothing is discovered: long quiet streams need many more normals than a batch of the same length.
 * @param m row from 1
 */
export function calibrationSizeForOnlineDiscovery(m: number, options: OnlineFdrOptions): number {
  checkOption(m, 1, Number.MAX_SAFE_INTEGER, "calibrationSizeForOnlineDiscovery: m");
  const { procedure, alpha, w0, lambda } = onlineFdr(options).state;
  checkOption(alpha, 0, 1, "calibrationSizeForOnlineDiscovery: alpha", "open");
  const level = procedure === "lord" ? w0 * lordGamma(m) : (1 - lambda) * w0 * saffronGamma(m);
  return Math.max(1, Math.ceil((1 / level) * (1 - 4 * Number.EPSILON)) - 1);
}

/** Sums to 0.976 over j >= 1; at most 1 is what the promise needs. */
const lordGamma = remembered(
  (j) => (0.07720838 * Math.log(Math.max(j, 2))) / (j * Math.exp(Math.sqrt(Math.log(j)))),
);

/** Sums to 1: zeta(1.6) = 2.285765665680. */
const saffronGamma = remembered((j) => j ** -1.6 / 2.2857656656800214);

/** The first 65 536 values of a sequence are kept: thousands of discoveries ask for them in every step. */
function remembered(sequence: (j: number) => number): (j: number) => number {
  const known: number[] = [];
  return (j) => {
    if (j >= 65_536) return sequence(j);
    known[j] ??= sequence(j);
    return known[j]!;
  };
}

function checkState(state: OnlineFdrState): void {
  const { procedure, alpha, w0, lambda, memory, seen, clock, discoveries, discoveredAt } = state;
  if (procedure !== "lord" && procedure !== "saffron") {
    throw new HypersphereError(
      "invalid-option",
      `onlineFdr: procedure is "${String(procedure)}", expected "lord" or "saffron".`,
    );
  }
  checkOption(alpha, 0, 1, "onlineFdr: alpha", "open");
  checkOption(w0, 0, alpha, "onlineFdr: w0", "open");
  checkOption(lambda, 0, 1, "onlineFdr: lambda", "open");
  const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
  if (!isCount(memory) || memory === 0) {
    throw new HypersphereError(
      "invalid-option",
      `onlineFdr: memory is ${memory}, expected an integer from 1.`,
    );
  }
  const sound =
    [seen, clock, discoveries].every(isCount) &&
    clock <= seen &&
    discoveries <= seen &&
    Array.isArray(discoveredAt) &&
    discoveredAt.length === Math.min(discoveries, memory) &&
    discoveredAt.every((at, j) => isCount(at) && at <= clock && at >= (discoveredAt[j - 1] ?? 0));
  if (!sound) {
    throw new HypersphereError("invalid-option", "onlineFdr: the state is not one that was saved.", {
      hint: "Keep `state` as it is, for instance as JSON.",
    });
  }
}
