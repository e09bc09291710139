// Sees to the browser of test/browser/: installs Debian's chromium where that can be done without asking anybody, and says
// in one line what it found or left out. Never fails: without a browser the test is skipped.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"];
const found = () => places.find((path) => path !== undefined && path !== "" && existsSync(path));

console.log(`browser: ${found() ?? install()}`);

function install() {
  if (process.platform !== "linux" || !existsSync("/usr/bin/apt-get")) {
    return "none, and no apt-get to install Debian's chromium with; its test is skipped";
  }
  if (process.getuid() !== 0) {
    return "none, and only root may install Debian's chromium; its test is skipped";
  }
  const apt = (...args) =>
    spawnSync("apt-get", args, {
      stdio: "ignore",
      timeout: 240_000,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).status === 0;
  const wanted = ["install", "-y", "--no-install-recommends", "chromium"];
  if (!apt(...wanted)) {
    apt("update");
    apt(...wanted);
  }
  return found() ?? "none, and apt-get could not install chromium; its test is skipped";
}
