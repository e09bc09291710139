import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../problem.js";

/**
 * Keeps a folder for this process: two that write an embedded database destroy it. The lock of a process that was killed is
 * taken over.
 * @returns what gives it back
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, "lock");
  for (let tries = 0; ; tries++) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST" || tries > 0) throw error;
    }
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    if (owner > 0 && owner !== process.pid && isRunning(owner)) {
      throw new Problem("conflict", `The folder ${folder} is in use by process ${owner}.`, {
        hint: "Stop that one, name another folder, or use a PostgreSQL server, which several processes can share.",
      });
    }
    await rm(path, { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
