/** What the center refused, and why, in its own words. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  /** What a problem says beside its words, e.g. `errors` with each row of a file. */
  readonly more: Readonly<Record<string, unknown>>;
  constructor(status: number, code: string, detail: string, more: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.more = more;
  }
}

/** What an answer that is not 2xx says. */
export async function refusalOf(answer: Response): Promise<Refused> {
  const text = await answer.text();
  const problem = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
  const { code = "error", detail = String(answer.status), ...more } = problem;
  return new Refused(answer.status, String(code), String(detail), more);
}

export interface Rest {
  /** The answer as it comes; rejects only while the center cannot be reached. The path starts after `/api/v1`. */
  call(
    method: string,
    path: string,
    body?: object | Blob,
    headers?: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Response>;
  /** The answer's JSON. @throws Refused */
  ask<T>(method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<T>;
  get<T>(path: string): Promise<T>;
}

export function createRest(token: string | null): Rest {
  const call: Rest["call"] = (method, path, body, headers = {}, signal) =>
    fetch(`/api/v1${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && !(body instanceof Blob) && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: body instanceof Blob ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  const ask: Rest["ask"] = async <T>(...request: Parameters<Rest["ask"]>): Promise<T> => {
    const answer = await call(...request);
    if (!answer.ok) throw await refusalOf(answer);
    const text = await answer.text();
    return (text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : undefined) as T;
  };
  return { call, ask, get: (path) => ask("GET", path) };
}
