/** Postgres's type of whole numbers of 8 bytes. They are below 2^53 here: sizes, counts and rows in order. */
export const INT8 = 20;
