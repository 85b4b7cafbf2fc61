import type { Browser, Page } from "playwright-core";
import { openPage, type WatchedPage } from "./browser.ts";

export const WALL_TIMEOUT = { timeout: 20_000 };

export interface OpenWall extends WatchedPage, AsyncDisposable {
  /** Every address the page asked for. */
  readonly asked: string[];
}

interface WallOptions {
  readonly language?: "en" | "zh";
  /** Before the page is opened. */
  readonly prepare?: (page: Page) => Promise<unknown>;
}

/** The wall's page in a profile of its own; without a token it shows a code. */
export async function openWall(
  browser: Browser,
  center: { readonly http: string },
  token: string | null,
  { language = "en", prepare }: WallOptions = {},
): Promise<OpenWall> {
  const watched = await openPage(browser, { viewport: { width: 1280, height: 720 } });
  const asked: string[] = [];
  watched.page.on("request", (request) => asked.push(request.url()));
  await prepare?.(watched.page);
  await watched.page.goto(`${center.http}/?lang=${language}${token ? `#token=${token}` : ""}`);
  return Object.assign(watched, { asked, [Symbol.asyncDispose]: () => watched.page.context().close() });
}

interface Rest {
  rest<T>(method: string, path: string, body?: unknown): Promise<T>;
}

export async function viewerToken(center: Rest, name = "lobby"): Promise<string> {
  return (await center.rest<{ token: string }>("POST", "/tokens", { name, role: "viewer" })).token;
}

/** Somebody reports something in the district. */
export const report = <T extends { id: string; level: number }>(
  center: Rest,
  ruleId: string,
  id: string,
  place = { lat: 22.733, lon: 113.9033 },
) => center.rest<T>("POST", "/alerts", { ruleId, subject: { kind: "spot", id }, place });
