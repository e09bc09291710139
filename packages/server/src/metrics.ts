import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What /metrics shows, in the form of Prometheus. Labels are names of models and of routes, which nobody outside can add to. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new Counter({
    name: "hypersphere_http_requests_total",
    help: "Requests answered.",
    labelNames: ["method", "route", "status"] as const,
    registers: [this.registry],
  });
  readonly seconds = new Histogram({
    name: "hypersphere_http_request_seconds",
    help: "Time to the end of an answer.",
    labelNames: ["route"] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });
  readonly rows = new Counter({
    name: "hypersphere_rows_scored_total",
    help: "Rows scored and stored.",
    labelNames: ["model", "flagged"] as const,
    registers: [this.registry],
  });
  readonly shadow = new Counter({
    name: "hypersphere_shadow_requests_total",
    help: "Requests that a shadow has scored, or not.",
    labelNames: ["outcome"] as const,
    registers: [this.registry],
  });
  readonly webhooks = new Counter({
    name: "hypersphere_webhook_attempts_total",
    help: "Attempts to send a webhook.",
    labelNames: ["outcome"] as const,
    registers: [this.registry],
  });
  readonly deleted = new Counter({
    name: "hypersphere_deleted_total",
    help: "Rows that were deleted because they are not to be kept for longer.",
    labelNames: ["what"] as const,
    registers: [this.registry],
  });
  readonly keptDays = new Gauge({
    name: "hypersphere_kept_days",
    help: "Days for which this is kept; without a value, for ever.",
    labelNames: ["what"] as const,
    registers: [this.registry],
  });
  readonly queued = new Gauge({
    name: "hypersphere_rows_queued",
    help: "Rows that wait to be scored or stored.",
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}
