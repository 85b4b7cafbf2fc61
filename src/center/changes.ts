import type { Alert, TimelineEntry } from "../domain/alert.ts";
import type { Device } from "../domain/device.ts";
import type { Token } from "../domain/roles.ts";
import type { Json } from "../domain/text.ts";
import type { Millis } from "../domain/time.ts";
import type { KpiDraft } from "../kpi/ledger.ts";
import type { Report } from "../reports/report.ts";
import type {
  AuditEntry,
  DistrictChange,
  IdempotentAnswer,
  QuarantineEntry,
  RuleState,
  WorkRecord,
} from "../store/kept.ts";
import { ReadingWriter } from "../store/readings.ts";

/** `{id, name, args}` on a device's command topic. */
export interface DeviceCommand {
  readonly id: string;
  readonly name: string;
  readonly args: { readonly [name: string]: Json | undefined } | null;
}

/**
 * What a batch does, collected while it is applied and then committed as one.
 * Later changes of the same record replace earlier ones.
 */
export class Changes {
  readonly readings = new ReadingWriter();
  readonly devices = new Map<string, Device | null>();
  readonly alerts = new Map<string, Alert>();
  readonly timeline: TimelineEntry[] = [];
  readonly ruleStates = new Map<string, RuleState>();
  readonly tokens = new Map<string, Token | null>();
  readonly audit: AuditEntry[] = [];
  readonly quarantine: QuarantineEntry[] = [];
  readonly answers: IdempotentAnswer[] = [];
  readonly documents = new Map<string, { collection: string; id: string; body: Json | null }>();

  readonly district: DistrictChange[] = [];
  readonly reports: Report[] = [];
  /** Work that was done or not: visits, ended duties, stops, sweeps, tasks. */
  readonly work: WorkRecord[] = [];

  /** Commands to devices: sent once the batch is committed. */
  readonly commands: { readonly kind: string; readonly deviceId: string; readonly command: DeviceCommand }[] = [];

  /** What changes of the figures; filled by `kpi/kpis.ts`. */
  kpi: KpiDraft | null = null;

  /** Fill levels of this batch for the forecasts: told once they are committed. */
  readonly levels: { readonly device: Device; readonly at: Millis; readonly fillPct: number }[] = [];

  /** True when there is nothing to write: such a batch needs no commit. */
  get empty(): boolean {
    return (
      this.readings.count === 0 &&
      this.alerts.size === 0 &&
      this.timeline.length === 0 &&
      this.ruleStates.size === 0 &&
      this.devices.size === 0 &&
      this.tokens.size === 0 &&
      this.audit.length === 0 &&
      this.quarantine.length === 0 &&
      this.answers.length === 0 &&
      this.documents.size === 0 &&
      this.district.length === 0 &&
      this.reports.length === 0 &&
      this.work.length === 0 &&
      (this.kpi === null || this.kpi.empty)
    );
  }

  putRuleState(state: RuleState): void {
    this.ruleStates.set(`${state.ruleId}\u0000${state.subjectId}\u0000${state.subtype ?? ""}`, state);
  }

  putDocument(collection: string, id: string, body: Json | null): void {
    this.documents.set(`${collection}\u0000${id}`, { collection, id, body });
  }
}
