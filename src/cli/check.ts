import { existsSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { parseArgs } from "node:util";
import { type Config, ConfigError, readConfig } from "../config.ts";
import { createDistrict } from "../district/district.ts";
import { describeIssue } from "../district/issue.ts";
import { DELIVERED_DISTRICT, loadDistrict } from "../district/load.ts";
import { Problem } from "../domain/problem.ts";
import { freeBytes } from "../store/database.ts";
import { type Command, dataFolder } from "./command.ts";
import { examineData } from "./examine-data.ts";
import { DATABASE, PEPPER } from "./saved.ts";

interface Finding {
  readonly what: string;
  /** Null when it is well. */
  readonly problem: string | null;
  readonly note?: string;
}

export const check: Command = {
  summary: "settings, district and data looked through, without starting anything",
  help: `Usage: kerbside check [--data-dir DIR] [--json]

  --data-dir DIR  the center's folder (DATA_DIR, else ./data); the center may run
  --json          what was found, as JSON

Looks at the settings of the environment, the district file, and the data: its version, every page of the database
(SQLite's quick_check), every packed reading, the chain of the audit, the pepper, the space that is left.
Ends with 1 when something is wrong.`,

  async run(parameters, environment) {
    const { values } = parseArgs({
      args: [...parameters],
      options: { "data-dir": { type: "string" }, json: { type: "boolean" } },
    });
    const findings: Finding[] = [];
    let config: Config | null = null;
    try {
      config = readConfig(environment);
      findings.push({ what: "settings", problem: null });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) findings.push({ what: "settings", problem });
    }
    findings.push(await district(config?.DISTRICT ?? environment.DISTRICT ?? DELIVERED_DISTRICT));
    findings.push(...data(dataFolder(values["data-dir"], environment), config));
    const wrong = findings.filter(({ problem }) => problem !== null);
    if (wrong.length > 0) process.exitCode = 1;
    if (values.json) return JSON.stringify({ sound: wrong.length === 0, findings });
    return findings
      .map(({ what, problem, note }) => `${problem === null ? "well " : "WRONG"}  ${what}${tail(problem ?? note)}`)
      .join("\n");
  },
};

const tail = (text: string | undefined): string => (text === undefined ? "" : `: ${text}`);

async function district(path: string): Promise<Finding> {
  try {
    const { features } = loadDistrict(path);
    const { notes } = await createDistrict(null).draft(features, { issues: [], numbered: true });
    const note = notes.map((each) => `\n         note: ${describeIssue(each)}`).join("");
    return { what: "district", problem: null, note: `${path}, ${features.length} features${note}` };
  } catch (error) {
    if (!(error instanceof Problem)) return { what: "district", problem: (error as Error).message };
    const errors = (error.extra.errors ?? []) as Parameters<typeof describeIssue>[0][];
    const lines = errors.map((each) => `\n         ${describeIssue(each)}`).join("");
    return { what: "district", problem: `${path}: ${errors.length} problem(s)${lines}` };
  }
}

function data(folder: string, config: Config | null): Finding[] {
  if (!existsSync(join(folder, DATABASE))) {
    const problem = writable(folder);
    return [{ what: "data", problem, note: `${folder} is made at the first start` }];
  }
  const findings: Finding[] = [{ what: "data", problem: writable(folder), note: folder }];
  const database = new DatabaseSync(join(folder, DATABASE), { readOnly: true, timeout: 5_000 });
  try {
    findings.push(...examineData(database));
    if (database.prepare("SELECT 1 FROM device LIMIT 1").get()) findings.push(pepper(join(folder, PEPPER)));
  } catch (error) {
    findings.push({ what: "database", problem: (error as Error).message });
  } finally {
    database.close();
  }
  const free = freeBytes(folder);
  const reserve = config?.DISK_RESERVE_BYTES ?? 0;
  const problem = free < reserve ? `only ${free} bytes are free, DISK_RESERVE_BYTES is ${reserve}` : null;
  findings.push({ what: "disk", problem, note: `${Math.round(free / 1e6).toLocaleString("en")} MB are free` });
  return findings;
}

/** Whether something can be written into the folder, or into the first one above it that exists: tried, not asked. */
function writable(folder: string): string | null {
  const there = (path: string): string => (existsSync(path) || dirname(path) === path ? path : there(dirname(path)));
  const own = there(folder);
  try {
    rmdirSync(mkdtempSync(join(own, ".kerbside-check-")));
    return null;
  } catch (error) {
    return `${own} cannot be written to (${(error as NodeJS.ErrnoException).code})`;
  }
}

function pepper(path: string): Finding {
  if (!existsSync(path)) return { what: "pepper", problem: `${path} is missing: no device can log in without it` };
  const sound = /^[0-9a-f]{64}$/.test(readFileSync(path, "utf8").trim());
  return { what: "pepper", problem: sound ? null : `${path} must hold 32 bytes in hexadecimal` };
}
