export { detectEntire, detectLast, type EntireAnswer, type LastAnswer } from "./detect.js";
export { AzureError, type AzureRequest, azureRequest, azureRequestSchema } from "./request.js";
