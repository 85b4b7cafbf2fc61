import { readFileSync } from "node:fs";
import { asCommandError, CommandError, type Environment } from "./command.ts";

/** Options of every command that speaks to a running center. */
export const restOptions = {
  url: { type: "string" },
  token: { type: "string" },
  "token-file": { type: "string" },
  json: { type: "boolean" },
} as const;

export const restHelp = `  --url URL          the running center (KERBSIDE_URL, else http://127.0.0.1:8080)
  --token TOKEN      better as KERBSIDE_TOKEN or in a file: other users of this machine can see the words of a command
  --token-file FILE  the file that holds it (KERBSIDE_TOKEN_FILE)
  --json             the center's answer as it is, instead of a table`;

export interface RestValues {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  readonly "token-file"?: string | undefined;
}

export interface Rest {
  get<T>(path: string): Promise<T>;
  /** @param body what becomes JSON; a text is sent as it is, under `contentType` */
  send<T>(method: "POST" | "PUT" | "DELETE", path: string, body?: unknown, contentType?: string): Promise<T>;
  /** All pages of a list. */
  all<T>(path: string): Promise<T[]>;
  /** What `/health/ready` says, well or not. */
  health<T>(): Promise<T>;
}

/** The REST interface of a running center. @throws CommandError when no token is given or its file cannot be read */
export function createRest(values: RestValues, environment: Environment): Rest {
  const url = (values.url ?? environment.KERBSIDE_URL ?? "http://127.0.0.1:8080").replace(/\/+$/, "");
  if (!URL.canParse(url) || !url.startsWith("http")) {
    throw new CommandError(`--url ${url} must look like http://127.0.0.1:8080.`);
  }
  const token = tokenOf(values, environment);
  const ask = (path: string, init: RequestInit) =>
    fetch(`${url}${path}`, init).catch((error: Error & { cause?: Error }) => {
      throw new CommandError(
        `The center at ${url} does not answer (${error.cause?.message ?? error.message}). Start it, or name it with --url.`,
      );
    });
  const request = async <T>(method: string, path: string, body?: unknown, contentType = "application/json") => {
    const answer = await ask(`/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { "content-type": contentType }) },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.ok) return (text === "" ? undefined : JSON.parse(text)) as T;
    throw new CommandError(refusal(answer.status, text, url));
  };
  return {
    get: (path) => request("GET", path),
    send: request,
    health: async <T>() => (await (await ask("/health/ready", {})).json()) as T,
    async all<T>(path: string) {
      const items: T[] = [];
      let cursor: string | null = null;
      do {
        const next: string =
          cursor === null ? "" : `${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}`;
        const page: { items: T[]; next: string | null } = await request("GET", `${path}${next}`);
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== null);
      return items;
    },
  };
}

function tokenOf(values: RestValues, environment: Environment): string {
  if (values.token !== undefined) return values.token;
  const file = values["token-file"] ?? environment.KERBSIDE_TOKEN_FILE;
  if (file === undefined) {
    if (environment.KERBSIDE_TOKEN) return environment.KERBSIDE_TOKEN;
    throw new CommandError("Give a token with KERBSIDE_TOKEN, --token-file or --token.");
  }
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw asCommandError(error, `The token cannot be read from ${file}`);
  }
}

/** What the center says of a request it refuses (application/problem+json), in a sentence. */
function refusal(status: number, text: string, url: string): string {
  let problem: { detail?: string; errors?: { row?: number; problem?: string }[] } = {};
  try {
    problem = JSON.parse(text);
  } catch {
    return `${url} answers ${status}, and not like a center of Kerbside: name another with --url.`;
  }
  if (status === 401) return `The center at ${url} does not know this token: give another one.`;
  const rows = (problem.errors ?? []).map(({ row, problem: what }) => `\n  row ${row}: ${what}`);
  return `The center refuses (${status}): ${problem.detail ?? text}${rows.join("")}`;
}
