import { parseDate, parseDigitDate } from "./dates.js";

const monthName = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*";
const timeOfDay = String.raw`(?:,?[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]m)?\s*(?:Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?)?`;
const otherDate = new RegExp(
  `^(?:\\d{1,2}([./-])\\d{1,2}\\1\\d{2}(?:\\d{2})?|\\d{1,2}[ .-]+${monthName}[ .,-]+\\d{2,4}|${monthName}[ .]+\\d{1,2},?[ ]+\\d{4})${timeOfDay}$`,
  "i",
);

/** Months, weeks and quarters of ISO 8601 and its like, and a time of day behind an underscore. */
const partialDate =
  /^(?:19|20)\d{2}-(?:(?:0[1-9]|1[0-2])|W\d{2}(?:-[1-7])?|Q[1-4]|\d{2}-\d{2}_\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$/i;

/** Any usual way to write a date: which day it is need not be clear here. */
export const isDate = (text: string): boolean =>
  parseDate(text) !== undefined ||
  parseDigitDate(text) !== undefined ||
  [otherDate, partialDate].some((form) => form.test(text.trim()));
