import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "./support/directory.ts";
import { startTestCenter } from "./support/running-center.ts";

const program = join(import.meta.dirname, "../src/cli/index.ts");

/** The command line as its users have it: a process of its own. */
async function kerbside(...parameters: string[]): Promise<{ code: number; out: string; error: string }> {
  const args = ["--disable-warning=ExperimentalWarning", program, ...parameters];
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
    return { code: 0, out: stdout, error: stderr };
  } catch (failure) {
    const { code, stdout, stderr } = failure as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, error: stderr };
  }
}

async function backedUp(data: string, to: string): Promise<{ folder: string; rows: number }> {
  const { out, error } = await kerbside("backup", "--data-dir", data, "--to", to);
  expect(error).toBe("");
  return JSON.parse(out) as { folder: string; rows: number };
}

describe("the command line", () => {
  test("lists its commands, helps with each, and names what it does not know", async () => {
    const { out } = await kerbside("--help");
    for (const command of ["serve", "backup", "restore"]) {
      expect(out).toContain(command);
      const help = await kerbside(command, "--help");
      expect(help).toMatchObject({ code: 0, error: "" });
      expect(help.out).toContain(`Usage: kerbside ${command}`);
    }
    expect(await kerbside("dance")).toMatchObject({ code: 1, error: expect.stringContaining('no command "dance"') });
    expect(await kerbside("backup", "--frm", "x")).toMatchObject({ code: 2, error: expect.stringContaining("--frm") });
  });
});

describe("a backup", () => {
  test("under load has everything that was receipted before it began, and is another epoch when restored", async () => {
    using outside = temporaryDirectory();
    const data = join(outside.path, "restored");
    let folder = "";
    let before: string[] = [];
    let epoch = "";
    {
      await using center = await startTestCenter();
      epoch = center.center.store.restored.epoch;
      const receipted: string[] = [];
      const register = async () => {
        const id = `bin-${receipted.length}`;
        await center.rest("POST", "/devices", { id, kind: "bin", place: { lat: 22.733, lon: 113.9033 } });
        receipted.push(id);
      };
      for (let n = 0; n < 50; n++) await register();
      before = [...receipted];
      let copying = true;
      const load = (async () => {
        while (copying) await register();
      })();
      ({ folder } = await backedUp(center.directory, join(outside.path, "backups")).finally(() => {
        copying = false;
      }));
      await load;
      expect(receipted.length).toBeGreaterThan(before.length);
    }
    const restored = await kerbside("restore", folder, "--data-dir", data);
    expect(restored).toMatchObject({ code: 0, error: "" });
    await using center = await startTestCenter({ DATA_DIR: data });
    expect(center.center.store.restored.epoch).not.toBe(epoch);
    for (const id of before) expect(await center.rest("GET", `/devices/${id}`)).toMatchObject({ id });
    // A second time would overwrite what the new center knows by now.
    expect(await kerbside("restore", folder, "--data-dir", data)).toMatchObject({
      code: 1,
      error: expect.stringContaining("is not empty"),
    });
  });

  test("that is damaged or changed is not restored", async () => {
    using outside = temporaryDirectory();
    await using center = await startTestCenter();
    const { folder } = await backedUp(center.directory, outside.path);
    const restore = () => kerbside("restore", folder, "--data-dir", join(outside.path, "restored"));
    const path = join(folder, "kerbside.db");
    const bytes = readFileSync(path);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 100] = (flipped[bytes.length - 100] as number) ^ 0xff;
    writeFileSync(path, flipped);
    expect(await restore()).toMatchObject({ code: 1, error: expect.stringContaining("its sum differs") });
    writeFileSync(path, bytes);
    rmSync(join(folder, "manifest.json"));
    expect(await restore()).toMatchObject({ code: 1, error: expect.stringContaining("is no backup") });
  });

  test("that cannot be written says why in one sentence, and leaves nothing behind", async () => {
    using outside = temporaryDirectory();
    await using center = await startTestCenter();
    const file = join(outside.path, "a-file");
    writeFileSync(file, "");
    const failed = await kerbside("backup", "--data-dir", center.directory, "--to", join(file, "backups"));
    expect(failed).toMatchObject({ code: 1, out: "" });
    expect(failed.error).toMatch(/^The backup cannot be written to .*a part of the path is a file.*\n$/);
    expect(await kerbside("backup", "--data-dir", outside.path)).toMatchObject({
      code: 1,
      error: expect.stringContaining("holds no kerbside.db"),
    });
  });
});
