/** The center's REST interface as the simulators use it. */
export interface Rest {
  readonly api: string;
  get<T>(path: string): Promise<T>;
  /** The body goes as JSON; bytes go as they are, as a picture. */
  send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T>;
  /** All pages of a list. */
  all<T>(path: string): Promise<T[]>;
}

/** An answer of the center that is not a success. */
export class RestError extends Error {
  readonly status: number;
  readonly code: string | undefined;
  constructor(status: number, code: string | undefined, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

const RETRIES = 6;

export function createRest(api: string, token: string): Rest {
  const request = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    for (let attempt = 0; ; attempt++) {
      const bytes = body instanceof Uint8Array ? new Uint8Array(body) : undefined;
      let response: Response;
      try {
        response = await fetch(`${api}/api/v1${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body !== undefined && { "content-type": bytes ? "image/png" : "application/json" }),
          },
          ...(body !== undefined && { body: bytes ?? JSON.stringify(body) }),
        });
      } catch (error) {
        const reason = (error as { cause?: Error }).cause?.message ?? (error as Error).message;
        throw new Error(
          `the center at ${api} does not answer (${reason}). Start it with "npm start", or name it with --api.`,
        );
      }
      if (response.status === 429 && attempt < RETRIES) {
        const seconds = Number(response.headers.get("retry-after")) || 1;
        await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
        continue;
      }
      const text = await response.text();
      const answer = text === "" ? undefined : JSON.parse(text);
      if (response.ok) return answer as T;
      if (response.status === 401)
        throw new RestError(401, answer?.code, "the center refuses the token: give a valid --token");
      const detail = answer?.detail ?? text;
      throw new RestError(
        response.status,
        answer?.code,
        `${method} ${path} was refused with ${response.status}: ${detail}`,
      );
    }
  };
  return {
    api,
    get: (path) => request("GET", path),
    send: (method, path, body) => request(method, path, body),
    async all<T>(path: string) {
      const items: T[] = [];
      let cursor: string | null | undefined;
      do {
        const separator = path.includes("?") ? "&" : "?";
        const page: Page<T> = await request(
          "GET",
          cursor ? `${path}${separator}cursor=${encodeURIComponent(cursor)}` : path,
        );
        items.push(...page.items);
        cursor = page.next;
      } while (cursor);
      return items;
    },
  };
}
