import { useSignal } from "@preact/signals";
import { words } from "../shared/language.ts";
import { refusalOf } from "../staff/rest.ts";
import { useDesk } from "./desk.ts";
import { Table } from "./parts.tsx";

const say = words({
  title: { zh: "导入外部数据", en: "Take over what others reckon" },
  tickets: { zh: "民生诉求工单（CSV）", en: "Citizens' tickets (CSV)" },
  ticketsHint: {
    zh: "列：id、openedAt、dueAt，可选 closedAt、cancelled、communityId、gridId、line、contractor、category",
    en: "Columns: id, openedAt, dueAt; if known closedAt, cancelled, communityId, gridId, line, contractor, category",
  },
  cityIndex: { zh: "市容环境综合指数（CSV）", en: "The city's index (CSV)" },
  cityIndexHint: {
    zh: "列：period（2026-Q3 或 2026-09）、index，可选 rank、outOf、clean、tidy、orderly、green、toilet、placeType.market 等",
    en: "Columns: period (2026-Q3 or 2026-09), index; if known rank, outOf, clean, tidy, orderly, green, toilet, placeType.market …",
  },
  done: { zh: "{name}：已导入 {n} 行", en: "{name}: {n} rows taken over" },
  refused: { zh: "{name}：没有导入。{why}", en: "{name}: nothing was taken over. {why}" },
  rows: { zh: "有问题的行", en: "Rows that do not fit" },
  row: { zh: "数据行", en: "Row" },
  problem: { zh: "问题", en: "What is wrong" },
});

const files = [
  ["tickets", "/tickets/import", "ticketsHint"],
  ["cityIndex", "/city-index", "cityIndexHint"],
] as const;

interface RowError {
  readonly row: number;
  readonly problem: string;
}
interface Outcome {
  readonly text: string;
  readonly good: boolean;
  readonly errors: readonly RowError[];
}

/** Tickets and the city's index as files: all rows are taken over or none, and those that do not fit are named. */
export function OutsideFigures() {
  const desk = useDesk();
  const outcome = useSignal<Outcome | null>(null);
  const take = async (file: File, path: string) => {
    outcome.value = null;
    const refused = (why: string, errors: readonly RowError[] = []) => {
      outcome.value = { text: say("refused", { name: file.name, why }), good: false, errors };
    };
    try {
      const body = new Blob([await textOf(file)]);
      const answer = await desk.rest.call("POST", path, body, { "content-type": "text/csv" });
      if (!answer.ok) {
        const { message, more } = await refusalOf(answer);
        return refused(message, (more.errors ?? []) as readonly RowError[]);
      }
      const { imported } = (await answer.json()) as { imported: number };
      outcome.value = { text: say("done", { name: file.name, n: imported }), good: true, errors: [] };
    } catch (error) {
      refused((error as Error).message);
    }
  };
  return (
    <details class="panel no-print">
      <summary>{say("title")}</summary>
      <div class="grid-form">
        {files.map(([name, path, hint]) => (
          <label key={name}>
            {say(name)}
            <input
              type="file"
              accept=".csv,text/csv"
              onChange={({ currentTarget }) => {
                const [file] = currentTarget.files ?? [];
                currentTarget.value = "";
                if (file) void take(file, path);
              }}
            />
            <small>{say(hint)}</small>
          </label>
        ))}
      </div>
      {outcome.value && (
        <p class={outcome.value.good ? "good" : "problem"} role={outcome.value.good ? "status" : "alert"}>
          {outcome.value.text}
        </p>
      )}
      {outcome.value && outcome.value.errors.length > 0 && (
        <Table
          label={say("rows")}
          rows={outcome.value.errors}
          keyOf={({ row }) => String(row)}
          columns={[
            { title: say("row"), number: true, cell: ({ row }) => row },
            { title: say("problem"), cell: ({ problem }) => problem },
          ]}
        />
      )}
    </details>
  );
}

/** Spreadsheets write CSV in UTF-8 or, on Chinese systems, in GB 18030. */
async function textOf(file: File): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}
