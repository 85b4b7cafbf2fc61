import { signal } from "@preact/signals";
import type { FeatureCollection } from "geojson";
import type { Text } from "../../domain/text.ts";
import type { Millis } from "../../domain/time.ts";
import { type ConnectOptions, connect, type StreamClient } from "../../stream/client.ts";
import { inLanguage } from "./language.ts";
import type { BaseMap } from "./map-style.ts";
import { timeZone } from "./time.ts";

/** Walls and desks keep their tokens apart: both may be open in one browser. */
export type App = "wall" | "desk" | "crew";

const storedAs = (app: App): string => `kerbside.${app}.token`;

/**
 * The token of this screen: from the address's fragment, which no server ever sees, or from an earlier visit. The fragment is
 * removed at once, so that nobody reads it off the wall or copies it with the address.
 */
export function findToken(app: App): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    keepToken(app, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return localStorage.getItem(storedAs(app));
}

export const keepToken = (app: App, token: string): void => localStorage.setItem(storedAs(app), token);
export const forgetToken = (app: App): void => localStorage.removeItem(storedAs(app));

/** `GET /console`: how screens are set up. */
export interface ScreenSettings {
  readonly timeZone: string;
  /** Local hours of the night: from, to. */
  readonly nightHours: readonly [number, number];
  /** Minutes after local midnight at which the sanitation day begins. */
  readonly dayStartsMinutes: number;
  readonly map: BaseMap;
  /** Longest stretches of the past: as a stream, in one file, of one way; days. */
  readonly past: { readonly replayDays: number; readonly exportDays: number; readonly trackDays: number };
  readonly wall: { readonly sceneSeconds: number; readonly interruptionSeconds: number; readonly pictures: boolean };
}

interface RuleInfo {
  readonly id: string;
  readonly title: Text;
}

export interface Session {
  readonly stream: StreamClient;
  /** `fetch` with the session's rights; the path starts after `/api/v1`. */
  rest(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** The JSON of a GET, asked again until there is one: a center that is starting must not leave a wall blank. */
  load<T>(path: string): Promise<T>;
  /** Name of a rule in the screen's language; its id until the catalogue has come. */
  ruleTitle(ruleId: string): string;
  /** A stretch of the past as a stream, `speed` replayed seconds a second: the same subscriptions, the same views. */
  replay(
    from: Millis,
    to: Millis,
    speed: number,
    told?: Pick<ConnectOptions, "onReplay" | "onError" | "onStatus">,
  ): StreamClient;
  readonly settings: Promise<ScreenSettings>;
  readonly district: Promise<FeatureCollection>;
}

const RETRY_MS = 3_000;

/**
 * Connects a screen.
 * @param refused called once when the token is not (or no longer) good
 */
export function openSession(token: string, refused: () => void): Session {
  let given = true;
  const giveUp = () => {
    if (given) refused();
    given = false;
  };
  const rest: Session["rest"] = (method, path, body, headers = {}) =>
    fetch(`/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const load = async <T>(path: string): Promise<T> => {
    for (;;) {
      const answer = await rest("GET", path).catch(() => null);
      if (answer?.ok) return (await answer.json()) as T;
      if (answer?.status === 401) giveUp();
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  };
  const rules = signal<ReadonlyMap<string, RuleInfo>>(new Map());
  void load<{ rules: RuleInfo[] }>("/catalog").then((catalog) => {
    rules.value = new Map(catalog.rules.map((rule) => [rule.id, rule]));
  });
  const settings = load<ScreenSettings>("/console");
  void settings.then((loaded) => {
    timeZone.value = loaded.timeZone;
  });
  const sockets = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1`;
  const stream = connect({
    url: `${sockets}/stream`,
    token,
    onStatus: (status) => {
      if (status === "refused") giveUp();
    },
  });
  return {
    stream,
    rest,
    load,
    ruleTitle(id) {
      const rule = rules.value.get(id);
      return rule ? inLanguage(rule.title) : id;
    },
    replay: (from, to, speed, told = {}) =>
      connect({ url: `${sockets}/tracks/replay?from=${from}&to=${to}&speed=${speed}`, token, ...told }),
    settings,
    district: load<FeatureCollection>("/district"),
  };
}
