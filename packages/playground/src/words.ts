/** What the page has for options of the library, as it calls it. */
const CONTROLS: Readonly<Record<string, string>> = {
  exclude: "the tick beside its name",
  columns: "the ticks beside their names",
  series: "“Rows are”",
  timeColumn: "“Column of time”",
  entityColumn: "“Column that tells series apart”",
  labelColumn: "“Column that says what is normal”",
  normalLabel: "“Normal rows say”",
};

/** A text of the library in the words of the page; options that the page lacks are those of the command. */
export const inPage = (text: string): string =>
  text.replace(
    /\boption "([a-zA-Z]+)(?:: \w+)?"/g,
    (whole, name: string) =>
      CONTROLS[name] ?? `${whole} (which this page does not have, and the command has)`,
  );
