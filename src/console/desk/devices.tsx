import { useSignal } from "@preact/signals";
import { kindNames } from "../../domain/kinds.ts";
import type { Level } from "../../domain/levels.ts";
import { type MetricName, metrics as metricTable } from "../../domain/metrics.ts";
import { inLanguage, words } from "../shared/language.ts";
import { KindSymbol, LevelBadge } from "../shared/symbols.tsx";
import { agoText, clockText, dateTimeText } from "../shared/time.ts";
import { kindText, say as sayCommon } from "../shared/words.ts";
import { useDesk } from "./desk.ts";
import { Choice, Head, Shown, Table, useLoad } from "./parts.tsx";
import { say as sayDesk } from "./words.ts";

const say = words({
  list: { zh: "设备", en: "Devices" },
  quarantine: { zh: "隔离区", en: "Quarantine" },
  kind: { zh: "类型", en: "Kind" },
  online: { zh: "在线状态", en: "Connection" },
  on: { zh: "在线", en: "online" },
  off: { zh: "离线或未知", en: "offline or unknown" },
  find: { zh: "设备编号", en: "Device id" },
  id: { zh: "编号", en: "Id" },
  name: { zh: "名称", en: "Name" },
  heard: { zh: "最近上报", en: "Last heard" },
  battery: { zh: "电量", en: "Battery" },
  alert: { zh: "告警", en: "Alert" },
  never: { zh: "从未", en: "never" },
  reason: { zh: "拒收原因", en: "Why it was refused" },
  topic: { zh: "主题", en: "Topic" },
  device: { zh: "设备", en: "Device" },
  payload: { zh: "内容", en: "Content" },
  time: { zh: "时间", en: "When" },
  more: { zh: "更多", en: "More" },
  metrics: { zh: "最新读数", en: "Latest readings" },
  explain: {
    zh: "被拒收的消息及原因；设备配置错误、格式变化会先在这里出现。",
    en: "Messages that were refused, and why: a wrong setting or a changed format shows here first.",
  },
});

interface Device {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly at: number | null;
  readonly receivedAt: number | null;
  readonly online: boolean | null;
  readonly level: Level | null;
  readonly metrics: Readonly<Record<string, number>>;
}
interface Refusal {
  readonly id: number;
  readonly at: number;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string;
  readonly device: string | null;
  readonly payload: string;
}

/** Devices with their health, and what was refused. */
export default function Devices() {
  const tab = useSignal<"list" | "quarantine">("list");
  return (
    <>
      <Head title={sayDesk("devices")}>
        <Choice
          label={sayDesk("devices")}
          value={tab.value}
          options={[
            ["list", say("list")],
            ["quarantine", say("quarantine")],
          ]}
          onChange={(value) => {
            tab.value = value;
          }}
        />
      </Head>
      {tab.value === "list" ? <List /> : <Quarantine />}
    </>
  );
}

