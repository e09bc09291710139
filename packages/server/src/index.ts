/** `hypersphere-server`: the service, started from a program. The command `hypersphere serve` does the same. */
export { Problem, type ProblemContext, type ProblemKind } from "./problem.js";
export { type Service, type ServiceOptions, startService } from "./service.js";
export { DEFAULT_SETTINGS, type Settings } from "./settings.js";
export { verifyWebhook, type WebhookMessage } from "./webhooks/index.js";
