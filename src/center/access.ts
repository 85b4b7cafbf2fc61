import type { Alerting } from "../alerts/alerting.ts";
import type { District } from "../district/district.ts";
import type { Geography } from "../district/geography.ts";
import type { Alert } from "../domain/alert.ts";
import type { Calendar } from "../domain/calendar.ts";
import type { Device } from "../domain/device.ts";
import type { Token } from "../domain/roles.ts";
import type { Clock, Millis } from "../domain/time.ts";
import type { Forecasts } from "../forecast/keeper.ts";
import type { Kpis } from "../kpi/kpis.ts";
import type { KpiTile } from "../kpi/tile.ts";
import type { Operations } from "../operations/engine.ts";
import type { History } from "../store/history.ts";
import type { Pictures } from "../store/pictures.ts";
import type { Store } from "../store/store.ts";
import type { Changes, DeviceCommand } from "./changes.ts";
import type { MappingBook } from "./mapping-book.ts";
import type { Revisions } from "./revisions.ts";
import type { Subject } from "./subject.ts";
import type { Walls } from "./walls.ts";

/** Registered devices, in memory. Changed only through `Center.operate`. */
export interface Registry {
  get(id: string): Device | undefined;
  /** By id or by any alias a dialect uses. */
  resolve(name: string): Device | undefined;
  byNumber(number: number): Device | undefined;
  all(): Iterable<Device>;
  readonly size: number;
  /** Puts a new or changed device (id unique, aliases unique: else a `Problem` 409). `number`, `rev` and times are filled in. */
  put(device: DeviceInput, now: Millis, changes: Changes): Device;
  /** How a camera's view looks when nothing is wrong: a picture that is kept. @throws Problem 404 */
  keepReference(id: string, picture: string, now: Millis, changes: Changes): void;
  remove(id: string, now: Millis, changes: Changes): void;
  /** Makes a new secret, keeps the previous one valid when `keepPrevious`; returns it: it is never seen again. */
  rotateSecret(id: string, keepPrevious: boolean, now: Millis, changes: Changes): string;
  /** Constant-time check of a device login. */
  verify(id: string, secret: string): boolean;
  /** Called after the commit that changed or removed (null) a device: doors close its sockets. */
  onChange(listener: (id: string, device: Device | null) => void): void;
}

export type DeviceInput = Pick<Device, "id" | "kind"> &
  Partial<Pick<Device, "name" | "aliases" | "attributes" | "place">>;

/** Bearer tokens, in memory. Changed only through `Center.operate`. */
export interface Tokens {
  /** The token that this secret opens, or null: unknown, revoked and expired look the same. */
  verify(secret: string, now: Millis): Token | null;
  /** Not expired, and a session not forgotten either. */
  isAlive(token: Token, now: Millis): boolean;
  /** Somebody is there: the session's idle time begins anew. In memory only; a restart begins it anew for all. */
  touch(tokenId: string, now: Millis): void;
  all(): Iterable<Token>;
  get(id: string): Token | undefined;
  issue(
    input: Omit<Token, "id" | "hash" | "createdAt">,
    now: Millis,
    changes: Changes,
  ): { token: Token; secret: string };
  revoke(id: string, changes: Changes): void;
  /** Puts a token whose secret was chosen elsewhere (the setting ADMIN_TOKEN); replaces one of the same id. */
  adopt(token: Token, changes: Changes): void;
  /** Called after the commit that revoked a token: streams close. */
  onRevoke(listener: (tokenId: string) => void): void;
}

/** Is the center able to do its work? Shown by `/health/ready`, on the stream and on walls. */
export interface Health {
  /** Null while commits succeed; otherwise since when and why the store refuses them. */
  readonly storeFailing: { readonly since: Millis; readonly reason: string } | null;
  readonly queued: number;
}

/** What doors (REST, stream, brokers) may ask of the center. */
export interface Center {
  readonly clock: Clock;
  readonly store: Store;
  /** Where questions about the past are answered from. */
  readonly history: History;
  readonly registry: Registry;
  readonly tokens: Tokens;
  /** The district and its editions. */
  readonly district: District;
  /** The district's ground as it is now. Ask for it each time: a change of the district puts another one here. */
  readonly geography: Geography;
  /** Local time, working days and holidays. */
  readonly calendar: Calendar;
  readonly alerting: Alerting;
  readonly operations: Operations;
  /** Figures: what is counted, and the live ones of a wall. */
  readonly kpis: Kpis;
  readonly tiles: Revisions<KpiTile>;
  readonly pictures: Pictures;
  /** How messages of makers that no driver knows are read. */
  readonly mappings: MappingBook;
  readonly walls: Walls;
  readonly forecasts: Pick<Forecasts, "of">;
  /** Live alerts by revision, exactly as committed. */
  readonly alerts: Revisions<Alert>;
  /** Subjects by revision. Read them only when `settled`, so that no screen shows what a crash could take back. */
  readonly subjects: Revisions<Subject>;
  readonly health: Health;
  /** No batch is on its way to disk: memory is exactly what is committed. */
  readonly settled: boolean;
  /** Called after each commit, when memory and disk agree and before the next batch is applied. */
  onSettled(listener: () => void): void;
  /** Called after the commit that decided on a command. A device that is not connected does not get it. */
  onCommand(listener: (kind: string, deviceId: string, command: DeviceCommand) => void): void;
  /**
   * Runs a synchronous change of the district in the next batch and resolves with its result once it is on disk.
   * What `run` throws rejects the promise; it must throw before it changes anything.
   */
  operate<T>(run: (now: Millis, changes: Changes) => T): Promise<T>;
}
