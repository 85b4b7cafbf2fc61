/**
 * An error that its receiver can act on. Becomes `application/problem+json` (RFC 9457) on REST and an `error` frame on the
 * stream. `code` is stable, `detail` says what to do.
 */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, detail: string, extra: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.extra = extra;
  }
}

export const notFound = (what: string): Problem => new Problem(404, "notFound", `${what} does not exist`);
export const forbidden = (detail: string): Problem => new Problem(403, "forbidden", detail);
export const conflict = (code: string, detail: string, extra: Record<string, unknown> = {}): Problem =>
  new Problem(409, code, detail, extra);
export const invalid = (detail: string, extra: Record<string, unknown> = {}): Problem =>
  new Problem(400, "invalid", detail, extra);
