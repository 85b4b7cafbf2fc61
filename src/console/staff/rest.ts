/** What the center refused, and why, in its own words. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

export interface Rest {
  /** The answer as it comes; rejects only while the center cannot be reached. The path starts after `/api/v1`. */
  call(
    method: string,
    path: string,
    body?: object | Blob,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
  /** The answer's JSON. @throws Refused */
  ask<T>(method: string, path: string, body?: object, headers?: Readonly<Record<string, string>>): Promise<T>;
  get<T>(path: string): Promise<T>;
}

export function createRest(token: string | null): Rest {
  const call: Rest["call"] = (method, path, body, headers = {}) =>
    fetch(`/api/v1${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && !(body instanceof Blob) && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: body instanceof Blob ? body : JSON.stringify(body) }),
    });
  const ask: Rest["ask"] = async <T>(...request: Parameters<Rest["ask"]>): Promise<T> => {
    const answer = await call(...request);
    const text = await answer.text();
    const json = text.startsWith("{") || text.startsWith("[") ? (JSON.parse(text) as unknown) : undefined;
    if (answer.ok) return json as T;
    const { code = "error", detail = String(answer.status) } = (json ?? {}) as { code?: string; detail?: string };
    throw new Refused(answer.status, code, detail);
  };
  return { call, ask, get: (path) => ask("GET", path) };
}
