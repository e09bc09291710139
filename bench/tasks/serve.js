/** The service as a process that can be killed: options of `startService` as JSON; prints the address and, at first, a key. */
import { startService } from "hypersphere-server";
import { pino } from "pino";

const service = await startService({ ...JSON.parse(process.argv[2]), log: pino({ level: "fatal" }) });
console.log(JSON.stringify({ url: service.url, key: service.firstKey }));
