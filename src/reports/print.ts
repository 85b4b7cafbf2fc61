import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { Problem } from "../domain/problem.ts";
import { SECOND } from "../domain/time.ts";

const KNOWN = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
];
const TIMEOUT_MS = 60 * SECOND;
const FLAGS = [
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-pdf-header-footer",
];
const run = promisify(execFile);

/**
 * Prints pages as PDF with the machine's Chromium, one after the other: a browser takes more memory than the center.
 * @param chromium path of the program; undefined: where distributions put it
 */
export function createPrinter(chromium: string | undefined): (page: string) => Promise<Buffer> {
  const program = chromium ?? KNOWN.find((path) => existsSync(path));
  let last: Promise<unknown> = Promise.resolve();

  const print = async (page: string): Promise<Buffer> => {
    if (!program) {
      throw new Problem(501, "noChromium", "PDF needs Chromium on the center's machine; CHROMIUM names its path");
    }
    const directory = await mkdtemp(join(tmpdir(), "kerbside-print-"));
    try {
      const [source, target] = [join(directory, "page.html"), join(directory, "page.pdf")];
      await writeFile(source, page);
      const profile = `--user-data-dir=${join(directory, "profile")}`;
      // Chromium's sandbox does not run as root; the page is our own and carries no script.
      const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
      const address = pathToFileURL(source).href;
      await run(program, [...FLAGS, ...asRoot, profile, `--print-to-pdf=${target}`, address], { timeout: TIMEOUT_MS });
      return await readFile(target);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  };

  return (page) => {
    const printed = last.then(() => print(page));
    last = printed.catch(() => {});
    return printed;
  };
}