function List() {
  const desk = useDesk();
  const kind = useSignal("");
  const online = useSignal("");
  const cursors = useSignal<readonly string[]>([]);
  const find = useSignal("");
  const chosen = useSignal<Device | null>(null);
  const cursor = cursors.value.at(-1);
  const query = [
    kind.value && `kind=${kind.value}`,
    online.value && `online=${online.value}`,
    cursor && `cursor=${encodeURIComponent(cursor)}`,
    "limit=100",
  ]
    .filter(Boolean)
    .join("&");
  const wanted = find.value.trim();
  const page = useLoad<{ items: Device[]; next: string | null }>(wanted === "" ? `/devices?${query}` : null, 10_000);
  const single = useLoad<Device>(wanted === "" ? null : `/devices/${encodeURIComponent(wanted)}`, 10_000);
  const now = desk.now.value;
  const table = (rows: readonly Device[]) => (
    <Table
      label={say("list")}
      rows={rows}
      keyOf={({ id }) => id}
      toneOf={(row) => (row.online === false ? "faded" : "")}
      columns={[
        {
          title: say("kind"),
          cell: (row) => (
            <>
              <KindSymbol kind={row.kind} hollow={row.online === false} /> {kindText(row.kind)}
            </>
          ),
        },
        { title: say("id"), cell: (row) => <strong>{row.id}</strong> },
        { title: say("name"), cell: (row) => row.name },
        {
          title: say("online"),
          cell: (row) => (row.online === true ? say("on") : row.online === false ? sayCommon("offline") : "–"),
        },
        {
          title: say("heard"),
          cell: (row) => (row.receivedAt === null ? say("never") : agoText(now - row.receivedAt)),
        },
        {
          title: say("battery"),
          number: true,
          cell: (row) => (row.metrics.batteryPct === undefined ? "–" : `${Math.round(row.metrics.batteryPct)}%`),
        },
        { title: say("alert"), cell: (row) => (row.level === null ? "" : <LevelBadge level={row.level} />) },
      ]}
      onOpen={(row) => {
        chosen.value = row;
      }}
    />
  );
  return (
    <>
      <div class="tools">
        <select
          aria-label={say("kind")}
          value={kind.value}
          onChange={(event) => {
            kind.value = event.currentTarget.value;
            cursors.value = [];
          }}
        >
          <option value="">
            {say("kind")}: {sayDesk("all")}
          </option>
          {kindNames.map((name) => (
            <option key={name} value={name}>
              {kindText(name)}
            </option>
          ))}
        </select>
        <Choice
          label={say("online")}
          value={online.value}
          options={[
            ["", sayDesk("all")],
            ["true", say("on")],
            ["false", say("off")],
          ]}
          onChange={(value) => {
            online.value = value;
            cursors.value = [];
          }}
        />
        <input
          type="search"
          placeholder={say("find")}
          aria-label={say("find")}
          value={find.value}
          onChange={(event) => {
            find.value = event.currentTarget.value;
          }}
        />
      </div>
      <div class={chosen.value ? "with-side wide" : ""}>
        <div>
          {wanted === "" ? (
            <Shown of={page}>
              {({ items, next }) => (
                <>
                  {table(items)}
                  {next !== null && (
                    <button
                      type="button"
                      onClick={() => {
                        cursors.value = [...cursors.value, next];
                      }}
                    >
                      {say("more")}
                    </button>
                  )}
                </>
              )}
            </Shown>
          ) : (
            <Shown of={single}>{(device) => table([device])}</Shown>
          )}
        </div>
        {chosen.value && <Detail device={chosen.value} />}
      </div>
    </>
  );
}

function Detail({ device }: { device: Device }) {
  const desk = useDesk();
  const loaded = useLoad<Device>(`/devices/${encodeURIComponent(device.id)}`, 5_000);
  return (
    <section class="panel">
      <h3>
        {device.id} · {device.name}
      </h3>
      {desk.may("exportData") && (
        <button
          type="button"
          onClick={() => {
            desk.dialog.value = { kind: "export", device };
          }}
        >
          {sayDesk("export")}
        </button>
      )}
      <Shown of={loaded}>
        {({ metrics, at }) => (
          <>
            <h3>
              {say("metrics")} {at === null ? "" : clockText(at)}
            </h3>
            <dl class="numbers small">
              {Object.entries(metrics).map(([name, value]) => {
                const known = Object.hasOwn(metricTable, name) ? metricTable[name as MetricName] : null;
                return (
                  <div key={name}>
                    <dt>{known ? inLanguage(known.title) : name}</dt>
                    <dd>
                      {Math.round(value * 1_000) / 1_000} <small>{known?.unit}</small>
                    </dd>
                  </div>
                );
              })}
            </dl>
          </>
        )}
      </Shown>
    </section>
  );
}

const SHOWN_BYTES = 400;

/** The first bytes as text where they are text. */
function payloadText(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).subarray(0, SHOWN_BYTES);
  return new TextDecoder().decode(bytes);
}

function Quarantine() {
  const reason = useSignal("");
  const page = useLoad<{ items: Refusal[] }>(
    `/quarantine?limit=100${reason.value ? `&reason=${encodeURIComponent(reason.value)}` : ""}`,
    10_000,
  );
  return (
    <>
      <p class="muted">{say("explain")}</p>
      <Shown of={page}>
        {({ items }) => (
          <Table
            label={say("quarantine")}
            rows={items}
            keyOf={({ id }) => String(id)}
            columns={[
              { title: say("time"), cell: ({ at }) => dateTimeText(at) },
              {
                title: say("reason"),
                cell: (row) => (
                  <>
                    <button
                      type="button"
                      class="link"
                      onClick={() => {
                        reason.value = reason.value === row.reason ? "" : row.reason;
                      }}
                    >
                      {row.reason}
                    </button>{" "}
                    {row.detail}
                  </>
                ),
              },
              { title: say("device"), cell: ({ device }) => device ?? "–" },
              { title: say("topic"), cell: ({ topic }) => topic },
              { title: say("payload"), cell: ({ payload }) => <code>{payloadText(payload)}</code> },
            ]}
          />
        )}
      </Shown>
    </>
  );
}
