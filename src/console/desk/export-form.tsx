import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { isKind, kinds } from "../../domain/kinds.ts";
import { language, words } from "../shared/language.ts";
import type { ScreenSettings } from "../shared/session.ts";
import { instantOf, isoDate, localText } from "../shared/time.ts";
import { levelText } from "../shared/words.ts";
import { useDesk } from "./desk.ts";
import { startExport } from "./exports.tsx";
import { Choice } from "./parts.tsx";
import { dayOf, faultOf, type Stretch, StretchInputs } from "./past-stretch.tsx";

const say = words({
  alertsTitle: { zh: "导出告警", en: "Export alerts" },
  deviceTitle: { zh: "导出 {name}", en: "Export {name}" },
  what: { zh: "内容", en: "What" },
  alerts: { zh: "告警", en: "alerts" },
  readings: { zh: "读数", en: "readings" },
  track: { zh: "轨迹", en: "way" },
  trips: { zh: "行程与停留", en: "trips and stops" },
  format: { zh: "格式", en: "Format" },
  span: { zh: "时间", en: "Over" },
  today: { zh: "今日", en: "today" },
  yesterday: { zh: "昨日", en: "yesterday" },
  days: { zh: "近 {n} 天", en: "{n} days" },
  other: { zh: "自定", en: "other" },
  onlyLevels: { zh: "只导出筛选中的等级：{levels}", en: "Only the levels of the filter: {levels}" },
  reason: { zh: "查看个人轨迹的原因（记入审计）", en: "Why you look at a person's past (kept in the audit)" },
  download: { zh: "下载", en: "Download" },
  names: { zh: "文件中不含人员姓名", en: "No person is named in the file" },
});

type What = "alerts" | "readings" | "track" | "trips";

/** Formats of each file, as they are called and as the center calls them. */
const formats: Readonly<Record<What, readonly (readonly [format: string, name: string])[]>> = {
  alerts: [
    ["csv", "CSV"],
    ["xlsx", "XLSX"],
    ["geojson", "GeoJSON"],
    ["jsonld", "NGSI-LD"],
  ],
  readings: [
    ["csv", "CSV"],
    ["xlsx", "XLSX"],
  ],
  track: [
    ["gpx", "GPX"],
    ["geojson", "GeoJSON"],
    ["csv", "CSV"],
  ],
  trips: [
    ["csv", "CSV"],
    ["xlsx", "XLSX"],
  ],
};
const spans = ["today", "yesterday", 7, 30, "other"] as const;
type Span = (typeof spans)[number];
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface ExportDevice {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
}

export const exportTitle = (device: ExportDevice | null): string =>
  device ? say("deviceTitle", { name: device.name || device.id }) : say("alertsTitle");

/** What, in which format, over which time. The file comes in the background. */
export function ExportForm({ device }: { device: ExportDevice | null }) {
  const desk = useDesk();
  const { mobile, personal } = device && isKind(device.kind) ? kinds[device.kind] : { mobile: false, personal: false };
  const whats: readonly What[] = device ? (mobile ? ["readings", "track", "trips"] : ["readings"]) : ["alerts"];
  const what = useSignal<What>(whats[0] ?? "readings");
  const format = useSignal<string>("csv");
  const span = useSignal<Span>("today");
  const from = useSignal("");
  const to = useSignal("");
  const reason = useSignal("");
  const { levels } = desk.filter.value;
  const onlyLevels = useSignal(levels.length > 0);
  const fault = useSignal<string | null>(null);
  const settings = useSignal<ScreenSettings | null>(null);
  useEffect(() => {
    void desk.session.settings.then((loaded) => {
      settings.value = loaded;
    });
  }, [desk]);
  const known = settings.value;
  if (!known) return null;

  const now = () => Math.floor(desk.now.peek());
  const stretchOf = (wanted: Span): Stretch => {
    if (wanted === "other") return { from: instantOf(from.value), to: instantOf(to.value) };
    // What is said this very minute is in it.
    if (typeof wanted === "number") return { from: now() - wanted * DAY_MS, to: now() + MINUTE_MS };
    return dayOf(now() - (wanted === "yesterday" ? DAY_MS : 0), known.dayStartsMinutes);
  };
  const submit = () => {
    const wanted = stretchOf(span.value);
    const ofWays = what.value === "track" || what.value === "trips";
    fault.value = faultOf(wanted, now(), ofWays ? known.past.trackDays : known.past.exportDays);
    if (fault.value !== null) return;
    const query = new URLSearchParams({
      ...(device && { device: device.id }),
      from: String(wanted.from),
      to: String(wanted.to),
      format: format.value,
      lang: language.value,
      ...(!device && onlyLevels.value && { level: levels.join() }),
      ...(personal && { reason: reason.value.trim() }),
    });
    const of = device ? `${device.id}-${what.value}` : "alerts";
    const dates = new Set([wanted.from, Math.min(wanted.to, now())].map(isoDate));
    startExport(desk.rest, `/exports/${what.value}?${query}`, `${of}-${[...dates].join("_")}.${format.value}`);
    desk.dialog.value = null;
  };

  return (
    <form
      class="export-form"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {whats.length > 1 && (
        <Field label={say("what")}>
          <Choice
            label={say("what")}
            value={what.value}
            options={whats.map((name) => [name, say(name)] as const)}
            onChange={(value) => {
              what.value = value;
              format.value = formats[value][0]?.[0] ?? "csv";
            }}
          />
        </Field>
      )}
      <Field label={say("format")}>
        <Choice
          label={say("format")}
          value={format.value}
          options={formats[what.value]}
          onChange={(value) => {
            format.value = value;
          }}
        />
      </Field>
      <Field label={say("span")}>
        <Choice
          label={say("span")}
          value={span.value}
          options={spans.map((one) => [one, typeof one === "number" ? say("days", { n: one }) : say(one)] as const)}
          onChange={(value) => {
            const { from: begin, to: end } = stretchOf(value);
            if (value === "other" && from.value === "") {
              const today = stretchOf("today");
              from.value = localText(today.from);
              to.value = localText(now());
            } else if (value !== "other") {
              from.value = localText(begin);
              to.value = localText(Math.min(end, now()));
            }
            span.value = value;
            fault.value = null;
          }}
        />
      </Field>
      {span.value === "other" && (
        <div class="stretch">
          <StretchInputs from={from} to={to} />
        </div>
      )}
      {!device && levels.length > 0 && (
        <label class="check">
          <input
            type="checkbox"
            checked={onlyLevels.value}
            onChange={({ currentTarget }) => {
              onlyLevels.value = currentTarget.checked;
            }}
          />
          {say("onlyLevels", { levels: levels.map((level) => levelText(level as 1)).join(", ") })}
        </label>
      )}
      {personal && (
        <label>
          {say("reason")}
          <input
            required
            maxLength={500}
            value={reason.value}
            onInput={({ currentTarget }) => {
              reason.value = currentTarget.value;
            }}
          />
        </label>
      )}
      {fault.value !== null && (
        <p class="problem" role="alert">
          {fault.value}
        </p>
      )}
      <footer>
        <small>{device ? "" : say("names")}</small>
        <button type="submit" class="primary">
          {say("download")}
        </button>
      </footer>
    </form>
  );
}

function Field({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <span aria-hidden="true">{label}</span>
      {children}
    </div>
  );
}
