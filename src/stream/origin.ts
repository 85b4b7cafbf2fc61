import type { IncomingMessage } from "node:http";

/**
 * Whether the page that opens a stream is ours or one of those the setting names (comma-separated origins).
 * Browsers always send the header; programs do not, and bring a token all the same.
 */
export function createOriginCheck(allowed: string): (request: IncomingMessage) => boolean {
  const origins = new Set(
    allowed
      .split(",")
      .map((origin) => origin.trim())
      .filter(Boolean),
  );
  return ({ headers: { origin, host } }) => {
    if (origin === undefined || origins.has(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  };
}
