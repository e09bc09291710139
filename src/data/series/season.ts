/** What repeats: the hours of a day, or of a week. */
export const SEASONS = ["day", "week"] as const;
export type Season = (typeof SEASONS)[number];
