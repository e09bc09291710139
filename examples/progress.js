// Progress for people: one line that moves on a terminal, a plain line every quarter elsewhere.

const WIDTH = 30;

export function progressBar(stream = process.stdout) {
  let shown = -1;
  const clear = () => stream.isTTY && stream.write("\r\x1b[2K");
  return {
    update({ stage, fraction, member, members, loss }) {
      const percent = Math.round(100 * fraction);
      const who = member === undefined ? "" : `  network ${member} of ${members}`;
      const how = loss === undefined ? "" : `  loss ${loss.toPrecision(3)}`;
      if (stream.isTTY) {
        const full = Math.round(WIDTH * fraction);
        const bar = "#".repeat(full) + "-".repeat(WIDTH - full);
        clear();
        stream.write(`  [${bar}] ${String(percent).padStart(3)} %  ${stage}${who}${how}`);
      } else if (Math.floor(percent / 25) > shown) {
        shown = Math.floor(percent / 25);
        stream.write(`  ${String(percent).padStart(3)} %  ${stage}${who}${how}\n`);
      }
    },
    note(text) {
      clear();
      stream.write(`  Note: ${text}\n`);
    },
    done: clear,
  };
}
