export { addAudit, listAudit } from "./audit.js";
export { type Database, openStore, type Store } from "./open-store.js";
export { type Page, type Place, pageOf, placeOf } from "./page.js";
export type * from "./tables.js";
