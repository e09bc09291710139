export { announce, EVENTS, type WebhookEvent } from "./outbox.js";
export { Postman } from "./postman.js";
export { listDeliveries, type StoredDelivery, sendAgain } from "./query-deliveries.js";
export { addWebhook, deleteWebhook, listWebhooks, type StoredWebhook } from "./registered.js";
export { verifyWebhook, type WebhookMessage } from "./verify.js";
