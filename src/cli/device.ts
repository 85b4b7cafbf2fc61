import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { kindNames } from "../domain/kinds.ts";
import type { Metrics } from "../domain/metrics.ts";
import type { Place } from "../domain/place.ts";
import { asCommandError, type Environment, UsageError } from "./command.ts";
import { createRest, restHelp, restOptions } from "./rest.ts";
import { theOne, withParts } from "./subcommands.ts";
import { moment, table } from "./table.ts";

export const device = withParts(
  "device",
  {
    summary: "devices: add, list, remove, a new secret, import from a file",
    help: `Usage: kerbside device add ID --kind KIND [options]
       kerbside device list [--kind KIND] [--online | --offline]
       kerbside device remove ID
       kerbside device secret ID [--keep-previous]
       kerbside device import FILE [--update] [--partial] [--secrets FILE]

add: registers a device and prints its MQTT login, this once.
  --kind KIND            ${kindNames.join(", ")}
  --name NAME            how people call it
  --at LAT,LON           where it stands, WGS 84
  --community ID, --grid ID, --point ID   where it belongs; else as the district says of its place
  --alias NAME           how a dialect calls it (eui:…, imei:…, ot:user/phone); may be given several times
  --attribute NAME=VALUE emptyMm=1200, devices=*, …; may be given several times
secret: a new one, printed this once; the old one ends.
  --keep-previous        the old one works until the next time
import: CSV (columns id, kind, name, lat, lon, aliases; others become attributes), GeoJSON points or a JSON array.
  --update               also change devices that are there
  --partial              take the sound rows although others are not
  --secrets FILE         the logins of new devices go there (id,password), readable by you only; else they are printed

All of them speak to a running center:
${restHelp}`,
  },
  { add, list, remove, secret, import: importFile },
);

interface Login {
  readonly username: string;
  readonly password: string;
}

interface ShownDevice {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly place: Place | null;
  readonly online: boolean | null;
  readonly at: number | null;
  readonly metrics: Metrics;
}

async function add(parameters: readonly string[], environment: Environment): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    options: {
      ...restOptions,
      kind: { type: "string" },
      name: { type: "string" },
      at: { type: "string" },
      community: { type: "string" },
      grid: { type: "string" },
      point: { type: "string" },
      alias: { type: "string", multiple: true },
      attribute: { type: "string", multiple: true },
    },
    allowPositionals: true,
  });
  const id = theOne(positionals, "one device: kerbside device add bin-0007 --kind bin");
  const { kind, name, at, community, grid, point, alias, attribute } = values;
  if (kind === undefined) throw new UsageError(`Give it a --kind: ${kindNames.join(", ")}.`);
  if (at === undefined && (community ?? grid ?? point) !== undefined) {
    throw new UsageError("--community, --grid and --point need --at LAT,LON.");
  }
  const made = await createRest(values, environment).send<{ mqtt: Login }>("POST", "/devices", {
    id,
    kind,
    name,
    aliases: alias,
    ...(attribute && { attributes: Object.fromEntries(attribute.map(attributeOf)) }),
    ...(at !== undefined && { place: { ...position(at), communityId: community, gridId: grid, pointId: point } }),
  });
  return values.json ? JSON.stringify(made) : shownLogin(made.mqtt);
}

function position(given: string): { lat: number; lon: number } {
  const [lat, lon, ...more] = given.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (lat === undefined || lon === undefined || more.length > 0 || Number.isNaN(lat) || Number.isNaN(lon)) {
    throw new UsageError(`--at ${given} must be LAT,LON, for example 22.733,113.9033.`);
  }
  return { lat, lon };
}

/** Numbers and yes or no are taken as such: attributes that the center reckons with are numbers. */
function attributeOf(given: string): [string, string | number | boolean] {
  const at = given.indexOf("=");
  if (at <= 0) throw new UsageError(`--attribute ${given} must be NAME=VALUE.`);
  const [name, text] = [given.slice(0, at), given.slice(at + 1)];
  if (text === "true" || text === "false") return [name, text === "true"];
  const number = Number(text);
  return [name, text.trim() === "" || Number.isNaN(number) ? text : number];
}

