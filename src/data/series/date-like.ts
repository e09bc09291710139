import { plainDigits } from "../../text/plain-digits.js";
import { parseDate, parseDigitDate } from "./dates.js";

/** Beginnings of the months' names in English, German, French, Spanish, Italian, Portuguese, Dutch and Swedish. */
const month =
  "(?:jan|janv|ene|gen|jän|feb|fév|fev|mar|mär|mrz|maa|apr|avr|abr|may|mai|maj|mei|mag|jun|juin|giu|jul|juil|lug|aug|août|aout|ago|sep|set|oct|okt|out|ott|nov|dec|déc|dez|dic)\\p{L}*\\.?";
const weekday =
  /^(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|mié|jeu|jue|gio|ven|vie|sam|sáb|sab|dim|dom)\p{L}{0,8}[.,]*\s+/iu;
const year = "(?:\\d{2}|\\d{4})";
const clock = "\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d+)?)?\\s*(?:[ap]\\.?m\\.?)?";
const zone = "(?:Z|[A-Z]{3,4}|(?:UTC|GMT)?[+-]\\d{1,2}:?(?:\\d{2})?)";
const timeOfDay = `(?:,?[T:_\\s]*[\\sT:_]${clock}\\s*${zone}?)?`;

const forms = [
  // 31.5.2024, 5/31/24, 2024.05.31, 2024:05:31, 2024. 5. 31.
  `\\d{1,2}([./-])\\d{1,2}\\1${year}${timeOfDay}`,
  `\\d{4}([./:-])\\s?\\d{1,2}\\1\\s?\\d{1,2}\\.?${timeOfDay}`,
  // 31 May 2024, 31. Mai 2024, 31/May/2024, 31 de mayo de 2024
  `\\d{1,2}(?:st|nd|rd|th)?[ ./-]+(?:de )?${month}(?: de )?[ .,/-]*${year}${timeOfDay}`,
  // May 31, 2024; with time: May 31 13:45:00, also with zone and year behind
  `${month}[ .]+\\d{1,2}(?:st|nd|rd|th)?,?[ ]+\\d{4}${timeOfDay}`,
  `${month}[ ]+\\d{1,2}[ ]+${clock}(?:\\s*${zone})?(?: \\d{4})?`,
  // 2024年5月31日
  `\\d{4}\\s?[年년]\\s?\\d{1,2}\\s?[月월](?:\\s?\\d{1,2}\\s?[日일])?(?:\\s*${clock})?`,
  // Months, weeks and quarters
  "(?:19|20)\\d{2}-?(?:W\\d{2}(?:-[1-7])?|Q[1-4])",
  "Q[1-4][ /-]?(?:19|20)\\d{2}",
  "(?:19|20)\\d{2}[-/](?:0[1-9]|1[0-2])",
  "(?:0?[1-9]|1[0-2])[-/](?:19|20)\\d{2}",
  `${month}[ -](?:19|20)\\d{2}`,
].map((form) => new RegExp(`^${form}$`, "iu"));

/** Any usual way to write a date: which day it is need not be clear here. */
export function isDate(cell: string): boolean {
  const text = plainDigits(cell).trim();
  if (parseDate(text) !== undefined || parseDigitDate(text) !== undefined) return true;
  const day = text.replace(weekday, "");
  return forms.some((form) => form.test(text) || (day !== text && form.test(day)));
}
