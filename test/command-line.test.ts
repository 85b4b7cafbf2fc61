import { describe, expect, test } from "vitest";
import { nearest } from "../src/cli/nearest.ts";
import { kerbside } from "./support/command-line.ts";

describe("the command line", () => {
  test("lists its commands, and helps with each", async () => {
    const { out } = await kerbside("--help");
    expect((await kerbside()).out).toBe(out);
    const names = [...out.matchAll(/^ {2}(\w+) {2}/gm)].map(([, name]) => name as string);
    expect(names).toEqual(expect.arrayContaining(["serve", "backup", "restore", "export", "import"]));
    for (const name of names) {
      const help = await kerbside(name, "--help");
      expect(help).toMatchObject({ code: 0, error: "" });
      expect(help.out).toContain(`Usage: kerbside ${name}`);
      for (const line of help.out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(120);
    }
    expect((await kerbside("help", "backup")).out).toBe((await kerbside("backup", "--help")).out);
  });

  test("names what it does not know, and what was probably meant, with exit code 2", async () => {
    const cases = [
      [["bakcup"], /no command "bakcup". Did you mean backup\?/],
      [["dance"], /no command "dance". kerbside help lists them/],
      [["backup", "--data-dri", "x"], /no option "--data-dri". Did you mean --data-dir\?/],
      [["export", "--colour", "x"], /no option "--colour". kerbside export --help lists them/],
      [["backup", "--to"], /--to/],
      [["restore"], /Name one backup/],
    ] as const;
    for (const [given, why] of cases) {
      expect(await kerbside(...given)).toMatchObject({ code: 2, out: "", error: expect.stringMatching(why) });
    }
  });

  test("takes a slip of the finger for what was meant, and nothing else", () => {
    expect(nearest("improt", ["export", "import", "serve"])).toBe("import");
    expect(nearest("expo", ["export", "import"])).toBe("export");
    expect(nearest("device", ["devices", "serve"])).toBe("devices");
    expect(nearest("xyz", ["export", "import"])).toBeNull();
  });
});
