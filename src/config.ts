import { readFileSync } from "node:fs";
import { z } from "zod";
import { deviceDoors } from "./settings/device-doors.ts";
import { doors } from "./settings/doors.ts";
import { ingest } from "./settings/ingest.ts";
import { outputs } from "./settings/outputs.ts";
import { people } from "./settings/people.ts";
import { reportMail } from "./settings/report-mail.ts";
import { screens } from "./settings/screens.ts";
import { snapshots } from "./settings/snapshots.ts";
import { storage } from "./settings/storage.ts";
import { web } from "./settings/web.ts";
import { work } from "./settings/work.ts";

/** Every setting of the center: name, form, default. Sizes in bytes, durations in the unit of their name. */
export const settings = {
  ...doors,
  ...deviceDoors,
  ...ingest,
  ...outputs,
  ...web,
  ...screens,
  ...people,
  ...reportMail,
  ...snapshots,
  ...storage,
  ...work,
} as const;

export type Config = Readonly<z.infer<ReturnType<typeof schema>>>;

function schema() {
  return z.object(settings);
}

/** A list of everything that is wrong with the settings, one readable line each. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The settings have ${problems.length} problem(s):\n${problems.map((line) => `  - ${line}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Reads settings from an environment; the only place that does. A secret may come as `NAME_FILE`.
 * @throws ConfigError that names every problem at once
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const values: Record<string, string> = {};
  for (const name of Object.keys(settings)) {
    const file = environment[`${name}_FILE`];
    if (file) {
      try {
        values[name] = readFileSync(file, "utf8").trim();
      } catch (error) {
        problems.push(`${name}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
      }
    } else if (environment[name] !== undefined && environment[name] !== "") {
      values[name] = environment[name];
    }
  }
  const parsed = schema().safeParse(values);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0]);
      problems.push(`${name}: ${issue.message} (it is ${JSON.stringify(secret(name) ? "…" : values[name])})`);
    }
  } else {
    problems.push(...contradictions(parsed.data));
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return Object.freeze(parsed.data);
}

const secret = (name: string): boolean => /TOKEN|KEY|DATABASE_URL|MAIL_URL/.test(name);
const loopback = (host: string): boolean => ["127.0.0.1", "::1", "localhost"].includes(host);

function contradictions(config: z.infer<ReturnType<typeof schema>>): string[] {
  const problems: string[] = [];
  if (config.MQTTS_PORT !== undefined && !(config.TLS_CERT && config.TLS_KEY)) {
    problems.push("MQTTS_PORT needs TLS_CERT and TLS_KEY (paths of PEM files)");
  }
  const open = ["HTTP_HOST", "MQTT_HOST"] as const;
  const tcp = config.JT808_PORT !== undefined || config.TELTONIKA_PORT !== undefined;
  for (const name of tcp ? ([...open, "TCP_HOST"] as const) : open) {
    if (!loopback(config[name]) && !config.ALLOW_INSECURE) {
      problems.push(
        `${name}: ${config[name]} is reachable from other machines without encryption; put a TLS proxy before it or use ` +
          "MQTTS_PORT, then set ALLOW_INSECURE=true to say that you have seen to it",
      );
    }
  }
  if (config.INFLUX_URL && !config.INFLUX_TOKEN) problems.push("INFLUX_URL needs INFLUX_TOKEN");
  if (config.HISTORY_FROM === "influx" && !config.INFLUX_URL) problems.push("HISTORY_FROM=influx needs INFLUX_URL");
  if (config.REPORT_MAIL_TO.length > 0 && !(config.REPORT_MAIL_URL && config.REPORT_MAIL_FROM)) {
    problems.push("REPORT_MAIL_TO needs REPORT_MAIL_URL (smtps://user:password@host) and REPORT_MAIL_FROM");
  }
  if (config.DATABASE_URL) problems.push("DATABASE_URL: this version keeps its records in SQLite under DATA_DIR only");
  if (config.CLOCK_START && Number.isNaN(parseInstant(config.CLOCK_START))) {
    problems.push(`CLOCK_START: ${config.CLOCK_START} is neither ISO 8601 nor epoch milliseconds`);
  }
  return problems;
}

/** ISO 8601 or epoch milliseconds → epoch milliseconds, NaN when it is neither. */
export function parseInstant(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Date.parse(text);
}
