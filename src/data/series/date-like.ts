import { plainDigits } from "../../text/plain-digits.js";
import { parseDate, parseDigitDate } from "./dates.js";

/** Beginnings of the months' names in English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish and Russian. */
const month =
  "(?:jan|janv|ene|gen|jän|feb|fév|fev|mar|mär|mrz|maa|apr|avr|abr|may|mai|maj|mei|mag|jun|juin|giu|jul|juil|lug|aug|août|aout|ago|sep|set|oct|okt|out|ott|nov|dec|déc|dez|dic|" +
  "sty|lut|kwi|cze|lip|sie|wrz|paź|lis|gru|янв|фев|мар|апр|мая|май|июн|июл|авг|сен|окт|ноя|дек)\\p{L}*\\.?";
const weekday =
  /^(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|mié|jeu|jue|gio|ven|vie|sam|sáb|sab|dim|dom|пн|вт|ср|чт|пт|сб|вс)\p{L}{0,8}[.,]*\s+/iu;
const year = "(?:\\d{2}|\\d{4})";
const fullYear = "(?:19|20)\\d{2}";
/** 13:45, 13:45:00.123, 13h45, 01.45.00.000000000 PM, 13-45-00, 134500 */
const clock =
  "(?:\\d{1,2}[:.h-]\\d{2}(?:[:.m-]\\d{2}s?(?:[.,]\\d+)?)?|\\d{2}|\\d{4}|\\d{6})\\s*(?:[ap]\\.?m\\.?)?";
const offset = "(?:Z|[A-Z]{3,5}|(?:UTC|GMT)?[+-]\\d{1,2}:?(?:\\d{2})?)";
/** Also +0200 CEST, +02:00[Europe/Berlin], GMT+0200 (Central European Summer Time) and Europe/Berlin. */
const zone = `(?:${offset}(?:\\s+[A-Z]{3,5})?(?:\\[[^\\]]+\\]|\\s+\\([^)]+\\))?|\\p{L}+(?:/[\\p{L}_-]+)+)`;
const timeOfDay = `(?:,?[T:_\\s-]+${clock}\\s*${zone}?)?`;
const day = "\\d{1,2}(?:st|nd|rd|th|er|º|ª|\\.)?";
/** Where no year says that it is a month, or nothing stands between: "Set 3" is none. */
const surely =
  "(?:jan(?:uary?)?|feb(?:ruary?)?|mar(?:ch)?|märz|apr(?:il)?|ma[yi]|june?|juni|july?|juli|aug(?:ust)?|sept?(?:ember)?|o[ck]t(?:ober)?|nov(?:ember)?|de[cz](?:ember)?)\\.?";

const forms = [
  // 31.5.2024, 5/31/24, 2024.05.31, 2024:05:31, 2024. 5. 31.
  `\\d{1,2}([./-])\\d{1,2}\\1${year}${timeOfDay}`,
  `\\d{4}([./:-])\\s?\\d{1,2}\\1\\s?\\d{1,2}\\.?${timeOfDay}`,
  // 20240531 134500, 2024-05-31T13-45
  `${fullYear}\\d{4}${timeOfDay}`,
  // 31 May 2024, 31. Mai 2024, 31/May/2024, 31 de mayo de 2024; 31MAY2024:13:45:00
  `${day}[ ./-]+(?:de )?${month}(?: de )?[ .,/-]*${year}(?: г\\.?)?${timeOfDay}`,
  `\\d{1,2}${surely}${year}${timeOfDay}`,
  // May 31, 2024; with time: May 31 13:45:00, also with zone and year behind
  `${month}[ .]+\\d{1,2}(?:st|nd|rd|th)?,?[ ]+\\d{4}${timeOfDay}`,
  `${month}[ ]+\\d{1,2}[ ]+\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d+)?)?(?:\\s*${zone})?(?: \\d{4})?`,
  // Without a year: May 31, 31. Mai, 31.05.
  `${surely}[ -]+\\d{1,2}(?:st|nd|rd|th)?`,
  `${day}[ -]*${surely}`,
  "\\d{2}\\.(?:0[1-9]|1[0-2])\\.",
  // 2024年5月31日, 令和6年5月31日, 5月31日
  `(?:\\d{4}|(?:令和|平成|昭和)\\d{1,2})\\s?[年년]\\s?\\d{1,2}\\s?[月월](?:\\s?\\d{1,2}\\s?[日일])?(?:\\s*${clock})?`,
  "\\d{1,2}\\s?[月월]\\s?\\d{1,2}\\s?[日일]",
  // Days of the year: 2024-152
  `${fullYear}-(?:[0-2]\\d{2}|3[0-5]\\d|36[0-6])${timeOfDay}`,
  // As .NET writes them in JSON
  "\\\\?/Date\\(-?\\d+(?:[+-]\\d{4})?\\)\\\\?/",
  // Months, weeks, quarters, halves and fiscal years
  `${fullYear}[ /-]?(?:(?:W|KW|CW)\\d{1,2}(?:-[1-7])?|Q[1-4]|H[12]|M\\d{2})`,
  `(?:Q[1-4]|H[12]|FY|(?:W|KW|CW|Week)[ -]?\\d{1,2})[ ,/-]*${fullYear}`,
  "(?:(?:Q[1-4]|H[12])[ ']'?|[1-4]Q[ ']?|FY[ ']?)[0-3]\\d",
  `${fullYear}[-/](?:0?[1-9]|1[0-2])`,
  `(?:0?[1-9]|1[0-2])[-/]${fullYear}`,
  `${month}[ -]${fullYear}`,
  `${surely}[-']\\d{2}`,
].map((form) => new RegExp(`^${form}$`, "iu"));

/** Characters of the longest dates, with room; longer texts are not searched. */
const LONGEST = 100;
/** The time of day before the date, brackets and quotation marks around it. */
const leadingClock = /^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?,?\s+(?=\S)/iu;
const wrapped = /^(?:\[(.+)\]|"(.+)"|'(.+?)'?)$/su;

/** Any usual way to write a date: which day it is need not be clear here. */
export function isDate(cell: string): boolean {
  if (cell.length > LONGEST) return false;
  const given = plainDigits(cell).trim();
  const text = wrapped.exec(given)?.slice(1).find(Boolean)?.trim() ?? given;
  if (parseDate(text) !== undefined || parseDigitDate(text) !== undefined) return true;
  const bare = text.replace(leadingClock, "");
  if (bare !== text && isDate(bare)) return true;
  const named = text.replace(weekday, "");
  return forms.some((form) => form.test(text) || (named !== text && form.test(named)));
}
