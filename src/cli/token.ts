import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ulid } from "ulid";
import { hashToken, newTokenSecret } from "../access/tokens.ts";
import { parseInstant } from "../config.ts";
import { type Role, roles, type Scope, type Token } from "../domain/roles.ts";
import { atomically } from "../store/meta.ts";
import { noteInAudit, openAlone } from "./alone.ts";
import { CommandError, dataFolder, type Environment, UsageError } from "./command.ts";
import { createRest, restHelp, restOptions } from "./rest.ts";
import { DATABASE } from "./saved.ts";
import { theOne, withParts } from "./subcommands.ts";
import { moment, table } from "./table.ts";

const scopeOptions = {
  community: { type: "string", multiple: true },
  grid: { type: "string", multiple: true },
  line: { type: "string", multiple: true },
  grade: { type: "string", multiple: true },
} as const;

export const token = withParts(
  "token",
  {
    summary: "tokens of screens and programs: create, list, revoke; a way back for an administrator",
    help: `Usage: kerbside token create --name NAME --role ROLE [options]
       kerbside token list
       kerbside token revoke ID
       kerbside token reset-admin [--data-dir DIR] [--revoke-others]

create: makes a token and prints its secret, this once.
  --name NAME        who or what uses it
  --role ROLE        ${roles.join(", ")}; each may do what those before it may
  --community ID     it reaches these communities only; may be given several times, as may
  --grid ID          these grids,
  --line LINE        these business lines,
  --grade GRADE      these grades of area
  --crew ID          for the role crew: whose work it shows
  --badge ID         for the role crew: the badge of whoever holds it
  --expires TIME     ISO 8601 with zone, or epoch ms; else it stays until it is revoked

create, list and revoke speak to a running center:
${restHelp}

reset-admin: a new administrator's token into the data of a center that does not run, when nobody can log in any more.
  --data-dir DIR     the center's folder (DATA_DIR, else ./data)
  --revoke-others    every other token and session ends`,
  },
  { create, list, revoke, "reset-admin": resetAdmin },
);

type ShownToken = Omit<Token, "hash">;

async function create(parameters: readonly string[], environment: Environment): Promise<string> {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      ...restOptions,
      ...scopeOptions,
      name: { type: "string" },
      role: { type: "string" },
      crew: { type: "string" },
      badge: { type: "string" },
      expires: { type: "string" },
    },
  });
  const { name, role, community, grid, line, grade, crew, badge } = values;
  if (name === undefined || role === undefined) throw new UsageError("Give the token a --name and a --role.");
  if (!roles.includes(role as Role)) throw new UsageError(`--role ${role} must be one of ${roles.join(", ")}.`);
  const expiresAt = values.expires === undefined ? null : parseInstant(values.expires);
  if (Number.isNaN(expiresAt)) throw new UsageError(`--expires: ${values.expires} is neither ISO 8601 nor epoch ms.`);
  const scope = { communityId: community, gridId: grid, businessLine: line, areaGrade: grade };
  const made = await createRest(values, environment).send<ShownToken & { token: string }>("POST", "/tokens", {
    name,
    role,
    scope,
    expiresAt,
    crewId: crew,
    deviceId: badge,
  });
  if (values.json) return JSON.stringify(made);
  process.stderr.write(`Token ${made.id} for ${name} (${role}). Its secret is shown only this once:\n`);
  return made.token;
}

async function list(parameters: readonly string[], environment: Environment): Promise<string> {
  const { values } = parseArgs({ args: [...parameters], options: restOptions });
  const tokens = await createRest(values, environment).all<ShownToken>("/tokens");
  if (values.json) return JSON.stringify(tokens);
  return table(
    ["ID", "NAME", "ROLE", "REACHES", "CREATED", "EXPIRES"],
    tokens.map(({ id, name, role, scope, createdAt, expiresAt }) => [
      id,
      name,
      role,
      reach(scope),
      moment(createdAt),
      moment(expiresAt) ?? "never",
    ]),
  );
}

const reach = (scope: Scope): string =>
  Object.values(scope)
    .flatMap((names: readonly string[] | undefined) => (names ? [names.join(",")] : []))
    .join(" ") || "everything";

async function revoke(parameters: readonly string[], environment: Environment): Promise<string | null> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    options: restOptions,
    allowPositionals: true,
  });
  const id = theOne(positionals, "one token by its ID: kerbside token list shows them");
  await createRest(values, environment).send("DELETE", `/tokens/${encodeURIComponent(id)}`);
  return values.json ? null : `Token ${id} is revoked.`;
}

/** On the data itself: whoever can write there has everything anyway. */
async function resetAdmin(parameters: readonly string[], environment: Environment): Promise<string> {
  const { values } = parseArgs({
    args: [...parameters],
    options: { "data-dir": { type: "string" }, "revoke-others": { type: "boolean" } },
  });
  const data = dataFolder(values["data-dir"], environment);
  if (!existsSync(join(data, DATABASE))) {
    throw new CommandError(`${data} holds no ${DATABASE}: name the center's folder with --data-dir or DATA_DIR.`);
  }
  const secret = newTokenSecret();
  const now = Date.now();
  const name = "administrator (reset)";
  const made: Token = {
    id: ulid(now),
    name,
    role: "admin",
    scope: {},
    hash: hashToken(secret),
    createdAt: now,
    expiresAt: null,
  };
  const database = openAlone(join(data, DATABASE));
  try {
    atomically(database, () => {
      const others = values["revoke-others"] ? database.prepare("DELETE FROM token").run().changes : 0;
      database.prepare("INSERT INTO token (id, body) VALUES (?, ?)").run(made.id, JSON.stringify(made));
      noteInAudit(database, "token.reset", made.id, { name, revoked: Number(others) });
    });
  } finally {
    database.close();
  }
  process.stderr.write(`Token ${made.id} for ${name}. Its secret is shown only this once:\n`);
  return secret;
}
