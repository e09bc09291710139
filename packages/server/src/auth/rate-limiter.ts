/** Buckets of tokens, one per key: a second's worth may come at once, at least one request. In this process alone. */
export class RateLimiter {
  readonly #buckets = new Map<number, { tokens: number; at: number }>();

  /** @returns seconds to wait, 0 where the request may go on */
  take(key: number, perMinute: number, now: number): number {
    const perMs = perMinute / 60_000;
    const most = Math.max(1, perMinute / 60);
    const bucket = this.#buckets.get(key) ?? { tokens: most, at: now };
    const tokens = Math.min(most, bucket.tokens + Math.max(0, now - bucket.at) * perMs);
    const admitted = tokens >= 1;
    this.#buckets.set(key, { tokens: admitted ? tokens - 1 : tokens, at: now });
    return admitted ? 0 : Math.ceil((1 - tokens) / perMs / 1000);
  }
}