function shownLogin({ username, password }: Login): string {
  process.stderr.write(`MQTT login of ${username}. Its password is shown only this once:\n`);
  return password;
}

async function list(parameters: readonly string[], environment: Environment): Promise<string> {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      ...restOptions,
      kind: { type: "string", multiple: true },
      online: { type: "boolean" },
      offline: { type: "boolean" },
    },
  });
  if (values.online && values.offline) throw new UsageError("--online and --offline exclude each other.");
  const search = new URLSearchParams({ limit: "100" });
  if (values.kind) search.set("kind", values.kind.join(","));
  if (values.online || values.offline) search.set("online", String(values.online === true));
  const devices = await createRest(values, environment).all<ShownDevice>(`/devices?${search}`);
  if (values.json) return JSON.stringify(devices);
  return table(
    ["ID", "KIND", "NAME", "COMMUNITY", "ONLINE", "LAST READING"],
    devices.map(({ id, kind, name, place, online, at }) => {
      return [id, kind, name, place?.communityId, online === null ? null : online ? "yes" : "no", moment(at)];
    }),
  );
}

async function remove(parameters: readonly string[], environment: Environment): Promise<string | null> {
  const { values, positionals } = parseArgs({ args: [...parameters], options: restOptions, allowPositionals: true });
  const id = theOne(positionals, "one device by its ID");
  await createRest(values, environment).send("DELETE", `/devices/${encodeURIComponent(id)}`);
  return values.json ? null : `Device ${id} is removed; what it said is kept.`;
}

async function secret(parameters: readonly string[], environment: Environment): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    options: { ...restOptions, "keep-previous": { type: "boolean" } },
    allowPositionals: true,
  });
  const id = theOne(positionals, "one device by its ID");
  const keep = values["keep-previous"] === true;
  const path = `/devices/${encodeURIComponent(id)}/secret?keepPrevious=${keep}`;
  const made = await createRest(values, environment).send<{ mqtt: Login }>("POST", path);
  return values.json ? JSON.stringify(made) : shownLogin(made.mqtt);
}

async function importFile(parameters: readonly string[], environment: Environment): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    options: {
      ...restOptions,
      update: { type: "boolean" },
      partial: { type: "boolean" },
      secrets: { type: "string" },
    },
    allowPositionals: true,
  });
  const file = theOne(positionals, "one file: CSV, GeoJSON or JSON");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
    // Before anything is made: a login that cannot be written down is lost.
    if (values.secrets !== undefined) writeFileSync(values.secrets, "", { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw asCommandError(
      error,
      `${values.secrets === undefined ? file : `${file} or ${values.secrets}`} cannot be used`,
    );
  }
  const type = /^\s*[[{]/.test(text) ? "application/json" : "text/csv";
  const path = `/devices/import?update=${values.update === true}&partial=${values.partial === true}`;
  const answer = await createRest(values, environment).send<{
    created: { id: string; mqtt?: Login }[];
    errors: { row: number; problem: string }[];
  }>("POST", path, text, type);
  for (const { row, problem } of answer.errors) process.stderr.write(`row ${row}: ${problem}\n`);
  const logins = answer.created.flatMap(({ mqtt }) => (mqtt ? [mqtt] : []));
  if (values.secrets !== undefined) {
    writeFileSync(values.secrets, logins.map(({ username, password }) => `${username},${password}\n`).join(""));
  }
  if (values.json) return JSON.stringify(answer);
  const said = `${logins.length} devices are new, ${answer.created.length - logins.length} changed, ${answer.errors.length} refused.`;
  if (values.secrets !== undefined || logins.length === 0) return said;
  process.stderr.write(`${said} Their passwords are shown only this once:\n`);
  return table(
    ["ID", "PASSWORD"],
    logins.map(({ username, password }) => [username, password]),
  );
}
