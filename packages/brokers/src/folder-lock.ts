import { createHash } from "node:crypto";
import { once } from "node:events";
import { realpathSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HypersphereError } from "hypersphere";

/** Milliseconds: a process that was killed does not end at once where the machine is busy, and the next one may be there already. */
const PATIENCE = 3000;

/**
 * Takes a folder for this process, until it ends, however it ends: the lock is a socket that is listened to. It is known on this
 * machine alone (and within one container).
 *
 * @throws HypersphereError `io` for a folder that a process has already
 */
export async function lockFolder(folder: string): Promise<Server> {
  const name = `hypersphere-${createHash("sha256").update(realpathSync(folder)).digest("hex").slice(0, 24)}`;
  const path = {
    // Names that end with their process: nothing is left to clean up.
    linux: `\0${name}`,
    win32: `\\\\.\\pipe\\${name}`,
  }[process.platform as string];
  if (path !== undefined) return await listening(path, folder);
  const file = join(tmpdir(), `${name}.sock`);
  if (!(await isHeard(file))) rmSync(file, { force: true });
  return await listening(file, folder);
}

async function listening(path: string, folder: string): Promise<Server> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.listen(path);
    try {
      await once(server, "listening");
      return server;
    } catch (cause) {
      if (performance.now() < until) {
        await sleep(100);
        continue;
      }
      throw new HypersphereError("io", `Another process has the folder ${folder}.`, {
        hint: "Each worker has a --state-folder of its own. Wait for the other one to end, or stop it.",
        cause,
      });
    }
  }
}

async function isHeard(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
