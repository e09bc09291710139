/** Numbers as people read them: as in the service's page. */
export { bytes, cell, count, number, percent } from "../../server/page/src/format.js";
