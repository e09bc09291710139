export { announce, EVENTS, type WebhookEvent } from "./outbox.js";
export { Postman } from "./postman.js";
export { countUndelivered, listDeliveries, type StoredDelivery, sendAgain } from "./query-deliveries.js";
export { addWebhook, deleteWebhook, listWebhooks, type StoredWebhook, tryOut } from "./registered.js";
export { verifyWebhook, type WebhookMessage } from "./verify.js";
