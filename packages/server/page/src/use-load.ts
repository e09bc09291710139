import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ask, type Refusal } from "./api.js";

export interface Loading<T> {
  /** What came last: it stays on the screen while newer is on its way. */
  readonly data: T | undefined;
  /** Of the last try that ended. */
  readonly error: Refusal | undefined;
  readonly loading: boolean;
  reload(): void;
}

/** Asks for a path whenever it changes, and every so many seconds; null asks for nothing. */
export function useLoad<T>(path: string | null, everySeconds?: number): Loading<T> {
  return useWork<T>(path === null ? null : (signal) => ask<T>(path, { signal }), [path], everySeconds);
}

/** The same for work that asks several times. */
export function useWork<T>(
  work: ((signal: AbortSignal) => Promise<T>) | null,
  depends: readonly unknown[],
  everySeconds?: number,
): Loading<T> {
  const [state, setState] = useState<Omit<Loading<T>, "reload">>({
    ...{ data: undefined, error: undefined, loading: work !== null },
  });
  const [turn, setTurn] = useState(0);
  const about = useRef<string>("");
  const key = JSON.stringify(depends);
  // The work is the same as long as what it depends on is.
  useEffect(() => {
    const same = about.current === key;
    about.current = key;
    if (work === null) {
      setState({ data: undefined, error: undefined, loading: false });
      return;
    }
    const stop = new AbortController();
    // What failed stays to be read, with its button, until it is known how the next try ends.
    setState((now) => ({
      data: same ? now.data : undefined,
      error: same ? now.error : undefined,
      loading: true,
    }));
    work(stop.signal).then(
      (data) => !stop.signal.aborted && setState({ data, error: undefined, loading: false }),
      (error) =>
        !stop.signal.aborted &&
        setState((now) => ({ data: now.data, error: error as Refusal, loading: false })),
    );
    return () => stop.abort();
  }, [key, turn]);
  const reload = useCallback(() => setTurn((now) => now + 1), []);
  useEffect(() => {
    if (everySeconds === undefined) return;
    const timer = setInterval(() => document.visibilityState === "visible" && reload(), everySeconds * 1000);
    return () => clearInterval(timer);
  }, [everySeconds, reload]);
  return { ...state, reload };
}

export interface Action {
  readonly busy: boolean;
  readonly error: Refusal | undefined;
  /** True where it went well. */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

/** A change that somebody asks for: one at a time, with what was refused. */
export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  const running = useRef(false);
  const run = useCallback(async (work: () => Promise<unknown>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (problem) {
      setError(problem as Refusal);
      return false;
    } finally {
      running.current = false;
      setBusy(false);
    }
  }, []);
  return { busy, error, run };
}
